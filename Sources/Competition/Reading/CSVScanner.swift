import Foundations
import Platform

/// Splits a CSV stream into fields, one at a time, and knows each field's line and number.
///
/// RFC 4180 with LF or CRLF line ends, with or without a final line end and a byte-order mark; DOS's end of text (Ctrl-Z) may
/// be the last byte. A line break inside quotes is refused: no table of numbers has one, and an unclosed quote would swallow
/// the rest of the file.
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
  /// Bytes of the field scanned last.
  private var length = 0
  /// The most that a field may have; whoever reads a wrong file learns so before its end.
  private static let longestField = 1 << 16

  private let source: ReadAhead
  private var chunk = ReadAhead.Chunk()
  private var position = 0
  private var startsLine = true

  /// Starts at the stream's first byte, or after its byte-order mark.
  ///
  /// `name` is the file's name in messages; `chunkSize` bytes are read at a time, and `textLimit` bytes of a field are kept.
  /// Throws `badData` for a file that begins like no text, saying what it is.
  package init(
    _ stream: any ByteStream, name: String, chunkSize: Int, textLimit: Int = 32
  ) throws(KitError) {
    self.name = name
    self.textLimit = textLimit
    source = try ReadAhead(stream, chunkSize: chunkSize)
    text.reserveCapacity(textLimit)
    guard let first = try peek() else { return }
    let start = Array(chunk.bytes[..<min(chunk.count, FileKind.enough)])
    if let refusal = FileKind.refusal(of: name, startingWith: start, wanted: .table) { throw refusal }
    guard first == 0xEF else { return }
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
    length = 0
    number = nil
    var isNumber = true
    if try peek() == UInt8(ascii: "\"") {
      position += 1
      try scanQuoted(&isNumber)
    } else {
      while let byte = try peek(), byte != UInt8(ascii: ","), byte != UInt8(ascii: "\n"),
        byte != UInt8(ascii: "\r")
      {
        if byte == Self.endOfText {
          position += 1
          if try peek() == nil { break }
          position -= 1
        }
        try take(byte, &isNumber)
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

  /// Skips the next line, the rest of the file if that has no line end, without looking at its fields.
  ///
  /// - Returns: Whether the line is blank, which is without any value; nil at the end of the file.
  mutating func skipLine() throws(KitError) -> Bool? {
    guard try peek() != nil else { return nil }
    var isBlank = true
    var hasEnded = false
    while !hasEnded {
      if try peek() == nil { break }
      while isBlank, position < chunk.count, Self.isWithoutValue(chunk.bytes[position]) { position += 1 }
      if position == chunk.count { continue }
      let end = chunk.firstLineFeed(from: position)
      if end != position { isBlank = false }
      hasEnded = end != nil
      position = end.map { $0 + 1 } ?? chunk.count
    }
    if hasEnded { line += 1 }
    startsLine = true
    return isBlank
  }

  /// Whether a byte may be in a line without any value; a line feed ends it.
  private static func isWithoutValue(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\r"), endOfText: true
    default: isSpace(byte)
    }
  }

  /// Skips to the file's end after a line that `skipLine` found blank. Throws `badData` at that line if one after it is not.
  mutating func skipBlankLines(blankLine: @autoclosure () -> String) throws(KitError) {
    let place = line - 1
    while let isBlank = try skipLine() {
      if !isBlank { throw error(line: place, field: 1, blankLine()) }
    }
  }

  /// An error at the field scanned last.
  package func error(_ message: String) -> KitError { error(line: fieldLine, field: field, message) }

  /// An error at a line and field, both counted from 1.
  package func error(line: Int, field: Int, _ message: String) -> KitError {
    KitError(
      .badData, "\(name):\(line):\(field): \(message)", at: KitError.Place(line: line, column: field))
  }

  /// The field scanned last as a whole number, at most `Self.largest`, in any usual spelling: `7`, `7.0`, `7.0e+00`, ` 7`. Nil
  /// for anything else, such as 1.5.
  var wholeNumber: Int? { number ?? (text.count < textLimit ? decimalWholeNumber(text) : nil) }

  /// Whether the field scanned last is empty, or only spaces.
  var isBlank: Bool { length == text.count && text.allSatisfy(isSpace) }

  /// Scans to the file's end, for a row whose first field, scanned last, is blank: lines without a value may be at the end of a
  /// file, and nowhere else.
  ///
  /// - Parameters:
  ///   - ending: What ended the field.
  ///   - problem: What is wrong with the field if the line has a value.
  ///   - blankLine: What is wrong with the line if it has none, but one after it has.
  /// - Throws: `badData` at the field if there is a value in its line or after it.
  mutating func skipBlankLines(
    after ending: Ending, problem: @autoclosure () -> String, blankLine: @autoclosure () -> String
  ) throws(KitError) {
    let place = (line: fieldLine, field: field)
    var last = ending
    while last == .comma {
      last = try scanField()
      if !isBlank { throw error(line: place.line, field: place.field, problem()) }
    }
    while try !isAtEnd() {
      _ = try scanField()
      if !isBlank { throw error(line: place.line, field: place.field, blankLine()) }
    }
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

  private static let endOfText: UInt8 = 0x1A

  private mutating func take(_ byte: UInt8, _ isNumber: inout Bool) throws(KitError) {
    position += 1
    length += 1
    if length > Self.longestField {
      throw error("the field has more than \(grouped(Self.longestField)) bytes; no number has")
    }
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
        try take(byte, &isNumber)
        continue
      }
      position += 1
      guard try peek() == UInt8(ascii: "\"") else { return }
      try take(UInt8(ascii: "\""), &isNumber)
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
    default:
      let separator = separatorName(byte).map { "; fields must be separated by commas, not by \($0)" } ?? ""
      throw error("a closing quote must be followed by a comma or the end of the line\(separator)")
    }
    line += 1
    startsLine = true
    return .line
  }
}

