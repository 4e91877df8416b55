import Competition
import Foundations
import Platform
import Runs
import Scoring

/// A submission that was written: the file, the manifest beside it and, if wanted, the probabilities.
public struct Submission: Sendable {
  /// What the manifest says.
  public let manifest: SubmissionManifest
  /// How many rows were predicted as each digit.
  public let predicted: [Int]
  /// The rows whose largest probability is smallest, the least certain first.
  public let uncertain: [UncertainImage]
  /// How many rows are less certain than each of `confidences`.
  public let below: [Int]

  /// Largest probabilities below which rows are counted.
  public static let confidences = [0.5, 0.9, 0.99, 0.999]

  /// A test image that the ensemble is not sure of.
  public struct UncertainImage: Sendable {
    /// The image's number in the submission, from 1.
    public let imageId: Int
    /// Its id, if the test table has ids.
    public let name: String?
    /// Its 784 bytes.
    public let pixels: [UInt8]
    /// A probability of each class.
    public let probabilities: [Double]
    /// The largest of them.
    public let confidence: Double
  }

  /// Predicts the test rows as they are read and writes the files; memory does not grow with the rows.
  ///
  /// All files are opened first, so that what can't be written is known before the work.
  ///
  /// - Parameters:
  ///   - columns: the titles.
  ///   - training: what is known of the rows that the members were trained on, for warnings.
  ///   - fittedWeights: how the ensemble's weights were found, for the manifest; nil if they were not fitted.
  ///   - progress: is told how many rows are done and says whether to continue.
  /// - Returns: nil if `progress` said no; then no file is there or changed.
  public init?(
    of ensemble: Ensemble, on reader: DigitReader, to path: String,
    columns: SubmissionColumns = .digitRecognizer, probabilities: String?,
    training: TrainingFigures, fittedWeights: FittedWeights?, replacing: Bool,
    progress: (_ rows: Int) -> Bool
  ) throws(KitError) {
    let outputs = try Outputs(
      at: path, probabilities: probabilities, columns: columns, for: ensemble, reader, replacing: replacing)
    var rows = PredictedRows(first: reader.selection?.first ?? 1, classes: ensemble.classes.count)
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    while true {
      pixels.removeAll(keepingCapacity: true)
      let count = try reader.read(upTo: 1024, pixels: &pixels, labels: &labels)
      if count == 0 { break }
      let predictions = try ensemble.predict(pixels)
      try outputs.append(predictions, ids: reader.ids)
      rows.add(predictions, pixels, ids: reader.ids)
      if !progress(rows.count) { return nil }
    }
    let uploads = ManifestFile.uploads(rememberedIn: SubmissionManifest.path(besideSubmission: path))
    let digest = try outputs.commit(remembering: uploads)
    predicted = rows.predicted
    uncertain = rows.least
    below = rows.below
    manifest = SubmissionManifest(
      submission: path, rows: rows.count, digest: digest, test: reader.name,
      testRowsDigest: rows.digest(), prediction: ensemble.options.prediction,
      weights: ensemble.options.weights, fittedWeights: fittedWeights, columns: columns,
      disagreements: rows.disagreements, probabilities: probabilities,
      warnings: submissionWarnings(
        predicted: rows.predicted, test: rows.pixels, name: reader.name, training: training,
        classes: ensemble.classes),
      origin: SubmissionOrigin(
        sources: ensemble.sources, checkpoints: ensemble.members.map(\.path),
        prediction: ensemble.options.prediction, weights: ensemble.options.weights,
        fittedWeights: fittedWeights),
      uploads: uploads, checkpoints: ensemble.members.map(SubmissionManifest.Checkpoint.init),
      part: try Self.part(
        of: reader, rows, training, probabilities: probabilities))
    try outputs.describe(by: manifest)
  }

  /// What the manifest says of the rows if the reader was to read only some.
  private static func part(
    of reader: DigitReader, _ rows: PredictedRows, _ training: TrainingFigures, probabilities: String?
  ) throws(KitError) -> SubmissionPart? {
    guard let first = reader.selection?.first else { return nil }
    return SubmissionPart(
      rows: RowRange(first: first, last: first + rows.count - 1), tableRows: reader.tableRows,
      predicted: rows.predicted, pixels: rows.pixels, training: training,
      probabilitiesDigest: try probabilities.map(SHA256.hexadecimal(ofFileAt:)))
  }
}

extension SubmissionManifest.Checkpoint {
  fileprivate init(_ member: Ensemble.Member) {
    self.init(
      file: member.path, digest: member.checkpoint.digest ?? "",
      network: member.checkpoint.weights.network.network.notation, origin: member.checkpoint.origin,
      source: member.source, fixes: ConfigurationFile.beside(checkpoint: member.path)?.fixes)
  }
}

/// The files of a submission, while they are written.
private final class Outputs {
  private let path: String
  private let rules: SubmissionRules
  private let submission: SubmissionFile
  private let manifest: WholeFile
  private var probabilities: WholeFile?
  /// The number of the next row.
  private var next: Int

  /// Opens all of them, so that what can't be written is known before the work.
  init(
    at path: String, probabilities: String?, columns: SubmissionColumns, for ensemble: Ensemble,
    _ reader: DigitReader, replacing: Bool
  ) throws(KitError) {
    self.path = path
    var rules = SubmissionRules()
    rules.columns = columns
    rules.classes = ensemble.classes
    rules.rows = reader.selection ?? .all
    if case .names = reader.naming { rules.writesNames = true }
    self.rules = rules
    next = rules.rows.first
    submission = try SubmissionFile(at: path, rules: rules, replacing: replacing)
    manifest = try WholeFile(at: SubmissionManifest.path(besideSubmission: path), replacing: replacing)
    if let probabilities {
      let file = try WholeFile(at: probabilities, replacing: replacing)
      let names = (0..<ensemble.classes.count).map { "p\($0)" }
      try file.write("\(columns.id)," + names.joined(separator: ",") + "\n")
      self.probabilities = file
    }
  }

  /// Appends the next rows.
  func append(_ predictions: Predictions, ids: [String]) throws(KitError) {
    try submission.append(predictions.labels, ids: ids)
    try probabilities?.write(lines(predictions, ids))
    next += predictions.labels.count
  }

  /// Lines of an id and the probabilities, by their shortest round-trip description.
  private func lines(_ predictions: Predictions, _ ids: [String]) -> String {
    var text = ""
    let (probabilities, classes) = (predictions.probabilities, predictions.classes)
    for (row, start) in stride(from: 0, to: probabilities.count, by: classes).enumerated() {
      text += ids.isEmpty ? "\(next + row)" : quotedField(ids[row])
      for value in probabilities[start..<start + classes] { text += ",\(value)" }
      text += "\n"
    }
    return text
  }

  /// Makes the probabilities and the submission appear, and checks it.
  ///
  /// - Returns: The submission's SHA-256.
  func commit(remembering uploads: [UploadRecord]) throws(KitError) -> String {
    try probabilities?.commit()
    try replaceAlone(at: path, remembering: uploads) { () throws(KitError) in try submission.commit() }
    // It is there now, so its manifest follows, whatever the user asks. That the ids are right the digest tells, for which
    // they need not be kept.
    try checkSubmission(
      at: path, expectedRows: submission.count, ids: .any, rules: rules, isStoppable: false)
    let digest = submission.digest()
    try requireWritten(path, digest: digest)
    return digest
  }

  /// Makes the manifest appear.
  func describe(by description: SubmissionManifest) throws(KitError) {
    try manifest.write(description.json.serialized(pretty: true) + "\n")
    try manifest.commit()
  }
}
