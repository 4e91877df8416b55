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

  /// Precision, recall and F1 of each class as an aligned table.
  public var classesText: String {
    let number = { (value: Double) in value.isNaN ? "-" : fixed(value, 4) }
    return aligned(
      [[kinds.noun, "rows", "precision", "recall", "F1"]]
        + classes.map {
          [kinds.name($0.digit), grouped($0.rows), number($0.precision), number($0.recall), number($0.f1)]
        })
  }

  /// What `confusionText` shows.
  public var confusionTitle: String {
    kinds.count > Self.mostColumns
      ? "most frequent mistakes" : "confusion: a row is a label, a column a prediction"
  }

  /// Classes beyond which a matrix is too wide for a terminal.
  private static let mostColumns = 16

  /// The confusion matrix as an aligned table, a dot for 0: one row per label, one column per prediction. Where it would be
  /// too wide for a screen, the most frequent mistakes.
  public var confusionText: String {
    if kinds.count > Self.mostColumns { return mistakesText }
    return aligned(
      [["label"] + confusion.indices.map { "\($0)" }]
        + confusion.enumerated().map { label, counts in
          [kinds.areNumbers ? "\(label)" : "\(label) \(kinds.name(label))"]
            + counts.map { $0 == 0 ? "." : grouped($0) }
        })
  }

  /// The mistakes, each label predicted as another class, most frequent first.
  public var mistakes: [(label: Int, predicted: Int, rows: Int)] {
    let all = confusion.indices.flatMap { label in
      confusion[label].indices.filter { $0 != label && confusion[label][$0] > 0 }.map {
        (label: label, predicted: $0, rows: confusion[label][$0])
      }
    }
    return all.sorted { ($1.rows, $0.label, $0.predicted) < ($0.rows, $1.label, $1.predicted) }
  }

  private var mistakesText: String {
    aligned(
      [["label", "predicted", "rows"]]
        + mistakes.prefix(20).map { [kinds.name($0.label), kinds.name($0.predicted), grouped($0.rows)] })
  }
}
