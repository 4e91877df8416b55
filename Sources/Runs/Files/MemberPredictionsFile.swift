import Competition
import Foundations

/// The class that each member of a cross-validation predicts for the rows that it was not trained on.
public struct MemberPredictions: Sendable, Equatable {
  /// The rows, ascending, from 0.
  public var rows: [Int]
  /// The members' names: `repeat_1_member_2`.
  public var names: [String]
  /// For each member and each row the predicted class; nil if the fold that holds the row out was not trained.
  public var answers: [[UInt8?]]

  /// A value of each field.
  public init(rows: [Int], names: [String], answers: [[UInt8?]]) {
    self.rows = rows
    self.names = names
    self.answers = answers
  }
}

/// `member-predictions.csv`: where several members predict a row, what each says; an empty cell where one says nothing.
public enum MemberPredictionsFile: RunFile {
  package static let name = "member-predictions.csv"
  package static let owners = [RunFolder.crossValidation]
  package static let summary =
    "each member's predictions, with repeats or members"

  /// The first column's title.
  private static let rowTitle = "row"

  /// Writes the predictions, whole or not at all.
  package static func write(_ predictions: MemberPredictions, to path: String) throws(KitError) {
    var text = ([rowTitle] + predictions.names).joined(separator: ",") + "\n"
    for (place, row) in predictions.rows.enumerated() {
      text += "\(row)"
      for column in predictions.answers { text += column[place].map { ",\($0)" } ?? "," }
      text += "\n"
    }
    try WholeFile.write(text, to: path, replacing: true)
  }

  /// Reads a file. Throws `missingInput` if it is not there, `badData` with line and field if it is malformed.
  public static func read(
    _ path: String, classes: Int = DigitClass.count
  ) throws(KitError) -> MemberPredictions {
    var scanner = try CSVScanner(fileAt: path)
    let titles = try scanner.scanTitles()
    // Letters, digits and `_`, fewer than the scanner keeps: of other titles it may have kept a part only.
    let areNames = titles.allSatisfy { title in
      title.utf8.count < 32 && title.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
    guard titles.first == rowTitle, titles.count > 1, areNames else {
      throw scanner.error(line: 1, field: 1, "the header must be \(rowTitle) and the members' names")
    }
    var rows: [Int] = []
    var answers = [[UInt8?]](repeating: [], count: titles.count - 1)
    while try !scanner.isAtEnd() {
      try scanner.scanRow(of: titles.count) { (column, field) throws(KitError) in
        if column == 0 {
          guard let row = field.number, row > rows.last ?? -1, row < CSVScanner.largest else {
            throw field.error("row is \(field.shownText); rows count up from 0, each at most once")
          }
          rows.append(row)
        } else if field.text.isEmpty {
          answers[column - 1].append(nil)
        } else {
          guard let digit = field.number, digit < classes else {
            throw field.error(
              "\(titles[column]) is \(field.shownText); it is a class from 0 to \(classes - 1) or empty")
          }
          answers[column - 1].append(UInt8(digit))
        }
      }
    }
    return MemberPredictions(rows: rows, names: Array(titles.dropFirst()), answers: answers)
  }
}
