extension JSON {
  /// Reads one JSON value (RFC 8259, UTF-8) with nothing but white space around it.
  ///
  /// Strict: it refuses a name that an object has twice, comments, trailing commas, malformed UTF-8, half a surrogate
  /// pair, numbers beyond Double's range, and values nested deeper than 64.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - source: The file's name, for messages.
  /// - Throws: `badData`; the message begins with `source:line:column`, the column counted in bytes from 1, unless the file is
  ///   of another kind.
  public static func parse(_ bytes: [UInt8], from source: String) throws(KitError) -> JSON {
    if let refusal = FileKind.refusal(of: source, startingWith: bytes, wanted: .json) { throw refusal }
    var reader = JSONReader(bytes: bytes, source: source)
    let value = try reader.value(depth: 0)
    reader.skipWhiteSpace()
    if reader.next != nil { throw reader.error("there is more after the value") }
    return value
  }
}

/// A recursive-descent reader; `position` is the next byte's index.
private struct JSONReader {
  let bytes: [UInt8]
  let source: String
  var position = 0

  /// Deep enough for what the kit reads, and far from overflowing the stack.
  static let deepest = 64

  init(bytes: [UInt8], source: String) {
    self.bytes = bytes
    self.source = source
  }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  func error(_ message: String, at index: Int? = nil) -> KitError {
    let before = bytes[..<(index ?? position)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let column = before.count - (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
    return KitError(.badData, "\(source):\(line):\(column): \(message)")
  }

  mutating func skipWhiteSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  /// Skips white space, then takes the next byte if it is this character.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipWhiteSpace()
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func value(depth: Int) throws(KitError) -> JSON {
    if depth > Self.deepest { throw error("nested deeper than \(Self.deepest) levels") }
    skipWhiteSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): return try number()
    case nil: throw error("the text ends where a value is expected")
    default: throw error("expected a value")
    }
  }

  mutating func literal(_ text: String, _ value: JSON) throws(KitError) -> JSON {
    guard bytes[position...].starts(with: text.utf8) else { throw error("expected a value") }
    position += text.utf8.count
    return value
  }

  mutating func object(depth: Int) throws(KitError) -> JSON {
    position += 1
    var members: [(key: String, value: JSON)] = []
    var keys: Set<String> = []
    if take("}") { return .object(members) }
    repeat {
      skipWhiteSpace()
      let start = position
      guard next == UInt8(ascii: "\"") else { throw error("expected a name in quotation marks") }
      let key = try string()
      guard keys.insert(key).inserted else { throw error("the name \"\(key)\" appears twice", at: start) }
      guard take(":") else { throw error("expected a colon") }
      members.append((key, try value(depth: depth + 1)))
    } while take(",")
    guard take("}") else { throw error("expected a comma or a closing brace") }
    return .object(members)
  }

  mutating func array(depth: Int) throws(KitError) -> JSON {
    position += 1
    var elements: [JSON] = []
    if take("]") { return .array(elements) }
    repeat { elements.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw error("expected a comma or a closing bracket") }
    return .array(elements)
  }

  mutating func number() throws(KitError) -> JSON {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
    var isWhole = true
    if next == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isWhole = false
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    // An Int has no -0.
    if isWhole, text != "-0", let number = Int(text) { return .integer(number) }
    guard let number = Double(text), number.isFinite else {
      throw error("the number is out of range", at: start)
    }
    return .number(number)
  }

  mutating func digits() throws(KitError) {
    let start = position
    while let byte = next, isDigit(byte) { position += 1 }
    if position == start { throw error("expected a digit") }
  }

  func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  mutating func string() throws(KitError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      if byte < 0x20 { throw error("a string may not contain control characters") }
      if byte == UInt8(ascii: "\\") {
        content.append(contentsOf: UTF8.encode(try escaped()) ?? UTF8.encodedReplacementCharacter)
      } else {
        content.append(byte)
        position += 1
      }
    }
    guard next != nil else { throw error("the string is not closed", at: start) }
    position += 1
    guard let string = String(validating: content, as: UTF8.self) else {
      throw error("the string is not UTF-8", at: start)
    }
    return string
  }

  /// The character that an escape sequence means.
  mutating func escaped() throws(KitError) -> Unicode.Scalar {
    let start = position
    position += 1
    let byte = next
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var value = try fourHexadecimalDigits()
      if (0xD800..<0xDC00).contains(value), bytes[position...].starts(with: "\\u".utf8) {
        position += 2
        let low = try fourHexadecimalDigits()
        guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair", at: start) }
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(value) else { throw error("half a surrogate pair", at: start) }
      return scalar
    default: throw error("unknown escape sequence", at: start)
    }
  }

  mutating func fourHexadecimalDigits() throws(KitError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
