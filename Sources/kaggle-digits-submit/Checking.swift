import Competition
import Foundations
import Terminal

extension Submit {
  /// Checks a submission, or a part of one, and prints what it is.
  func checkFile(_ path: String) throws {
    // Nil until the submission is looked at.
    var isValid: Bool?
    var expected: TestRows?
    do {
      let part = try rowRange()
      let test = try findTest()
      if let part { try test?.select(part) }
      expected = try test.map(TestRows.init)
      var rules = SubmissionRules()
      rules.columns = try columns()
      rules.classes = try table.form().classes ?? .digits
      rules.rows = part ?? .all
      if case .names? = test?.naming { rules.writesNames = true }
      isValid = false
      let rows = try checkSubmission(
        at: path, expectedRows: part?.count, ids: expected.map { .table($0) } ?? .numbers, rules: rules)
      if test == nil && part?.count == nil { noteUnchecked(rows, part) }
      if reporting.json {
        printJSON(
          .object([
            ("file", .string(path)), ("rows", .integer(rows)), ("valid", .bool(true)),
            ("rows-expected", expected == nil ? .null : .integer(rows)),
          ]))
      } else {
        printLine("\(path): \(description(ofRows: rows, part, test))")
      }
    } catch let error as KitError where reporting.json && error.kind != .stopped {
      func number(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
      printJSON(
        .object([
          ("file", .string(path)),
          ("valid", expected?.failure == nil ? isValid.map { .bool($0) } ?? .null : .null),
          ("message", .string(error.message)), ("line", number(error.place?.line)),
          ("column", number(error.place?.column)),
        ]))
      throw error
    }
  }

  /// `a valid submission of 300 rows, as many as test.csv`.
  private func description(ofRows rows: Int, _ part: RowRange?, _ test: DigitReader?) -> String {
    guard let part else {
      return "a valid submission of \(grouped(rows)) rows\(test.map { ", as many as \($0.name)" } ?? "")"
    }
    let range = RowRange(first: part.first, last: part.first + max(1, rows) - 1)
    return "a valid part of a submission, \(range.words)\(test.map { " of \($0.name)" } ?? "")"
  }

  /// Says that the number of rows could not be compared, and what it should be.
  private func noteUnchecked(_ rows: Int, _ part: RowRange?) {
    let kaggle = "Kaggle takes \(grouped(Self.kaggleRows))"
    let advice =
      rows == Self.kaggleRows ? "\(kaggle), as this file has" : "\(kaggle); this file has \(grouped(rows))"
    note(
      "test.csv was not found, so the number of rows is not checked; --data names it"
        + (part == nil ? ". \(advice)" : ""))
  }

  /// The test table; nil if none was named and none is found.
  private func findTest() throws(KitError) -> DigitReader? {
    do {
      return try DataSource(finding: source.data).test(table.form())
    } catch {
      let isNamed = source.data != nil || DataSource.isNamedByEnvironment
      if !isNamed, error.kind == .missingInput { return nil }
      throw error
    }
  }
}
