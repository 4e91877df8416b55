import Foundations

/// The folds of a cross-validation, or one of them. Numbers run on through the repeats: with 5 folds, fold 7 is the
/// second fold of the second repeat.
public struct Folds: Sendable, Equatable {
  /// Folds in each repeat.
  public var count: Int
  /// How many times all rows are split into folds, differently each time.
  public var repeats: Int
  /// The fold that is held out, from 1; nil for the whole cross-validation.
  public var number: Int?

  /// A cross-validation of `count` folds, or one fold of it.
  public init(count: Int, repeats: Int, number: Int? = nil) {
    self.count = count
    self.repeats = repeats
    self.number = number
  }

  /// The folds of all repeats: how many trainings there are, times the members.
  public var trainings: Int { count * repeats }

  /// Checks that all numbers are those of folds. Throws `usage`.
  public func requireAll(_ numbers: Set<Int>) throws(KitError) {
    if let missing = numbers.filter({ !(1...trainings).contains($0) }).min() {
      throw KitError(.usage, "--only-folds: fold \(missing) is out of range (1 to \(trainings))")
    }
  }

  /// The number of the repeat that a fold belongs to, from 1.
  public func repetition(of number: Int) -> Int { (number - 1) / count + 1 }

  /// The seed of a repeat's split; the first repeat's is the run's own.
  func seed(ofRepeat repetition: Int, _ seed: UInt64) -> UInt64 {
    if repetition == 1 { return seed }
    var stream = RandomStream(Philox(seed: seed), .split, epoch: 2, image: repetition)
    return stream.next64()
  }
}

/// Which of a table's rows a network is trained on, which are scored after each epoch, and which are held out.
///
/// Depends only on the table and on numbers that a configuration and a checkpoint's metadata hold, so a checkpoint tells
/// which rows it was trained on. Identical images are never in two of the parts.
public struct RowSplit: Sendable {
  /// Row numbers to train on, from 0, ascending.
  public let training: [Int]
  /// Row numbers that are scored after each epoch: the validation rows, or the fold's if there are none. Ascending.
  public let validation: [Int]
  /// The fold's row numbers, used neither for training nor for choosing an epoch; empty without folds. Ascending.
  public let heldOut: [Int]

  /// Splits a table: first it takes at most `limit` rows, then sets the fold aside, then the validation rows.
  ///
  /// - Parameters:
  ///   - table: The training table.
  ///   - limit: The most rows to use, stratified by digit; nil for all.
  ///   - seed: The run's seed.
  ///   - fraction: The share of the rows outside the fold that becomes the validation part, in 0..<1.
  ///   - folds: The fold to hold out; nil, or one without a number, for none.
  /// - Throws: As `StratifiedSplit` and `StratifiedFolds` do.
  public init(
    of table: DigitTable, limit: Int?, seed: UInt64, validation fraction: Double, folds: Folds?
  ) throws(KitError) {
    let groups = try Self.groups(of: table, limit: limit, seed: seed)
    do throws(KitError) {
      if let folds, let number = folds.number {
        self = try Self.repetition(
          folds.repetition(of: number), of: folds, groups, only: number, seed: seed, validation: fraction)[0]
      } else {
        let split = try StratifiedSplit(of: groups, validation: fraction, seed: seed)
        self = RowSplit(training: split.training, validation: split.validation, heldOut: [])
      }
    } catch {
      throw Self.blaming(limit, of: table, error)
    }
  }

  /// The splits of all folds, those of a repeat after those of the one before. Identical images are found once.
  public static func all(
    of table: DigitTable, limit: Int?, seed: UInt64, validation fraction: Double, folds: Folds
  ) throws(KitError) -> [RowSplit] {
    let groups = try groups(of: table, limit: limit, seed: seed)
    var splits: [RowSplit] = []
    do throws(KitError) {
      for number in 1...folds.repeats {
        splits += try repetition(number, of: folds, groups, seed: seed, validation: fraction)
      }
    } catch {
      throw blaming(limit, of: table, error)
    }
    return splits
  }

  /// The error of rows that are too few, naming the limit if it leaves some out.
  private static func blaming(_ limit: Int?, of table: DigitTable, _ error: KitError) -> KitError {
    guard let limit, limit < table.count, error.kind == .badData else { return error }
    return KitError(
      .badData,
      "\(error.message); --limit \(limit) leaves out all but \(grouped(limit)) of the table's \(grouped(table.count)) rows"
    )
  }

  private init(training: [Int], validation: [Int], heldOut: [Int]) {
    self.training = training
    self.validation = validation
    self.heldOut = heldOut
  }

  private static func groups(of table: DigitTable, limit: Int?, seed: UInt64) throws(KitError) -> ImageGroups
  {
    try ImageGroups(of: table, rows: stratifiedSubset(of: table, count: limit ?? table.count, seed: seed))
  }

  /// The splits of a repeat's folds, or that of one fold.
  private static func repetition(
    _ repetition: Int, of folds: Folds, _ groups: ImageGroups, only number: Int? = nil, seed: UInt64,
    validation fraction: Double
  ) throws(KitError) -> [RowSplit] {
    let parts = try StratifiedFolds(
      of: groups, count: folds.count, seed: folds.seed(ofRepeat: repetition, seed)
    ).folds
    let rowCount = (parts.compactMap(\.last).max() ?? -1) + 1
    var splits: [RowSplit] = []
    for heldOut in number.map({ [parts[($0 - 1) % folds.count]] }) ?? parts {
      var isHeldOut = [Bool](repeating: false, count: rowCount)
      for row in heldOut { isHeldOut[row] = true }
      let split = try StratifiedSplit(of: groups.without(isHeldOut), validation: fraction, seed: seed)
      splits.append(
        RowSplit(
          training: split.training, validation: fraction > 0 ? split.validation : heldOut, heldOut: heldOut))
    }
    return splits
  }
}
