import Foundations

// A digest within the file, so that a bit that a disk or a copy has changed is noticed.

extension SafeTensors {
  /// The metadata's key for the SHA-256 of the file, taken with the digest's own 64 digits as zeros.
  static let digestKey = "file_sha256"

  /// The file's bytes with a digest in its metadata, which reading checks and removes.
  func sealed() -> [UInt8] {
    var file = self
    file.metadata[Self.digestKey] = Self.noDigest
    var bytes = file.serialized()
    guard let place = Self.digestPlace(in: bytes, header: 8..<bytes.count) else {
      preconditionFailure("the digest's place is in the header")
    }
    var hash = SHA256()
    hash.update(bytes)
    bytes.replaceSubrange(place, with: SHA256.hexadecimal(of: hash.finalize()).utf8)
    return bytes
  }

  /// Refuses (`badData`) a file that is not what its digest says; files of earlier versions have none.
  static func requireDigest(
    _ metadata: [String: String], of bytes: [UInt8], header: Range<Int>, _ source: String
  ) throws(KitError) {
    guard let digest = metadata[digestKey] else { return }
    guard let place = digestPlace(in: bytes, header: header) else {
      throw KitError(.badData, "\(source): metadata '\(digestKey)' is not written as the kit writes it")
    }
    var hash = SHA256()
    bytes.withUnsafeBytes { bytes in
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<place.lowerBound]))
      hash.update(Array(noDigest.utf8))
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[place.upperBound...]))
    }
    guard SHA256.hexadecimal(of: hash.finalize()) == digest else {
      throw KitError(
        .badData,
        "\(source) has changed since it was written: its bytes are not those of its SHA-256 (metadata '\(digestKey)')"
      )
    }
  }

  private static let noDigest = String(repeating: "0", count: 64)

  /// Where the digest's digits are. No string within the header has the key with its quotes, which would be escaped.
  private static func digestPlace(in bytes: [UInt8], header: Range<Int>) -> Range<Int>? {
    let key = Array("\"\(digestKey)\":\"".utf8)
    guard let start = bytes[header].firstRange(of: key)?.upperBound, start + 64 <= header.upperBound else {
      return nil
    }
    return start..<start + 64
  }
}
