import CZlib
import Foundations

// A checksum within the file, so that a bit that a disk or a copy has changed is noticed. CRC-32, since it takes a hundredth
// of the time that writing a state takes, where SHA-256 would take as long.

extension SafeTensors {
  /// The metadata's key for the CRC-32 of the file, taken with the checksum's own eight digits as zeros.
  static let checksumKey = "file_crc32"

  /// The file's bytes with a checksum in its metadata, which reading checks and removes.
  func sealed() -> [UInt8] {
    var file = self
    file.metadata[Self.checksumKey] = Self.noChecksum
    var bytes = file.serialized()
    guard let place = Self.checksumPlace(in: bytes, header: 8..<bytes.count) else {
      preconditionFailure("the checksum's place is in the header")
    }
    bytes.replaceSubrange(place, with: Self.checksum(of: bytes, without: place).utf8)
    return bytes
  }

  /// Refuses (`badData`) a file that is not what its checksum says; files of earlier versions have none.
  static func requireChecksum(
    _ metadata: [String: String], of bytes: [UInt8], header: Range<Int>, _ source: String
  ) throws(KitError) {
    guard let checksum = metadata[checksumKey] else { return }
    guard let place = checksumPlace(in: bytes, header: header) else {
      throw KitError(.badData, "\(source): metadata '\(checksumKey)' is not written as the kit writes it")
    }
    guard Self.checksum(of: bytes, without: place) == checksum else {
      throw KitError(
        .badData,
        "\(source) has changed since it was written: its bytes don't have the checksum that its metadata say ('\(checksumKey)')"
      )
    }
  }

  private static let noChecksum = "00000000"

  private static func checksum(of bytes: [UInt8], without place: Range<Int>) -> String {
    var sum = crc32_z(0, nil, 0)
    let zeros = Array(noChecksum.utf8)
    bytes.withUnsafeBufferPointer { bytes in
      sum = crc32_z(sum, bytes.baseAddress, place.lowerBound)
      sum = crc32_z(sum, zeros, zeros.count)
      sum = crc32_z(sum, bytes.baseAddress.map { $0 + place.upperBound }, bytes.count - place.upperBound)
    }
    return String(sum, radix: 16).leftPadded(to: noChecksum.count, with: "0")
  }

  /// Where the checksum's digits are. No string within the header has the key with its quotes, which would be escaped.
  private static func checksumPlace(in bytes: [UInt8], header: Range<Int>) -> Range<Int>? {
    let key = Array("\"\(checksumKey)\":\"".utf8)
    guard let start = bytes[header].firstRange(of: key)?.upperBound,
      start + noChecksum.count <= header.upperBound
    else { return nil }
    return start..<start + noChecksum.count
  }
}
