import Foundations

/// Softmax with sparse categorical cross-entropy over the ten logits of an image, in Double.
public enum SoftmaxCrossEntropy {
  /// The loss's value, whether the largest logit is the label's, and the probabilities.
  public struct Result: Sendable {
    /// -log of the label's probability.
    public let loss: Double
    /// Whether the most probable class (the lower of equals) is the label.
    public let isCorrect: Bool
    /// Ten probabilities, summing to 1.
    public let probabilities: [Double]
  }

  /// exp(logit - largest) / Σ, the sum in the classes' order. A logit that is NaN or +∞ makes all NaN.
  public static func probabilities(of logits: UnsafePointer<Float>) -> [Double] {
    let (exponentials, sum, _) = exponentials(of: logits)
    return exponentials.map { $0 / sum }
  }

  /// Loss and accuracy of one image.
  public static func evaluate(_ logits: UnsafePointer<Float>, label: Int) -> Result {
    let (exponentials, sum, largest) = exponentials(of: logits)
    let probabilities = exponentials.map { $0 / sum }
    return Result(
      loss: Elementary.log(sum) - (Double(logits[label]) - largest),
      isCorrect: mostProbable(probabilities) == label, probabilities: probabilities)
  }

  private static func exponentials(of logits: UnsafePointer<Float>) -> (
    [Double], sum: Double, largest: Double
  ) {
    var largest = Double(logits[0])
    for index in 1..<FittedNetwork.classes { largest = max(largest, Double(logits[index])) }
    let values = (0..<FittedNetwork.classes).map { Elementary.exp(Double(logits[$0]) - largest) }
    var sum = 0.0
    for value in values { sum += value }
    return (values, sum, largest)
  }

  /// The index of the largest; of equals, the lowest.
  public static func mostProbable(_ probabilities: some Collection<Double>) -> Int {
    var best = 0
    var bestValue = -Double.infinity
    for (index, value) in probabilities.enumerated() where value > bestValue {
      best = index
      bestValue = value
    }
    return best
  }
}
