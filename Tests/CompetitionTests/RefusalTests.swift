import Competition
import Foundations
import TestSupport
import Testing

/// Errors for malformed tables: the file, the line, the field and what is wrong.
@Suite struct RefusalTests {
  private static let header = "label," + (0..<784).map { "pixel\($0)" }.joined(separator: ",")
  private static let testHeader = (0..<784).map { "pixel\($0)" }.joined(separator: ",")

  /// A row with label 5 and all pixels 0, with one field replaced.
  private static func row(_ field: Int? = nil, _ text: String = "") -> String {
    var fields = ["5"] + [String](repeating: "0", count: 784)
    if let field { fields[field - 1] = text }
    return fields.joined(separator: ",")
  }

  private func refusal(_ lines: String...) -> String {
    refusal(bytes: Array(lines.joined(separator: "\n").utf8))
  }

  private func refusal(bytes: [UInt8]) -> String {
    let short = message { try readRows(bytes, piece: { 100 }) }
    let whole = message { try readRows(bytes) }
    #expect(short == whole)
    return whole
  }

  @Test func values() {
    let rule = "a pixel is a whole number from 0 to 255"
    for (text, shown) in [
      ("256", "256"), ("-1", "-1"), ("1.0", "1.0"), ("1e2", "\"1e2\""), ("", "empty"), (" 7", "\" 7\""),
      ("+1", "+1"), ("abc", "\"abc\""), ("1\0", "\"1\\x00\""), ("\"\"", "empty"), ("\"1\"\"\"", "\"1\"\""),
      ("٣", "\"\\xd9\\xa3\""), ("99999999999999999999999999", "99999999999999999999999999"),
      (String(repeating: "9", count: 5000), String(repeating: "9", count: 32) + "…"),
    ] {
      // Another row follows, so that in one piece the row is whole.
      #expect(
        refusal(Self.header, Self.row(), Self.row(602, text), Self.row())
          == "train.csv:3:602: pixel600 is \(shown); \(rule)")
    }
    #expect(
      refusal(Self.header, Self.row(1, "10"), Self.row())
        == "train.csv:2:1: label is 10; a label is a digit from 0 to 9")
    #expect(
      refusal(Self.header, Self.row(785, "300"), "")
        == "train.csv:2:785: pixel783 is 300; \(rule)")
  }

  @Test func namesComeFromTheHeader() {
    let header = "label," + (1...784).map { "pixel\($0)" }.joined(separator: ",")
    let rows = [String](repeating: Self.row(), count: 4215) + [Self.row(602, "256")]
    #expect(
      refusal(header, rows.joined(separator: "\n"))
        == "train.csv:4217:602: pixel601 is 256; a pixel is a whole number from 0 to 255")
    #expect(
      refusal(Self.testHeader, "256" + Self.row().dropFirst(3))
        == "train.csv:2:1: pixel0 is 256; a pixel is a whole number from 0 to 255")
  }

  @Test func fields() {
    let row = Self.row()
    #expect(
      refusal(Self.header, String(row.dropLast(2)), row)
        == "train.csv:2:784: the row has only 784 of 785 fields")
    #expect(
      refusal(Self.header, row + ",0", row)
        == "train.csv:2:785: the row has more than 785 fields")
    #expect(refusal(Self.header, row, "7") == "train.csv:3:1: the row has only 1 of 785 fields")
    let blank = "the line is blank; a row has 785 fields"
    #expect(refusal(Self.header, row, "", row) == "train.csv:3:1: \(blank)")
    #expect(refusal(Self.header, row, "", "") == "train.csv:3:1: \(blank)")
    #expect(refusal(Self.header, "", row) == "train.csv:2:1: \(blank)")
  }

  @Test func lineEndsAndQuotes() {
    let row = Self.row()
    #expect(
      refusal(Self.header, row + "\r" + row, row)
        == "train.csv:2:785: a carriage return without a line feed; lines end with LF or CRLF")
    #expect(
      refusal(Self.header, Self.row(3, "\"1"), row)
        == "train.csv:2:3: a quoted field is not closed before the line ends")
    #expect(
      refusal(Self.header, Self.row(785, "\"1"))
        == "train.csv:2:785: a quoted field is not closed before the file ends")
    #expect(
      refusal(Self.header, Self.row(3, "\"1\"2"), row)
        == "train.csv:2:3: a closing quote must be followed by a comma or the end of the line")
  }

  @Test func headers() {
    let wanted = "the header must be label,pixel0,…,pixel783 (in a test.csv without label)"
    #expect(refusal(bytes: []) == "train.csv is empty; \(wanted)")
    #expect(refusal(bytes: [0xEF, 0xBB, 0xBF]) == "train.csv is empty; \(wanted)")
    #expect(refusal(bytes: [0xEF, 0xBB]) == "train.csv:1:1: the file is not UTF-8 text")
    #expect(
      refusal(bytes: [0xFF, 0xFE, 0x6C, 0, 0x61, 0])
        == "train.csv:1:1: the header has \"\\xff\\xfel\\x00a\\x00\" where pixel0 was expected; \(wanted)")
    #expect(refusal(Self.header) == "train.csv:2:1: there are no rows after the header")
    #expect(refusal(Self.header, "") == "train.csv:2:1: there are no rows after the header")
    #expect(refusal(Self.row()) == "train.csv:1:1: the first line is a row, not a header; \(wanted)")
    #expect(
      refusal("ImageId,Label", "1,0")
        == "train.csv:1:1: this is a submission (ImageId,Label), not a table of images; \(wanted)")
    #expect(refusal("label", "1") == "train.csv:1:1: there are no pixel columns after label; \(wanted)")
    #expect(
      refusal("", "1") == "train.csv:1:1: the header has an empty field where pixel0 was expected; \(wanted)")
    #expect(
      refusal("label,7", "1,0") == "train.csv:1:2: the header has 7 where pixel0 was expected; \(wanted)")
    #expect(
      refusal("label,pixel0,pixel2", "1,2,3")
        == "train.csv:1:3: the header has \"pixel2\" where pixel1 was expected")
    let names = (0..<3000).map { "pixel\($0)" }
    #expect(
      refusal("label," + names[..<1024].joined(separator: ","), "1")
        == "train.csv:1:1025: the images have 32×32 pixels; only 28×28 can be read")
    #expect(
      refusal(names[..<785].joined(separator: ","), "1")
        == "train.csv:1:785: the header has 785 pixels; 784 (28×28) were expected")
  }
}
