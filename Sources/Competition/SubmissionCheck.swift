import Foundations

/// What the ids of a submission must be.
public enum SubmissionIds {
  /// Numbers, from that of the first row.
  case numbers
  /// Those of a test table, or numbers if it has none; it is read beside the submission and tells how many rows there are.
  case table(TestRows)
  /// Anything: other means have to tell whether they are right.
  case any

  /// Whether ids may be longer than numbers.
  fileprivate var areTexts: Bool {
    switch self {
    case .numbers: false
    case .table(let rows): rows.hasIds
    case .any: true
    }
  }
}

/// The rows of a test table, one after another, which a submission is compared with. Memory does not grow with the table.
public final class TestRows {
  /// Whether the table has ids.
  public let hasIds: Bool
  /// What was wrong with the table, not with the submission; nil for nothing.
  public private(set) var failure: KitError?

  private let reader: DigitReader
  private var pixels: [UInt8] = []
  /// How many rows were read, how many of them before those that the reader read last, and how many handed out.
  private var (read, before, handedOut) = (0, 0, 0)

  /// Begins with the first row that a reader reads.
  ///
  /// - Throws: What the reader throws at its first rows.
  public init(_ reader: DigitReader) throws(KitError) {
    self.reader = reader
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    read = try reader.read(upTo: Self.step, pixels: &pixels, labels: &labels)
    hasIds = !reader.ids.isEmpty
  }

  private static let step = 1024

  /// What the next row must be called; nil after the last one.
  fileprivate func next() throws(KitError) -> ExpectedId? {
    if handedOut == read, try !readOn() { return nil }
    handedOut += 1
    return hasIds
      ? .text(reader.ids[handedOut - before - 1]) : .number((reader.selection?.first ?? 1) + handedOut - 1)
  }

  /// How many rows there are, of which those that are left are read for that.
  fileprivate func count() throws(KitError) -> Int {
    while try readOn() {}
    return read
  }

  private func readOn() throws(KitError) -> Bool {
    before = read
    pixels.removeAll(keepingCapacity: true)
    var labels: [UInt8] = []
    do throws(KitError) {
      read += try reader.read(upTo: Self.step, pixels: &pixels, labels: &labels)
    } catch {
      failure = error
      throw error
    }
    return read > before
  }
}

/// What the id of a row must be.
private enum ExpectedId {
  case number(Int)
  case text(String)
  case any
}

/// Checks a submission file, whoever wrote it: the header, ids in order and once each, and labels that are classes.
///
/// Line ends may be LF or CRLF, fields may be quoted, and the file may be compressed by gzip or in a zip archive. Memory does
/// not grow with the file.
///
/// - Parameters:
///   - path: The file.
///   - expectedRows: How many rows it must have; nil accepts any number, or as many as the test table has that `ids` names.
///   - ids: What the rows' ids must be.
///   - rules: The titles and the labels.
///   - isStoppable: Whether reading ends with `stopped` when the user asks to stop.
///   - handOver: Called with each row's label, in order.
/// - Returns: The number of rows.
/// - Throws: `badData` with file, line and field; `missingInput` if the file can't be read.
@discardableResult
public func checkSubmission(
  at path: String, expectedRows: Int?, ids: SubmissionIds = .numbers,
  rules: SubmissionRules = SubmissionRules(), isStoppable: Bool = true,
  label handOver: (UInt8) -> Void = { _ in }
) throws(KitError) -> Int {
  let (stream, name) = try openTable(path, nil, isStoppable: isStoppable)
  // A class's name has at most 64 characters, of four bytes each; a file's, which may be an id, 255 bytes.
  let textLimit = rules.writesNames || ids.areTexts ? 260 : 32
  var scanner = try CSVScanner(stream, name: name, chunkSize: 1 << 16, textLimit: textLimit)
  try scanner.scanSubmissionHeader(rules.columns)
  var rows = 0
  while try !scanner.isAtEnd() {
    let idEnding = try scanner.scanField()
    let problem = problem(
      with: scanner, expected: try ids.next(row: rows, of: expectedRows, rules), row: rows, rules)
    if scanner.isBlank {
      try scanner.skipBlankLines(
        after: idEnding, problem: problem ?? "\(rules.columns.id) is empty", blankLine: "the line is blank")
      break
    }
    if idEnding == .line {
      throw scanner.error(
        "the row has only one field; \(rules.columns.id) and \(rules.columns.label) were expected")
    }
    if let problem { throw scanner.error(problem) }
    let ending = try scanner.scanField()
    guard let label = rules.label(scanner) else {
      throw scanner.error("\(rules.columns.label) is \(scanner.shownText); \(rules.labelRule)")
    }
    if ending == .comma { throw scanner.error("the row has more than two fields") }
    handOver(label)
    rows += 1
  }
  if let expected = try ids.count(of: expectedRows), rows < expected {
    let owner = rules.rows == .all ? "the test file has" : "\(rules.rows.words) are"
    throw scanner.error(
      line: rows + 2, field: 1, "the file has only \(rows) rows; \(owner) \(expected)")
  }
  return rows
}

