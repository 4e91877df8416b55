import Foundations

/// Rows split into folds for cross-validation, with the same proportions of digits in each.
///
/// Identical images (the same 784 bytes) are always in the same fold. The folds depend only on the rows' contents and
/// order, their number and the seed.
public struct StratifiedFolds: Sendable {
  /// Each fold's row numbers, from 0, ascending. Each row is in exactly one fold.
  public let folds: [[Int]]

  /// Splits some of a table's rows into `count` folds.
  ///
  /// Without identical images the folds' sizes differ by at most one, in total and for each digit.
  ///
  /// - Throws: `usage` if `count` is below 2, `badData` if a class has fewer different images than there are folds.
  public init(of table: DigitTable, rows: [Int], count: Int, seed: UInt64) throws(KitError) {
    try self.init(of: ImageGroups(of: table, rows: rows), count: count, seed: seed)
  }

  /// Splits rows that were grouped before.
  init(of rows: ImageGroups, count: Int, seed: UInt64) throws(KitError) {
    guard count >= 2 else { throw KitError(.usage, "--folds is \(count); it must be at least 2") }
    let groups = rows.byDigit
    // Checked before anything of that size is allocated.
    for digit in groups.indices where !groups[digit].isEmpty && groups[digit].count < count {
      throw KitError(
        .badData,
        "there are only \(groups[digit].count) different images of \(rows.classes.called(digit)); \(count) folds need \(count) of each \(rows.classes.noun)"
      )
    }
    guard rows.rowCount > 0 else { throw KitError(.badData, "there are no rows to split into folds") }
    var folds = [[Int]](repeating: [], count: count)
    for digit in groups.indices {
      // Epoch 1 keeps these draws apart from the validation split's.
      var stream = RandomStream(Philox(seed: seed), .split, epoch: 1, image: digit)
      var shuffled = groups[digit]
      stream.shuffle(&shuffled)
      // Large groups first, so that single images can balance them; the sort is stable.
      shuffled.sort { $0.count > $1.count }
      var ofDigit = [Int](repeating: 0, count: count)
      for group in shuffled {
        var smallest = 0
        for fold in 1..<count
        where (ofDigit[fold], folds[fold].count) < (ofDigit[smallest], folds[smallest].count) {
          smallest = fold
        }
        folds[smallest] += group
        ofDigit[smallest] += group.count
      }
    }
    self.folds = folds.map { $0.sorted() }
  }
}
