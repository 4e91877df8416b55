import Competition
import Foundations
import TestSupport
import Testing

/// Corrections of labels, and the rows that are then used.
@Suite struct LabelFixesTests {
  private let rows = randomRows(20, seed: 31)
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func fixes(_ text: String, _ classes: Classes = .digits) throws(KitError) -> LabelFixes {
    let path = folder.path + "/fixes.csv"
    try WholeFile.write(text, to: path, replacing: true)
    return try LabelFixes(reading: path, classes: classes)
  }

  private func refusal(_ text: String) -> String {
    let prefix = folder.path + "/fixes.csv"
    let text = message(of: .badData) { try fixes(text) }
    return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
  }

  @Test func rowsAndLabels() throws {
    let read = try fixes("row,label,note\r\n7,3,why\r\n2,drop,\r\n\"11\",0,\"a, b\"\r\n")
    #expect(read.rows == [2, 7, 11] && read.labels == [nil, 3, 0])
    #expect(read.summary == "3 rows, of which 1 is dropped")
    #expect(LabelFixes(read.json) == read)
    let names = try Classes(named: ["cat", "1", "drop it"], from: "f")
    #expect(try fixes("row,label\n0,cat\n1,1\n2,2\n3,drop\n", names).labels == [0, 1, 2, nil])
    #expect(try fixes("row,label\n").rows.isEmpty)
  }

  @Test func refusals() {
    #expect(
      refusal("ImageId,Label\n1,2\n")
        == ":1:1: the header must begin with row,label; it is ImageId,Label, a submission's (evaluate --test-labels takes those)"
    )
    #expect(refusal("row,label\nx,2\n") == ":2:1: row is \"x\"; a row is a number from 0")
    #expect(refusal("row,label\n1,10\n") == ":2:2: label is 10; it must be a digit from 0 to 9, or drop")
    #expect(refusal("row,label\n1,\n") == ":2:2: label is empty; it must be a digit from 0 to 9, or drop")
    #expect(refusal("row,label\n1,2\n1,3\n") == ":3:1: row 1 is there twice")
    #expect(refusal("row,label\n1\n") == ":2:1: the row has only one field; row and label were expected")
  }

  @Test func tables() throws {
    let table = DigitTable(pixels: rows.pixels, labels: rows.labels)
    let fixed = try table.corrected(by: fixes("row,label\n3,drop\n5,9\n"), name: "t")
    #expect(fixed.rows == Array(0..<20).filter { $0 != 3 })
    #expect(fixed.labels[5] == 9 && fixed.count == 20)
    #expect(fixed.digitCounts.reduce(0, +) == 19)
    #expect(try fixed.digest() != table.digest())
    #expect(try fixed.corrected(by: nil, name: "t").digest() == table.digest())
    #expect(
      message(of: .badData) { try table.corrected(by: fixes("row,label\n20,1\n"), name: "t") }
        == "--labels corrects row 20, but t has 20 rows, counted from 0")
    let all = "row,label\n" + (0..<20).map { "\($0),drop\n" }.joined()
    #expect(
      message(of: .badData) { try table.corrected(by: fixes(all), name: "t") }
        == "--labels drops every row of t")
  }

  @Test func droppedRowsAreInNoPart() throws {
    let many = randomRows(400, seed: 32)
    let table = try DigitTable(pixels: many.pixels, labels: many.labels)
      .corrected(by: fixes("row,label\n17,drop\n200,drop\n399,drop\n"), name: "t")
    let split = try RowSplit(of: table, limit: nil, seed: 1, validation: 0.1, folds: nil)
    #expect((split.training + split.validation).sorted() == table.rows)
    let folds = try RowSplit.all(
      of: table, limit: 300, seed: 1, validation: 0, folds: Folds(count: 4, repeats: 1))
    let heldOut = folds.flatMap(\.heldOut)
    #expect(heldOut.count == 300 && Set(heldOut).isSubset(of: table.rows))
  }
}
