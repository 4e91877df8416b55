import Foundations

/// Rows dealt into folds for cross-validation, the digits in the same proportions in each.
///
/// Images that are the same 784 bytes are always in the same fold. The folds are a function of the rows'
/// contents and order, their number and the seed.
public struct StratifiedFolds: Sendable {
  /// For each fold its row numbers, from 0, ascending; each row is in exactly one fold.
  public let folds: [[Int]]

  /// Deals some of a table's rows into `count` folds.
  ///
  /// Without equal images the folds' sizes differ by one at most, in all and in each digit. Fails with
  /// `usage` if `count` is below 2, with `badData` if a digit is there in fewer different images than folds.
  public init(of table: DigitTable, rows: [Int], count: Int, seed: UInt64) throws(KitError) {
    guard count >= 2 else { throw KitError(.usage, "--folds \(count): at least 2 are needed") }
    let groups = ImageGroups(of: table, rows: rows).byDigit
    // Looked at before anything of that size is allocated.
    for digit in 0..<10 where !groups[digit].isEmpty && groups[digit].count < count {
      throw KitError(
        .badData,
        "digit \(digit) is there in \(groups[digit].count) different images; \(count) folds need \(count) of each"
      )
    }
    guard !rows.isEmpty else { throw KitError(.badData, "there are no rows to make folds of") }
    var folds = [[Int]](repeating: [], count: count)
    for digit in 0..<10 {
      // Epoch 1 keeps these draws apart from the validation split's.
      var stream = RandomStream(Philox(seed: seed), .split, epoch: 1, image: digit)
      var shuffled = groups[digit]
      stream.shuffle(&shuffled)
      // Large groups first, so that single images can even them out; the sort is stable.
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
