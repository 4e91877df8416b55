import Pictures

extension PNG {
  /// A `data:` URL with the file, for a page.
  static func address(_ file: [UInt8]) -> String { "data:image/png;base64,\(base64(file))" }
}

/// Bytes in Base64 (RFC 4648), with padding.
func base64(_ bytes: [UInt8]) -> String {
  let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  text.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let part = bytes[start..<min(start + 3, bytes.count)]
    var word = part.reduce(0) { $0 << 8 | Int($1) }
    word <<= 8 * (3 - part.count)
    for letter in 0..<4 {
      text.append(letter > part.count ? UInt8(ascii: "=") : letters[word >> (18 - 6 * letter) & 63])
    }
  }
  return String(decoding: text, as: UTF8.self)
}
