import Foundations
import Runs

/// The options that a sweep searches, in the schema's order, each with the values it may take.
///
/// In a sweep a comma separates the values to try, so the turns that members take through a list of networks can't be
/// searched.
public struct SearchSpace: Sendable, Equatable {
  /// The options.
  public let options: [SearchedOption]

  /// The options among some given ones, by name, that have a range or several values.
  ///
  /// - Parameter given: Texts such as `["learning-rate": "0.001..0.01", "shift": "0,0.05,0.1", "epochs": "4"]`.
  /// - Throws: `usage` if a name is unknown, a value is not the option's, an option can't be searched, or none is.
  public init(_ given: [String: String]) throws(KitError) {
    for name in given.keys.sorted() where Self.option(name) == nil {
      let meant = nearestName(to: name, among: Configuration.schema.map(\.name))
      throw KitError(
        .usage, "--\(name) is not an option of training" + (meant.map { "; did you mean --\($0)?" } ?? ""))
    }
    var options: [SearchedOption] = []
    for option in Configuration.schema {
      guard let text = given[option.name], Self.isSearch(text) else { continue }
      if let reason = Self.reasonNotToSearch(option.name) {
        throw KitError(.usage, "--\(option.name) can't be searched: \(reason)")
      }
      options.append(try SearchedOption(option, text))
    }
    if options.isEmpty {
      throw KitError(
        .usage,
        "there is nothing to search; give an option a range, such as --learning-rate 0.001..0.01, or several values, "
          + "such as --shift 0,0.05,0.1")
    }
    if given["ema"] != nil && given["average-checkpoints"] != nil {
      throw KitError(.usage, "--ema and --average-checkpoints are mutually exclusive")
    }
    self.options = options
  }

  /// The options among some given ones that have a single value: what all trials share.
  public static func fixed(_ given: [String: String]) -> [String: String] {
    given.filter { !isSearch($0.value) }
  }

  /// How many combinations of values there are; nil with a decimal range. More than an `Int` holds are `Int.max`.
  public var count: Int? {
    var result = 1
    for option in options {
      guard let count = option.count else { return nil }
      let (product, isTooLarge) = result.multipliedReportingOverflow(by: count)
      result = isTooLarge ? .max : product
    }
    return result
  }

  /// The values of the options in a configuration, as they are typed; nil for one without a value.
  public func values(of configuration: Configuration) -> [String?] {
    options.map { Self.option($0.name)?.text(configuration) }
  }

  /// A configuration with the options set to some values. Throws `usage` if one is not the option's, or if they conflict.
  func configuration(_ values: [String?], over base: Configuration) throws(KitError) -> Configuration {
    var result = base
    for (option, value) in zip(options, values) {
      if let value { try Self.option(option.name)?.parse(&result, value) }
    }
    do {
      try result.validate()
    } catch {
      let words = zip(options, values).map { "--\($0.name) \($1 ?? "unset")" }
      throw KitError(.usage, "a trial with \(words.joined(separator: " ")) is not possible: \(error.message)")
    }
    return result
  }

  /// Whether one of the combinations is a configuration's.
  func contains(_ configuration: Configuration) -> Bool {
    zip(options, values(of: configuration)).allSatisfy { option, value in
      value.map(option.contains) ?? false
    }
  }

  /// The options with their values as they are typed, by name.
  public var json: JSON { .object(options.map { ($0.name, .string($0.text)) }) }

  /// Reads `json` back. Throws `badData` if an option or a value is malformed.
  public init(_ json: JSON, from source: String) throws(KitError) {
    guard case .object(let members) = json else {
      throw KitError(.badData, "\(source): a search space must be an object of options")
    }
    var given: [String: String] = [:]
    for (name, value) in members {
      guard let text = value.string, Self.isSearch(text) else {
        throw KitError(.badData, "\(source): '\(name)' must be a range or several values")
      }
      given[name] = text
    }
    do { try self.init(given) } catch { throw KitError(.badData, "\(source): \(error.message)") }
  }

  static func option(_ name: String) -> ConfigurationOption? {
    Configuration.schema.first { $0.name == name }
  }

  private static func isSearch(_ text: String) -> Bool { text.contains(",") || text.contains("..") }

  private static func reasonNotToSearch(_ name: String) -> String? {
    switch name {
    case "recipe": "a recipe sets other options, which can be searched one by one"
    case "seed", "limit", "folds", "repeats", "fold", "classes":
      "it decides which rows are held out, and scores on different rows can't be compared"
    case "validation", "select":
      "it decides how an epoch is chosen, and scores must be of epochs that were chosen alike"
    case "members":
      "more members are nearly always better and take longer; search with one, then train more of the winner"
    default: nil
    }
  }
}
