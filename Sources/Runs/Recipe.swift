import Foundations

/// A named set of options for a given time. How they were chosen, and what else was tried, is in `Notebooks/recipes.md`.
public enum Recipe: String, Sendable, CaseIterable {
  /// One network in a minute: the defaults.
  case fast
  /// An ensemble in five minutes.
  case balanced
  /// The same with half as many members again.
  case best

  /// What it is for, in a few words.
  public var purpose: String {
    switch self {
    case .fast: "one network, about a minute on two cores"
    case .balanced: "an ensemble of six, about five minutes"
    case .best: "an ensemble of nine, about seven minutes"
    }
  }

  /// Its options, over the defaults of all others.
  public var configuration: Configuration {
    var result = Configuration()
    result.recipe = self
    switch self {
    case .fast: break
    case .balanced, .best:
      // The first six members of both are the same.
      result.members = self == .best ? 9 : 6
      result.epochs = 16
      result.preprocessings = [.none, .deskew, .spread]
    }
    return result
  }

  /// A configuration with this recipe in place of its own; options that recipes leave alone (`isKeptByRecipes`) stay.
  public func applied(to base: Configuration) -> Configuration {
    var result = base
    result.recipe = self
    for option in Configuration.schema where !option.isKeptByRecipes { option.copy(&result, configuration) }
    return result
  }

  /// All recipes for help: name, purpose and options.
  public static var help: String {
    allCases.map { recipe in
      let options = recipe.configuration.options(over: Configuration())
      return "  \(recipe): \(recipe.purpose)\n    "
        + (options.isEmpty ? "the defaults below" : options.joined(separator: " "))
    }.joined(separator: "\n")
  }
}
