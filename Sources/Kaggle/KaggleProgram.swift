import Foundations
import Platform

/// Kaggle's official command line program (`kaggle` on PyPI), through which the kit reaches Kaggle: it has the user's token,
/// speaks Kaggle's protocol and resumes downloads. The kit reads what it prints.
public struct KaggleProgram: Sendable {
  /// The competition, as the program and Kaggle's pages call it.
  public static let competition = "digit-recognizer"
  /// Rows that a submission must have.
  public static let rows = 28_000

  /// The program's file.
  public let path: String
  /// What to do with the program's progress, a line that is drawn anew.
  private let progress: @Sendable (String) -> Void

  /// Finds the program on the `PATH`. Throws `failure`, with how to get it.
  public init(progress: @escaping @Sendable (String) -> Void = { _ in }) throws(KitError) {
    let folders = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
    let places = folders.map { "\($0)/kaggle" }
    guard let path = places.first(where: { access($0, X_OK) == 0 && !isFolder($0) }) else {
      throw KitError(
        .failure,
        """
        Kaggle's program 'kaggle' is not on the PATH; install it and log in:
          python3 -m pip install kaggle six
          kaggle auth login
        """)
    }
    self.path = path
    self.progress = progress
    // Lines come when they are printed, so that a submission's number is known before its score.
    setenv("PYTHONUNBUFFERED", "1", 1)
  }

  /// Runs the program.
  ///
  /// - Parameters:
  ///   - arguments: The program's.
  ///   - line: Gets each line of its output when it is there.
  /// - Throws: `failure` with what to do if it fails; `stopped`.
  func call(
    _ arguments: [String], line: (String) -> Void = { _ in }
  ) throws(KitError) -> ChildProgram.Outcome {
    let outcome = try ChildProgram.run(path, arguments, line: line, progress: progress)
    // After Ctrl-C the program says that it was cancelled, with status 0.
    try StopRequest.check(while: "kaggle was running")
    if outcome.status == 0 && !outcome.output.contains(Self.uploadFailure) { return outcome }
    throw KaggleFailure(outcome, of: self, arguments).error
  }

  /// What some versions print, with status 0, when an upload has failed.
  static let uploadFailure = "Could not submit to competition"

  /// Downloads the competition's files into a folder, as `digit-recognizer.zip`, resuming what is there of it.
  func download(into folder: String) throws(KitError) {
    _ = try call(["competitions", "download", "-c", Self.competition, "-p", folder])
  }

  /// How many submissions are left today; nil if the program is too old to know, or the
  /// user has never submitted.
  public func submissionsLeft() throws(KitError) -> Int? {
    let arguments = ["competitions", "submission-limits", "-c", Self.competition, "--json"]
    let outcome = try ChildProgram.run(path, arguments, line: { _ in }, progress: progress)
    try StopRequest.check(while: "kaggle was running")
    if outcome.status == KaggleFailure.usageStatus { return nil }
    guard outcome.status == 0 else { throw KaggleFailure(outcome, of: self, arguments).error }
    let limits = try json(outcome, arguments)
    // The program leaves numbers out that are 0. All of them are for a user who has never submitted.
    if let left = limits["numAllowedNow"]?.integer { return left }
    return limits["numToday"]?.integer == nil ? nil : 0
  }

  /// The user's submissions, the latest first; at most 200.
  public func submissions() throws(KitError) -> [KaggleSubmission] {
    let arguments = [
      "competitions", "submissions", "-c", Self.competition, "--format", "json", "--page-size", "200",
    ]
    let outcome = try call(arguments)
    if outcome.output.contains("No submissions found") { return [] }
    return (try json(outcome, arguments).array ?? []).compactMap { KaggleSubmission($0) }
  }

  /// Why a submission has no score; nil if Kaggle gives no reason, or the program is too old to ask.
  func reason(ofFailed reference: Int) -> String? {
    let outcome = try? call(["competitions", "submission", "\(reference)"])
    let lines = (outcome?.output ?? "").split(separator: "\n")
    guard let line = lines.first(where: { $0.hasPrefix("Error:") }) else { return nil }
    return String(line.dropFirst("Error:".count).drop { $0 == " " })
  }

  private func json(_ outcome: ChildProgram.Outcome, _ arguments: [String]) throws(KitError) -> JSON {
    // A warning of an old version may stand before it.
    let start = outcome.output.utf8.firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }
    let text = Array(start.map { outcome.output.utf8[$0...] } ?? outcome.output.utf8[...])
    do throws(KitError) {
      return try JSON.parse(text, from: "kaggle")
    } catch {
      throw KitError(
        .failure,
        "\(KaggleFailure.shown(arguments)) printed what this kit can't read (\(error.message)); update the program: "
          + "python3 -m pip install --upgrade kaggle")
    }
  }
}

/// A submission as Kaggle lists it.
public struct KaggleSubmission: Sendable {
  /// How far Kaggle is with it.
  public enum Status: Sendable {
    case pending, scored, failed
  }

  /// Kaggle's number for it.
  public let reference: Int
  /// What was said of it.
  public let message: String
  /// When it was made, in UTC, as Kaggle writes it.
  public let date: String
  /// How far Kaggle is with it.
  public let status: Status
  /// The public score as Kaggle writes it; nil without one.
  public let score: String?

  init?(_ json: JSON) {
    guard let reference = json["ref"]?.integer ?? json["ref"]?.string.flatMap({ Int($0) }) else { return nil }
    self.reference = reference
    message = json["description"]?.string ?? ""
    date = json["date"]?.string ?? ""
    let word = (json["status"]?.string ?? "").split(separator: ".").last?.lowercased() ?? ""
    status = word == "complete" ? .scored : word == "error" ? .failed : .pending
    let text = json["publicScore"]?.string ?? json["publicScore"]?.number.map { "\($0)" } ?? ""
    score = text.isEmpty ? nil : text
  }
}
