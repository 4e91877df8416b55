import Foundations

/// What an epoch came to.
public struct EpochRecord: Sendable, Equatable {
  /// The epoch, counted from 1.
  public var epoch: Int
  /// Mean loss of the training images as they were trained on, dropout and augmentation in force.
  public var trainingLoss: Double
  /// Accuracy, likewise.
  public var trainingAccuracy: Double
  /// Mean loss on the validation rows; nil without such rows.
  public var validationLoss: Double?
  /// Accuracy on the validation rows.
  public var validationAccuracy: Double?
  /// The learning rate of the epoch's last step.
  public var learningRate: Double

  /// All fields, see each; without validation rows there is no validation score.
  public init(
    epoch: Int, trainingLoss: Double, trainingAccuracy: Double, validationLoss: Double? = nil,
    validationAccuracy: Double? = nil, learningRate: Double
  ) {
    self.epoch = epoch
    self.trainingLoss = trainingLoss
    self.trainingAccuracy = trainingAccuracy
    self.validationLoss = validationLoss
    self.validationAccuracy = validationAccuracy
    self.learningRate = learningRate
  }

  /// Whether this epoch is better than another: higher validation accuracy, then lower loss; a later epoch must be
  /// better to count. Without validation rows the later one is.
  package func isBetter(than other: EpochRecord?) -> Bool {
    guard let other else { return true }
    guard let accuracy = validationAccuracy, let loss = validationLoss,
      let otherAccuracy = other.validationAccuracy, let otherLoss = other.validationLoss
    else { return true }
    return accuracy != otherAccuracy ? accuracy > otherAccuracy : loss < otherLoss
  }
}

/// The epochs of a training, as `history.csv` shows them.
public struct History: Sendable, Equatable {
  /// The epochs in order.
  public var epochs: [EpochRecord] = []

  /// The epoch whose weights a training keeps: the last, or the best by its validation rows; nil before the first.
  public func kept(by selection: Selection) -> EpochRecord? {
    if selection == .last { return epochs.last }
    return epochs.reduce(nil) { best, epoch in epoch.isBetter(than: best) ? epoch : best }
  }

  /// The file: a row an epoch, numbers by their shortest round-trip description, nothing where there is none.
  public var csv: String {
    var text = Self.header + "\n"
    for epoch in epochs {
      let loss = epoch.validationLoss.map { "\($0)" } ?? ""
      let accuracy = epoch.validationAccuracy.map { "\($0)" } ?? ""
      text += "\(epoch.epoch),\(epoch.trainingLoss),\(epoch.trainingAccuracy),\(loss),\(accuracy)"
      text += ",\(epoch.learningRate)\n"
    }
    return text
  }

  private static let header =
    "epoch,training_loss,training_accuracy,validation_loss,validation_accuracy,learning_rate"

  /// Six numbers an epoch for the training state; NaN where there is none.
  var values: [Double] {
    epochs.flatMap {
      [
        Double($0.epoch), $0.trainingLoss, $0.trainingAccuracy, $0.validationLoss ?? .nan,
        $0.validationAccuracy ?? .nan, $0.learningRate,
      ]
    }
  }

  /// No epochs.
  public init() {}

  /// Reads a `history.csv`. Throws `missingInput` if it is not there, `badData` with the line if it is malformed.
  public init(reading path: String) throws(KitError) {
    let text = String(decoding: try InputFile.bytes(ofFileAt: path, limit: 1 << 26), as: UTF8.self)
    let header = Self.header.split(separator: ",")
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      if index == 0 {
        guard fields == header else {
          throw KitError(.badData, "\(path):1: the header must be \(Self.header)")
        }
        continue
      }
      // Behind the last line's end.
      if line.isEmpty && index == epochs.count + 1 { continue }
      guard fields.count == header.count, Int(fields[0]) == epochs.count + 1 else {
        throw KitError(.badData, "\(path):\(index + 1): the line of epoch \(epochs.count + 1) belongs here")
      }
      func number(_ column: Int, upTo most: Double) throws(KitError) -> Double? {
        if (column == 3 || column == 4) && fields[column].isEmpty { return nil }
        guard let value = Double(fields[column]), value >= 0, value <= most else {
          throw KitError(
            .badData, "\(path):\(index + 1):\(column + 1): \(header[column]) is '\(fields[column])'")
        }
        return value
      }
      let largest = Double.greatestFiniteMagnitude
      epochs.append(
        EpochRecord(
          epoch: epochs.count + 1, trainingLoss: try number(1, upTo: largest) ?? 0,
          trainingAccuracy: try number(2, upTo: 1) ?? 0, validationLoss: try number(3, upTo: largest),
          validationAccuracy: try number(4, upTo: 1), learningRate: try number(5, upTo: largest) ?? 0))
    }
  }

  /// Reads `values` back; an epoch's number that is none becomes 0.
  init(values: [Double]) {
    epochs = stride(from: 0, to: values.count - 5, by: 6).map { start in
      let row = values[start..<start + 6].map { $0 }
      return EpochRecord(
        epoch: Int(exactly: row[0]) ?? 0, trainingLoss: row[1], trainingAccuracy: row[2],
        validationLoss: row[3].isNaN ? nil : row[3], validationAccuracy: row[4].isNaN ? nil : row[4],
        learningRate: row[5])
    }
  }
}
