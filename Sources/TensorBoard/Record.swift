/// TFRecord's framing: the data's length (8 bytes), that length's masked CRC-32C (4), the data, the data's masked
/// CRC-32C (4); all numbers little-endian.
enum Record {
  /// The bytes before the data.
  static let prefixSize = 12
  /// The bytes after the data.
  static let suffixSize = 4

  /// The record that holds some data.
  static func framed(_ data: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(CRC32C.masked(of: length)) + data + littleEndian(CRC32C.masked(of: data))
  }

  /// Where the data of a file's records are, up to the first record that is cut off or damaged.
  static func whole(in bytes: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var start = 0
    while bytes.count - start >= prefixSize + suffixSize {
      let data = start + prefixSize
      let length = bytes[start..<start + 8]
      guard isChecksum(bytes[start + 8..<data], of: length) else { break }
      // Anybody can write a length; what is not in the file is never asked for.
      let size = number(length)
      guard size <= UInt64(bytes.count - data - suffixSize) else { break }
      let end = data + Int(size)
      guard isChecksum(bytes[end..<end + suffixSize], of: bytes[data..<end]) else { break }
      found.append(data..<end)
      start = end + suffixSize
    }
    return found
  }

  private static func isChecksum(_ stored: ArraySlice<UInt8>, of bytes: ArraySlice<UInt8>) -> Bool {
    number(stored) == UInt64(CRC32C.masked(of: bytes))
  }

  /// A little-endian number of at most 8 bytes.
  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
