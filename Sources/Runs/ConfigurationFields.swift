import Competition
import Foundations

/// A configuration as JSON and as a command's options, made from the schema.
extension Configuration {
  /// All options by name, in the schema's order, as JSON; but not one that is null where its absence means the same.
  public var fields: [(key: String, value: JSON)] {
    Self.schema.compactMap { option in
      let value = option.json(self)
      if case .null = value, case .null? = option.absent { return nil }
      return (option.name, value)
    }
  }

  /// Reads `fields` back. Throws `badData` with the field that is missing or malformed.
  public init(_ json: JSON, from source: String) throws(KitError) {
    for option in Self.schema {
      guard let value = json[option.name] ?? option.absent, option.assign(&self, value) else {
        throw KitError(.badData, "\(source): '\(option.name)' is missing or malformed")
      }
    }
    if json["recipe"] == nil { recipe = nearestRecipe }
    do { try validate() } catch { throw KitError(.badData, "\(source): \(error.message)") }
  }

  /// Takes the options that a file has in place of its own: those of a `configuration.json`, or some of them by name.
  ///
  /// A file of the other command, `train` or `cross-validate`, has no say about folds, nor about the share of validation
  /// rows where they choose nothing: in a cross-validation that is 0.
  ///
  /// - Throws: `badData` with a name that is not an option's, or a value that is not of its kind.
  public mutating func apply(optionsOf json: JSON, from source: String) throws(KitError) {
    let options = json["options"] ?? json
    guard case .object(let members) = options else {
      throw KitError(
        .badData, "\(source) has no options; it must be a \(ConfigurationFile.name) or a part of one")
    }
    let names = Self.schema.map(\.name)
    for (name, _) in members where !names.contains(name) {
      let meant = nearestName(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
      throw KitError(.badData, "\(source): '\(name)' is not an option of training\(meant)")
    }
    let base = self
    for option in Self.schema {
      guard let value = options[option.name] else { continue }
      guard option.assign(&self, value) else {
        throw KitError(
          .badData, "\(source): '\(option.name)' is \(value.serialized(pretty: false)); \(option.expectation)"
        )
      }
    }
    let isOther = options["folds"] != nil && (folds == nil) != (base.folds == nil)
    folds = isOther ? base.folds : folds.map { Folds(count: $0.count, repeats: $0.repeats, number: nil) }
    if isOther && select == .last { validation = base.validation }
  }

  /// The recipe from which the fewest options differ, for files from before recipes were stored.
  private var nearestRecipe: Recipe {
    Recipe.allCases.min {
      differences(from: $0.applied(to: self)).count < differences(from: $1.applied(to: self)).count
    } ?? .fast
  }

  /// What `cross-validate` computes by default: it trains on all rows of the other folds and chooses no epoch.
  public static var crossValidation: Configuration {
    var base = Configuration()
    base.folds = Folds(count: 5, repeats: 1)
    base.validation = 0
    return base
  }

  /// Takes the values of the options that were given on a command line, by name; a recipe first, since the others
  /// override it. Throws `usage` if a value can't be read.
  public mutating func apply(_ given: [String: String]) throws(KitError) {
    for option in Self.schema {
      if let text = given[option.name] { try option.parse(&self, text) }
    }
  }

  /// The options that make a command compute this: the recipe and what differs from it, each word as a shell takes it.
  public func options(for command: String) -> [String] { arguments(for: command).map(quoted) }

  /// The same words as a program takes them.
  public func arguments(for command: String) -> [String] {
    let base = command == "cross-validate" ? Configuration.crossValidation : Configuration()
    return (recipe == .fast ? [] : ["--recipe", recipe.rawValue]) + arguments(over: recipe.applied(to: base))
  }

  /// The options that make this of another configuration, each word as a shell takes it.
  func options(over base: Configuration) -> [String] { arguments(over: base).map(quoted) }

  private func arguments(over base: Configuration) -> [String] {
    differences(from: base).flatMap { option -> [String] in
      guard option.group != nil, let text = option.text(self) else { return [] }
      return ["--\(option.name)", text]
    }
  }

  /// The options whose values are not another configuration's. The recipe is none of them: it is only a name.
  private func differences(from other: Configuration) -> [ConfigurationOption] {
    Self.schema.filter { option in
      option.name != "recipe"
        && option.json(self).serialized(pretty: false) != option.json(other).serialized(pretty: false)
    }
  }

  /// Whether two configurations compute the same.
  public static func == (first: Configuration, second: Configuration) -> Bool {
    first.differences(from: second).isEmpty
  }

  /// Refuses (`usage`) options that differ from a run's.
  public func requireAgreement(with saved: Configuration, of run: String) throws(KitError) {
    guard let option = differences(from: saved).first else { return }
    throw KitError(
      .usage,
      "--\(option.name) \(option.text(self) ?? "unset") differs from \(run)'s \(option.text(saved) ?? "unset"); "
        + "--resume takes everything from the run but --threads, --epochs and --data")
  }
}
