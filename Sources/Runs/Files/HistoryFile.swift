import Competition
import Foundations

/// `history.csv`: one row per epoch, numbers by their shortest round-trip description, nothing where there is none.
public enum HistoryFile: RunFile {
  package static let name = "history.csv"
  package static let owners = [RunFolder.member]
  package static let summary = "losses, accuracies and learning rate of each epoch"

  private static let titles = [
    "epoch", "training_loss", "training_accuracy", "validation_loss", "validation_accuracy", "learning_rate",
  ]

  /// Writes a history, whole or not at all.
  package static func write(_ history: History, to path: String) throws(KitError) {
    try WholeFile.write(text(of: history), to: path, replacing: true)
  }

  /// Whether a file says just what a history does.
  static func isWritten(_ history: History, at path: String) -> Bool {
    guard let present = try? InputFile.bytes(ofFileAt: path, limit: 1 << 26) else { return false }
    return present.elementsEqual(text(of: history).utf8)
  }

  static func text(of history: History) -> String {
    var text = titles.joined(separator: ",") + "\n"
    for epoch in history.epochs {
      let loss = epoch.validationLoss.map { "\($0)" } ?? ""
      let accuracy = epoch.validationAccuracy.map { "\($0)" } ?? ""
      text += "\(epoch.epoch),\(epoch.trainingLoss),\(epoch.trainingAccuracy),\(loss),\(accuracy)"
      text += ",\(epoch.learningRate)\n"
    }
    return text
  }

  /// Reads a file. Throws `missingInput` if it is not there, `badData` with line and field if it is malformed.
  public static func read(_ path: String) throws(KitError) -> History {
    var scanner = try CSVScanner(fileAt: path)
    try scanner.scanTitles(titles)
    var history = History()
    while try !scanner.isAtEnd() {
      let epoch = history.epochs.count + 1
      var values: [Double?] = []
      try scanner.scanRow(of: titles.count) { (column, field) throws(KitError) in
        if column == 0 {
          guard field.number == epoch else {
            throw field.error("epoch is \(field.shownText); the row of epoch \(epoch) belongs here")
          }
        }
        let isOptional = column == 3 || column == 4
        if isOptional && field.text.isEmpty { return values.append(nil) }
        let isShare = column == 2 || column == 4
        guard let value = field.decimal, value >= 0, value <= (isShare ? 1 : Double.greatestFiniteMagnitude)
        else {
          throw field.error(
            "\(titles[column]) is \(field.shownText); it must be a number "
              + (isShare ? "from 0 to 1" : "of at least 0"))
        }
        values.append(value)
      }
      history.epochs.append(
        EpochRecord(
          epoch: epoch, trainingLoss: values[1] ?? 0, trainingAccuracy: values[2] ?? 0,
          validationLoss: values[3], validationAccuracy: values[4], learningRate: values[5] ?? 0))
    }
    return history
  }
}
