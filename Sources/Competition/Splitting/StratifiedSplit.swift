import Foundations

/// Rows split into a training and a validation part with the same proportions of digits.
///
/// Identical images (the same 784 bytes) are always in the same part. The split depends only on the rows' contents and
/// order, the fraction and the seed.
public struct StratifiedSplit: Sendable {
  /// Row numbers of the training part, from 0, ascending.
  public let training: [Int]
  /// Row numbers of the validation part, from 0, ascending.
  public let validation: [Int]

  /// Puts `fraction` of some of a table's rows, rounded, into the validation part.
  ///
  /// The part has exactly this size unless identical images, or digits too rare to have a row in each part, make that
  /// impossible.
  ///
  /// - Throws: `usage` if the fraction is not in 0..<1, `badData` if a digit has only one image.
  public init(
    of table: DigitTable, rows: [Int], validation fraction: Double, seed: UInt64
  ) throws(KitError) {
    try self.init(of: ImageGroups(of: table, rows: rows), validation: fraction, seed: seed)
  }

  /// The same of rows that were grouped before.
  init(of rows: ImageGroups, validation fraction: Double, seed: UInt64) throws(KitError) {
    guard fraction >= 0 && fraction < 1 else {
      throw KitError(.usage, "--validation is \(fraction); it must be at least 0 and below 1")
    }
    let groups = rows.byDigit
    if fraction == 0 {
      training = groups.joined().joined().sorted()
      validation = []
      return
    }
    let shares = apportion(
      Int((fraction * Double(rows.rowCount)).rounded()),
      over: groups.map { $0.reduce(0) { $0 + $1.count } })
    var training: [Int] = []
    var validation: [Int] = []
    // Rows that earlier digits gave too few (or too many, if negative).
    var owed = 0
    for digit in groups.indices where !groups[digit].isEmpty {
      guard groups[digit].count >= 2 else {
        throw KitError(
          .badData,
          "there is only one image of \(rows.classes.called(digit)); a validation part needs two of each \(rows.classes.noun) "
            + "(--validation 0 trains without one)")
      }
      var stream = RandomStream(Philox(seed: seed), .split, image: digit)
      var shuffled = groups[digit]
      stream.shuffle(&shuffled)
      let wanted = shares[digit] + owed
      let isTaken = chooseGroups(shuffled.map(\.count), rows: wanted)
      var taken = 0
      for (group, isTaken) in zip(shuffled, isTaken) {
        if isTaken {
          validation += group
          taken += group.count
        } else {
          training += group
        }
      }
      owed = wanted - taken
    }
    self.training = training.sorted()
    self.validation = validation.sorted()
  }
}

/// Which groups to take, whole and the first ones that fit, so that their sizes sum to about `rows`; at least one group
/// and not all.
private func chooseGroups(_ sizes: [Int], rows: Int) -> [Bool] {
  var isTaken = [Bool](repeating: false, count: sizes.count)
  var left = rows
  var taken = 0
  for index in sizes.indices where sizes[index] <= left && taken < sizes.count - 1 {
    isTaken[index] = true
    taken += 1
    left -= sizes[index]
  }
  // One more if that brings the sum nearer to `rows`, or if there is none yet.
  let smallest = sizes.indices.filter { !isTaken[$0] }.min { sizes[$0] < sizes[$1] }
  if let smallest, taken == 0 || (sizes[smallest] < 2 * left && taken < sizes.count - 1) {
    isTaken[smallest] = true
  }
  return isTaken
}

/// A random part of a table's rows, stratified by digit (`--limit`).
///
/// - Returns: `count` row numbers from 0, ascending; all rows if there are not more.
/// - Throws: `usage` if `count` is below 1.
public func stratifiedSubset(of table: DigitTable, count: Int, seed: UInt64) throws(KitError) -> [Int] {
  guard count >= 1 else { throw KitError(.usage, "--limit is \(count); it must be at least 1") }
  let used = table.rows
  if count >= used.count { return used }
  var rows = [[Int]](repeating: [], count: table.classes.count)
  for row in used { rows[Int(table.labels[row])].append(row) }
  let shares = apportion(count, over: rows.map(\.count))
  var chosen: [Int] = []
  for digit in rows.indices {
    var stream = RandomStream(Philox(seed: seed), .limit, image: digit)
    stream.shuffle(&rows[digit])
    chosen += rows[digit].prefix(shares[digit])
  }
  return chosen.sorted()
}

/// Splits `total` in proportion to `sizes` by the largest remainders (Hamilton's method; ties go to the lower index),
/// none larger than its size. In whole numbers, so exact.
func apportion(_ total: Int, over sizes: [Int]) -> [Int] {
  let sum = sizes.reduce(0, +)
  guard sum > 0 else { return sizes }
  var shares: [Int] = []
  var remainders: [Int] = []
  for size in sizes {
    // Both are below 2³¹, since more rows fit in no memory, so the product does not overflow.
    let (share, remainder) = (size * total).quotientAndRemainder(dividingBy: sum)
    shares.append(share)
    remainders.append(remainder)
  }
  let order = sizes.indices.sorted {
    remainders[$0] == remainders[$1] ? $0 < $1 : remainders[$0] > remainders[$1]
  }
  for index in order.prefix(total - shares.reduce(0, +)) { shares[index] += 1 }
  return shares
}
