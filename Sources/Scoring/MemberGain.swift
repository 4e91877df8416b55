import Foundations

/// How much more accurate an ensemble is than its members on average, on the same rows.
public struct MemberGain: Sendable {
  /// Members that predicted a row, at least and at most.
  public let members: ClosedRange<Int>
  /// The members' mean accuracy: the mean over rows of the share of members that classify the row correctly.
  public let meanMember: Double
  /// The ensemble's accuracy.
  public let ensemble: Double
  /// Where the gain on all such images lies with 95 % confidence: ± 1.96 standard errors of the rows' differences. It
  /// covers the choice of the rows, not the randomness of the trainings.
  public let interval: ClosedRange<Double>

  /// `ensemble - meanMember`.
  public var gain: Double { ensemble - meanMember }

  /// Compares predictions with their own opinions; nil if no row was predicted by more than one member.
  public init?(_ predictions: Predictions, labels: [UInt8]) {
    var predicted = [Int](repeating: 0, count: labels.count)
    var correct = [Int](repeating: 0, count: labels.count)
    for opinion in predictions.opinions {
      for (answer, place) in zip(opinion.answers, opinion.places) {
        predicted[place] += 1
        if answer == labels[place] { correct[place] += 1 }
      }
    }
    guard let least = predicted.min(), let most = predicted.max(), most > 1 else { return nil }
    var (memberSum, ensembleSum, sum, squares) = (0.0, 0.0, 0.0, 0.0)
    for place in labels.indices {
      let member = Double(correct[place]) / Double(predicted[place])
      let whole = predictions.labels[place] == labels[place] ? 1.0 : 0.0
      memberSum += member
      ensembleSum += whole
      sum += whole - member
      squares += (whole - member) * (whole - member)
    }
    let count = Double(labels.count)
    let mean = sum / count
    let error = (max(0, squares / count - mean * mean) / count).squareRoot()
    members = least...most
    meanMember = memberSum / count
    ensemble = ensembleSum / count
    interval = mean - normalQuantile975 * error...mean + normalQuantile975 * error
  }

  /// Reads `json` back. Throws `badData` if a number is missing.
  public init(_ json: JSON, from source: String) throws(KitError) {
    let most = try json.required("models", from: source, \.integer)
    let least = try json.required("models-least", from: source, \.integer)
    let low = try json.required("gain-95-low", from: source, \.number)
    let high = try json.required("gain-95-high", from: source, \.number)
    guard least <= most, low <= high else {
      throw KitError(.badData, "\(source): an interval's ends are not in order")
    }
    members = least...most
    meanMember = try json.required("mean-member-accuracy", from: source, \.number)
    ensemble = try json.required("ensemble-accuracy", from: source, \.number)
    interval = low...high
  }

  private var count: String {
    members.count == 1 ? "\(members.lowerBound)" : "\(members.lowerBound) to \(members.upperBound)"
  }

  /// One sentence for people.
  public var summary: String {
    "the ensemble of \(count) members has an accuracy of \(fixed(ensemble, 4)), its members "
      + "\(fixed(meanMember, 4)) on average: a gain of \(fixed(gain, 4)) (95 % interval \(fixed(interval.lowerBound, 4)) to \(fixed(interval.upperBound, 4)))"
  }

  /// All numbers.
  public var json: JSON {
    .object([
      ("summary", .string(summary)), ("models", .integer(members.upperBound)),
      ("models-least", .integer(members.lowerBound)),
      ("mean-member-accuracy", .number(meanMember)),
      ("ensemble-accuracy", .number(ensemble)), ("gain", .number(gain)),
      ("gain-95-low", .number(interval.lowerBound)), ("gain-95-high", .number(interval.upperBound)),
    ])
  }
}
