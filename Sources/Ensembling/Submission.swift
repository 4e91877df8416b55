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
    var rules = SubmissionRules()
    rules.columns = columns
    rules.classes = ensemble.classes
    if case .names = reader.naming { rules.writesNames = true }
    let submission = try SubmissionFile(at: path, rules: rules, replacing: replacing)
    let manifestFile = try WholeFile(
      at: SubmissionManifest.path(besideSubmission: path), replacing: replacing)
    var table: WholeFile?
    if let probabilities {
      table = try WholeFile(at: probabilities, replacing: replacing)
      let names = (0..<ensemble.classes.count).map { "p\($0)" }
      try table?.write("\(columns.id)," + names.joined(separator: ",") + "\n")
    }
    var (rows, disagreements) = (0, 0)
    var hash = SHA256()
    var doubts = Doubts(classes: ensemble.classes.count)
    var test = PixelStatistics()
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    // Those of the whole table, for the check of what was written.
    var ids: [String] = []
    while true {
      pixels.removeAll(keepingCapacity: true)
      let count = try reader.read(upTo: 1024, pixels: &pixels, labels: &labels)
      if count == 0 { break }
      hash.update(pixels)
      test.add(pixels)
      let predictions = try ensemble.predict(pixels)
      try submission.append(predictions.labels, ids: reader.ids)
      ids += reader.ids
      try table?.write(Self.lines(predictions, firstId: rows + 1, ids: reader.ids))
      doubts.add(predictions, pixels, before: rows, ids: reader.ids)
      rows += count
      disagreements += predictions.disagreements
      if !progress(rows) { return nil }
    }
    try table?.commit()
    let uploads = ManifestFile.uploads(rememberedIn: SubmissionManifest.path(besideSubmission: path))
    try Self.replaceAlone(submission, at: path, remembering: uploads)
    // It is there now, so its manifest follows, whatever the user asks.
    try checkSubmission(
      at: path, expectedRows: rows, ids: ids.isEmpty ? nil : ids, rules: rules, isStoppable: false)
    predicted = doubts.predicted
    uncertain = doubts.least
    below = doubts.below
    manifest = SubmissionManifest(
      submission: path, rows: rows, digest: try SHA256.hexadecimal(ofFileAt: path), test: reader.name,
      testRowsDigest: SHA256.hexadecimal(of: hash.finalize()), prediction: ensemble.options.prediction,
      weights: ensemble.options.weights, fittedWeights: fittedWeights, columns: columns,
      disagreements: disagreements,
      probabilities: probabilities,
      warnings: submissionWarnings(
        predicted: doubts.predicted, test: test, name: reader.name, training: training,
        classes: ensemble.classes),
      origin: SubmissionOrigin(
        sources: ensemble.sources, checkpoints: ensemble.members.map(\.path),
        prediction: ensemble.options.prediction, weights: ensemble.options.weights,
        fittedWeights: fittedWeights),
      uploads: uploads,
      checkpoints: ensemble.members.map {
        SubmissionManifest.Checkpoint(
          file: $0.path, digest: $0.checkpoint.digest ?? "",
          network: $0.checkpoint.weights.network.network.notation, origin: $0.checkpoint.origin,
          source: $0.source,
          fixes: ConfigurationFile.beside(checkpoint: $0.path)?.fixes)
      })
    try manifestFile.write(manifest.json.serialized(pretty: true) + "\n")
    try manifestFile.commit()
  }

  /// Gives a submission its name when what describes an earlier one of that name is gone: a process that is killed in between
  /// must not leave a manifest or a page beside another submission. If it can't be written, the earlier ones come back. Of
  /// uploads the manifest says all the time.
  private static func replaceAlone(
    _ submission: SubmissionFile, at path: String, remembering uploads: [UploadRecord]
  ) throws(KitError) {
    let manifest = SubmissionManifest.path(besideSubmission: path)
    let descriptions = [manifest, SubmissionManifest.pagePath(besideSubmission: path)]
    let earlier = descriptions.map { file in
      let bytes = try? InputFile.bytes(ofFileAt: file, limit: 1 << 28)
      // The file that a link leads to.
      if bytes != nil, file != manifest || uploads.isEmpty { unlink(absolutePath(file)) }
      return bytes
    }
    if !uploads.isEmpty {
      let memory = ManifestFile.remembering(uploads).serialized(pretty: true) + "\n"
      try WholeFile.write(memory, to: manifest, replacing: true)
    }
    do throws(KitError) {
      try submission.commit()
    } catch {
      for (file, bytes) in zip(descriptions, earlier) {
        if let bytes { try? WholeFile.write(bytes, to: file, replacing: true) }
      }
      throw error
    }
  }

  /// Lines of an id and the probabilities, by their shortest round-trip description.
  private static func lines(_ predictions: Predictions, firstId: Int, ids: [String]) -> String {
    var text = ""
    let (probabilities, classes) = (predictions.probabilities, predictions.classes)
    for (row, start) in stride(from: 0, to: probabilities.count, by: classes).enumerated() {
      text += ids.isEmpty ? "\(firstId + row)" : quotedField(ids[row])
      for value in probabilities[start..<start + classes] { text += ",\(value)" }
      text += "\n"
    }
    return text
  }
}

/// Counts and uncertain images, kept as the rows stream by.
private struct Doubts {
  var predicted: [Int]
  var below = Submission.confidences.map { _ in 0 }
  /// The least certain so far, in order.
  var least: [Submission.UncertainImage] = []

  /// As many as a page shows.
  private static let kept = 60

  init(classes: Int) { predicted = [Int](repeating: 0, count: classes) }

  mutating func add(_ predictions: Predictions, _ pixels: [UInt8], before: Int, ids: [String]) {
    for (place, label) in predictions.labels.enumerated() {
      predicted[Int(label)] += 1
      let start = place * predictions.classes
      let confidence = predictions.probabilities[start + Int(label)]
      for (index, bound) in Submission.confidences.enumerated() where confidence < bound { below[index] += 1 }
      if least.count == Self.kept, let last = least.last, confidence >= last.confidence { continue }
      let position = least.firstIndex { $0.confidence > confidence } ?? least.count
      least.insert(
        Submission.UncertainImage(
          imageId: before + place + 1, name: ids.isEmpty ? nil : ids[place],
          pixels: Array(pixels[place * DigitTable.pixelCount..<(place + 1) * DigitTable.pixelCount]),
          probabilities: Array(predictions.probabilities[start..<start + predictions.classes]),
          confidence: confidence),
        at: position)
      if least.count > Self.kept { least.removeLast() }
    }
  }
}
