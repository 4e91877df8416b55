import CZlib
import Foundations

/// The chunks of a PNG file in order, up to the final one.
struct PNGChunks {
  private let bytes: [UInt8]
  private let name: String
  private var position = 8

  init(_ bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  /// The next chunk; nil for `IEND`. What follows that is not read.
  mutating func next() throws(KitError) -> (kind: String, content: ArraySlice<UInt8>)? {
    guard bytes.count >= 8, bytes[4..<8].elementsEqual([0x0D, 0x0A, 0x1A, 0x0A]) else {
      throw damaged(name, at: 4, "line ends were changed, as a transfer in text mode does")
    }
    guard position + 12 <= bytes.count else { throw truncated(name, at: bytes.count) }
    let count = bigEndian(position)
    guard count <= bytes.count - position - 12 else {
      // A length that no writer gives is damage rather than a missing rest.
      throw count > Int(Int32.max)
        ? damaged(name, at: position, "a chunk of \(count) bytes") : truncated(name, at: bytes.count)
    }
    let content = position + 8..<position + 8 + count
    let sum = bytes[position + 4..<content.upperBound].withUnsafeBufferPointer {
      crc32(0, $0.baseAddress, UInt32($0.count))
    }
    let kind = String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
    guard Int(sum) == bigEndian(content.upperBound) else {
      throw damaged(name, at: position, "the checksum of a chunk does not match")
    }
    position = content.upperBound + 4
    return kind == "IEND" ? nil : (kind, bytes[content])
  }

  private func bigEndian(_ index: Int) -> Int { bytes[index..<index + 4].reduce(0) { $0 << 8 | Int($1) } }
}