extension SubmissionIds {
  /// What the id of a row, counted from 0, must be; nil if there must be no row.
  fileprivate func next(
    row: Int, of count: Int?, _ rules: SubmissionRules
  ) throws(KitError) -> ExpectedId? {
    if case .table(let rows) = self { return try rows.next() }
    if let count, row >= count { return nil }
    if case .any = self { return .any }
    return .number(rules.rows.first + row)
  }

  /// How many rows there must be; nil for any number.
  fileprivate func count(of expected: Int?) throws(KitError) -> Int? {
    if case .table(let rows) = self { return try rows.count() }
    return expected
  }
}

/// What is wrong with the id scanned last; nil for nothing. The row is counted from 0.
private func problem(
  with scanner: CSVScanner, expected: ExpectedId?, row: Int, _ rules: SubmissionRules
) -> String? {
  let id = "\(rules.columns.id) is \(scanner.shownText) where"
  switch expected {
  case .number(let number)? where scanner.wholeNumber != number:
    return
      "\(id) \(number) was expected; ids count from \(rules.rows.first), in order and without gaps"
  case .text(let text)? where !scanner.text.elementsEqual(text.utf8):
    return "\(id) \(text) was expected; ids are the test file's, in its order"
  case nil:
    let owner = rules.rows == .all ? "the test file has" : rules.rows.words
    return "there are more rows than \(owner) (\(row))"
  default: return nil
  }
}

extension CSVScanner {
  /// Scans a submission's first line. Throws `badData` with what the line is and the usual remedy.
  fileprivate mutating func scanSubmissionHeader(_ columns: SubmissionColumns) throws(KitError) {
    let wanted = [columns.id, columns.label]
    guard try !isAtEnd() else {
      throw KitError(.badData, "\(name) is empty; the header \(columns.header) is missing")
    }
    let titles = try scanTitles()
    if titles == wanted { return }
    let remedy =
      if titles.first?.hasPrefix("pixel") == true || titles.count > 100 {
        "this is a table of images, not a submission"
      } else if titles.count == 1, let separator = titles[0].utf8.lazy.compactMap(separatorName).first {
        "write the file with commas between its fields, not \(separator)"
      } else if titles.count == 3, Array(titles.dropFirst()) == wanted {
        "write the file without its first column (pandas: to_csv(…, index=False), R: row.names = FALSE)"
      } else if titles.count == 2, titles.allSatisfy({ Double($0) != nil }) {
        "the first line is a row: put the header before it"
      } else if titles.count == 2 {
        columns == .digitRecognizer
          ? "change the first line" : "change the first line, or --submission-columns"
      } else {
        "write these two columns only"
      }
    let shown =
      titles.prefix(5).map { $0.isEmpty ? "\"\"" : $0 }.joined(separator: ",")
      + (titles.count > 5 ? ",…" : "")
    let first = titles.indices.first { $0 >= wanted.count || titles[$0] != wanted[$0] } ?? titles.count - 1
    throw error(
      line: 1, field: first + 1, "the header must be \(columns.header); it is \(shown) (\(remedy))")
  }
}
