/// The classes of the competition: the digits 0 to 9. What works on other classes too takes `Classes` or their count.
public enum DigitClass {
  /// How many there are: 10.
  public static let count = 10

  /// The index of the largest probability; of equal ones, the lowest.
  ///
  /// Inlinable for the loss of every image in training, where a generic call would cost more than the comparison.
  @inlinable
  public static func mostProbable(_ probabilities: some Collection<Double>) -> Int {
    var best = 0
    var bestValue = -Double.infinity
    for (index, value) in probabilities.enumerated() where value > bestValue {
      best = index
      bestValue = value
    }
    return best
  }

  /// The most probable class of each image.
  ///
  /// - Parameters:
  ///   - probabilities: `[image][class]`.
  ///   - classes: How many classes there are.
  public static func mostProbable(ofEach probabilities: [Double], classes: Int = count) -> [UInt8] {
    stride(from: 0, to: probabilities.count, by: classes).map { start in
      UInt8(mostProbable(probabilities[start..<start + classes]))
    }
  }
}
