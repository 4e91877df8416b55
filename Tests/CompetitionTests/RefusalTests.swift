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
      ("256", "256"), ("-1", "-1"), ("1.5", "1.5"), ("2.56e2", "\"2.56e2\""), ("256.0", "256.0"),
      ("-1.0", "-1.0"), ("1.00000000000000000000001", "1.00000000000000000000001"), ("0x7", "\"0x7\""),
      ("nan", "\"nan\""), ("", "empty"), ("7 7", "\"7 7\""),
      ("1e-1", "\"1e-1\""), ("1e", "\"1e\""), (".", "."), ("abc", "\"abc\""), ("1\0", "\"1\\x00\""),
      ("\"\"", "empty"), ("\"1\"\"\"", "\"1\"\""),
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
        == "train.csv:2:1: label is 10; a label is a digit from 0 to 9 (--classes tells of more)")
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
        .hasPrefix("train.csv:2:785: the row has more than 785 fields; if row names"))
    #expect(refusal(Self.header, row, row + ",0") == "train.csv:3:785: the row has more than 785 fields")
    #expect(refusal(Self.header, row, "7") == "train.csv:3:1: the row has only 1 of 785 fields")
    let blank = "the line is blank; a row has 785 fields"
    #expect(refusal(Self.header, row, "", row) == "train.csv:3:1: \(blank)")
    #expect(refusal(Self.header, row, ",,,", row) == "train.csv:3:1: \(blank)")
    #expect(
      refusal(Self.header, row, "\u{1A}", row)
        == "train.csv:3:1: label is \"\\x1a\"; a label is a digit from 0 to 9")
    #expect(
      refusal(Self.header, row, "," + row.dropFirst(2), row)
        == "train.csv:3:1: label is empty; a label is a digit from 0 to 9")
    #expect(
      refusal(Self.header, "1," + row)
        == "train.csv:2:785: the row has more than 785 fields; if row names come first, write the table without them (R: row.names = FALSE, pandas: index=False)"
    )
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

  /// Blank lines, lines of commas and DOS's end of text may be at the very end.
  @Test func endings() throws {
    let row = Self.row()
    let text = "\(Self.header)\n\(row)\n\(row)"
    for end in [
      "", "\n", "\n\n\n", "\r\n\r\n", "\n,,,", "\n" + String(repeating: ",", count: 784) + "\n", "\n  \n",
      "\u{1A}", "\n\u{1A}", "\n\n\u{1A}",
    ] {
      for piece in [1, 100, Int.max] {
        let rows = try readRows(Array((text + end).utf8), piece: { piece })
        #expect(rows.labels == [5, 5], "\(end.debugDescription)")
      }
    }
  }

  /// Whole numbers as other programs write them.
  @Test func wholeNumbers() throws {
    for text in [
      "7", "7.0", "7.", "07.00", "7.0e+00", "7.000000000000000000e+00", "0.7E1", "70e-1", " 7", "7 ",
      "\" 7\"", "+7", "\t7.0",
    ] {
      let lines = [Self.header, Self.row(1, text), Self.row(602, text), Self.row(785, text), Self.row()]
      let rows = try readRows(Array(lines.joined(separator: "\n").utf8))
      #expect(rows.labels == [7, 5, 5, 5], "\(text)")
      #expect(rows.pixels[784 + 600] == 7 && rows.pixels[3 * 784 - 1] == 7, "\(text)")
      #expect(rows.pixels.reduce(0) { $0 + Int($1) } == 14, "\(text)")
    }
    let large = try readRows(Array("\(Self.header)\n\(Self.row(3, "2.55e+02"))\n\(Self.row(3, "-0.0"))".utf8))
    #expect(large.pixels[1] == 255 && large.pixels[784 + 1] == 0)
  }

  @Test func aFieldWithoutEndIsRefusedEarly() {
    var handedOut = 0
    let start = Array("\(Self.header)\n".utf8)
    let reader = message {
      try readRows(
        DigitReader(
          EndlessStream(start: start, byte: UInt8(ascii: "7")) { handedOut = $0 }, name: "train.csv"))
    }
    #expect(reader == "train.csv:2:1: the field has more than 65,536 bytes; no number has")
    #expect(handedOut < 4 << 20)
    #expect(
      message {
        try DigitReader(EndlessStream(start: [], byte: UInt8(ascii: "a")) { _ in }, name: "train.csv")
      }
        == "train.csv:1:1: the field has more than 65,536 bytes; no number has")
    #expect(
      message {
        try DigitReader(EndlessStream(start: [], byte: UInt8(ascii: ",")) { _ in }, name: "train.csv")
      }
        == "train.csv:1:65536: the first line has more than 65,536 fields")
  }

  @Test func headersOfOtherPrograms() {
    let pixels = (0..<784).map { "pixel\($0)" }
    let line = pixels.joined(separator: ",")
    let wanted = "the header must be label,pixel0,…,pixel783 (in a test.csv without label)"
    let index = "write the table without it (pandas: to_csv(…, index=False), R: row.names = FALSE)"
    let cases: [(header: String, message: String)] = [
      (
        "\(Self.header),split",
        "1:786: the header goes on after pixel783 with \"split\"; remove what follows, or put it first with the title label if it holds the labels"
      ),
      (
        "\(line),",
        "1:785: the header goes on after pixel783 with an empty field; remove what follows, or put it first with the title label if it holds the labels"
      ),
      (
        "\(line),label",
        "1:785: label is the last column; it must be the first (pandas: df.insert(0, 'label', df.pop('label')))"
      ),
      (
        "pixel0,label",
        "1:2: label is the last column; it must be the first (pandas: df.insert(0, 'label', df.pop('label')))"
      ),
      (",\(Self.header)", "1:1: the column \"\" is in front of label; \(index)"),
      ("\"\",\(line)", "1:1: the column \"\" is in front of pixel0; \(index)"),
      ("Unnamed: 0,\(Self.header)", "1:1: the column \"Unnamed: 0\" is in front of label; \(index)"),
      ("id,\(Self.header)", "1:1: the column \"id\" is in front of label; \(index)"),
      ("row,\(line)", "1:1: the column \"row\" is in front of pixel0; \(index)"),
      ("index,\(line)", "1:1: the column \"index\" is in front of pixel0; \(index)"),
      (
        "digit,\(line)",
        "1:1: the column \"digit\" is in front of pixel0; if it holds the labels, its title must be label"
      ),
      (
        "Label,\(line)",
        "1:1: the column \"Label\" is in front of pixel0; if it holds the labels, its title must be label"
      ),
      (
        "label;pixel0;pixel1",
        "1:1: the fields are separated by semicolons; save the table with commas between its fields"
      ),
      (
        "pixel0\tpixel1",
        "1:1: the fields are separated by tabs; save the table with commas between its fields"
      ),
      (
        "\"label\";\"pixel0\"",
        "1:1: a closing quote must be followed by a comma or the end of the line; fields must be separated by commas, not by semicolons"
      ),
      (
        "label," + (0..<784).map { "\($0)" }.joined(separator: ","),
        "1:2: the columns are titled 0, 1, … where pixel0, pixel1, … were expected; rename them; \(wanted)"
      ),
      (
        "5,0,0.1,0.2", "1:1: the first line is a row, not a header; add one: \(wanted)"
      ),
      ("label,1x1,1x2", "1:2: the header has \"1x1\" where pixel0 was expected; \(wanted)"),
    ]
    for (header, text) in cases { #expect(refusal(header, Self.row()) == "train.csv:\(text)") }
    // Spaces around titles do not matter.
    #expect(refusal(Self.header.replacing(",", with: ", "), Self.row()) == "accepted")
  }

  @Test func headers() {
    let wanted = "the header must be label,pixel0,…,pixel783 (in a test.csv without label)"
    #expect(refusal(bytes: []) == "train.csv is empty; \(wanted)")
    #expect(refusal(bytes: [0xEF, 0xBB, 0xBF]) == "train.csv is empty; \(wanted)")
    #expect(refusal(bytes: [0xEF, 0xBB]) == "train.csv:1:1: the file is not UTF-8 text")
    #expect(
      refusal(bytes: [0xFF, 0xFE, 0x6C, 0, 0x61, 0])
        == "train.csv is UTF-16 text; save it as UTF-8")
    #expect(refusal(Self.header) == "train.csv:2:1: there are no rows after the header")
    #expect(refusal(Self.header, "") == "train.csv:2:1: there are no rows after the header")
    #expect(refusal(Self.row()) == "train.csv:1:1: the first line is a row, not a header; add one: \(wanted)")
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
