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
  /// The rows of the test table that are predicted.
  public var rows = RowRange.all
  /// Whether labels are the classes' names, as in a table of pictures, not their numbers.
  public var writesNames = false

  /// Digit Recognizer's.
  public init() {}

  /// A label as a submission has it.
  func text(of label: UInt8) -> String { writesNames ? classes.name(label) : "\(label)" }

  /// The label of a field; nil if it is none.
  func label(_ scanner: CSVScanner) -> UInt8? {
    if writesNames {
      return classes.names.firstIndex(of: String(decoding: scanner.text, as: UTF8.self)).map { UInt8($0) }
    }
    return scanner.wholeNumber.flatMap { $0 < classes.count ? UInt8($0) : nil }
  }

  var labelRule: String {
    writesNames
      ? "a label is a class's name (\(classes.names.prefix(12).joined(separator: ", "))\(classes.count > 12 ? ", …" : ""))"
      : "a label is \(classes.rule)"
  }
}

/// A submission file, `ImageId,Label` with ids from 1, or from the first row of a part, as Kaggle's Digit Recognizer wants it,
/// or by other rules, written piece by piece.
///
/// The file appears, complete, when `commit()` returns, and not before.
public final class SubmissionFile {
  /// The number of rows appended so far.
  public private(set) var count = 0
  private let file: WholeFile
  private var hash = SHA256()
  private let rules: SubmissionRules

  /// Begins a file.
  ///
  /// - Throws: `cannotWrite` if it can't be written, or exists and `replacing` is false.
  public init(
    at path: String, rules: SubmissionRules = SubmissionRules(), replacing: Bool
  ) throws(KitError) {
    self.rules = rules
    file = try WholeFile(at: path, replacing: replacing)
    try write(Array((rules.columns.header + "\n").utf8))
  }

  /// Appends the predicted classes of the next images, in the test file's order, with their ids; without ids they are counted.
  /// Throws `cannotWrite`.
  public func append(_ labels: [UInt8], ids: [String] = []) throws(KitError) {
    precondition(ids.isEmpty || ids.count == labels.count, "an id for each label")
    var rows: [UInt8] = []
    for (place, label) in labels.enumerated() {
      precondition(label < rules.classes.count, "labels are classes")
      let id = ids.isEmpty ? "\(rules.rows.first + count)" : quotedField(ids[place])
      rows += "\(id),\(quotedField(rules.text(of: label)))\n".utf8
      count += 1
    }
    try write(rows)
  }

  private func write(_ bytes: [UInt8]) throws(KitError) {
    hash.update(bytes)
    try file.write(bytes)
  }

  /// The SHA-256 of all that was appended, with the header. To be asked for once.
  public func digest() -> String { SHA256.hexadecimal(of: hash.finalize()) }

  /// Makes the file appear under its name. Throws `cannotWrite`.
  public func commit() throws(KitError) { try file.commit() }
}

/// A field as CSV has it (RFC 4180).
public func quotedField(_ text: String) -> String {
  text.contains { $0 == "," || $0 == "\"" } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
}
