import Foundations

/// The folds of a cross-validation. They are numbered through its repeats: with 5 folds, fold 7 is the second of the
/// second repeat.
public struct Folds: Sendable, Equatable {
  /// Folds of a repeat.
  public var count: Int
  /// How often all rows are dealt into folds.
  public var repeats: Int
  /// The fold that is held out, from 1; nil of the cross-validation as a whole.
  public var number: Int?

  /// Folds as described.
  public init(count: Int, repeats: Int, number: Int? = nil) {
    self.count = count
    self.repeats = repeats
    self.number = number
  }

  /// Folds of all repeats: as many trainings, or times the members.
  public var trainings: Int { count * repeats }

  /// Refuses (`usage`) numbers of which one is no fold's.
  public func requireAll(_ numbers: Set<Int>) throws(KitError) {
    if let missing = numbers.filter({ !(1...trainings).contains($0) }).min() {
      throw KitError(.usage, "--only-folds: there is no fold \(missing) of \(trainings)")
    }
  }

  /// The repeat that a fold belongs to, from 1.
  public func repetition(of number: Int) -> Int { (number - 1) / count + 1 }

  /// The seed that a repeat's rows are dealt by: the first one's is the run's own.
  func seed(ofRepeat repetition: Int, _ seed: UInt64) -> UInt64 {
    if repetition == 1 { return seed }
    var stream = RandomStream(Philox(seed: seed), .split, epoch: 2, image: repetition)
    return stream.next64()
  }
}

/// Which of a table's rows train a network, which are scored after each epoch, and which are held out.
///
/// A function of the table, the numbers that a configuration or a checkpoint's metadata give, and nothing else: so a
/// checkpoint tells which rows it saw. Equal images are never on two sides.
public struct RowSplit: Sendable {
  /// Rows that are trained on, ascending.
  public let training: [Int]
  /// Rows that are scored after each epoch: those kept for validation; without such, the fold's. Ascending.
  public let validation: [Int]
  /// The fold's rows, which neither train nor choose anything; empty without folds. Ascending.
  public let heldOut: [Int]

  /// Takes `limit` rows first, then the fold's, then the validation's share of what is left.
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
    let dealt = try StratifiedFolds(
      of: table, rows: rows, count: folds.count, seed: folds.seed(ofRepeat: repetition, seed))
    heldOut = dealt.folds[(number - 1) % folds.count]
    var isHeldOut = [Bool](repeating: false, count: table.count)
    for row in heldOut { isHeldOut[row] = true }
    let others = rows.filter { !isHeldOut[$0] }
    let split = try StratifiedSplit(of: table, rows: others, validation: fraction, seed: seed)
    training = split.training
    validation = fraction > 0 ? split.validation : heldOut
  }
}
