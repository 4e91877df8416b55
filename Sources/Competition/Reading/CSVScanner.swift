import Foundations

/// Takes a CSV stream apart into fields, one at a time, and knows where it is.
///
/// RFC 4180, with LF or CRLF line ends, a final line end or none, and a byte-order mark or none in front.
/// A line break inside quotes is refused: no table of numbers has one, and an unclosed quote would
/// swallow the file.
package struct CSVScanner {
  /// What came behind a field.
  package enum Ending {
    case comma
    /// A line's end, or the file's.
    case line
  }

  /// The file's name in messages.
  let name: String
  /// The line that the next byte is on, from 1.
  package private(set) var line = 1
  /// The line and the number within it (both from 1) of the field scanned last.
  package private(set) var fieldLine = 1
  private(set) var field = 0
  /// The first bytes of the field scanned last, without its quotes.
  package private(set) var text: [UInt8] = []
  /// The field's value if it is made of digits alone, at most `Self.largest`.
  package private(set) var number: Int?

  /// Where numbers stop growing: above every bound that is asked for, below any overflow.
  package static let largest = 1 << 48
  /// How much of a field is kept: more than any valid one is long.
  private static let textLimit = 32

  private let source: ReadAhead
  private var chunk = ReadAhead.Chunk()
  private var position = 0
  private var startsLine = true

  /// Begins at the stream's first byte, behind its byte-order mark if it has one.
  package init(_ stream: any ByteStream, name: String, chunkSize: Int) throws(KitError) {
    self.name = name
    source = try ReadAhead(stream, chunkSize: chunkSize)
    text.reserveCapacity(Self.textLimit)
    guard try peek() == 0xEF else { return }
    for byte in [0xEF, 0xBB, 0xBF] as [UInt8] {
      guard try peek() == byte else { throw error(line: 1, field: 1, "the file is not UTF-8 text") }
      position += 1
    }
  }

  /// Whether nothing is left. True only once the stream's own checks (lengths, checksums) have passed.
  package mutating func isAtEnd() throws(KitError) -> Bool { try peek() == nil }

  /// Scans one field, its end included.
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

  /// Lets `read` take whole lines straight from the chunk at hand: it gets the chunk's bytes and where to begin,
  /// and returns where the next line begins and how many lines it took.
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

  /// The field scanned last as a message shows it: numbers bare, anything else in quotes and escaped.
  package var shownText: String {
    if text.isEmpty { return "empty" }
    let dots = text.count == Self.textLimit ? "…" : ""
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
    if text.count < Self.textLimit { text.append(byte) }
    let digit = byte &- UInt8(ascii: "0")
    if digit <= 9 {
      number = min((number ?? 0) * 10 + Int(digit), Self.largest)
    } else {
      isNumber = false
    }
  }

  /// The rest of a quoted field, up to and with its closing quote; two quotes stand for one.
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
    default: throw error("a closing quote is followed by something else than a comma or the line's end")
    }
    line += 1
    startsLine = true
    return .line
  }
}
