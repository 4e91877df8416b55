import ArgumentParser
import Augmentation
import Ensembling
import Foundations
import Runs
import Scoring

private let standard = PredictionSettings()

/// How members predict and how their predictions are combined, for all commands that predict.
public struct PredictionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      How members' probabilities are combined: arithmetic, geometric or vote. (default: \
      \(standard.average.rawValue))
      """, valueName: "rule"))
  var average: Average?

  @Option(
    help: ArgumentHelp(
      """
      Views to average per image (test-time augmentation), 1 to \(TestTimeView.all.count): as it is, then rotated, scaled \
      and shifted a little. (default: \(standard.views))
      """, valueName: "views"))
  var tta: Int?

  /// No options given.
  public init() {}

  /// The settings; what is not given is as in `saved`.
  public func settings(over saved: PredictionSettings = PredictionSettings()) -> PredictionSettings {
    var settings = saved
    if let average { settings.average = average }
    if let tta { settings.views = tta }
    return settings
  }
}

/// The sources' weights, for commands that take several sources.
public struct WeightOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A weight for each source, in order, such as 2,1,1; a source's members share its weight.",
      valueName: "numbers"))
  var weights: String?

  /// Out-of-fold predictions that the weights are fitted on; empty if they are not fitted.
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Fit the sources' weights on out-of-fold predictions: for each source, in order, an \(OutOfFoldFile.name) or the \
      cross-validation that has one.
      """, valueName: "out-of-fold"),
    completion: .file())
  public var fitWeights: [String] = []

  /// No options given.
  public init() {}

  /// Refuses options that exclude each other.
  public func validate() throws {
    if weights != nil && !fitWeights.isEmpty {
      throw ValidationError("--weights and --fit-weights are mutually exclusive")
    }
    _ = try numbers()
  }

  private func numbers() throws -> [Double]? {
    guard let weights else { return nil }
    return try weights.split(separator: ",", omittingEmptySubsequences: false).map { text in
      guard let number = Double(text.trimmingSpaces), number.isFinite, number >= 0 else {
        throw ValidationError("--weights has '\(text)'; it takes numbers from 0, separated by commas")
      }
      return number
    }
  }

  /// The options for some sources with their weights, and how the weights were fitted if they were.
  public func weighted(
    _ prediction: PredictionOptions, sources: [String]
  ) throws -> (options: Ensemble.Options, fitted: FittedWeights?) {
    var options = Ensemble.Options(prediction.settings(), weights: try numbers())
    var fitted: FittedWeights?
    if !fitWeights.isEmpty {
      guard options.prediction.average == .arithmetic else {
        throw KitError(.usage, "--fit-weights fits weights of the arithmetic average")
      }
      fitted = try fittedWeights(fitWeights, sources: sources, prediction: options.prediction)
      options.weights = fitted?.weights
    }
    try options.validate(sources: sources.count)
    return (options, fitted)
  }
}

extension Average: ExpressibleByArgument {}

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return text
  }
}
