import Checkpoints
import Competition
import Foundations
import Scoring

/// The manifest beside a submission: what it was made of, so that it can be made again. It lies beside the submission,
/// not in a run.
public struct SubmissionManifest: Sendable {
  /// A checkpoint that predicted.
  public struct Checkpoint: Sendable {
    /// The file.
    public let file: String
    /// Its SHA-256.
    public let digest: String
    /// The network in the notation.
    public let network: String
    /// How its weights came about.
    public let origin: Checkpoints.Checkpoint.Origin
    /// The place of the source that it came from, from 0.
    public let source: Int
    /// The corrections of its training rows' labels, by the configuration beside it; nil for none.
    public let fixes: LabelFixes?

    /// A value of each field.
    public init(
      file: String, digest: String, network: String, origin: Checkpoints.Checkpoint.Origin, source: Int,
      fixes: LabelFixes? = nil
    ) {
      self.fixes = fixes
      self.file = file
      self.digest = digest
      self.network = network
      self.origin = origin
      self.source = source
    }
  }

  /// The submission.
  public let submission: String
  /// Its rows.
  public let rows: Int
  /// Its SHA-256.
  public let digest: String
  /// The test table's name.
  public let test: String
  /// SHA-256 of the test images, 784 bytes each.
  public let testRowsDigest: String
  /// How the members' probabilities were combined.
  public let prediction: PredictionSettings
  /// A weight for each source; nil if all members weigh alike.
  public let weights: [Double]?
  /// How the weights were found; nil if they were not fitted.
  public let fittedWeights: FittedWeights?
  /// The titles of its columns, where they are not Digit Recognizer's.
  public let columns: SubmissionColumns
  /// Rows that the members answer differently.
  public let disagreements: Int
  /// The file with all probabilities, if one was written.
  public let probabilities: String?
  /// Why the submission may be worthless; empty for no reason.
  public let warnings: [String]
  /// What is known of the members' trainings.
  public let origin: SubmissionOrigin
  /// Uploads of an earlier submission of the same name.
  public let uploads: [UploadRecord]
  /// The checkpoints, in order.
  public let checkpoints: [Checkpoint]
  /// Which rows of the test table it predicts, if not all.
  public let part: SubmissionPart?

  /// A value of each field.
  public init(
    submission: String, rows: Int, digest: String, test: String, testRowsDigest: String,
    prediction: PredictionSettings, weights: [Double]?, fittedWeights: FittedWeights?,
    columns: SubmissionColumns = .digitRecognizer, disagreements: Int, probabilities: String?,
    warnings: [String], origin: SubmissionOrigin, uploads: [UploadRecord], checkpoints: [Checkpoint],
    part: SubmissionPart? = nil
  ) {
    self.submission = submission
    self.rows = rows
    self.digest = digest
    self.test = test
    self.testRowsDigest = testRowsDigest
    self.prediction = prediction
    self.weights = weights
    self.fittedWeights = fittedWeights
    self.columns = columns
    self.disagreements = disagreements
    self.probabilities = probabilities
    self.warnings = warnings
    self.origin = origin
    self.uploads = uploads
    self.checkpoints = checkpoints
    self.part = part
  }

  /// The manifest's place: the submission's with `.json` for `.csv`.
  public static func path(besideSubmission path: String) -> String { sibling(of: path, ".json") }

  /// The place of a submission's page: the submission's with `.html` for `.csv`.
  public static func pagePath(besideSubmission path: String) -> String { sibling(of: path, ".html") }

  private static func sibling(of path: String, _ ending: String) -> String {
    (path.hasSuffix(".csv") ? String(path.dropLast(4)) : path) + ending
  }

  /// What the file says.
  public var json: JSON {
    let columns = columns == .digitRecognizer ? [] : [("columns", JSON.string(columns.header))]
    let classes = checkpoints.first?.origin.classes ?? .digits
    return .object(
      [
        ("kit", .string(kitVersion)), ("submission", .string(submission)), ("rows", .integer(rows)),
        ("sha256", .string(digest)), ("test", .string(test)), ("test-rows-sha256", .string(testRowsDigest)),
        ("average", .string(prediction.average.rawValue)),
        ("weights", weights.map { .array($0.map { .number($0) }) } ?? .null),
        ("fitted-weights", fittedWeights?.json ?? .null), ("test-time-views", .integer(prediction.views)),
        ("members-disagree-on", .integer(disagreements)),
        ("probabilities", probabilities.map { .string($0) } ?? .null),
        ("warnings", .array(warnings.map { .string($0) })),
        ("recipe", origin.recipe.map { .string($0) } ?? .null),
        ("out-of-fold", origin.outOfFold?.json ?? .null),
        ("checkpoints", .array(checkpoints.map(\.json))), ("uploads", .array(uploads.map(\.json))),
      ] + columns + (classes.areDigits ? [] : [("classes", classes.json)])
        + (part.map { [("part", $0.json)] } ?? []))
  }
}

extension SubmissionManifest.Checkpoint {
  fileprivate var json: JSON {
    func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
    let note =
      origin.validationAccuracy == nil
      ? nil : origin.isSelected ? "selected on these rows" : "not selected on these rows"
    return .object(
      [
        ("file", .string(file)), ("sha256", .string(digest)), ("source", .integer(source + 1)),
        ("network", .string(network)),
        ("preprocessing", .string(origin.preprocessing.rawValue)), ("member", .integer(origin.member)),
        ("seed", .string(String(origin.seed))), ("epoch", .integer(origin.epoch)),
        ("validation-accuracy", number(origin.validationAccuracy)),
        ("validation-loss", number(origin.validationLoss)),
        ("validation-note", note.map { .string($0) } ?? .null),
        ("training-rows-sha256", .string(origin.rowsDigest)),
        ("limit", origin.limit.map { .integer($0) } ?? .null),
        ("split-seed", .string(String(origin.splitSeed))), ("split-fraction", .number(origin.splitFraction)),
        ("fold", origin.fold.map { .integer($0.number) } ?? .null),
        ("folds", origin.fold.map { .integer($0.count) } ?? .null),
      ] + (fixes.map { [("labels", $0.json)] } ?? []))
  }
}
