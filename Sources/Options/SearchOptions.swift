import ArgumentParser
import Foundations
import Runs
import Terminal

/// The options of a training, each with one value, several (`0,0.05,0.1`) or a range (`0.001..0.01`): for a search of better
/// ones. What they mean is for the library of sweeps.
public struct SearchOptions: ParsableArguments {
  @OptionGroup(title: NetworkGroup.group.title) var networks: SchemaOptions<NetworkGroup>

  @OptionGroup(title: OptimizationGroup.group.title) var optimization: SchemaOptions<OptimizationGroup>

  @OptionGroup(title: RowGroup.group.title) var rows: SchemaOptions<RowGroup>

  @OptionGroup(title: PreprocessingGroup.group.title) var preprocessing: SchemaOptions<PreprocessingGroup>

  @OptionGroup(title: AugmentationGroup.group.title) var augmentation: SchemaOptions<AugmentationGroup>

  /// A file with options; nil without one.
  @Option(
    help: ArgumentHelp(
      "Start from the options in a run's \(ConfigurationFile.name), or in a part of one; options you give override them.",
      valueName: "file"), completion: .file(extensions: ["json"]))
  public var config: String?

  /// Required by ArgumentParser.
  public init() {}

  /// What was given, by the options' names.
  public var given: [String: String] {
    [networks.given, optimization.given, rows.given, preprocessing.given, augmentation.given].reduce(into: [:]
    ) {
      $0.merge($1) { first, _ in first }
    }
  }

  /// Options with those of `--config`, and some of the given ones in place of its own.
  ///
  /// - Throws: `usage` if a value can't be read; `missingInput` and `badData` for the file.
  public func configuration(over base: Configuration, given: [String: String]) throws(KitError)
    -> Configuration
  {
    var result = base
    if let config {
      let json = try JSON.parse(InputFile.bytes(ofFileAt: config, limit: 1 << 20), from: config)
      try result.apply(optionsOf: json, from: config)
    }
    try result.apply(given)
    return result
  }
}
