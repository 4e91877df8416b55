import Foundations
import NeuralNetworks

/// A named set of options for a given time. How they were chosen, and what else was tried, is in `Notebooks/recipes.md`.
public enum Recipe: String, Sendable, CaseIterable {
  /// One network in a minute: the defaults.
  case fast
  /// An ensemble in ten minutes.
  case balanced
  /// An ensemble of two architectures in half an hour.
  case best

  /// What it is for, in a few words.
  public var purpose: String {
    switch self {
    case .fast: "one network, about a minute on two cores"
    case .balanced: "an ensemble of nine, less than ten minutes"
    case .best: "an ensemble of twelve, about half an hour"
    }
  }

  /// Its options, over the defaults of all others.
  public var configuration: Configuration {
    var result = Configuration()
    result.recipe = self
    switch self {
    case .fast: break
    case .balanced:
      result.members = 9
      result.epochs = 16
      result.preprocessings = [.none, .deskew, .spread]
    case .best:
      // Two architectures and three ways of preprocessing make six kinds of member. All rows in every epoch, and the
      // network that `compact` was when this was measured.
      result.networks = ["32C3-P2-B-64C3-B-64C3-B-96C3-B-96C3-B-A5", NamedNetwork.deotte.notation]
      result.skipLearnt = 0
      result.members = 12
      result.epochs = 30
      result.batch = 64
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
      return "  \(recipe): \(recipe.purpose)\n"
        + (options.isEmpty ? "    the defaults below" : lines(of: options))
    }.joined(separator: "\n")
  }

  /// Options and their values, indented, in lines of help's width.
  private static func lines(of options: [String]) -> String {
    var lines = ["   "]
    for start in stride(from: 0, to: options.count, by: 2) {
      let option = options[start..<min(start + 2, options.count)].joined(separator: " ")
      if lines[lines.count - 1].count + 1 + option.count > 79 { lines.append("   ") }
      lines[lines.count - 1] += " " + option
    }
    return lines.joined(separator: "\n")
  }
}
