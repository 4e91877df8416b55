import Foundations
import Scoring

/// A manifest that was read: what `SubmissionManifest` wrote, and the uploads that were added since. Members that this kit
/// does not know stay as they are.
public struct ManifestFile: Sendable {
  /// A checkpoint that predicted.
  public struct Checkpoint: Sendable, Equatable {
    /// The file, as it was named.
    public let file: String
    /// Its SHA-256.
    public let digest: String
    /// The network in the notation.
    public let network: String
    /// The place of the source that it came from, from 1; nil in a manifest of an earlier kit.
    public let source: Int?
    /// The accuracy on its validation rows.
    public let validationAccuracy: Double?
  }

  /// The file.
  public let path: String
  /// The version of the kit that wrote it.
  public let kit: String
  /// The submission's name.
  public let submission: String
  /// The submission's rows.
  public let rows: Int
  /// The submission's SHA-256.
  public let digest: String
  /// The test table's name; nil for a submission of another tool.
  public let test: String?
  /// SHA-256 of the test images; nil for a submission of another tool, and for one that was joined of parts, which have their
  /// own.
  public let testRowsDigest: String?
  /// How the members' probabilities were combined.
  public let prediction: PredictionSettings
  /// The titles of the submission's columns; nil for Kaggle's.
  public let columns: String?
  /// A weight for each source; nil if all members weigh alike.
  public let weights: [Double]?
  /// The recipe of the checkpoints' trainings, with what was changed; nil if unknown.
  public let recipe: String?
  /// What out-of-fold rows promise; nil if unknown.
  public let outOfFold: ScoredRows?
  /// Why the submission may be worthless.
  public let warnings: [String]
  /// The checkpoints, in order; none of another tool's submission.
  public let checkpoints: [Checkpoint]
  /// The file with all probabilities, as it was named; nil if none was written.
  public let probabilities: String?
  /// Which rows of the test table the submission predicts, if not all.
  public let part: SubmissionPart?
  /// The parts that it was joined of, in order; none if it was predicted as a whole.
  public let parts: [JoinedPart]
  /// The uploads, in order.
  public var uploads: [UploadRecord]
  /// Everything as it was read.
  let json: JSON

  /// Reads a manifest. Throws `missingInput` if it is not there, `badData` if it is malformed.
  public init(reading path: String) throws(KitError) {
    let json = try JSON.parse(InputFile.bytes(ofFileAt: path, limit: 1 << 24), from: path)
    try self.init(json, path: path)
  }

  /// The manifest of a submission that another tool wrote.
  public init(of submission: String, rows: Int, digest: String) throws(KitError) {
    let json = JSON.object([
      ("kit", .string(kitVersion)), ("submission", .string(submission)), ("rows", .integer(rows)),
      ("sha256", .string(digest)), ("checkpoints", .array([])), ("uploads", .array([])),
    ])
    try self.init(json, path: SubmissionManifest.path(besideSubmission: submission))
  }

  /// The same manifest for other bytes of another tool.
  public func describing(rows: Int, digest: String) throws(KitError) -> ManifestFile {
    var result = try ManifestFile(of: submission, rows: rows, digest: digest)
    result.uploads = uploads
    return result
  }

  private init(_ json: JSON, path: String) throws(KitError) {
    self.path = path
    self.json = json
    kit = try json.required("kit", from: path, \.string)
    submission = try json.required("submission", from: path, \.string)
    rows = try json.required("rows", from: path, \.integer)
    digest = try json.required("sha256", from: path, \.string)
    test = try json.optional("test", from: path, \.string)
    testRowsDigest = try json.optional("test-rows-sha256", from: path, \.string)
    prediction = try PredictionSettings(json, from: path)
    columns = try json.optional("columns", from: path, \.string)
    weights = try json.optional("weights", from: path) { value in
      value.array.flatMap { numbers in
        let weights = numbers.compactMap(\.number)
        return weights.count == numbers.count ? weights : nil
      }
    }
    recipe = try json.optional("recipe", from: path, \.string)
    outOfFold = try json.optional("out-of-fold", from: path) { ScoredRows($0) }
    warnings = (try json.optional("warnings", from: path, \.array) ?? []).compactMap(\.string)
    var checkpoints: [Checkpoint] = []
    for checkpoint in try json.required("checkpoints", from: path, \.array) {
      checkpoints.append(
        Checkpoint(
          file: try checkpoint.required("file", from: path, \.string),
          digest: try checkpoint.required("sha256", from: path, \.string),
          network: try checkpoint.required("network", from: path, \.string),
          source: try checkpoint.optional("source", from: path, \.integer),
          validationAccuracy: try checkpoint.optional("validation-accuracy", from: path, \.number)))
    }
    self.checkpoints = checkpoints
    probabilities = try json.optional("probabilities", from: path, \.string)
    part = try json["part"].map { json throws(KitError) in try SubmissionPart(json, from: path) }
    var parts: [JoinedPart] = []
    for part in try json.optional("parts", from: path, \.array) ?? [] {
      parts.append(try JoinedPart(part, from: path))
    }
    self.parts = parts
    uploads = try Self.uploads(json, from: path)
  }

  private static func uploads(_ json: JSON, from path: String) throws(KitError) -> [UploadRecord] {
    var uploads: [UploadRecord] = []
    for upload in try json.optional("uploads", from: path, \.array) ?? [] {
      uploads.append(try UploadRecord(upload, from: path))
    }
    return uploads
  }

  /// The uploads that a manifest remembers, whatever else is in the file; none if it can't be read.
  public static func uploads(rememberedIn path: String) -> [UploadRecord] {
    guard let bytes = try? InputFile.bytes(ofFileAt: path, limit: 1 << 24),
      let json = try? JSON.parse(bytes, from: path), json["kit"]?.string != nil
    else { return [] }
    return (try? uploads(json, from: path)) ?? []
  }

  /// What a manifest says that describes no submission any more, or none yet, but remembers uploads.
  public static func remembering(_ uploads: [UploadRecord]) -> JSON {
    .object([("kit", .string(kitVersion)), ("uploads", .array(uploads.map(\.json)))])
  }

  /// What the file says, with the uploads as they are now.
  public var updated: JSON {
    guard case .object(let members) = json else { return json }
    return .object(members.filter { $0.key != "uploads" } + [("uploads", .array(uploads.map(\.json)))])
  }

  /// Writes the file, whole or not at all. Throws `cannotWrite`.
  public func write() throws(KitError) {
    try WholeFile.write(updated.serialized(pretty: true) + "\n", to: path, replacing: true)
  }

  /// The submission beside the manifest.
  public var submissionPath: String {
    (path.hasSuffix(".json") ? String(path.dropLast(5)) : path) + ".csv"
  }

  /// The submission's name in tables: `first` for `Submissions/first.json`.
  public var name: String {
    let file = lastName(path)
    return file.hasSuffix(".json") ? String(file.dropLast(5)) : file
  }

  /// The upload whose score is the submission's: the last of these bytes that has one, else the last of them.
  public var lastUpload: UploadRecord? {
    let own = uploads.filter { $0.digest == digest }
    return own.last { $0.score != nil } ?? own.last
  }
}
