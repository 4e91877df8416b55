import Foundations
import Scoring

/// One upload of a submission to Kaggle, as its manifest remembers it.
public struct UploadRecord: Sendable, Equatable {
  /// How far it is.
  public enum Status: String, Sendable {
    /// Begun: whether it arrived, Kaggle's list tells by the tag.
    case begun
    /// Kaggle has it, but no score yet.
    case uploaded
    /// It has a score.
    case scored
    /// Kaggle could not score it.
    case failed
  }

  /// SHA-256 of the bytes that were uploaded.
  public var digest: String
  /// The word in the message by which it is found among Kaggle's submissions; empty for a score that was typed in.
  public var tag: String
  /// What was said of it.
  public var message: String
  /// When it was begun, in UTC.
  public var begun: String
  /// How far it is.
  public var status = Status.begun
  /// Kaggle's number for it; nil as long as that is unknown.
  public var reference: Int?
  /// When Kaggle got it, in UTC.
  public var date: String?
  /// The public score.
  public var score: PublicScore?
  /// Why it has no score.
  public var error: String?
  /// How many submissions were left for the day.
  public var left: Int?

  /// An upload that is about to begin.
  public init(digest: String, tag: String, message: String, begun: String) {
    self.digest = digest
    self.tag = tag
    self.message = message
    self.begun = begun
  }

  /// What the file says.
  public var json: JSON {
    func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    func number(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
    return .object([
      ("sha256", .string(digest)), ("tag", .string(tag)), ("message", .string(message)),
      ("begun", .string(begun)), ("status", .string(status.rawValue)), ("reference", number(reference)),
      ("date", text(date)), ("public-score", text(score?.text)), ("error", text(error)),
      ("left-today", number(left)),
    ])
  }

  /// Reads `json` back. Throws `badData`.
  public init(_ json: JSON, from source: String) throws(KitError) {
    digest = try json.required("sha256", from: source, \.string)
    tag = try json.required("tag", from: source, \.string)
    message = try json.required("message", from: source, \.string)
    begun = try json.required("begun", from: source, \.string)
    status = try json.required("status", from: source) { $0.string.flatMap { Status(rawValue: $0) } }
    reference = try json.optional("reference", from: source, \.integer)
    date = try json.optional("date", from: source, \.string)
    score = try json.optional("public-score", from: source) { $0.string.flatMap { PublicScore($0) } }
    error = try json.optional("error", from: source, \.string)
    left = try json.optional("left-today", from: source, \.integer)
  }
}
