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
    let rows = try stratifiedSubset(of: table, count: limit ?? table.count, seed: seed)
    guard let folds, let number = folds.number else {
      let split = try StratifiedSplit(of: table, rows: rows, validation: fraction, seed: seed)
      (training, validation, heldOut) = (split.training, split.validation, [])
      return
    }
    let repetition = folds.repetition(of: number)
    let all = try StratifiedFolds(
      of: table, rows: rows, count: folds.count, seed: folds.seed(ofRepeat: repetition, seed))
    heldOut = all.folds[(number - 1) % folds.count]
    var isHeldOut = [Bool](repeating: false, count: table.count)
    for row in heldOut { isHeldOut[row] = true }
    let others = rows.filter { !isHeldOut[$0] }
    let split = try StratifiedSplit(of: table, rows: others, validation: fraction, seed: seed)
    training = split.training
    validation = fraction > 0 ? split.validation : heldOut
  }
}
