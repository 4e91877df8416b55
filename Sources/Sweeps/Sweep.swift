import Competition
import Foundations
import Runs

/// A search for better options, planned ahead: the trials, the rungs they climb, and the folds that decide.
///
/// It knows nothing of who trains a trial, where and when. Each training is a task with a number; all numbers are fixed from
/// the start, although which trial it trains may depend on the scores of the rungs before.
public struct Sweep: Sendable, Equatable {
  /// How trials are found.
  public enum Search: Sendable, Equatable {
    /// All combinations.
    case grid
    /// The base options and combinations drawn at random, so many trials in all.
    case random(trials: Int, seed: UInt64)
  }

  /// The options that trials share: those of a cross-validation of `folds.count` folds, none of which is chosen.
  public let base: Configuration
  /// What differs between trials.
  public let space: SearchSpace
  /// How the trials were found.
  public let search: Search
  /// The trials, all for their full number of epochs; the first is `base`. A trial's number is its place, from 1.
  public let trials: [Configuration]
  /// The rungs.
  public let halving: Halving
  /// The folds that choose, and those that report.
  public let folds: SweepFolds

  /// Plans a sweep.
  ///
  /// - Parameters:
  ///   - base: The options that have one value. Its folds are replaced.
  ///   - keep: One of this many trials goes on to the next rung.
  ///   - rungs: One is no halving.
  /// - Throws: `usage` if the base options or those of a trial conflict, or if there are too few trials or too many.
  public init(
    _ space: SearchSpace, over base: Configuration, search: Search, keep: Int = 3, rungs: Int = 1,
    folds: SweepFolds
  ) throws(KitError) {
    let base = Self.crossValidation(base, folds)
    try base.validate()
    _ = try base.shapedNetworks()
    let trials =
      switch search {
      case .grid: try space.grid(over: base)
      case .random(let count, let seed): try space.random(count, seed: seed, over: base)
      }
    try self.init(
      base: base, space: space, search: search, trials: trials,
      halving: Halving(trials: trials.count, keep: keep, rungs: rungs), folds: folds)
  }

  private init(
    base: Configuration, space: SearchSpace, search: Search, trials: [Configuration], halving: Halving,
    folds: SweepFolds
  ) throws(KitError) {
    if halving.rungs > 1, space.options.contains(where: { $0.name == "epochs" }) {
      throw KitError(
        .usage, "--epochs can't be searched with --rungs \(halving.rungs), which gives trials their epochs")
    }
    self.base = base
    self.space = space
    self.search = search
    self.trials = trials
    self.halving = halving
    self.folds = folds
  }

  /// Options for a cross-validation of the sweep's folds. Without an epoch to choose, no rows are kept for that.
  private static func crossValidation(_ base: Configuration, _ folds: SweepFolds) -> Configuration {
    var result = base
    result.folds = Folds(count: folds.count, repeats: 1)
    if result.select == .last { result.validation = 0 }
    return result
  }

  /// A trial's options for a training on all rows but the usual validation rows: what `train` takes.
  public func options(ofTrial number: Int) -> Configuration {
    var result = trials[number - 1]
    result.folds = nil
    if result.select == .last { result.validation = Configuration().validation }
    return result
  }

  /// All that is needed to make the same sweep again, and the trials.
  public var json: JSON {
    let search: JSON =
      switch search {
      case .grid: .string("grid")
      case .random: .string("random")
      }
    var fields: [(key: String, value: JSON)] = [
      ("search", search), ("space", space.json), ("keep", .integer(halving.keep)),
      ("rungs", .integer(halving.rungs)), ("folds", folds.json), ("options", .object(base.fields)),
    ]
    // A string, as all seeds are.
    if case .random(_, let seed) = self.search { fields.append(("seed", .string("\(seed)"))) }
    let values = trials.map { trial in
      JSON.array(space.values(of: trial).map { $0.map { .string($0) } ?? .null })
    }
    return .object(fields + [("trials", .array(values))])
  }

  /// Reads `json` back. Throws `badData` if anything is missing, malformed or does not fit the rest.
  public init(_ json: JSON, from source: String) throws(KitError) {
    let space = try SearchSpace(json.required("space", from: source) { $0 }, from: source)
    let folds = try SweepFolds(json.required("folds", from: source) { $0 }, from: source)
    let base = try Configuration(json.required("options", from: source) { $0 }, from: source)
    guard base == Self.crossValidation(base, folds) else {
      throw KitError(.badData, "\(source): 'options' are not those of a cross-validation of 'folds'")
    }
    let rows = try json.required("trials", from: source, \.array)
    guard (2...SearchSpace.mostTrials).contains(rows.count) else {
      throw KitError(.badData, "\(source): 'trials' has \(grouped(rows.count)); there must be 2 to 10,000")
    }
    let search = try json.required("search", from: source) { $0.string }
    let seed = try json.optional("seed", from: source) { $0.string.flatMap { UInt64($0) } }
    let keep = try json.required("keep", from: source, \.integer)
    let rungs = try json.required("rungs", from: source, \.integer)
    let found: Search
    switch (search, seed) {
    case ("grid", nil): found = .grid
    case ("random", let seed?): found = .random(trials: rows.count, seed: seed)
    default: throw KitError(.badData, "\(source): 'search' or 'seed' is malformed")
    }
    do {
      try self.init(
        base: base, space: space, search: found, trials: Self.trials(rows, space, base),
        halving: Halving(trials: rows.count, keep: keep, rungs: rungs), folds: folds)
    } catch {
      throw KitError(.badData, "\(source): \(error.message)")
    }
  }

  private static func trials(
    _ rows: [JSON], _ space: SearchSpace, _ base: Configuration
  ) throws(KitError) -> [Configuration] {
    var trials: [Configuration] = []
    var seen: Set<[String?]> = []
    for (index, row) in rows.enumerated() {
      let values = (row.array ?? []).map(\.string)
      guard values.count == space.options.count, seen.insert(values).inserted else {
        throw KitError(.badData, "trial \(index + 1) is malformed or given twice")
      }
      // A value that is not there, as of an average that the base has not, can only be the base's own.
      let trial = index == 0 ? base : try space.configuration(values, over: base)
      guard space.values(of: trial) == values else {
        throw KitError(.badData, "trial \(index + 1) has values that its options don't take")
      }
      trials.append(trial)
    }
    return trials
  }
}
