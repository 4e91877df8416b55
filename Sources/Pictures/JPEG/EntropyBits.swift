/// The bits of a JPEG scan: without the zeros that are stuffed after 0xFF, and up to the next marker.
///
/// After a marker or the file's end there are zeros; `hasEnded` says whether some were taken.
struct EntropyBits {
  private let bytes: [UInt8]
  /// The next byte to take; at a marker it stays.
  private(set) var position: Int
  /// The bits that are next, from the highest on, and how many there are.
  private var buffer: UInt64 = 0
  private var count = 0
  /// Zeros added to the buffer.
  private var added = 0

  init(_ bytes: [UInt8], from position: Int) {
    self.bytes = bytes
    self.position = position
  }

  /// The number of bytes of the file.
  var end: Int { bytes.count }

  /// Whether bits were taken that the scan does not have.
  var hasEnded: Bool { count < added }

  /// Makes sure of 32 bits.
  @inline(__always)
  mutating func prepare() {
    if count < 32 { fill() }
  }

  private mutating func fill() {
    while count <= 56 {
      var byte: UInt8 = 0
      if added == 0, position < bytes.count {
        byte = bytes[position]
        if byte != 0xFF {
          position += 1
        } else if position + 1 < bytes.count, bytes[position + 1] == 0 {
          position += 2
        } else {
          byte = 0
          added = 8
        }
      } else {
        added += 8
      }
      buffer |= UInt64(byte) << UInt64(56 - count)
      count += 8
    }
  }

  /// The next bits as a number, from 1 to 32 of them, without taking them.
  @inline(__always)
  private func peek(_ bits: Int) -> Int { Int(truncatingIfNeeded: buffer >> UInt64(64 - bits)) }

  @inline(__always)
  private mutating func drop(_ bits: Int) {
    buffer <<= UInt64(bits)
    count -= bits
  }

  /// The next symbol, whose bits must have been prepared; nil if there is no such code.
  @inline(__always)
  mutating func symbol(_ table: HuffmanTable) -> UInt8? {
    let entry = table.quick[peek(HuffmanTable.quickBits)]
    if entry != 0 {
      drop(Int(entry >> 8))
      return UInt8(truncatingIfNeeded: entry)
    }
    guard let found = table.find(peek(16)) else { return nil }
    drop(found.length)
    return found.symbol
  }

  /// The next bits as a number, up to 16 that must have been prepared.
  @inline(__always)
  mutating func number(_ bits: Int) -> Int {
    if bits == 0 { return 0 }
    defer { drop(bits) }
    return peek(bits)
  }

  /// The next bits as a value with a sign, as coefficients are written.
  @inline(__always)
  mutating func value(_ bits: Int) -> Int32 {
    if bits == 0 { return 0 }
    let number = Int32(truncatingIfNeeded: number(bits))
    return number < 1 << Int32(bits - 1) ? number - (1 << Int32(bits)) + 1 : number
  }

  /// Goes behind the restart marker with a number from 0 to 7; false if another marker or the end is next.
  mutating func restart(_ number: Int) -> Bool {
    (buffer, count, added) = (0, 0, 0)
    // Rests of the interval before are skipped.
    while position + 1 < bytes.count {
      let second = bytes[position + 1]
      if bytes[position] == 0xFF, second != 0, second != 0xFF {
        guard second == 0xD0 + UInt8(number & 7) else { return false }
        position += 2
        return true
      }
      position += 1
    }
    return false
  }
}
