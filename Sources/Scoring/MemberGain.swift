import Foundations

/// How much more often an ensemble is right than its mean member, on the same rows.
public struct MemberGain: Sendable {
  /// Models that a row was read by, at least and at most.
  public let models: ClosedRange<Int>
  /// The mean over rows and models of being right.
  public let meanMember: Double
  /// The ensemble's accuracy.
  public let ensemble: Double
  /// Where the gain on all such images lies with 95 % confidence: ± 1.96 standard errors of the rows' differences. It
  /// covers the draw of the rows, not that of the trainings.
  public let interval: ClosedRange<Double>

  /// `ensemble - meanMember`.
  public var gain: Double { ensemble - meanMember }

  /// Compares predictions with their own opinions; nil if no row was read by more than one model.
  public init?(_ predictions: Predictions, labels: [UInt8]) {
    var asked = [Int](repeating: 0, count: labels.count)
    var right = [Int](repeating: 0, count: labels.count)
    for opinion in predictions.opinions {
      for (answer, place) in zip(opinion.answers, opinion.places) {
        asked[place] += 1
        if answer == labels[place] { right[place] += 1 }
      }
    }
    guard let least = asked.min(), let most = asked.max(), most > 1 else { return nil }
    var (memberSum, ensembleSum, sum, squares) = (0.0, 0.0, 0.0, 0.0)
    for place in labels.indices {
      let member = Double(right[place]) / Double(asked[place])
      let whole = predictions.labels[place] == labels[place] ? 1.0 : 0.0
      memberSum += member
      ensembleSum += whole
      sum += whole - member
      squares += (whole - member) * (whole - member)
    }
    let count = Double(labels.count)
    let mean = sum / count
    let error = (max(0, squares / count - mean * mean) / count).squareRoot()
    models = least...most
    meanMember = memberSum / count
    ensemble = ensembleSum / count
    interval = mean - normalQuantile975 * error...mean + normalQuantile975 * error
  }

  private var count: String {
    models.count == 1 ? "\(models.lowerBound)" : "\(models.lowerBound) to \(models.upperBound)"
  }

  /// One sentence for people.
  public var summary: String {
    "the average of \(count) models reads \(fixed(ensemble, 4)), their mean member \(fixed(meanMember, 4)): "
      + "a gain of \(fixed(gain, 4)) (95 % interval \(fixed(interval.lowerBound, 4)) to \(fixed(interval.upperBound, 4)))"
  }

  /// All numbers.
  public var json: JSON {
    .object([
      ("summary", .string(summary)), ("models", .integer(models.upperBound)),
      ("models-least", .integer(models.lowerBound)),
      ("mean-member-accuracy", .number(meanMember)),
      ("ensemble-accuracy", .number(ensemble)), ("gain", .number(gain)),
      ("gain-95-low", .number(interval.lowerBound)), ("gain-95-high", .number(interval.upperBound)),
    ])
  }
}
