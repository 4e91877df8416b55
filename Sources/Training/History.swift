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

  /// Whether this epoch is better than another: higher validation accuracy, then lower loss; a later epoch must be
  /// better to count. Without validation rows the later one is.
  func isBetter(than other: EpochRecord?) -> Bool {
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
    var text = "epoch,training_loss,training_accuracy,validation_loss,validation_accuracy,learning_rate\n"
    for epoch in epochs {
      let loss = epoch.validationLoss.map { "\($0)" } ?? ""
      let accuracy = epoch.validationAccuracy.map { "\($0)" } ?? ""
      text += "\(epoch.epoch),\(epoch.trainingLoss),\(epoch.trainingAccuracy),\(loss),\(accuracy)"
      text += ",\(epoch.learningRate)\n"
    }
    return text
  }

  /// Six numbers an epoch for the training state; NaN where there is none.
  var values: [Double] {
    epochs.flatMap {
      [
        Double($0.epoch), $0.trainingLoss, $0.trainingAccuracy, $0.validationLoss ?? .nan,
        $0.validationAccuracy ?? .nan, $0.learningRate,
      ]
    }
  }

  init() {}

  /// Reads a `history.csv`. Throws `missingInput` if it is not there, `badData` with the line if it is malformed.
  public init(reading path: String) throws(KitError) {
    let text = String(decoding: try InputFile.bytes(ofFileAt: path, limit: 1 << 26), as: UTF8.self)
    for (number, line) in text.split(separator: "\n").enumerated().dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == 6, let epoch = Int(fields[0]), let trainingLoss = Double(fields[1]),
        let trainingAccuracy = Double(fields[2]), let learningRate = Double(fields[5])
      else { throw KitError(.badData, "\(path):\(number + 1): this is no line of a history") }
      epochs.append(
        EpochRecord(
          epoch: epoch, trainingLoss: trainingLoss, trainingAccuracy: trainingAccuracy,
          validationLoss: Double(fields[3]), validationAccuracy: Double(fields[4]), learningRate: learningRate
        ))
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
