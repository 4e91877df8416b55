import Foundations

/// Softmax with sparse categorical cross-entropy over the ten logits of an image, in Double.
public enum SoftmaxCrossEntropy {
  /// The loss's value, whether the largest logit is the label's, and the probabilities.
  public struct Result: Sendable {
    /// -log of the label's probability; with label smoothing the mean of -log over the spread label.
    public let loss: Double
    /// Whether the most probable class (the lower of equals) is the label.
    public let isCorrect: Bool
    /// Ten probabilities, summing to 1, and six zeros.
    public let probabilities: SIMD16<Double>
  }

  /// exp(logit - largest) / Σ, the sum in the classes' order. A logit that is NaN or +∞ makes all NaN.
  ///
  /// - Parameter logits: Ten of them.
  /// - Returns: Ten probabilities and six zeros; an array would be allocated for every image.
  public static func probabilities(of logits: UnsafePointer<Float>) -> SIMD16<Double> {
    let (exponentials, sum, _) = exponentials(of: logits)
    return probabilities(exponentials, sum)
  }

  /// Loss and accuracy of one image.
  ///
  /// - Parameters:
  ///   - logits: Ten of them.
  ///   - label: The image's class, 0 to 9.
  ///   - smoothing: The share of the label that is spread evenly over the classes (Szegedy et al., 2016), 0
  ///     to 1; the loss
  ///     is then the cross-entropy with the spread label.
  public static func evaluate(_ logits: UnsafePointer<Float>, label: Int, smoothing: Double = 0) -> Result {
    let (exponentials, sum, largest) = exponentials(of: logits)
    let probabilities = probabilities(exponentials, sum)
    let best = withUnsafeBytes(of: probabilities) {
      DigitClass.mostProbable($0.assumingMemoryBound(to: Double.self).prefix(DigitClass.count))
    }
    var logit = Double(logits[label]) - largest
    if smoothing > 0 {
      var total = 0.0
      for index in 0..<DigitClass.count { total += Double(logits[index]) - largest }
      logit = (1 - smoothing) * logit + smoothing * (total / Double(DigitClass.count))
    }
    return Result(
      loss: Elementary.log(sum) - logit, isCorrect: best == label, probabilities: probabilities)
  }

  private static func probabilities(_ exponentials: SIMD16<Double>, _ sum: Double) -> SIMD16<Double> {
    var probabilities = SIMD16<Double>()
    for index in 0..<DigitClass.count { probabilities[index] = exponentials[index] / sum }
    return probabilities
  }

  private static func exponentials(of logits: UnsafePointer<Float>) -> (
    SIMD16<Double>, sum: Double, largest: Double
  ) {
    var largest = Double(logits[0])
    for index in 1..<DigitClass.count { largest = max(largest, Double(logits[index])) }
    var values = SIMD16<Double>()
    var sum = 0.0
    for index in 0..<DigitClass.count {
      values[index] = Elementary.exp(Double(logits[index]) - largest)
      sum += values[index]
    }
    return (values, sum, largest)
  }
}
