import Competition
import Foundations
import Scoring

/// `out-of-fold.csv`: for each row its label, the prediction and the classes' probabilities by members that did not see it.
///
/// Columns: `row` (from 0, as pandas counts), `label`, `prediction`, `p0` to `p9`, or as many as there are classes. Numbers are written by their shortest
/// round-trip description, so that what is read is what was written, to the bit.
public enum OutOfFoldFile: RunFile {
  package static let name = "out-of-fold.csv"
  package static let owners = [RunFolder.crossValidation]
  package static let summary = "each row's label, prediction and probabilities, from row 0"

  private static func titles(_ classes: Int) -> [String] {
    ["row", "label", "prediction"] + (0..<classes).map { "p\($0)" }
  }

  /// Writes the file, whole or not at all; an earlier one is replaced.
  public static func write(_ evaluation: Evaluation, to path: String) throws(KitError) {
    let file = try WholeFile(at: path, replacing: true)
    let classes = evaluation.kinds.count
    try file.write(titles(classes).joined(separator: ",") + "\n")
    for start in stride(from: 0, to: evaluation.rows.count, by: 1024) {
      var text = ""
      for index in start..<min(start + 1024, evaluation.rows.count) {
        text += "\(evaluation.rows[index]),\(evaluation.labels[index]),\(evaluation.predictions[index])"
        for digit in 0..<classes {
          text += ",\(evaluation.probabilities[index * classes + digit])"
        }
        text += "\n"
      }
      try file.write(text)
    }
    try file.commit()
  }

  /// Reads a file. Throws `missingInput` if it is not there; `badData`, with line and field, for anything that
  /// `write` would not have written: rows out of order, a prediction other than the most probable class, probabilities
  /// that do not sum to 1.
  ///
  /// - Parameter classes: The classes with their names, of which the file has only how many there are; nil if they are not
  ///   known.
  public static func read(_ path: String, classes: Classes? = nil) throws(KitError) -> Evaluation {
    var scanner = try CSVScanner(fileAt: path)
    let classes = try scanTitles(&scanner, classes)
    var (rows, labels, probabilities): ([Int], [UInt8], [Double]) = ([], [], [])
    while try !scanner.isAtEnd() {
      try readRow(&scanner, classes, &rows, &labels, &probabilities)
    }
    guard !rows.isEmpty else { throw KitError(.badData, "\(path) has no rows") }
    return Evaluation(rows: rows, labels: labels, probabilities: probabilities, kinds: classes)
  }

  private static func scanTitles(
    _ scanner: inout CSVScanner, _ known: Classes?
  ) throws(KitError) -> Classes {
    let found = try scanner.scanTitles()
    let count = found.count - 3
    guard Classes.possible.contains(count), found == titles(count), known?.count ?? count == count else {
      let wanted = titles(known?.count ?? DigitClass.count)
      let field = zip(found, wanted).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      throw scanner.error(
        line: 1, field: (field ?? min(found.count, wanted.count) - 1) + 1,
        "the header must be \(wanted.joined(separator: ","))")
    }
    return known ?? Classes(count: count)
  }

  private static func readRow(
    _ scanner: inout CSVScanner, _ classes: Classes, _ rows: inout [Int], _ labels: inout [UInt8],
    _ probabilities: inout [Double]
  ) throws(KitError) {
    var prediction = 0
    var sum = 0.0
    try scanner.scanRow(of: classes.count + 3) { (column, field) throws(KitError) in
      switch column {
      case 0:
        guard let row = field.number, row > rows.last ?? -1, row < CSVScanner.largest else {
          throw field.error("row is \(field.shownText); rows count up from 0, each at most once")
        }
        rows.append(row)
      case 1, 2:
        guard let digit = field.number, digit < classes.count else {
          throw field.error(
            "\(column == 1 ? "label" : "prediction") is \(field.shownText); it is \(classes.rule)")
        }
        if column == 1 { labels.append(UInt8(digit)) } else { prediction = digit }
      default:
        guard let value = field.decimal, value >= 0, value <= 1 else {
          throw field.error("p\(column - 3) is \(field.shownText); a probability is from 0 to 1")
        }
        probabilities.append(value)
        sum += value
      }
    }
    let line = scanner.fieldLine
    guard abs(sum - 1) < 1e-3 else {
      throw scanner.error(line: line, field: 4, "the probabilities sum to \(sum), not to 1")
    }
    guard DigitClass.mostProbable(probabilities.suffix(classes.count)) == prediction else {
      throw scanner.error(
        line: line, field: 3, "prediction is \(prediction), but another class is more probable")
    }
  }
}
