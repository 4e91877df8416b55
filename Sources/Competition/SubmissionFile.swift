import Foundations

/// What the two columns of a submission are called: `ImageId,Label`, or what another competition wants.
public struct SubmissionColumns: Sendable, Equatable {
  /// Digit Recognizer's.
  public static let digitRecognizer = SubmissionColumns("ImageId", "Label")

  /// The title of the ids.
  public let id: String
  /// The title of the labels.
  public let label: String

  private init(_ id: String, _ label: String) { (self.id, self.label) = (id, label) }

  /// Reads two titles with a comma between them, `id,label`; nil for anything else.
  public init?(_ text: String) {
    let titles = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let areTitles = titles.allSatisfy { title in
      (1...31).contains(title.utf8.count)
        && title.unicodeScalars.allSatisfy { !$0.controlsText && $0 != "\"" }
    }
    guard titles.count == 2, areTitles, titles[0] != titles[1] else { return nil }
    self.init(titles[0], titles[1])
  }

  /// The first line, without its end.
  public var header: String { "\(id),\(label)" }
}

/// What the rows of a submission are called, and what their labels may be.
public struct SubmissionRules: Sendable {
  /// The titles.
  public var columns = SubmissionColumns.digitRecognizer
  /// The classes.
  public var classes = Classes.digits
  /// Whether labels are the classes' names, as in a table of pictures, not their numbers.
  public var writesNames = false

  /// Digit Recognizer's.
  public init() {}

  /// A label as a submission has it.
  func text(of label: UInt8) -> String { writesNames ? classes.name(label) : "\(label)" }

  /// The label of a field; nil if it is none.
  fileprivate func label(_ scanner: CSVScanner) -> UInt8? {
    if writesNames {
      return classes.names.firstIndex(of: String(decoding: scanner.text, as: UTF8.self)).map { UInt8($0) }
    }
    return scanner.wholeNumber.flatMap { $0 < classes.count ? UInt8($0) : nil }
  }

  fileprivate var labelRule: String {
    writesNames
      ? "a label is a class's name (\(classes.names.prefix(12).joined(separator: ", "))\(classes.count > 12 ? ", …" : ""))"
      : "a label is \(classes.rule)"
  }
}

/// A submission file, `ImageId,Label` with ids from 1 as Kaggle's Digit Recognizer wants it, or by other rules, written piece
/// by piece.
///
/// The file appears, complete, when `commit()` returns, and not before.
public final class SubmissionFile {
  /// The number of rows appended so far.
  public private(set) var count = 0
  private let file: WholeFile
  private let rules: SubmissionRules

  /// Begins a file.
  ///
  /// - Throws: `cannotWrite` if it can't be written, or exists and `replacing` is false.
  public init(
    at path: String, rules: SubmissionRules = SubmissionRules(), replacing: Bool
  ) throws(KitError) {
    self.rules = rules
    file = try WholeFile(at: path, replacing: replacing)
    try file.write(rules.columns.header + "\n")
  }

  /// Appends the predicted classes of the next images, in the test file's order, with their ids; without ids they are counted
  /// from 1. Throws `cannotWrite`.
  public func append(_ labels: [UInt8], ids: [String] = []) throws(KitError) {
    precondition(ids.isEmpty || ids.count == labels.count, "an id for each label")
    var rows: [UInt8] = []
    for (place, label) in labels.enumerated() {
      precondition(label < rules.classes.count, "labels are classes")
      count += 1
      rows +=
        "\(ids.isEmpty ? "\(count)" : quotedField(ids[place])),\(quotedField(rules.text(of: label)))\n".utf8
    }
    try file.write(rows)
  }

  /// Makes the file appear under its name. Throws `cannotWrite`.
  public func commit() throws(KitError) { try file.commit() }
}

/// A field as CSV has it (RFC 4180).
public func quotedField(_ text: String) -> String {
  text.contains { $0 == "," || $0 == "\"" } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
}

/// Checks a submission file, whoever wrote it: the header, ids in order and once each, and labels that are classes.
///
/// Line ends may be LF or CRLF, fields may be quoted, and the file may be compressed by gzip or in a zip archive. Memory does
/// not grow with the file.
///
/// - Parameters:
///   - path: The file.
///   - expectedRows: How many rows it must have; nil accepts any number.
///   - ids: The rows' ids, `expectedRows` of them; nil for numbers from 1.
///   - rules: The titles and the labels.
///   - isStoppable: Whether reading ends with `stopped` when the user asks to stop.
///   - handOver: Called with each row's label, in order.
/// - Returns: The number of rows.
/// - Throws: `badData` with file, line and field; `missingInput` if the file can't be read.
@discardableResult
public func checkSubmission(
  at path: String, expectedRows: Int?, ids: [String]? = nil, rules: SubmissionRules = SubmissionRules(),
  isStoppable: Bool = true, label handOver: (UInt8) -> Void = { _ in }
) throws(KitError) -> Int {
  let (stream, name) = try openTable(path, nil, isStoppable: isStoppable)
  // A class's name has at most 64 characters, of four bytes each; a file's, which may be an id, 255 bytes.
  let textLimit = rules.writesNames || ids != nil ? 260 : 32
  var scanner = try CSVScanner(stream, name: name, chunkSize: 1 << 16, textLimit: textLimit)
  try scanner.scanSubmissionHeader(rules.columns)
  var rows = 0
  while try !scanner.isAtEnd() {
    let idEnding = try scanner.scanField()
    if scanner.isBlank {
      let problem = wrongId(scanner.shownText, rows, ids, rules)
      try scanner.skipBlankLines(after: idEnding, problem: problem, blankLine: "the line is blank")
      break
    }
    if idEnding == .line {
      throw scanner.error(
        "the row has only one field; \(rules.columns.id) and \(rules.columns.label) were expected")
    }
    if let expectedRows, rows >= expectedRows, scanner.wholeNumber == rows + 1 || ids != nil {
      throw scanner.error("there are more rows than the test file has (\(expectedRows))")
    }
    let isRight =
      ids.map { rows < $0.count && scanner.text.elementsEqual($0[rows].utf8) }
      ?? (scanner.wholeNumber == rows + 1)
    guard isRight else { throw scanner.error(wrongId(scanner.shownText, rows, ids, rules)) }
    let ending = try scanner.scanField()
    guard let label = rules.label(scanner) else {
      throw scanner.error("\(rules.columns.label) is \(scanner.shownText); \(rules.labelRule)")
    }
    if ending == .comma { throw scanner.error("the row has more than two fields") }
    handOver(label)
    rows += 1
  }
  if let expectedRows, rows < expectedRows {
    throw scanner.error(
      line: rows + 2, field: 1, "the file has only \(rows) rows; the test file has \(expectedRows)")
  }
  return rows
}

/// What is wrong with the id of a row, counted from 0.
private func wrongId(_ shown: String, _ row: Int, _ ids: [String]?, _ rules: SubmissionRules) -> String {
  guard let ids else {
    return
      "\(rules.columns.id) is \(shown) where \(row + 1) was expected; ids count from 1, in order and without gaps"
  }
  let expected = row < ids.count ? ids[row] : "the end"
  return
    "\(rules.columns.id) is \(shown) where \(expected) was expected; ids are the test file's, in its order"
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
