import Competition
import Foundation
import Foundations
import TestSupport
import Testing

@Suite struct SubmissionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func check(_ text: String, expectedRows: Int? = nil) throws -> String {
    let path = try folder.write("s.csv", Array(text.utf8))
    let refusal = message { try checkSubmission(at: path, expectedRows: expectedRows) }
    return refusal.replacingOccurrences(of: folder.path + "/", with: "")
  }

  @Test func exactBytes() throws {
    let path = folder.path + "/submission.csv"
    let file = try SubmissionFile(at: path, replacing: false)
    try file.append([2, 0])
    try file.append([])
    try file.append([9])
    #expect(file.count == 3)
    #expect(!FileManager.default.fileExists(atPath: path))
    try file.commit()
    let text = try text(path)
    #expect(text == "ImageId,Label\n1,2\n2,0\n3,9\n")
    #expect(try checkSubmission(at: path, expectedRows: 3) == 3)
    #expect(throws: KitError.self) { try SubmissionFile(at: path, replacing: false) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["submission.csv"])
  }

  @Test func longFile() throws {
    let path = folder.path + "/long.csv"
    let file = try SubmissionFile(at: path, replacing: false)
    for _ in 0..<50 { try file.append([UInt8](repeating: 7, count: 999)) }
    try file.commit()
    #expect(try checkSubmission(at: path, expectedRows: nil) == 49950)
  }

  @Test func acceptsOtherSpellings() throws {
    #expect(try check("ImageId,Label\r\n1,2\r\n2,0\r\n", expectedRows: 2) == "accepted")
    #expect(try check("\"ImageId\",\"Label\"\n\"1\",2\n2,\"0\"", expectedRows: 2) == "accepted")
    #expect(try check("ImageId,Label\n", expectedRows: 0) == "accepted")
  }

  @Test func acceptsWholeNumbersAndBlankLinesAtTheEnd() throws {
    #expect(try check("ImageId,Label\n1.0,2.0\n 2,7.0e+00\n3.,\" 0\"\n", expectedRows: 3) == "accepted")
    for end in ["\n", "\n\n", ",\n", ",,,\n", "  \n", "\u{1A}", "\r\n\u{1A}"] {
      #expect(
        try check("ImageId,Label\n1,2\n" + end, expectedRows: 1) == "accepted", "\(end.debugDescription)")
    }
    #expect(try check("ImageId,Label\n1,2\u{1A}", expectedRows: 1) == "accepted")
  }

  @Test(arguments: [
    ("id,Label\n1,2\n", "1:1: the header must be ImageId,Label; it is id,Label (change the first line)"),
    ("ImageId\n1\n", "1:1: the header must be ImageId,Label; it is ImageId (write these two columns only)"),
    (
      "ImageId,Label,x\n",
      "1:3: the header must be ImageId,Label; it is ImageId,Label,x (write these two columns only)"
    ),
    (
      "Unnamed: 0,ImageId,Label\n0,1,2\n",
      "1:1: the header must be ImageId,Label; it is Unnamed: 0,ImageId,Label (write the file without its first column (pandas: to_csv(…, index=False), R: row.names = FALSE))"
    ),
    (
      ",ImageId,Label\n0,1,2\n",
      "1:1: the header must be ImageId,Label; it is \"\",ImageId,Label (write the file without its first column (pandas: to_csv(…, index=False), R: row.names = FALSE))"
    ),
    (
      "# ImageId,Label\n1,2\n",
      "1:1: the header must be ImageId,Label; it is # ImageId,Label (change the first line)"
    ),
    (
      "1,2\n2,3\n",
      "1:1: the header must be ImageId,Label; it is 1,2 (the first line is a row: put the header before it)"
    ),
    (
      "ImageId;Label\n1;2\n",
      "1:1: the header must be ImageId,Label; it is ImageId;Label (write the file with commas between its fields, not semicolons)"
    ),
    (
      "pixel0,pixel1,pixel2,pixel3,pixel4,pixel5\n",
      "1:1: the header must be ImageId,Label; it is pixel0,pixel1,pixel2,pixel3,pixel4,… (this is a table of images, not a submission)"
    ),
  ])
  func showsTheHeader(text: String, message: String) throws {
    #expect(try check(text) == "s.csv:\(message)")
  }

  /// An answer that was packed, as some upload it.
  @Test func opensWhatIsPacked() throws {
    let text = Array("ImageId,Label\n1,2\n2,7\n".utf8)
    let packed = try folder.write("s.csv.gz", deflated(text, gzip: true))
    #expect(try checkSubmission(at: packed, expectedRows: 2) == 2)
    let archive = try folder.write("s.zip", zip([ZipMember(name: "any.csv", bytes: text)]))
    #expect(try checkSubmission(at: archive, expectedRows: 2) == 2)
    let two = try folder.write(
      "t.zip", zip([ZipMember(name: "a.csv", bytes: text), ZipMember(name: "b.csv", bytes: text)]))
    #expect(
      message { try checkSubmission(at: two, expectedRows: nil) }
        == "\(two) has more than one CSV file: a.csv, b.csv")
    let bad = try folder.write("b.zip", zip([ZipMember(name: "any.csv", bytes: text + [0x33])]))
    #expect(
      message { try checkSubmission(at: bad, expectedRows: nil) }
        == "\(bad)/any.csv:4:1: the row has only one field; ImageId and Label were expected")
  }

  @Test func refuses() throws {
    let ids = "ids count from 1, in order and without gaps"
    #expect(try check("").hasSuffix("s.csv is empty; the header ImageId,Label is missing"))
    #expect(
      try check("Label,ImageId\n1,2\n")
        == "s.csv:1:1: the header must be ImageId,Label; it is Label,ImageId (change the first line)")
    let start = "ImageId,Label\n1,2\n"
    #expect(try check(start + "1,3\n") == "s.csv:3:1: ImageId is 1 where 2 was expected; \(ids)")
    #expect(try check(start + "3,3\n") == "s.csv:3:1: ImageId is 3 where 2 was expected; \(ids)")
    #expect(try check(start + "x,3\n") == "s.csv:3:1: ImageId is \"x\" where 2 was expected; \(ids)")
    #expect(try check(start + "2,10\n") == "s.csv:3:2: Label is 10; a label is a digit from 0 to 9")
    #expect(try check(start + "2,7.5\n") == "s.csv:3:2: Label is 7.5; a label is a digit from 0 to 9")
    #expect(try check(start + "2,\n") == "s.csv:3:2: Label is empty; a label is a digit from 0 to 9")
    #expect(try check(start + "2,3,4\n") == "s.csv:3:2: the row has more than two fields")
    #expect(
      try check(start + "2\n") == "s.csv:3:1: the row has only one field; ImageId and Label were expected")
    #expect(try check(start + "\n2,3\n") == "s.csv:3:1: the line is blank")
    #expect(try check(start + ",\n2,3\n") == "s.csv:3:1: the line is blank")
    #expect(try check(start + ",3\n") == "s.csv:3:1: ImageId is empty where 2 was expected; \(ids)")
    #expect(
      try check(start, expectedRows: 2) == "s.csv:3:1: the file has only 1 rows; the test file has 2")
    #expect(
      try check(start + "2,3\n", expectedRows: 1)
        == "s.csv:3:1: there are more rows than the test file has (1)")
    #expect(throws: KitError.self) { try checkSubmission(at: "/nowhere.csv", expectedRows: nil) }
  }

  /// A part's numbers are those of the whole, with a table and without.
  @Test func parts() throws {
    let path = "\(folder.path)/part.csv"
    var rules = SubmissionRules()
    rules.rows = RowRange(first: 3, last: 4)
    let file = try SubmissionFile(at: path, rules: rules, replacing: false)
    try file.append([2])
    try file.append([0])
    try file.commit()
    #expect(try text(path) == "ImageId,Label\n3,2\n4,0\n")
    #expect(try file.digest() == SHA256.hexadecimal(ofFileAt: path))
    let table = try folder.write("test.csv", csv(randomRows(5, seed: 1, labelled: false)))
    func check(_ rows: RowRange, table isRead: Bool) throws -> String {
      rules.rows = rows
      return message(of: .badData) {
        guard isRead else { return try checkSubmission(at: path, expectedRows: rows.count, rules: rules) }
        let reader = try DataSource(finding: table).test()
        try reader.select(rows)
        return try checkSubmission(at: path, expectedRows: nil, ids: .table(TestRows(reader)), rules: rules)
      }
    }
    for isRead in [false, true] {
      #expect(try check(RowRange(first: 3, last: 4), table: isRead) == "accepted")
      #expect(
        try check(RowRange(first: 2, last: 4), table: isRead)
          == "\(path):2:1: ImageId is 3 where 2 was expected; ids count from 2, in order and without gaps")
      #expect(
        try check(RowRange(first: 3, last: 5), table: isRead)
          == "\(path):4:1: the file has only 2 rows; rows 3 to 5 are 3")
      #expect(
        try check(RowRange(first: 3, last: 3), table: isRead)
          == "\(path):3:1: there are more rows than row 3 (1)")
    }
  }

  /// Ids of a test table's first column, titles that are not Digit Recognizer's, and names for labels.
  @Test func otherRules() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/s.csv"
      var rules = SubmissionRules()
      rules.columns = try #require(SubmissionColumns("id,label"))
      rules.classes = try Classes(named: ["cat", "big, dog"], from: "f")
      rules.writesNames = true
      let file = try SubmissionFile(at: path, rules: rules, replacing: false)
      try file.append([1, 0], ids: ["0007", "x"])
      try file.commit()
      #expect(try text(path) == "id,label\n0007,\"big, dog\"\nx,cat\n")
      func test(_ ids: String...) throws -> SubmissionIds {
        let rows = csv(randomRows(ids.count, seed: 1, labelled: false))
        let lines = String(decoding: rows, as: UTF8.self).split(separator: "\n")
        let table = zip(["id"] + ids, lines).map { "\($0),\($1)\n" }.joined()
        let reader = try DataSource(finding: self.folder.write("test.csv", Array(table.utf8))).test()
        return .table(try TestRows(reader))
      }
      var labels: [UInt8] = []
      try checkSubmission(at: path, expectedRows: nil, ids: test("0007", "x"), rules: rules) {
        labels.append($0)
      }
      #expect(labels == [1, 0])
      #expect(
        message(of: .badData) {
          try checkSubmission(at: path, expectedRows: nil, ids: test("7", "x"), rules: rules)
        }
          == "\(path):2:1: id is 0007 where 7 was expected; ids are the test file's, in its order")
      #expect(
        message(of: .badData) {
          try checkSubmission(at: path, expectedRows: nil, ids: test("0007"), rules: rules)
        }
          == "\(path):3:1: there are more rows than the test file has (1)")
      #expect(
        message(of: .badData) {
          try checkSubmission(at: path, expectedRows: nil, ids: test("0007", "x", "y"), rules: rules)
        } == "\(path):4:1: the file has only 2 rows; the test file has 3")
      #expect(try checkSubmission(at: path, expectedRows: 2, ids: .any, rules: rules) == 2)
      rules.writesNames = false
      #expect(
        message(of: .badData) {
          try checkSubmission(at: path, expectedRows: nil, ids: test("0007", "x"), rules: rules)
        } == "\(path):2:2: label is \"big, dog\"; a label is a class from 0 to 1")
      #expect(
        message(of: .badData) { try checkSubmission(at: path, expectedRows: 2) }
          .hasPrefix("\(path):1:1: the header must be ImageId,Label; it is id,label"))
    }
    for text in ["id", "id,", "a,b,c", "a,a", ",b", "a\n,b"] { #expect(SubmissionColumns(text) == nil) }
  }
}