extension ReadAhead.Chunk {
  /// The place of the first line feed from `start` on; nil without one.
  fileprivate func firstLineFeed(from start: Int) -> Int? {
    bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress,
        let found = memchr(base + start, Int32(UInt8(ascii: "\n")), count - start)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }
}

/// What tables that are not separated by commas are separated by.
func separatorName(_ byte: UInt8) -> String? {
  switch byte {
  case UInt8(ascii: ";"): "semicolons"
  case UInt8(ascii: "\t"): "tabs"
  case UInt8(ascii: "|"): "vertical bars"
  case UInt8(ascii: " "): "spaces"
  default: nil
  }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

/// The value of a decimal number with or without a point and an exponent, spaces around it, if that is whole and from 0 to
/// `CSVScanner.largest`. Exact: no digit is rounded away.
private func decimalWholeNumber(_ text: [UInt8]) -> Int? {
  var rest = text[...]
  rest = rest.drop(while: isSpace)
  while let last = rest.last, isSpace(last) { rest.removeLast() }
  let isNegative = rest.first == UInt8(ascii: "-")
  if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
  let parts = rest.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 | 0x20 == UInt8(ascii: "e") }
  guard let mantissa = parts.first else { return nil }
  var exponent = 0
  if parts.count == 2 {
    guard let value = Int(String(decoding: parts[1], as: UTF8.self)), abs(value) < 100 else { return nil }
    exponent = value
  }
  let halves = mantissa.split(
    separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
  var digits = Array(halves.joined())
  guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
  let whole = halves[0].count + exponent
  // Digits after the point must be zeros; the point may also be beyond them.
  if whole < digits.count {
    guard digits[max(0, whole)...].allSatisfy({ $0 == 0x30 }) else { return nil }
    digits.removeLast(digits.count - max(0, whole))
  } else {
    digits += repeatElement(0x30, count: whole - digits.count)
  }
  let value = digits.reduce(0) { min($0 * 10 + Int($1 - 0x30), CSVScanner.largest) }
  return isNegative && value > 0 ? nil : value
}
