import Foundations

/// Softmax with sparse categorical cross-entropy over the logits of an image, in Double.
///
/// Probabilities are written where the caller wants them: an array would be allocated for every image.
public enum SoftmaxCrossEntropy {
  /// The loss's value, and whether the largest logit is the label's.
  public struct Result: Sendable {
    /// -log of the label's probability; with label smoothing the mean of -log over the spread label.
    public let loss: Double
    /// Whether the most probable class (the lower of equals) is the label.
    public let isCorrect: Bool
  }

  /// exp(logit - largest) / Σ, the sum in the classes' order. A logit that is NaN or +∞ makes all NaN.
  ///
  /// - Parameters:
  ///   - logits: One for each of `classes` classes.
  ///   - probabilities: Gets as many probabilities.
  public static func probabilities(
    of logits: UnsafePointer<Float>, classes: Int, to probabilities: UnsafeMutablePointer<Double>
  ) {
    _ = normalize(logits, classes, probabilities)
  }

  /// Loss and accuracy of one image.
  ///
  /// - Parameters:
  ///   - logits: One for each of `classes` classes.
  ///   - label: The image's class, from 0.
  ///   - smoothing: The share of the label that is spread evenly over the classes (Szegedy et al., 2016), 0
  ///     to 1; the loss
  ///     is then the cross-entropy with the spread label.
  ///   - probabilities: Gets a probability for each class.
  public static func evaluate(
    _ logits: UnsafePointer<Float>, classes: Int, label: Int, smoothing: Double = 0,
    probabilities: UnsafeMutablePointer<Double>
  ) -> Result {
    let (sum, largest) = normalize(logits, classes, probabilities)
    let best = DigitClass.mostProbable(UnsafeBufferPointer(start: probabilities, count: classes))
    var logit = Double(logits[label]) - largest
    if smoothing > 0 {
      var total = 0.0
      for index in 0..<classes { total += Double(logits[index]) - largest }
      logit = (1 - smoothing) * logit + smoothing * (total / Double(classes))
    }
    return Result(loss: Elementary.log(sum) - logit, isCorrect: best == label)
  }

  /// Writes the probabilities; returns the sum of the exponentials that they are shares of, and the largest logit.
  private static func normalize(
    _ logits: UnsafePointer<Float>, _ classes: Int, _ probabilities: UnsafeMutablePointer<Double>
  ) -> (sum: Double, largest: Double) {
    var largest = Double(logits[0])
    for index in 1..<classes { largest = max(largest, Double(logits[index])) }
    var sum = 0.0
    for index in 0..<classes {
      probabilities[index] = Elementary.exp(Double(logits[index]) - largest)
      sum += probabilities[index]
    }
    for index in 0..<classes { probabilities[index] /= sum }
    return (sum, largest)
  }
}
