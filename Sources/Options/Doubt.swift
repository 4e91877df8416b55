import Foundations
import Runs
import Scoring

/// Below which confidence an answer is called unsure, for commands that answer people.
public struct Doubt: Sendable {
  /// The confidence.
  public let threshold: Double
  /// Where the number is from, for people.
  public let origin: String

  /// The share of wrong predictions below the threshold.
  private static let errors = 0.2
  /// The threshold where no out-of-fold predictions tell one.
  private static let standard = 0.8

  /// The threshold of the sources that are cross-validations, the highest of them; without any, 0.8.
  public init(of sources: [String]) throws(KitError) {
    var found: Double?
    for source in sources {
      let path = OutOfFoldFile.path(in: withoutFinalSlash(source))
      guard fileExists(path) else { continue }
      let threshold = try OutOfFoldFile.read(path).doubtThreshold(errors: Self.errors)
      found = [found, threshold].compactMap { $0 }.max()
    }
    threshold = found ?? Self.standard
    origin =
      found == nil
      ? "the default where no source is a cross-validation"
      : "below which out-of-fold predictions are wrong one time in five"
  }
}
