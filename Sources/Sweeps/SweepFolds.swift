import Foundations

/// The folds of a sweep: those whose held-out rows choose the winner, and others on which it is then compared.
///
/// The highest of many scores is too high: chance is part of why it is the highest. A fold that chose nothing tells what it
/// is worth.
public struct SweepFolds: Sendable, Equatable {
  /// How many folds the rows are split into.
  public let count: Int
  /// The numbers of the folds that choose, ascending, from 1.
  public let choosing: [Int]
  /// The numbers of the folds that the winner is reported on, ascending.
  public let reporting: [Int]

  /// Folds by their numbers.
  ///
  /// - Parameters:
  ///   - choosing: By default two of five folds, the first ones, or all that do not report.
  ///   - reporting: By default all that do not choose.
  /// - Throws: `usage` if a fold is in both, or twice, or out of range, or if one of both is empty.
  public init(count: Int = 5, choosing: [Int]? = nil, reporting: [Int]? = nil) throws(KitError) {
    guard (2...10_000).contains(count) else {
      throw KitError(.usage, "--folds is \(count); it must be between 2 and 10000")
    }
    for fold in (choosing ?? []) + (reporting ?? []) where !(1...count).contains(fold) {
      throw KitError(.usage, "fold \(fold) is out of range (1 to \(count))")
    }
    func others(_ folds: [Int]) -> [Int] {
      let taken = Set(folds)
      return (1...count).filter { !taken.contains($0) }
    }
    let chosen = choosing ?? reporting.map(others) ?? Array(1...max(1, 2 * count / 5))
    self.count = count
    self.choosing = chosen.sorted()
    self.reporting = (reporting ?? others(chosen)).sorted()
    for (folds, purpose) in [(self.choosing, "choose the winner"), (self.reporting, "report its score")] {
      if folds.isEmpty { throw KitError(.usage, "no fold is left to \(purpose)") }
      if let twice = zip(folds, folds.dropFirst()).first(where: { $0 == $1 }) {
        throw KitError(.usage, "fold \(twice.0) is given twice")
      }
    }
    let choosingSet = Set(self.choosing)
    if let both = self.reporting.first(where: choosingSet.contains) {
      throw KitError(
        .usage, "fold \(both) can't both choose the winner and report its score, which would be too high")
    }
  }

  /// Folds in a sentence: `fold 3`, `folds 1 and 2`, `folds 3 to 5`.
  public static func text(_ folds: [Int]) -> String {
    guard let first = folds.first, let last = folds.last else { return "no fold" }
    if folds.count == 1 { return "fold \(first)" }
    if folds.count > 2, last - first == folds.count - 1 { return "folds \(first) to \(last)" }
    return "folds \(folds.dropLast().map { "\($0)" }.joined(separator: ", ")) and \(last)"
  }

  /// All numbers.
  var json: JSON {
    .object([
      ("folds", .integer(count)), ("choosing", .array(choosing.map { .integer($0) })),
      ("reporting", .array(reporting.map { .integer($0) })),
    ])
  }

  /// Reads `json` back. Throws `badData` if it is malformed.
  init(_ json: JSON, from source: String) throws(KitError) {
    func numbers(_ json: JSON) -> [Int]? {
      guard let elements = json.array, elements.count <= 10_000 else { return nil }
      let numbers = elements.compactMap(\.integer)
      return numbers.count == elements.count ? numbers : nil
    }
    let count = try json.required("folds", from: source, \.integer)
    let choosing = try json.required("choosing", from: source, numbers)
    let reporting = try json.required("reporting", from: source, numbers)
    do {
      try self.init(count: count, choosing: choosing, reporting: reporting)
    } catch {
      throw KitError(.badData, "\(source): \(error.message)")
    }
  }
}
