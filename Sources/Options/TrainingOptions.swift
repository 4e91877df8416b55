import ArgumentParser
import Foundations
import Runs
import Terminal

/// What decides the result of a training, for all commands that train: the options of `Configuration.schema`.
///
/// Options that are not given are told from those that are, so that recipes and `--resume` can.
public struct TrainingOptions: ParsableArguments {
  @OptionGroup var shared: SharedTrainingOptions

  @OptionGroup(title: AugmentationGroup.group.title) var augmentation: AugmentationOptions

  @OptionGroup var configFile: ConfigFileOptions

  /// Whether the options are printed and nothing is trained.
  @Flag(help: "Print all options as --config takes them, and train nothing.")
  public var printConfig = false

  /// Required by ArgumentParser.
  public init() {}

  /// The file of `--config`; nil without one.
  public var config: String? { configFile.config }

  /// What was given, by the options' names.
  public var given: [String: String] { shared.given(with: augmentation.given) }

  /// The number of `--epochs`; nil if it is not given.
  public var epochs: Int? { given["epochs"].flatMap { Int($0) } }

  /// Refuses values out of range and options that exclude each other.
  public func validate() throws {
    if given["ema"] != nil && given["average-checkpoints"] != nil {
      throw ValidationError("--ema and --average-checkpoints are mutually exclusive")
    }
    // Folds have rules of their own, which the command that takes folds checks; a file is read when the command runs.
    var result = Configuration()
    try result.apply(given)
    if config == nil { try result.validate() }
  }

  /// Refuses options that do not go with a run that is resumed.
  public func validate(_ place: RunOptions) throws {
    guard let run = place.resume else { return }
    let file = "its folders' \(ConfigurationFile.name)"
    if printConfig {
      throw ValidationError("--print-config prints a new run's options; those of \(run) are in \(file)")
    }
    if config != nil {
      throw ValidationError(
        "--resume and --config are mutually exclusive: a resumed run has its options in \(file)")
    }
  }

  /// A configuration with the options of `--config` and those that were given in place of its own. Throws as
  /// `ConfigFileOptions.configuration` does.
  public func configuration(over base: Configuration) throws(KitError) -> Configuration {
    try configFile.configuration(over: base, given: given)
  }

  /// How the run of `--config` predicts held-out rows; nil if it does not say.
  public func prediction() throws(KitError) -> PredictionSettings? { try configFile.prediction() }

  /// Prints the options that a configuration holds, as `--config` takes them.
  public func printOptions(of configuration: Configuration, prediction: PredictionSettings? = nil) {
    var fields: [(key: String, value: JSON)] = [("kit", .string(kitVersion))]
    if let prediction { fields.append(("prediction", .object(prediction.fields))) }
    printJSON(.object(fields + [("options", .object(configuration.fields))]))
  }
}

/// The augmentation, with the flag that turns it off.
struct AugmentationOptions: ParsableArguments {
  @OptionGroup var options: SchemaOptions<AugmentationGroup>

  @Flag(help: ArgumentHelp("No augmentation: sets \(Self.names) to 0."))
  var noAugment = false

  private static let kinds = Configuration.schema.filter(\.isAugmentation).map(\.name)

  private static let names = kinds.map { "--\($0)" }.joined(separator: ", ")

  /// What was given, by the options' names; with the flag, all kinds of augmentation as 0.
  var given: [String: String] {
    let off = noAugment ? Self.kinds : []
    return options.given.merging(off.map { ($0, "0") }) { first, _ in first }
  }

  /// Refuses `--no-augment` with an augmentation.
  func validate() throws {
    guard noAugment else { return }
    for name in Self.kinds {
      if let value = options.given[name], Double(value) != 0 {
        throw ValidationError("--no-augment and --\(name) \(value) are mutually exclusive")
      }
    }
  }
}

/// The folds of a cross-validation, for the command that makes one.
public struct FoldOptions: ParsableArguments {
  @OptionGroup var options: SchemaOptions<FoldGroup>

  @Option(
    help: ArgumentHelp(
      "Train only these folds, such as 1,2; --resume can train others later. (default: all)",
      valueName: "folds"))
  var onlyFolds: String?

  /// Required by ArgumentParser.
  public init() {}

  /// A configuration with the folds that were given in place of its own. Throws `usage` if a value can't be read.
  public func configuration(over base: Configuration) throws(KitError) -> Configuration {
    var result = base
    try result.apply(options.given)
    return result
  }

  /// The numbers of `--only-folds`; nil without it. Throws `usage` if one is not a number.
  public func chosen() throws(KitError) -> Set<Int>? {
    guard let onlyFolds else { return nil }
    var numbers: Set<Int> = []
    for text in onlyFolds.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = Int(text) else {
        throw KitError(
          .usage, "--only-folds is '\(onlyFolds)'; it must be numbers joined by commas, such as 1,2")
      }
      numbers.insert(number)
    }
    return numbers
  }
}
