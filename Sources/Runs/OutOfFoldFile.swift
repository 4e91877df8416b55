import Competition
import Foundations
import Scoring

/// `out-of-fold.csv`: for each row its label, the prediction and ten probabilities by models that did not see it.
///
/// Columns: `row` (from 0, as pandas counts), `label`, `prediction`, `p0` to `p9`. Numbers by their shortest round-trip
/// description, so that what is read is what was written, to the bit.
public enum OutOfFoldFile {
  private static let header = ["row", "label", "prediction"] + (0..<DigitClass.count).map { "p\($0)" }

  /// The file's place in a cross-validation's folder.
  public static func path(in folder: String) -> String { "\(folder)/out-of-fold.csv" }

  /// What the `cross-validation.json` beside a file says; nil if there is none. Throws `badData` if it is not of this file,
  /// which was then changed since.
  public static func description(of path: String) throws(KitError) -> JSON? {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let description = "\(folder)/cross-validation.json"
    guard let bytes = try? InputFile.bytes(ofFileAt: description, limit: 1 << 24) else { return nil }
    let json = try JSON.parse(bytes, from: description)
    guard json["out-of-fold-sha256"]?.string == (try SHA256.hexadecimal(ofFileAt: path)) else {
      throw KitError(.badData, "\(path) is not the file that \(description) describes; it was changed since")
    }
    return json
  }

  /// Writes the file, whole or not at all, in the place of an earlier one.
  public static func write(_ evaluation: Evaluation, to path: String) throws(KitError) {
    let file = try WholeFile(at: path, replacing: true)
    try file.write(header.joined(separator: ",") + "\n")
    for start in stride(from: 0, to: evaluation.rows.count, by: 1024) {
      var text = ""
      for index in start..<min(start + 1024, evaluation.rows.count) {
        text += "\(evaluation.rows[index]),\(evaluation.labels[index]),\(evaluation.predictions[index])"
        for digit in 0..<DigitClass.count {
          text += ",\(evaluation.probabilities[index * DigitClass.count + digit])"
        }
        text += "\n"
      }
      try file.write(text)
    }
    try file.commit()
  }

  /// Reads a file. Throws `missingInput` if it is not there; `badData`, with line and field, for anything that
  /// `write` would not have written: rows out of order, another prediction than the most probable class, probabilities
  /// that do not sum to 1.
  public static func read(_ path: String) throws(KitError) -> Evaluation {
    var scanner = try CSVScanner(try FileBytes(at: path), name: path, chunkSize: 1 << 18)
    guard try !scanner.isAtEnd() else {
      throw KitError(.badData, "\(path) is empty; the header \(header.joined(separator: ",")) is missing")
    }
    for (index, title) in header.enumerated() {
      let ending = try scanner.scanField()
      guard scanner.text.elementsEqual(title.utf8), (ending == .line) == (index == header.count - 1) else {
        throw scanner.error("the header must be \(header.joined(separator: ","))")
      }
    }
    var (rows, labels, probabilities): ([Int], [UInt8], [Double]) = ([], [], [])
    while try !scanner.isAtEnd() {
      try readRow(&scanner, &rows, &labels, &probabilities)
    }
    guard !rows.isEmpty else { throw KitError(.badData, "\(path) has no rows") }
    return Evaluation(rows: rows, labels: labels, probabilities: probabilities)
  }

  private static func readRow(
    _ scanner: inout CSVScanner, _ rows: inout [Int], _ labels: inout [UInt8], _ probabilities: inout [Double]
  ) throws(KitError) {
    var prediction = 0
    var sum = 0.0
    for index in header.indices {
      let ending = try scanner.scanField()
      switch index {
      case 0:
        guard let row = scanner.number, row > rows.last ?? -1, row < CSVScanner.largest else {
          throw scanner.error("row is \(scanner.shownText); rows count up from 0, each at most once")
        }
        rows.append(row)
      case 1, 2:
        guard let digit = scanner.number, digit < DigitClass.count else {
          throw scanner.error("\(header[index]) is \(scanner.shownText); it is a digit from 0 to 9")
        }
        if index == 1 { labels.append(UInt8(digit)) } else { prediction = digit }
      default:
        guard let value = Double(String(decoding: scanner.text, as: UTF8.self)), value >= 0, value <= 1 else {
          throw scanner.error("\(header[index]) is \(scanner.shownText); a probability is from 0 to 1")
        }
        probabilities.append(value)
        sum += value
      }
      guard (ending == .line) == (index == header.count - 1) else {
        throw scanner.error("the row has not \(header.count) fields")
      }
    }
    let line = scanner.fieldLine
    guard abs(sum - 1) < 1e-3 else {
      throw scanner.error(line: line, field: 4, "the probabilities sum to \(sum), not to 1")
    }
    guard DigitClass.mostProbable(probabilities.suffix(DigitClass.count)) == prediction else {
      throw scanner.error(
        line: line, field: 3, "prediction is \(prediction), but another class is more probable")
    }
  }
}
