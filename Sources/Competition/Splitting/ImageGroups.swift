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

  /// Groups some of a table's rows, which are in ascending order. O(n log n).
  ///
  /// - Throws: `stopped` if the user asks to stop.
  init(of table: DigitTable, rows: [Int]) throws(KitError) {
    classes = table.classes
    byDigit = [[[Int]]](repeating: [], count: table.classes.count)
    let first = try firstEqualPlaces(of: rows, table.pixels)
    // Where each group is among its class's.
    var index = [Int](repeating: 0, count: rows.count)
    for (place, row) in rows.enumerated() {
      let digit = Int(table.labels[rows[first[place]]])
      if first[place] == place {
        index[place] = byDigit[digit].count
        byDigit[digit].append([row])
      } else {
        byDigit[digit][index[first[place]]].append(row)
      }
    }
  }
}

extension DigitTable {
  /// For each row the number of the first row with the same 784 pixels, mostly its own. O(n log n).
  ///
  /// - Throws: `stopped` if the user asks to stop.
  public func firstEqualRows() throws(KitError) -> [Int] {
    try firstEqualPlaces(of: Array(0..<count), pixels)
  }
}

/// For each of some rows the place among them of the first one with the same pixels.
///
/// In parts of at most some hundred thousand rows, between which it asks whether to stop: a table may have millions.
private func firstEqualPlaces(of rows: [Int], _ pixels: [UInt8]) throws(KitError) -> [Int] {
  let part = 1 << 17
  var keys: [UInt64] = []
  keys.reserveCapacity(rows.count)
  for start in stride(from: 0, to: rows.count, by: part) {
    try StopRequest.check(while: "looking for equal images")
    pixels.withUnsafeBytes { pixels in
      for row in rows[start..<min(rows.count, start + part)] { keys.append(fingerprint(pixels, row)) }
    }
  }
  // Equal images have equal fingerprints, and so are in the same part by their upper bits.
  let bits = Int.bitWidth - (rows.count / part).leadingZeroBitCount
  var parts = [[Int]](repeating: [], count: 1 << bits)
  for (place, key) in keys.enumerated() { parts[Int(key >> (64 - bits))].append(place) }
  var first = Array(rows.indices)
  for places in parts {
    try StopRequest.check(while: "looking for equal images")
    pixels.withUnsafeBytes { pixels in
      // The fingerprint decides most comparisons; only the bytes themselves tell that two images are the same.
      let sorted = places.sorted { left, right in
        if keys[left] != keys[right] { return keys[left] < keys[right] }
        let order = compare(pixels, rows[left], rows[right])
        return order == 0 ? left < right : order < 0
      }
      for (before, place) in zip(sorted, sorted.dropFirst())
      where keys[before] == keys[place] && compare(pixels, rows[before], rows[place]) == 0 {
        first[place] = first[before]
      }
    }
  }
  return first
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
