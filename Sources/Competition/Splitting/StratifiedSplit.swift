import Foundations

/// Rows split into a training and a validation part with the digits in the same proportions.
///
/// Images that are the same 784 bytes are always in the same part. The split is a function of the rows'
/// contents and order, the fraction and the seed.
public struct StratifiedSplit: Sendable {
  /// Row numbers of the training part, from 0, ascending.
  public let training: [Int]
  /// Row numbers of the validation part, from 0, ascending.
  public let validation: [Int]

  /// Puts `fraction` of some of a table's rows, rounded, into the validation part.
  ///
  /// The part is exactly that large unless groups of equal images, or digits too rare to give their share
  /// and keep a row on either side, stand against it. Fails with `usage` if the fraction is not in 0..<1, with
  /// `badData` if a digit is there but not in two different images.
  public init(
    of table: DigitTable, rows: [Int], validation fraction: Double, seed: UInt64
  ) throws(KitError) {
    guard fraction >= 0 && fraction < 1 else {
      throw KitError(.usage, "--validation \(fraction): a fraction from 0 to below 1 is needed")
    }
    if fraction == 0 {
      training = rows.sorted()
      validation = []
      return
    }
    let groups = ImageGroups(of: table, rows: rows).byDigit
    let shares = apportion(
      Int((fraction * Double(rows.count)).rounded()), over: groups.map { $0.reduce(0) { $0 + $1.count } })
    var training: [Int] = []
    var validation: [Int] = []
    // What the digits before could not give or gave too much.
    var owed = 0
    for digit in 0..<10 where !groups[digit].isEmpty {
      guard groups[digit].count >= 2 else {
        throw KitError(
          .badData,
          "digit \(digit) is there in one image only; a validation part needs two of each "
            + "(--validation 0 does without)")
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

/// Chooses whole groups, the first ones that fit, so that their sizes sum to `rows` or near it; at least one
/// group and not all.
private func chooseGroups(_ sizes: [Int], rows: Int) -> [Bool] {
  var isTaken = [Bool](repeating: false, count: sizes.count)
  var left = rows
  var taken = 0
  for index in sizes.indices where sizes[index] <= left && taken < sizes.count - 1 {
    isTaken[index] = true
    taken += 1
    left -= sizes[index]
  }
  // One more, if too much by it is nearer than too little without, or if there is none yet.
  let smallest = sizes.indices.filter { !isTaken[$0] }.min { sizes[$0] < sizes[$1] }
  if let smallest, taken == 0 || (sizes[smallest] < 2 * left && taken < sizes.count - 1) {
    isTaken[smallest] = true
  }
  return isTaken
}

/// A stratified, seeded part of a table's rows (`--limit`): row numbers from 0, ascending; all of them if
/// there are no more than `count`.
///
/// Fails with `usage` if `count` is below 1.
public func stratifiedSubset(of table: DigitTable, count: Int, seed: UInt64) throws(KitError) -> [Int] {
  guard count >= 1 else { throw KitError(.usage, "--limit \(count): at least 1 row is needed") }
  if count >= table.count { return Array(0..<table.count) }
  var rows = [[Int]](repeating: [], count: 10)
  for (row, label) in table.labels.enumerated() { rows[Int(label)].append(row) }
  let shares = apportion(count, over: rows.map(\.count))
  var chosen: [Int] = []
  for digit in 0..<10 {
    var stream = RandomStream(Philox(seed: seed), .limit, image: digit)
    stream.shuffle(&rows[digit])
    chosen += rows[digit].prefix(shares[digit])
  }
  return chosen.sorted()
}

/// Shares of `total` in proportion to `sizes`, none larger than its size, by the largest remainders
/// (Hamilton's method; ties go to the lower index). In whole numbers, so exact.
func apportion(_ total: Int, over sizes: [Int]) -> [Int] {
  let sum = sizes.reduce(0, +)
  guard sum > 0 else { return sizes }
  var shares: [Int] = []
  var remainders: [Int] = []
  for size in sizes {
    // Both below 2³¹, as many rows as no memory holds, so the product does not overflow.
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
