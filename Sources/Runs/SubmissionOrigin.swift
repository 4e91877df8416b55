import Foundations
import Scoring

/// What is known of how a submission's members were trained, by the files beside their checkpoints.
public struct SubmissionOrigin: Sendable {
  /// The recipes, with what was changed; nil if none is known.
  public var recipe: String?
  /// What out-of-fold rows promise; nil if unknown.
  public var outOfFold: ScoredRows?

  /// Nothing is known.
  public init() {}

  /// What is known of sources.
  ///
  /// Out-of-fold rows promise something of a whole cross-validation that predicts as its held-out rows were predicted, and of
  /// fitted weights.
  public init(
    sources: [String], checkpoints: [String], prediction: PredictionSettings, weights: [Double]?,
    fittedWeights: FittedWeights?
  ) {
    var recipes: [String] = []
    for checkpoint in checkpoints {
      guard let text = ConfigurationFile.beside(checkpoint: checkpoint)?.configuration.recipeText,
        !recipes.contains(text)
      else { continue }
      recipes.append(text)
    }
    recipe = recipes.isEmpty ? nil : recipes.joined(separator: " + ")
    if let scored = fittedWeights?.crossFitted {
      outOfFold = ScoredRows(correct: scored.correct, of: scored.rows.count)
    } else if sources.count == 1, weights == nil, isFolder(sources[0]) {
      let path = CrossValidationFile.path(in: withoutFinalSlash(sources[0]))
      if let file = try? CrossValidationFile(reading: path), file.prediction == prediction {
        outOfFold = CrossValidationFile.outOfFold(at: path)
      }
    }
  }
}

extension CrossValidationFile {
  /// The rows that a file says were held out, and how many of them are classified correctly; nil if it can't be read.
  public static func outOfFold(at path: String) -> ScoredRows? {
    guard let bytes = try? InputFile.bytes(ofFileAt: path, limit: 1 << 24),
      let json = try? JSON.parse(bytes, from: path)
    else { return nil }
    return json["out-of-fold"].flatMap { ScoredRows($0) }
  }
}
