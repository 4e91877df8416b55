import Foundations

extension Ensemble.Options {
  /// The options that make a command predict so, those that differ from the defaults.
  public var arguments: [String] {
    var words: [String] = []
    if average != .arithmetic { words += ["--average", average.rawValue] }
    if views > 1 { words += ["--tta", "\(views)"] }
    if let weights { words += ["--weights", weights.map { "\($0)" }.joined(separator: ",")] }
    return words
  }

  /// Reads `saved` back; what is not there as the defaults have it.
  public init(saved: JSON) {
    self.init()
    if let average = saved["average"]?.string.flatMap({ Average(rawValue: $0) }) { self.average = average }
    if let views = saved["test-time-views"]?.integer { self.views = views }
  }

  /// Average and views, for a file.
  public var saved: JSON {
    .object([("average", .string(average.rawValue)), ("test-time-views", .integer(views))])
  }
}
