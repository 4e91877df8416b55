import ArgumentParser
import Runs

/// A group of `Configuration.schema`, as a type: ArgumentParser asks types, not values, which options they have.
protocol SchemaGroup: Sendable {
  static var group: ConfigurationOption.Group { get }
}

enum NetworkGroup: SchemaGroup { static let group = ConfigurationOption.Group.networks }
enum OptimizationGroup: SchemaGroup { static let group = ConfigurationOption.Group.optimization }
enum RowGroup: SchemaGroup { static let group = ConfigurationOption.Group.rows }
enum PreprocessingGroup: SchemaGroup { static let group = ConfigurationOption.Group.preprocessing }
enum AugmentationGroup: SchemaGroup { static let group = ConfigurationOption.Group.augmentation }
enum FoldGroup: SchemaGroup { static let group = ConfigurationOption.Group.folds }

/// The options that the schema declares in a group, without a property for each.
///
/// ArgumentParser has no call that declares an option at run time. It finds a type's options as the children of its mirror
/// and reads them back through `Decodable`, and both are Swift's own protocols: here the mirror is made of the schema's
/// rows, and decoding asks for their names. Values stay text; the schema reads them, so that all errors are alike.
struct SchemaOptions<Group: SchemaGroup>: ParsableArguments, CustomReflectable {
  /// What was given, by the options' names.
  private(set) var given: [String: String] = [:]

  init() {}

  /// Takes what ArgumentParser parsed.
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Name.self)
    for option in Self.options {
      given[option.name] = try values.decode(Option<String?>.self, forKey: Name(stringValue: option.name))
        .wrappedValue
    }
  }

  /// The options as ArgumentParser looks for them: a child for each, under its name.
  var customMirror: Mirror {
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
