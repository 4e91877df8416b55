import Competition
import Foundations
import Scoring

/// A submission that was written: the file, the manifest beside it and, if wanted, the probabilities.
public struct Submission: Sendable {
  /// Rows of the test table.
  public let rows: Int
  /// The test table's name.
  public let testName: String
  /// Rows that the members' own answers differ on.
  public let disagreements: Int
  /// What the manifest says.
  public let manifest: JSON
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
    /// Its 784 bytes.
    public let pixels: [UInt8]
    /// Ten probabilities.
    public let probabilities: [Double]
    /// The largest of them.
    public let confidence: Double
  }

  /// The manifest's place: the submission's with `.json` for `.csv`.
  public static func manifestPath(_ path: String) -> String {
    (path.hasSuffix(".csv") ? String(path.dropLast(4)) : path) + ".json"
  }

  /// Predicts the test rows as they are read and writes the files; memory does not grow with the rows.
  ///
  /// `fittedWeights` is what the manifest says of how weights were found, null if they were not.
  ///
  /// All files are opened first, so that what can't be written is known before the work. `progress` is told the rows
  /// that are done and says whether to go on. Nil if it said no: then no file is there or changed.
  public init?(
    of ensemble: Ensemble, on reader: DigitReader, to path: String, probabilities: String?,
    fittedWeights: JSON, replacing: Bool,
    progress: (_ rows: Int) -> Bool
  ) throws(KitError) {
    let submission = try SubmissionFile(at: path, replacing: replacing)
    let manifestFile = try WholeFile(at: Self.manifestPath(path), replacing: replacing)
    var table: WholeFile?
    if let probabilities {
      table = try WholeFile(at: probabilities, replacing: replacing)
      let names = (0..<DigitClass.count).map { "p\($0)" }
      try table?.write("ImageId," + names.joined(separator: ",") + "\n")
    }
    var (rows, disagreements) = (0, 0)
    var hash = SHA256()
    var doubts = Doubts()
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    while true {
      pixels.removeAll(keepingCapacity: true)
      let count = try reader.read(upTo: 1024, pixels: &pixels, labels: &labels)
      if count == 0 { break }
      hash.update(pixels)
      let predictions = try ensemble.predict(pixels)
      try submission.append(predictions.labels)
      try table?.write(Self.lines(predictions.probabilities, firstId: rows + 1))
      doubts.add(predictions, pixels, before: rows)
      rows += count
      disagreements += predictions.disagreements
      if !progress(rows) { return nil }
    }
    try table?.commit()
    try submission.commit()
    try checkSubmission(at: path, expectedRows: rows)
    self.rows = rows
    self.disagreements = disagreements
    predicted = doubts.predicted
    uncertain = doubts.least
    below = doubts.below
    testName = reader.name
    manifest = .object([
      ("kit", .string(kitVersion)), ("submission", .string(path)), ("rows", .integer(rows)),
      ("sha256", .string(try SHA256.hexadecimal(ofFileAt: path))),
      ("test", .string(reader.name)),
      ("test-rows-sha256", .string(SHA256.hexadecimal(of: hash.finalize()))),
      ("average", .string(ensemble.options.average.rawValue)),
      ("weights", ensemble.options.weights.map { .array($0.map { .number($0) }) } ?? .null),
      ("fitted-weights", fittedWeights), ("test-time-views", .integer(ensemble.options.views)),
      ("members-disagree-on", .integer(disagreements)),
      ("probabilities", probabilities.map { .string($0) } ?? .null),
      ("checkpoints", .array(ensemble.members.map { Self.entry($0) })),
    ])
    try manifestFile.write(manifest.serialized(pretty: true) + "\n")
    try manifestFile.commit()
  }

  /// What the manifest says of a checkpoint.
  private static func entry(_ member: Ensemble.Member) -> JSON {
    let checkpoint = member.checkpoint
    let origin = checkpoint.origin
    func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
    return .object([
      ("file", .string(member.path)), ("sha256", .string(checkpoint.digest ?? "")),
      ("network", .string(checkpoint.weights.network.network.notation)),
      ("preprocessing", .string(origin.preprocessing.rawValue)),
      ("member", .integer(origin.member)), ("seed", .string(String(origin.seed))),
      ("epoch", .integer(origin.epoch)),
      ("validation-accuracy", number(origin.validationAccuracy)),
      ("validation-loss", number(origin.validationLoss)),
      (
        "validation-note",
        origin.validationAccuracy == nil
          ? .null : .string(origin.isSelected ? "selected on these rows" : "not selected on these rows")
      ),
      ("training-rows-sha256", .string(origin.rowsDigest)),
      ("limit", origin.limit.map { .integer($0) } ?? .null),
      ("split-seed", .string(String(origin.splitSeed))), ("split-fraction", .number(origin.splitFraction)),
      ("fold", origin.fold.map { .integer($0.number) } ?? .null),
      ("folds", origin.fold.map { .integer($0.count) } ?? .null),
    ])
  }

  /// Lines of an id and ten probabilities, by their shortest round-trip description.
  private static func lines(_ probabilities: [Double], firstId: Int) -> String {
    var text = ""
    for (row, start) in stride(from: 0, to: probabilities.count, by: DigitClass.count).enumerated() {
      text += "\(firstId + row)"
      for value in probabilities[start..<start + DigitClass.count] { text += ",\(value)" }
      text += "\n"
    }
    return text
  }
}

/// What is kept of the rows as they stream by.
private struct Doubts {
  var predicted = [Int](repeating: 0, count: DigitClass.count)
  var below = Submission.confidences.map { _ in 0 }
  /// The least certain so far, in order.
  var least: [Submission.UncertainImage] = []

  /// As many as a page shows.
  private static let kept = 60

  mutating func add(_ predictions: Predictions, _ pixels: [UInt8], before: Int) {
    for (place, label) in predictions.labels.enumerated() {
      predicted[Int(label)] += 1
      let start = place * DigitClass.count
      let confidence = predictions.probabilities[start + Int(label)]
      for (index, bound) in Submission.confidences.enumerated() where confidence < bound { below[index] += 1 }
      if least.count == Self.kept, let last = least.last, confidence >= last.confidence { continue }
      let position = least.firstIndex { $0.confidence > confidence } ?? least.count
      least.insert(
        Submission.UncertainImage(
          imageId: before + place + 1,
          pixels: Array(pixels[place * DigitTable.pixelCount..<(place + 1) * DigitTable.pixelCount]),
          probabilities: Array(predictions.probabilities[start..<start + DigitClass.count]),
          confidence: confidence),
        at: position)
      if least.count > Self.kept { least.removeLast() }
    }
  }
}
