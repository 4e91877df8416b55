import Augmentation
import Foundations

/// How members' probabilities become one prediction.
public enum Average: String, Sendable, CaseIterable {
  /// The weighted mean.
  case arithmetic
  /// The weighted mean of the logarithms, made to sum to 1: a member that strongly rejects a class counts for more.
  case geometric
  /// Each member's most probable class gets its weight; the mean probabilities break ties.
  case vote
}

/// How a cross-validation's rows, or any others, are predicted by its members.
public struct PredictionSettings: Sendable, Equatable {
  /// How the members' probabilities are combined.
  public var average = Average.arithmetic
  /// Views of test-time augmentation; 1 for the image alone.
  public var views = 1

  /// The mean of all members' probabilities, without test-time augmentation.
  public init() {}

  /// Refuses numbers out of range (`usage`), naming the option.
  public func validate() throws(KitError) {
    guard (1...TestTimeView.all.count).contains(views) else {
      throw KitError(.usage, "--tta is \(views); it must be from 1 to \(TestTimeView.all.count)")
    }
  }

  /// The options that make a command predict so, those that differ from the defaults.
  public var arguments: [String] {
    (average == .arithmetic ? [] : ["--average", average.rawValue])
      + (views == 1 ? [] : ["--tta", "\(views)"])
  }

  /// The members of a JSON object that say so.
  public var fields: [(key: String, value: JSON)] {
    [("average", .string(average.rawValue)), ("test-time-views", .integer(views))]
  }

  /// Reads `fields` out of an object; what it does not have is as by default. Throws `badData` if
  /// a value is malformed.
  public init(_ json: JSON, from source: String) throws(KitError) {
    average =
      try json.optional("average", from: source) { $0.string.flatMap { Average(rawValue: $0) } }
      ?? .arithmetic
    views =
      try json.optional("test-time-views", from: source) { value in
        value.integer.flatMap { (1...TestTimeView.all.count).contains($0) ? $0 : nil }
      } ?? 1
  }
}
