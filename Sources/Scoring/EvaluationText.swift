import Foundations

extension Evaluation {
  /// Accuracy with its interval, log loss and calibration error, a line each.
  public var summaryText: String {
    """
    accuracy           \(fixed(accuracy, 4))  (95 % interval \(intervalText), \(grouped(rows.count - correct)) wrong)
    log loss           \(fixed(logLoss, 4))
    calibration error  \(fixed(expectedCalibrationError, 4))
    """
  }

  /// `0.9893 to 0.9946`
  public var intervalText: String {
    "\(fixed(accuracyInterval.lowerBound, 4)) to \(fixed(accuracyInterval.upperBound, 4))"
  }

  /// Precision, recall and F1 of each digit as an aligned table.
  public var classesText: String {
    let number = { (value: Double) in value.isNaN ? "-" : fixed(value, 4) }
    return aligned(
      [["digit", "rows", "precision", "recall", "F1"]]
        + classes.map {
          ["\($0.digit)", grouped($0.rows), number($0.precision), number($0.recall), number($0.f1)]
        })
  }

  /// The confusion matrix as an aligned table, a dot for 0: one row per label, one column per prediction.
  public var confusionText: String {
    aligned(
      [["label"] + confusion.indices.map { "\($0)" }]
        + confusion.enumerated().map { label, counts in
          ["\(label)"] + counts.map { $0 == 0 ? "." : grouped($0) }
        })
  }
}
