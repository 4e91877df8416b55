import Foundations
import NeuralNetworks

/// A named set of options for a given time. How they were chosen, and what else was tried, is in `Notebooks/recipes.md`.
public enum Recipe: String, Sendable, CaseIterable {
  /// A network in a minute: the defaults.
  case fast
  /// An ensemble in ten minutes.
  case balanced
  /// An ensemble of two networks in half an hour.
  case best

  /// The options that make it, over the defaults of all others.
  public var configuration: Configuration {
    var result = Configuration()
    switch self {
    case .fast: break
    case .balanced:
      result.members = 9
      result.epochs = 16
      result.preprocessings = [.none, .deskew, .spread]
    case .best:
      // Two networks and three ways of setting the digits make six kinds of member.
      result.networks = [NamedNetwork.compact, .deotte].map(\.notation)
      result.members = 12
      result.epochs = 30
      result.batch = 64
      result.preprocessings = [.none, .deskew, .spread]
    }
    return result
  }

  /// A configuration with this recipe in place of its own, the rows, the seed and the choice of the epoch left as they are.
  public func applied(to base: Configuration) -> Configuration {
    var result = configuration
    result.validation = base.validation
    result.seed = base.seed
    result.limit = base.limit
    result.select = base.select
    result.folds = base.folds
    return result
  }

  /// The recipe that a configuration follows to the letter; nil if it is none.
  public init?(of configuration: Configuration) {
    guard let recipe = Recipe.allCases.first(where: { $0.applied(to: configuration) == configuration }) else {
      return nil
    }
    self = recipe
  }
}
