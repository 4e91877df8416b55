import Augmentation
import Foundations
import NeuralNetworks

/// A configuration in words, made from the schema.
extension Configuration {
  /// The configuration's networks with their shapes, each once; none if one can't be built, which a file may ask for.
  public var distinctNetworks: [ShapedNetwork] {
    var seen: Set<String> = []
    return ((try? shapedNetworks()) ?? []).filter { seen.insert($0.network.notation).inserted }
  }

  /// What the options of a group say, in a line.
  public func text(of group: ConfigurationOption.Group) -> String {
    Self.schema.filter { $0.group == group }.compactMap { $0.words(self) }.joined(separator: ", ")
  }

  /// The recipe, with the options that override it.
  public var recipeText: String {
    let own = options(over: recipe.applied(to: self))
    return recipe.rawValue + (own.isEmpty ? "" : " with \(own.joined(separator: " "))")
  }

  /// All but the architecture, for a report: a fact for each option of `networks`, and one for each other group.
  public var facts: [(name: String, value: String)] {
    let options = Self.schema.filter { $0.group == .networks && $0.name != "network" }
    let groups = ConfigurationOption.Group.allCases.dropFirst()
    let facts =
      options.map { (name: $0.name, value: $0.words(self) ?? "") }
      + groups.map { (name: $0.title.lowercased(), value: text(of: $0)) }
    return facts.filter { !$0.value.isEmpty }
  }
}

extension ImageAugmentation {
  /// What is done to training images, a text for each kind of change.
  public var descriptions: [String] {
    var configuration = Configuration()
    configuration.augmentation = self
    return Configuration.schema.filter(\.isAugmentation).compactMap { $0.words(configuration) }
  }
}
