import Foundations

extension Evaluation {
  /// The confidence below which predictions are doubtful: of the rows whose largest probability is lower, this share is
  /// classified wrongly.
  ///
  /// It is the highest such confidence, since the share falls as surer rows join; 1 if the share of all rows is as
  /// high. Nil if no row's confidence has so many errors below it.
  ///
  /// - Parameter share: The share of errors, such as one in five.
  public func doubtThreshold(errors share: Double = 0.2) -> Double? {
    let confidences = rows.indices.map { row in
      probabilities[row * kinds.count + Int(predictions[row])]
    }
    let order = rows.indices.sorted { confidences[$0] < confidences[$1] }
    var wrong = 0
    var threshold: Double?
    for (index, row) in order.enumerated() {
      if predictions[row] != labels[row] { wrong += 1 }
      let isLast = index + 1 == order.count
      // Rows of one confidence are on one side of it.
      if !isLast, confidences[order[index + 1]] == confidences[row] { continue }
      if Double(wrong) >= share * Double(index + 1) { threshold = isLast ? 1 : confidences[order[index + 1]] }
    }
    return threshold
  }
}
