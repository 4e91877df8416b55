/// CRC-32C: Castagnoli's polynomial, bits reflected, as in RFC 3720, appendix B.4.
///
/// (The CRC-32 of zlib and PNG has another polynomial.)
enum CRC32C {
  /// The checksum of bytes.
  static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
    let table = table
    var rest = ~UInt32(0)
    for byte in bytes { rest = table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] ^ (rest >> 8) }
    return ~rest
  }

  /// The checksum as TFRecord stores it: rotated by 15 bits plus a constant, because a CRC of bytes that contain their
  /// own CRC is weak.
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
