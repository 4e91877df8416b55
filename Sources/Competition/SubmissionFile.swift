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
      precondition(label < DigitClass.count, "labels are digits")
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
/// Line ends may be LF or CRLF, and fields may be quoted. Memory does not grow with the file.
///
/// - Parameters:
///   - path: The file.
///   - expectedRows: How many rows it must have; nil accepts any number.
///   - handOver: Called with each row's label, in order.
/// - Returns: The number of rows.
/// - Throws: `badData` with file, line and field; `missingInput` if the file can't be read.
@discardableResult
public func checkSubmission(
  at path: String, expectedRows: Int?, label handOver: (UInt8) -> Void = { _ in }
) throws(KitError) -> Int {
  var scanner = try CSVScanner(try FileBytes(at: path), name: path, chunkSize: 1 << 16)
  if try scanner.isAtEnd() {
    throw KitError(.badData, "\(path) is empty; the header ImageId,Label is missing")
  }
  for (title, last) in [("ImageId", false), ("Label", true)] {
    let ending = try scanner.scanField()
    guard scanner.text.elementsEqual(title.utf8), (ending == .line) == last else {
      throw scanner.error("the header must be ImageId,Label")
    }
  }
  var rows = 0
  while try !scanner.isAtEnd() {
    let idEnding = try scanner.scanField()
    if idEnding == .line {
      throw scanner.error(
        scanner.text.isEmpty
          ? "the line is blank" : "the row has only one field; ImageId and Label were expected")
    }
    guard scanner.number == rows + 1 else {
      throw scanner.error(
        "ImageId is \(scanner.shownText) where \(rows + 1) was expected; ids count from 1, in order and without gaps"
      )
    }
    if let expectedRows, rows >= expectedRows {
      throw scanner.error("there are more rows than the test file has (\(expectedRows))")
    }
    let ending = try scanner.scanField()
    guard let label = scanner.number, label < DigitClass.count else {
      throw scanner.error("Label is \(scanner.shownText); a label is a digit from 0 to 9")
    }
    if ending == .comma { throw scanner.error("the row has more than two fields") }
    handOver(UInt8(label))
    rows += 1
  }
  if let expectedRows, rows < expectedRows {
    throw scanner.error(
      line: scanner.line, field: 1, "the file has only \(rows) rows; the test file has \(expectedRows)")
  }
  return rows
}
