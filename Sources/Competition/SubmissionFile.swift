import Foundations

/// A submission as Kaggle wants it, `ImageId,Label` with ids from 1, written a piece at a time.
///
/// The file is there, whole, once `commit()` returned, and not before.
public final class SubmissionFile {
  /// How many rows were appended.
  public private(set) var count = 0
  private let file: WholeFile

  /// Begins a file. Fails (`cannotWrite`) if it can't be written, or exists and `replacing` is false.
  public init(at path: String, replacing: Bool) throws(KitError) {
    file = try WholeFile(at: path, replacing: replacing)
    try file.write("ImageId,Label\n")
  }

  /// Appends the digits (0 to 9) of the images that follow, in the test file's order.
  public func append(_ labels: [UInt8]) throws(KitError) {
    var rows: [UInt8] = []
    for label in labels {
      precondition(label <= 9, "labels are digits")
      count += 1
      rows += "\(count),\(label)\n".utf8
    }
    try file.write(rows)
  }

  /// Puts the file into its place.
  public func commit() throws(KitError) { try file.commit() }
}

/// Checks any submission: its header, its ids from 1 in order and once each, its labels from 0 to 9, and that
/// it has `expectedRows` rows unless that is nil. Returns how many it has.
///
/// Fails with `badData` and file, line and field, or `missingInput` if the file can't be read. Line ends may be
/// LF or CRLF, fields may be quoted; memory does not grow with the file. `label` is handed each row's label.
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
        scanner.text.isEmpty ? "the line is blank" : "the row has one field; ImageId and Label were expected")
    }
    guard scanner.number == rows + 1 else {
      throw scanner.error(
        "ImageId is \(scanner.shownText) where \(rows + 1) belongs; ids count from 1, in order and once each")
    }
    if let expectedRows, rows >= expectedRows {
      throw scanner.error("there are more rows than the \(expectedRows) of the test file")
    }
    let ending = try scanner.scanField()
    guard let label = scanner.number, label <= 9 else {
      throw scanner.error("Label is \(scanner.shownText); a label is a digit from 0 to 9")
    }
    if ending == .comma { throw scanner.error("the row goes on behind Label") }
    handOver(UInt8(label))
    rows += 1
  }
  if let expectedRows, rows < expectedRows {
    throw scanner.error(
      line: scanner.line, field: 1, "the file ends after \(rows) rows; the test file has \(expectedRows)")
  }
  return rows
}
