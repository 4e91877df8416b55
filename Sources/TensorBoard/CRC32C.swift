/// CRC-32C: Castagnoli's polynomial, bits reflected, as in RFC 3720, appendix B.4.
///
/// (zlib's and PNG's CRC-32 has another polynomial.)
enum CRC32C {
  /// The checksum of some bytes.
  static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
    let table = table
    var rest = ~UInt32(0)
    for byte in bytes { rest = table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] ^ (rest >> 8) }
    return ~rest
  }

  /// The checksum as TFRecord stores it: a CRC that goes over bytes with a CRC in them is a poor one, so the
  /// stored number is rotated by 15 bits and moved by a constant.
  static func masked(of bytes: some Sequence<UInt8>) -> UInt32 {
    let checksum = checksum(of: bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
  }

  /// What eight steps of the division do to each value of the lowest byte.
  private static let table: [UInt32] = (0..<256).map { byte in
    var rest = UInt32(byte)
    for _ in 0..<8 { rest = rest & 1 == 0 ? rest >> 1 : rest >> 1 ^ 0x82f6_3b78 }
    return rest
  }
}
