import Foundations
import Scoring

/// `cross-validation.json`: all scores of a cross-validation, and which rows and predictions they are of.
public struct CrossValidationFile: RunFile, Sendable {
  package static let name = "cross-validation.json"
  package static let owners = [RunFolder.crossValidation]
  package static let summary = "all scores"

  /// SHA-256 of the parsed table.
  public let rowsDigest: String
  /// SHA-256 of the `out-of-fold.csv` that was written with it.
  public let outOfFoldDigest: String
  /// How the held-out rows were predicted.
  public let prediction: PredictionSettings
  /// The folds that were trained, in order; their seconds are in `folds.csv` alone.
  public let folds: [FoldScore]
  /// What averaging gains; nil if each row was predicted by one member.
  public let averagingGain: MemberGain?
  /// What test-time augmentation changes; nil without.
  public let testTimeGain: PairedComparison?

  /// A value of each field.
  package init(
    rowsDigest: String, outOfFoldDigest: String, prediction: PredictionSettings, folds: [FoldScore],
    averagingGain: MemberGain?, testTimeGain: PairedComparison?
  ) {
    self.rowsDigest = rowsDigest
    self.outOfFoldDigest = outOfFoldDigest
    self.prediction = prediction
    self.folds = folds
    self.averagingGain = averagingGain
    self.testTimeGain = testTimeGain
  }

  /// Reads a file. Throws `missingInput` if it is not there, `badData` if it is malformed.
  public init(reading path: String) throws(KitError) {
    let json = try JSON.parse(InputFile.bytes(ofFileAt: path, limit: 1 << 24), from: path)
    rowsDigest = try json.required("rows-digest", from: path, \.string)
    outOfFoldDigest = try json.required("out-of-fold-sha256", from: path, \.string)
    prediction = try PredictionSettings(json, from: path)
    var folds: [FoldScore] = []
    for fold in try json.required("folds", from: path, \.array) {
      folds.append(
        FoldScore(
          number: try fold.required("fold", from: path, \.integer),
          repetition: try fold.required("repeat", from: path, \.integer),
          rows: try fold.required("rows", from: path, \.integer),
          accuracy: try fold.required("accuracy", from: path, \.number),
          logLoss: try fold.required("log-loss", from: path, \.number),
          epochs: try fold.required("epochs", from: path, \.array).compactMap(\.integer)))
    }
    self.folds = folds
    let averagingGain = try json.optional("averaging-gain", from: path) { $0 }
    self.averagingGain = try averagingGain.map { json throws(KitError) in try MemberGain(json, from: path) }
    let testTimeGain = try json.optional("test-time-gain", from: path) { $0 }
    self.testTimeGain = try testTimeGain.map { json throws(KitError) in
      try PairedComparison(json, from: path)
    }
  }

  /// Reads the file beside an `out-of-fold.csv`; nil if there is none. Throws `badData` if it describes other predictions,
  /// which were then changed since.
  public init?(describing outOfFold: String) throws(KitError) {
    let path = Self.path(in: enclosingFolder(outOfFold))
    guard fileExists(path) else { return nil }
    try self.init(reading: path)
    guard outOfFoldDigest == (try SHA256.hexadecimal(ofFileAt: outOfFold)) else {
      throw KitError(.badData, "\(outOfFold) is not the file that \(path) describes; it was changed since")
    }
  }

  /// Writes the file into a run's folder, whole or not at all, with the run's options and the scores of its out-of-fold
  /// predictions. Returns what it says.
  package func write(
    to folder: String, of configuration: Configuration, _ outOfFold: Evaluation
  ) throws(KitError) -> JSON {
    let (accuracy, logLoss) = (
      meanAndDeviation(folds.map(\.accuracy)), meanAndDeviation(folds.map(\.logLoss))
    )
    func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
    let rows = folds.map { fold in
      JSON.object([
        ("fold", .integer(fold.number)), ("repeat", .integer(fold.repetition)), ("rows", .integer(fold.rows)),
        ("accuracy", .number(fold.accuracy)), ("log-loss", .number(fold.logLoss)),
        ("epochs", .array(fold.epochs.map { .integer($0) })),
      ])
    }
    let json = JSON.object(
      [
        ("kit", .string(kitVersion)), ("run", .string(folder)), ("rows-digest", .string(rowsDigest)),
        ("out-of-fold-sha256", .string(outOfFoldDigest)), ("options", .object(configuration.fields)),
      ] + prediction.fields + [
        ("accuracy-mean", .number(accuracy.mean)), ("accuracy-deviation", number(accuracy.deviation)),
        ("log-loss-mean", .number(logLoss.mean)), ("log-loss-deviation", number(logLoss.deviation)),
        ("out-of-fold", outOfFold.json), ("averaging-gain", averagingGain?.json ?? .null),
        ("test-time-gain", testTimeGain?.json ?? .null), ("folds", .array(rows)),
      ])
    try WholeFile.write(json.serialized(pretty: true) + "\n", to: Self.path(in: folder), replacing: true)
    return json
  }
}
