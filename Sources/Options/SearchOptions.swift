import ArgumentParser
import Foundations
import Runs
import Terminal

/// The options of a training, each with one value, several (`0,0.05,0.1`) or a range (`0.001..0.01`): for a search of better
/// ones. What they mean is for the library of sweeps.
public struct SearchOptions: ParsableArguments {
  @OptionGroup var shared: SharedTrainingOptions

  @OptionGroup(title: AugmentationGroup.group.title) var augmentation: SchemaOptions<AugmentationGroup>

  @OptionGroup var configFile: ConfigFileOptions

  /// Required by ArgumentParser.
  public init() {}

  /// The file of `--config`; nil without one.
  public var config: String? { configFile.config }

  /// What was given, by the options' names.
  public var given: [String: String] { shared.given(with: augmentation.given) }

  /// Options with those of `--config`, and some of the given ones in place of its own. Throws as
  /// `ConfigFileOptions.configuration` does.
  public func configuration(over base: Configuration, given: [String: String]) throws(KitError)
    -> Configuration
  {
    try configFile.configuration(over: base, given: given)
  }
}

/// The options of a training but its augmentation, for all commands that train.
struct SharedTrainingOptions: ParsableArguments {
  @OptionGroup(title: NetworkGroup.group.title) var networks: SchemaOptions<NetworkGroup>

  @OptionGroup(title: OptimizationGroup.group.title) var optimization: SchemaOptions<OptimizationGroup>

  @OptionGroup(title: RowGroup.group.title) var rows: SchemaOptions<RowGroup>

  @OptionGroup(title: PreprocessingGroup.group.title) var preprocessing: SchemaOptions<PreprocessingGroup>

  /// What was given, by the options' names, with the augmentation that was.
  func given(with augmentation: [String: String]) -> [String: String] {
    [networks.given, optimization.given, rows.given, preprocessing.given, augmentation].reduce(into: [:]) {
      $0.merge($1) { first, _ in first }
    }
  }
}

/// `--config`: options from a file.
struct ConfigFileOptions: ParsableArguments {
  /// A file with options; nil without one.
  @Option(
    help: ArgumentHelp(
      "Start from the options in a run's \(ConfigurationFile.name), or in a part of one; options you give override them.",
      valueName: "file"), completion: .file(extensions: ["json"]))
  var config: String?

  /// A configuration with the options of the file and those that were given in place of its own.
  ///
  /// - Throws: `usage` if a value can't be read; `missingInput` and `badData` for the file.
  func configuration(over base: Configuration, given: [String: String]) throws(KitError) -> Configuration {
    var result = base
    if let config { try result.apply(optionsOf: json(config), from: config) }
    try result.apply(given)
    return result
  }

  /// How the run of the file predicts held-out rows; nil if it does not say.
  func prediction() throws(KitError) -> PredictionSettings? {
    guard let config, let json = try json(config)["prediction"] else { return nil }
    return try PredictionSettings(json, from: config)
  }

  private func json(_ path: String) throws(KitError) -> JSON {
    try JSON.parse(InputFile.bytes(ofFileAt: path, limit: 1 << 20), from: path)
  }
}
