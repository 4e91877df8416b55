import Foundations
import Runs

/// An option that a sweep searches, with the values it may take.
public struct SearchedOption: Sendable, Equatable {
  /// The values that an option may take in a sweep.
  public enum Values: Sendable, Equatable {
    /// Some values, as they are typed.
    case list([String])
    /// Whole numbers from the lower to the upper bound.
    case wholes(ClosedRange<Int>, isLogarithmic: Bool)
    /// Decimal numbers from the lower to the upper bound.
    case decimals(ClosedRange<Double>, isLogarithmic: Bool)
  }

  /// The option's name in `Configuration.schema`.
  public let name: String
  /// What it may be.
  public let values: Values

  /// Reads `A..B` or values joined by commas.
  ///
  /// A range is searched on a logarithmic scale if its lower bound is above 0 and the upper one at least ten times as
  /// large, else linearly.
  ///
  /// - Throws: `usage` for a value that the option does not take, with the message of a command that takes only one; for a
  ///   range whose ends are not in order, or of an option that is not a number; for an empty value, or one that is given
  ///   twice.
  init(_ option: ConfigurationOption, _ text: String) throws(KitError) {
    name = option.name
    values = try text.contains("..") ? Self.range(option, text) : .list(Self.list(option, text))
  }

  /// The values as they are typed: `0.001..0.01`, `0,0.05,0.1`.
  public var text: String {
    switch values {
    case .list(let texts): texts.joined(separator: ",")
    case .wholes(let range, _): "\(range.lowerBound)..\(range.upperBound)"
    case .decimals(let range, _):
      "\(withoutPointZero(range.lowerBound))..\(withoutPointZero(range.upperBound))"
    }
  }

  /// How many values there are; nil for those of a decimal range, which are not counted.
  public var count: Int? {
    switch values {
    case .list(let texts): texts.count
    case .wholes(let range, _): range.count
    case .decimals: nil
    }
  }

  /// Whether a value, as `Configuration.schema` writes it, is one of these.
  func contains(_ text: String) -> Bool {
    switch values {
    case .list(let texts): texts.contains(text)
    case .wholes(let range, _): Int(text).map(range.contains) ?? false
    case .decimals(let range, _): Double(text).map(range.contains) ?? false
    }
  }

  /// Ranges of whole numbers are shorter than this, so that they can be counted.
  private static let longest = 0x1p31

  private static func range(_ option: ConfigurationOption, _ text: String) throws(KitError) -> Values {
    func refused(_ why: String) -> KitError { KitError(.usage, "--\(option.name) is '\(text)'; \(why)") }
    if text.contains(",") { throw refused("a range and values joined by commas are mutually exclusive") }
    guard let kind = option.number else {
      throw refused("only an option that is a number can have a range; join values by commas")
    }
    guard let dots = text.firstRange(of: ".."), !text.contains("...") else {
      throw refused("a range is written as two numbers with two dots between them, such as 1..10")
    }
    let ends = [text[..<dots.lowerBound], text[dots.upperBound...]].map(String.init)
    if ends.contains("") { throw refused("a range needs two ends") }
    let isInOrder = "a range goes from a smaller to a larger number"
    switch kind {
    case .whole:
      let low = try read(option, ends[0]).json.integer ?? 0
      let high = try read(option, ends[1]).json.integer ?? 0
      guard low < high else { throw refused(isInOrder) }
      guard Double(high) - Double(low) < longest else {
        throw refused("the range is too long to be searched")
      }
      return .wholes(low...high, isLogarithmic: low > 0 && high / 10 >= low)
    case .decimal:
      let low = try read(option, ends[0]).json.number ?? 0
      let high = try read(option, ends[1]).json.number ?? 0
      guard low < high else { throw refused(isInOrder) }
      return .decimals(low...high, isLogarithmic: low > 0 && high >= 10 * low)
    }
  }

  private static func list(_ option: ConfigurationOption, _ text: String) throws(KitError) -> [String] {
    var values: [String] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      if part.isEmpty { throw KitError(.usage, "--\(option.name) is '\(text)'; a value is missing") }
      let value = try read(option, String(part)).text
      if values.contains(value) {
        throw KitError(.usage, "--\(option.name) is '\(text)'; \(value) is given twice")
      }
      values.append(value)
    }
    return values
  }

  /// A value, and as the schema writes it. Throws `usage` if the option does not take it.
  private static func read(
    _ option: ConfigurationOption, _ text: String
  ) throws(KitError) -> (json: JSON, text: String) {
    var configuration = Configuration()
    try option.parse(&configuration, text)
    try option.check(configuration)
    // A network's notation may be right and no image pass through it.
    if option.name == "network" { _ = try configuration.shapedNetworks() }
    return (option.json(configuration), option.text(configuration) ?? text)
  }
}
