import Foundations
import Platform

/// Rows grouped by image: rows with the same 784 bytes must stay together in a split.
///
/// A group counts as its first row's class, even if later rows of it have another label.
struct ImageGroups {
  /// The classes.
  let classes: Classes
  /// Each class's groups, ordered by their first rows; a group is its row numbers, ascending.
  private(set) var byDigit: [[[Int]]]

  /// How many rows they have.
  var rowCount: Int { byDigit.joined().reduce(0) { $0 + $1.count } }

  /// The groups but those of some rows, which must be whole groups.
  func without(_ isLeftOut: [Bool]) -> ImageGroups {
    var result = self
    for digit in byDigit.indices { result.byDigit[digit].removeAll { isLeftOut[$0[0]] } }
    return result
  }

  /// Groups some of a table's rows. O(n log n).
  init(of table: DigitTable, rows: [Int]) {
    classes = table.classes
    byDigit = [[[Int]]](repeating: [], count: table.classes.count)
    var groups: [[Int]] = []
    table.pixels.withUnsafeBytes { pixels in
      let keyed = rows.map { (key: fingerprint(pixels, $0), row: $0) }
      // The fingerprint decides most comparisons; only the bytes themselves tell that two images are the same.
      let sorted = keyed.sorted { left, right in
        if left.key != right.key { return left.key < right.key }
        let order = compare(pixels, left.row, right.row)
        return order == 0 ? left.row < right.row : order < 0
      }
      for (index, entry) in sorted.enumerated() {
        if index > 0, sorted[index - 1].key == entry.key,
          compare(pixels, sorted[index - 1].row, entry.row) == 0
        {
          groups[groups.count - 1].append(entry.row)
        } else {
          groups.append([entry.row])
        }
      }
    }
    groups.sort { $0[0] < $1[0] }
    for group in groups { byDigit[Int(table.labels[group[0]])].append(group) }
  }
}

extension DigitTable {
  /// For each row the number of the first row with the same 784 pixels, mostly its own. O(n log n).
  public func firstEqualRows() -> [Int] {
    var first = Array(0..<count)
    for groups in ImageGroups(of: self, rows: first).byDigit {
      for group in groups where group.count > 1 {
        for row in group { first[row] = group[0] }
      }
    }
    return first
  }
}

/// A 64-bit hash of an image's pixels (multiply and xor, eight bytes at a time).
private func fingerprint(_ pixels: UnsafeRawBufferPointer, _ row: Int) -> UInt64 {
  let start = row * DigitTable.pixelCount
  var hash: UInt64 = 0
  for offset in stride(from: start, to: start + DigitTable.pixelCount, by: 8) {
    hash = (hash ^ pixels.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 32
  }
  return hash
}

/// The order of two rows' pixels, as `memcmp` gives it.
private func compare(_ pixels: UnsafeRawBufferPointer, _ left: Int, _ right: Int) -> Int32 {
  let size = DigitTable.pixelCount
  guard
    let first = UnsafeRawBufferPointer(rebasing: pixels[left * size..<(left + 1) * size]).baseAddress,
    let second = UnsafeRawBufferPointer(rebasing: pixels[right * size..<(right + 1) * size]).baseAddress
  else { return 0 }
  return memcmp(first, second, size)
}
