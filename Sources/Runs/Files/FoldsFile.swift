import Competition
import Foundations

/// What a fold of a cross-validation came to on the rows that it held out.
public struct FoldScore: Sendable, Equatable {
  /// The fold, numbered through the repeats.
  public var number: Int
  /// The repeat, from 1.
  public var repetition: Int
  /// Rows that were held out.
  public var rows: Int
  /// Accuracy on them.
  public var accuracy: Double
  /// Log loss on them.
  public var logLoss: Double
  /// The epoch of each member's weights.
  public var epochs: [Int]
  /// Seconds that the members trained, all together; nil if unknown.
  public var seconds: Double?

  /// A value of each field.
  public init(
    number: Int, repetition: Int, rows: Int, accuracy: Double, logLoss: Double, epochs: [Int],
    seconds: Double? = nil
  ) {
    self.number = number
    self.repetition = repetition
    self.rows = rows
    self.accuracy = accuracy
    self.logLoss = logLoss
    self.epochs = epochs
    self.seconds = seconds
  }
}

/// `folds.csv`: one row per fold that was trained. Its seconds are one machine's, so the promise of
/// equal bytes does not cover the file.
public enum FoldsFile: RunFile {
  package static let name = "folds.csv"
  package static let owners = [RunFolder.crossValidation]
  package static let summary = "the folds' scores"

  // `best_epoch` has an epoch for each member, the last one unless --select best chose it: the title is historical.
  private static let titles = ["fold", "repeat", "rows", "accuracy", "log_loss", "best_epoch", "seconds"]

  /// Writes the folds' scores, whole or not at all.
  package static func write(_ folds: [FoldScore], to path: String) throws(KitError) {
    var text = titles.joined(separator: ",") + "\n"
    for fold in folds {
      let epochs = fold.epochs.map { "\($0)" }.joined(separator: " ")
      let seconds = fold.seconds.map { "\(($0 * 1000).rounded() / 1000)" } ?? ""
      text += "\(fold.number),\(fold.repetition),\(fold.rows),\(fold.accuracy),\(fold.logLoss),\(epochs)"
      text += ",\(seconds)\n"
    }
    try WholeFile.write(text, to: path, replacing: true)
  }

  /// Reads a file. Throws `missingInput` if it is not there, `badData` with line and field if it is malformed.
  public static func read(_ path: String) throws(KitError) -> [FoldScore] {
    // A thousand members' epochs fit.
    var scanner = try CSVScanner(fileAt: path, textLimit: 1 << 13)
    try scanner.scanTitles(titles)
    var folds: [FoldScore] = []
    while try !scanner.isAtEnd() {
      var fold = FoldScore(number: 0, repetition: 0, rows: 0, accuracy: 0, logLoss: 0, epochs: [])
      try scanner.scanRow(of: titles.count) { (column, field) throws(KitError) in
        func refused(_ what: String) -> KitError {
          field.error("\(titles[column]) is \(field.shownText); \(what)")
        }
        switch column {
        case 0...2:
          guard let number = field.number, number >= 1 else { throw refused("it is a number from 1") }
          if column == 0 { fold.number = number }
          if column == 1 { fold.repetition = number }
          if column == 2 { fold.rows = number }
        case 3, 4:
          guard let value = field.decimal, value >= 0 else { throw refused("must be a number of at least 0") }
          if column == 3 { fold.accuracy = value } else { fold.logLoss = value }
        case 5:
          let words = String(decoding: field.text, as: UTF8.self).split(separator: " ")
          fold.epochs = words.compactMap { Int($0) }
          guard fold.epochs.count == words.count, !words.isEmpty else {
            throw refused("must be epochs, separated by spaces")
          }
        default:
          fold.seconds = field.decimal
          guard field.text.isEmpty || fold.seconds ?? -1 >= 0 else {
            throw refused("must be a number of at least 0")
          }
        }
      }
      folds.append(fold)
    }
    return folds
  }
}
