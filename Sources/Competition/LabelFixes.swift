import Foundations

/// Corrections of a training table's labels, by row: another label, or that the row is not used.
public struct LabelFixes: Sendable, Equatable {
  /// The most that are taken: a run's configuration holds them.
  public static let most = 20_000

  /// The rows, from 0, ascending.
  public let rows: [Int]
  /// Each one's label; nil for a row that is dropped.
  public let labels: [UInt8?]

  /// How many labels there are, and dropped rows: `12 rows, of which 3 are dropped`.
  public var summary: String {
    let dropped = labels.count { $0 == nil }
    return "\(grouped(rows.count)) \(rows.count == 1 ? "row" : "rows")"
      + (dropped == 0 ? "" : ", of which \(grouped(dropped)) \(dropped == 1 ? "is" : "are") dropped")
  }

  /// Reads a file: a header that begins with `row,label`, then a row's number from 0 and its label, which is a class's number
  /// or name, or `drop`. Further columns are for people.
  ///
  /// - Throws: `missingInput` if it can't be read, `badData` with line and field if it is malformed, or names a row twice.
  public init(reading path: String, classes: Classes) throws(KitError) {
    // A class's name has at most 64 characters, of four bytes each.
    var scanner = try CSVScanner(fileAt: path, textLimit: 260)
    let titles = try scanner.scanTitles()
    guard titles.count >= 2, titles[0] == "row", titles[1] == "label" else {
      let isSubmission = titles.count == 2 && titles[1].lowercased() == "label"
      throw scanner.error(
        line: 1, field: 1,
        "the header must begin with row,label; it is \(titles.prefix(3).joined(separator: ","))"
          + (isSubmission ? ", a submission's (evaluate --test-labels takes those)" : ""))
    }
    var fixes: [Int: UInt8?] = [:]
    while try !scanner.isAtEnd() {
      let ending = try scanner.scanField()
      if scanner.isBlank {
        try scanner.skipBlankLines(
          after: ending, problem: "row is empty; a row is a number from 0", blankLine: "the line is blank")
        break
      }
      guard let row = scanner.wholeNumber, row < CSVScanner.largest else {
        throw scanner.error("row is \(scanner.shownText); a row is a number from 0")
      }
      if fixes[row] != nil { throw scanner.error("row \(row) is there twice") }
      guard ending == .comma else {
        throw scanner.error("the row has only one field; row and label were expected")
      }
      var last = try scanner.scanField()
      fixes.updateValue(try Self.label(scanner, classes), forKey: row)
      while last == .comma { last = try scanner.scanField() }
      guard fixes.count <= Self.most else {
        throw scanner.error(
          "there are more than \(grouped(Self.most)) corrections; write another table with its labels")
      }
    }
    rows = fixes.keys.sorted()
    labels = rows.map { fixes[$0] ?? nil }
  }

  /// The label in the field scanned last; nil to drop the row.
  private static func label(_ scanner: CSVScanner, _ classes: Classes) throws(KitError) -> UInt8? {
    let text = String(decoding: scanner.text, as: UTF8.self)
    if text == "drop" && !classes.names.contains("drop") { return nil }
    if let named = classes.names.firstIndex(of: text) { return UInt8(named) }
    guard let number = scanner.wholeNumber, number < classes.count else {
      throw scanner.error("label is \(scanner.shownText); it must be \(classes.rule), or drop")
    }
    return UInt8(number)
  }

  /// The corrections in a file.
  public var json: JSON {
    .object([
      ("rows", .array(rows.map { .integer($0) })),
      ("labels", .array(labels.map { $0.map { .integer(Int($0)) } ?? .null })),
    ])
  }

  /// Reads `json` back; nil if it is anything else.
  public init?(_ json: JSON) {
    guard let rows = json["rows"]?.array, let labels = json["labels"]?.array, rows.count == labels.count,
      rows.count <= Self.most
    else { return nil }
    self.rows = rows.compactMap(\.integer)
    var read: [UInt8?] = []
    for label in labels {
      if case .null = label {
        read.append(nil)
      } else if let number = label.integer, (0..<Classes.possible.upperBound).contains(number) {
        read.append(UInt8(number))
      }
    }
    self.labels = read
    guard self.rows.count == rows.count, read.count == rows.count, self.rows.allSatisfy({ $0 >= 0 }),
      zip(self.rows, self.rows.dropFirst()).allSatisfy({ $0 < $1 })
    else { return nil }
  }
}
