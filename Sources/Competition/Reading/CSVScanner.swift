import Foundations

/// Splits a CSV stream into fields, one at a time, and knows each field's line and number.
///
/// RFC 4180 with LF or CRLF line ends, with or without a final line end and a byte-order mark. A line break inside quotes
/// is refused: no table of numbers has one, and an unclosed quote would swallow the rest of the file.
package struct CSVScanner {
  /// What ends a field.
  package enum Ending {
    case comma
    /// The end of the line, or of the file.
    case line
  }

  /// The file's name in messages.
  let name: String
  /// The line of the next byte, from 1.
  package private(set) var line = 1
  /// The line of the field scanned last, and its number in the line, both from 1.
  package private(set) var fieldLine = 1
  private(set) var field = 0
  /// The first 32 bytes of the field scanned last, without its quotes.
  package private(set) var text: [UInt8] = []
  /// The field's value if it consists of digits, at most `Self.largest`; else nil.
  package private(set) var number: Int?

  /// Larger numbers are read as this one, which is above every valid number and below any overflow.
  package static let largest = 1 << 48
  /// How many bytes of a field are kept: more than any valid one has.
  private let textLimit: Int

  private let source: ReadAhead
  private var chunk = ReadAhead.Chunk()
  private var position = 0
  private var startsLine = true

  /// Starts at the stream's first byte, or after its byte-order mark.
  ///
  /// `name` is the file's name in messages; `chunkSize` bytes are read at a time, and `textLimit` bytes of a field are kept.
  package init(
    _ stream: any ByteStream, name: String, chunkSize: Int, textLimit: Int = 32
  ) throws(KitError) {
    self.name = name
    self.textLimit = textLimit
    source = try ReadAhead(stream, chunkSize: chunkSize)
    text.reserveCapacity(textLimit)
    guard try peek() == 0xEF else { return }
    for byte in [0xEF, 0xBB, 0xBF] as [UInt8] {
      guard try peek() == byte else { throw error(line: 1, field: 1, "the file is not UTF-8 text") }
      position += 1
    }
  }

  /// Whether there is nothing more to read; the stream's own checks (lengths, checksums) have then passed.
  package mutating func isAtEnd() throws(KitError) -> Bool { try peek() == nil }

  /// Scans the next field and what ends it. Throws `badData` with file, line and field.
  package mutating func scanField() throws(KitError) -> Ending {
    fieldLine = line
    field = startsLine ? 1 : field + 1
    startsLine = false
    text.removeAll(keepingCapacity: true)
    number = nil
    var isNumber = true
    if try peek() == UInt8(ascii: "\"") {
      position += 1
      try scanQuoted(&isNumber)
    } else {
      while let byte = try peek(), byte != UInt8(ascii: ","), byte != UInt8(ascii: "\n"),
        byte != UInt8(ascii: "\r")
      {
        take(byte, &isNumber)
      }
    }
    if !isNumber { number = nil }
    return try scanEnding()
  }

  /// Lets `read` take whole lines directly from the current chunk. It gets the chunk's bytes and the position of the next
  /// line, and returns the position after the lines that it took, and their number.
  mutating func takeLines(_ read: (RawSpan, Int) -> (position: Int, lines: Int)) {
    guard startsLine else { return }
    let taken = read(chunk.bytes.span.bytes.extracting(0..<chunk.count), position)
    position = taken.position
    line += taken.lines
  }

  /// An error at the field scanned last.
  package func error(_ message: String) -> KitError { error(line: fieldLine, field: field, message) }

  /// An error at a line and field, both counted from 1.
  package func error(line: Int, field: Int, _ message: String) -> KitError {
    KitError(.badData, "\(name):\(line):\(field): \(message)")
  }

  /// The field scanned last as messages show it: numbers as they are, other text quoted and escaped.
  package var shownText: String {
    if text.isEmpty { return "empty" }
    let dots = text.count == textLimit ? "…" : ""
    let numeric = text.allSatisfy { (0x2B...0x39).contains($0) && $0 != 0x2C }
    if numeric { return String(decoding: text, as: UTF8.self) + dots }
    let escaped = text.map { byte in
      if (0x20...0x7E).contains(byte) { return String(UnicodeScalar(byte)) }
      return byte < 16 ? "\\x0\(String(byte, radix: 16))" : "\\x\(String(byte, radix: 16))"
    }
    return "\"\(escaped.joined())\(dots)\""
  }

  private mutating func peek() throws(KitError) -> UInt8? {
    while position == chunk.count {
      position = 0
      guard try source.next(&chunk) else { return nil }
    }
    return chunk.bytes[position]
  }

  private mutating func take(_ byte: UInt8, _ isNumber: inout Bool) {
    position += 1
    if text.count < textLimit { text.append(byte) }
    let digit = byte &- UInt8(ascii: "0")
    if digit <= 9 {
      number = min((number ?? 0) * 10 + Int(digit), Self.largest)
    } else {
      isNumber = false
    }
  }

  /// The rest of a quoted field, including its closing quote; two quotes mean one.
  private mutating func scanQuoted(_ isNumber: inout Bool) throws(KitError) {
    while let byte = try peek() {
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        throw error("a quoted field is not closed before the line ends")
      }
      if byte != UInt8(ascii: "\"") {
        take(byte, &isNumber)
        continue
      }
      position += 1
      guard try peek() == UInt8(ascii: "\"") else { return }
      take(UInt8(ascii: "\""), &isNumber)
    }
    throw error("a quoted field is not closed before the file ends")
  }

  private mutating func scanEnding() throws(KitError) -> Ending {
    guard let byte = try peek() else { return .line }
    position += 1
    switch byte {
    case UInt8(ascii: ","): return .comma
    case UInt8(ascii: "\n"): break
    case UInt8(ascii: "\r"):
      guard try peek() == UInt8(ascii: "\n") else {
        throw error("a carriage return without a line feed; lines end with LF or CRLF")
      }
      position += 1
    default: throw error("a closing quote must be followed by a comma or the end of the line")
    }
    line += 1
    startsLine = true
    return .line
  }
}
