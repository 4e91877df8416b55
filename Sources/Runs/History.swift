/// The results of an epoch.
public struct EpochRecord: Sendable, Equatable {
  /// The epoch, counted from 1.
  public var epoch: Int
  /// Mean loss of the training images as they were trained on, with dropout and augmentation.
  public var trainingLoss: Double
  /// Accuracy, likewise.
  public var trainingAccuracy: Double
  /// Mean loss on the validation rows; nil without such rows.
  public var validationLoss: Double?
  /// Accuracy on the validation rows.
  public var validationAccuracy: Double?
  /// The learning rate of the epoch's last step.
  public var learningRate: Double

  /// The value of each field; without validation rows there is no validation score.
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

  /// Whether this epoch is better than an earlier one: higher validation accuracy, then lower loss; equal is not better.
  /// Without validation rows the later one is.
  package func isBetter(than other: EpochRecord?) -> Bool {
    guard let other else { return true }
    guard let accuracy = validationAccuracy, let loss = validationLoss,
      let otherAccuracy = other.validationAccuracy, let otherLoss = other.validationLoss
    else { return true }
    return accuracy != otherAccuracy ? accuracy > otherAccuracy : loss < otherLoss
  }
}

/// The epochs of a training.
public struct History: Sendable, Equatable {
  /// The epochs in order.
  public var epochs: [EpochRecord] = []

  /// The epoch whose weights a training keeps: the last, or the best by its validation rows; nil before the first.
  public func kept(by selection: Selection) -> EpochRecord? {
    if selection == .last { return epochs.last }
    return epochs.reduce(nil) { best, epoch in epoch.isBetter(than: best) ? epoch : best }
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

  /// No epochs.
  public init() {}

  /// Reads `values` back; an epoch that is not a whole number becomes 0.
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
