import Foundations

/// Softmax with sparse categorical cross-entropy over the ten logits of an image, in Double.
public enum SoftmaxCrossEntropy {
  /// The loss's value, whether the largest logit is the label's, and the probabilities.
  public struct Result: Sendable {
    /// -log of the label's probability; with label smoothing the mean of -log over the spread label.
    public let loss: Double
    /// Whether the most probable class (the lower of equals) is the label.
    public let isCorrect: Bool
    /// Ten probabilities, summing to 1, and six zeros: an array would be allocated for every image.
    public let probabilities: SIMD16<Double>
  }

  /// exp(logit - largest) / Σ, the sum in the classes' order. A logit that is NaN or +∞ makes all NaN.
  public static func probabilities(of logits: UnsafePointer<Float>) -> [Double] {
    let (exponentials, sum, _) = exponentials(of: logits)
    return (0..<DigitClass.count).map { exponentials[$0] / sum }
  }

  /// Loss and accuracy of one image. A `smoothing` share of the label is spread evenly over the classes (Szegedy et al.,
  /// 2016); the loss is then the cross-entropy with the spread label.
  public static func evaluate(_ logits: UnsafePointer<Float>, label: Int, smoothing: Double = 0) -> Result {
    let (exponentials, sum, largest) = exponentials(of: logits)
    var probabilities = SIMD16<Double>()
    for index in 0..<DigitClass.count { probabilities[index] = exponentials[index] / sum }
    var best = 0
    for index in 1..<DigitClass.count where probabilities[index] > probabilities[best] { best = index }
    var logit = Double(logits[label]) - largest
    if smoothing > 0 {
      var total = 0.0
      for index in 0..<DigitClass.count { total += Double(logits[index]) - largest }
      logit = (1 - smoothing) * logit + smoothing * (total / Double(DigitClass.count))
    }
    return Result(
      loss: Elementary.log(sum) - logit, isCorrect: best == label,
      probabilities: probabilities)
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
