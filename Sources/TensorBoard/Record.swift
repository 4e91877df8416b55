/// TFRecord's framing: the data's length (8 bytes), the masked CRC-32C of the length (4), the data, and its masked CRC-32C
/// (4). All numbers are little-endian.
enum Record {
  /// Bytes before the data.
  static let prefixSize = 12
  /// Bytes after the data.
  static let suffixSize = 4

  /// The record with this data.
  static func framed(_ data: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(CRC32C.masked(of: length)) + data + littleEndian(CRC32C.masked(of: data))
  }

  /// The ranges of the data in a file's records, up to the first record that is truncated or damaged.
  static func whole(in bytes: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var start = 0
    while bytes.count - start >= prefixSize + suffixSize {
      let data = start + prefixSize
      let length = bytes[start..<start + 8]
      guard isChecksum(bytes[start + 8..<data], of: length) else { break }
      // A wrong length must not lead outside the file.
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
