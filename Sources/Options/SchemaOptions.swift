import ArgumentParser
import Runs

/// A group of `Configuration.schema`, as a type: ArgumentParser asks types, not values, which options they have.
public protocol SchemaGroup: Sendable {
  /// The group.
  static var group: ConfigurationOption.Group { get }
}

/// The recipe and the networks.
public enum NetworkGroup: SchemaGroup {
  /// The recipe and the networks.
  public static let group = ConfigurationOption.Group.networks
}

/// What training steps do.
public enum OptimizationGroup: SchemaGroup {
  /// What training steps do.
  public static let group = ConfigurationOption.Group.optimization
}

/// The rows that are used and validated.
public enum RowGroup: SchemaGroup {
  /// The rows that are used and validated.
  public static let group = ConfigurationOption.Group.rows
}

/// What is done to all images.
public enum PreprocessingGroup: SchemaGroup {
  /// What is done to all images.
  public static let group = ConfigurationOption.Group.preprocessing
}

/// What is done to training images.
public enum AugmentationGroup: SchemaGroup {
  /// What is done to training images.
  public static let group = ConfigurationOption.Group.augmentation
}

/// The folds of a cross-validation.
public enum FoldGroup: SchemaGroup {
  /// The folds of a cross-validation.
  public static let group = ConfigurationOption.Group.folds
}

/// The options that the schema declares in a group, without a property for each.
///
/// ArgumentParser has no call that declares an option at run time. It finds a type's options as the children of its mirror
/// and reads them back through `Decodable`, and both are Swift's own protocols: here the mirror is made of the schema's
/// rows, and decoding asks for their names. Values stay text; the schema reads them, so that all errors are alike.
public struct SchemaOptions<Group: SchemaGroup>: ParsableArguments, CustomReflectable {
  /// What was given, by the options' names.
  public private(set) var given: [String: String] = [:]

  /// Nothing given.
  public init() {}

  /// Takes what ArgumentParser parsed.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Name.self)
    for option in Self.options {
      given[option.name] = try values.decode(Option<String?>.self, forKey: Name(stringValue: option.name))
        .wrappedValue
    }
  }

  /// The options as ArgumentParser looks for them: a child for each, under its name.
  public var customMirror: Mirror {
    Mirror(
      self,
      children: Self.options.map { option in
        let completion = option.choices.isEmpty ? nil : CompletionKind.list(option.choices)
        let value = Option<String?>(
          name: .customLong(option.name), help: ArgumentHelp(option.help, valueName: option.valueName),
          completion: completion)
        return (label: option.name, value: value)
      }, displayStyle: .struct)
  }

  private static var options: [ConfigurationOption] {
    Configuration.schema.filter { $0.group == Group.group }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
  }
}
