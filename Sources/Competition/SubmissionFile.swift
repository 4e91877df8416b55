import Foundations

/// A submission file in Kaggle's format, `ImageId,Label` with ids from 1, written piece by piece.
///
/// The file appears, complete, when `commit()` returns, and not before.
public final class SubmissionFile {
  /// The number of rows appended so far.
  public private(set) var count = 0
  private let file: WholeFile

  /// Begins a file.
  ///
  /// - Throws: `cannotWrite` if it can't be written, or exists and `replacing` is false.
  public init(at path: String, replacing: Bool) throws(KitError) {
    file = try WholeFile(at: path, replacing: replacing)
    try file.write("ImageId,Label\n")
  }

  /// Appends the predicted digits (0 to 9) of the next images, in the test file's order. Throws `cannotWrite`.
  public func append(_ labels: [UInt8]) throws(KitError) {
    var rows: [UInt8] = []
    for label in labels {
      precondition(label < Classes.possible.upperBound, "labels are classes")
      count += 1
      rows += "\(count),\(label)\n".utf8
    }
    try file.write(rows)
  }

  /// Makes the file appear under its name. Throws `cannotWrite`.
  public func commit() throws(KitError) { try file.commit() }
}

/// Checks a submission file, whoever wrote it: the header, ids from 1 in order and once each, and labels from 0 to 9.
///
/// Line ends may be LF or CRLF, fields may be quoted, and the file may be compressed by gzip or in a zip archive. Memory does
/// not grow with the file.
///
/// - Parameters:
///   - path: The file.
///   - expectedRows: How many rows it must have; nil accepts any number.
///   - classes: What the labels may be.
///   - isStoppable: Whether reading ends with `stopped` when the user asks to stop.
///   - handOver: Called with each row's label, in order.
/// - Returns: The number of rows.
/// - Throws: `badData` with file, line and field; `missingInput` if the file can't be read.
@discardableResult
public func checkSubmission(
  at path: String, expectedRows: Int?, classes: Classes = .digits, isStoppable: Bool = true,
  label handOver: (UInt8) -> Void = { _ in }
) throws(KitError) -> Int {
  let (stream, name) = try openTable(path, nil, isStoppable: isStoppable)
  var scanner = try CSVScanner(stream, name: name, chunkSize: 1 << 16)
  try scanner.scanSubmissionHeader()
  var rows = 0
  while try !scanner.isAtEnd() {
    let idEnding = try scanner.scanField()
    if scanner.isBlank {
      let problem = wrongId(scanner.shownText, rows + 1)
      try scanner.skipBlankLines(after: idEnding, problem: problem, blankLine: "the line is blank")
      break
    }
    if idEnding == .line {
      throw scanner.error("the row has only one field; ImageId and Label were expected")
    }
    guard scanner.wholeNumber == rows + 1 else {
      throw scanner.error(wrongId(scanner.shownText, rows + 1))
    }
    if let expectedRows, rows >= expectedRows {
      throw scanner.error("there are more rows than the test file has (\(expectedRows))")
    }
    let ending = try scanner.scanField()
    guard let label = scanner.wholeNumber, label < classes.count else {
      throw scanner.error("Label is \(scanner.shownText); a label is \(classes.rule)")
    }
    if ending == .comma { throw scanner.error("the row has more than two fields") }
    handOver(UInt8(label))
    rows += 1
  }
  if let expectedRows, rows < expectedRows {
    throw scanner.error(
      line: rows + 2, field: 1, "the file has only \(rows) rows; the test file has \(expectedRows)")
  }
  return rows
}

private func wrongId(_ shown: String, _ expected: Int) -> String {
  "ImageId is \(shown) where \(expected) was expected; ids count from 1, in order and without gaps"
}

extension CSVScanner {
  /// Scans a submission's first line. Throws `badData` with what the line is and the usual remedy.
  fileprivate mutating func scanSubmissionHeader() throws(KitError) {
    let wanted = ["ImageId", "Label"]
    guard try !isAtEnd() else {
      throw KitError(.badData, "\(name) is empty; the header ImageId,Label is missing")
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
        "change the first line"
      } else {
        "write these two columns only"
      }
    let shown =
      titles.prefix(5).map { $0.isEmpty ? "\"\"" : $0 }.joined(separator: ",")
      + (titles.count > 5 ? ",…" : "")
    let first = titles.indices.first { $0 >= wanted.count || titles[$0] != wanted[$0] } ?? titles.count - 1
    throw error(
      line: 1, field: first + 1, "the header must be ImageId,Label; it is \(shown) (\(remedy))")
  }
}
