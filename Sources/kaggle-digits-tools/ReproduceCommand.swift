import ArgumentParser
import Competition
import Foundations
import Runs
import Terminal

/// A submission made again from its manifest, and compared.
struct ReproduceCommand: Command {
  static let configuration = CommandConfiguration.command(
    "reproduce",
    discussion: """
      Trains every run that the manifest's checkpoints are of again, from the configurations beside them, predicts again, and \
      compares: histories, checkpoints and states of all members, out-of-fold predictions, and the submission. Says \
      whether all files have the same bytes, and where the first that has not differs. Exit status 1 if one differs. When \
      it was stopped, the same command resumes it.
      """)

  @Argument(
    help: ArgumentHelp("The manifest beside a submission, or the submission.", valueName: "manifest"),
    completion: .file(extensions: ["json", "csv"]))
  var manifest: String

  @Option(
    help: ArgumentHelp(
      "Where to train and submit again. (default: reproduced/ with the submission's name)",
      valueName: "folder"),
    completion: .directory)
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Where the competition's data is now. (default: where each run had it)", valueName: "path"),
    completion: .file())
  var data: String?

  @OptionGroup var threading: ThreadOptions

  @Flag(help: "Don't show progress.")
  var quiet = false

  @Flag(help: "Print the result as JSON; the commands' own output goes to standard error.")
  var json = false

  /// A file and what comparing it gave.
  private typealias Compared = (file: String, result: FileComparison)

  func validate() throws {
    if output == "" || data == "" { throw ValidationError("--output and --data take a path; it is empty") }
  }

  func run() throws {
    Interruption.install()
    let path = manifest.hasSuffix(".csv") ? SubmissionManifest.path(besideSubmission: manifest) : manifest
    let plan = try Reproduction(of: try ManifestFile(reading: path))
    if plan.manifest.kit != kitVersion {
      note(
        "note: \(path) is of kaggle-digits \(plan.manifest.kit), this is \(kitVersion); bytes are promised within a version"
      )
    }
    let folder = withoutFinalSlash(output ?? "reproduced/\(plan.manifest.name)")
    try makeFolders(folder)
    for training in plan.trainings { try train(training, in: folder) }
    let submission = "\(folder)/submission.csv"
    try command(
      "submit",
      try plan.submission(from: folder) + ["--data", try testData(plan), "--output", submission, "--force"])
    let results = try compare(plan, in: folder, submission)
    finish(results, folder: folder)
    if results.contains(where: { $0.result != .same && $0.result != .missing }) {
      throw ExitCode(KitError.Kind.failure.rawValue)
    }
  }

  /// Trains a run again, or resumes what an earlier call has begun.
  private func train(_ training: Reproduction.Training, in folder: String) throws {
    let place = data ?? training.file.data
    try training.file.requireRows(
      of: DataSource(finding: place).training(training.file.form), from: place, run: training.run)
    let again = "\(folder)/\(training.name)"
    if let begun = try? ConfigurationFile(ofRun: again) {
      guard begun.configuration == training.file.configuration, begun.rowsDigest == training.file.rowsDigest
      else {
        throw KitError(.cannotWrite, "\(again) holds another run; give --output another folder")
      }
      return try command(training.command, ["--resume", again, "--data", place] + training.foldArguments)
    }
    try command(training.command, training.arguments + ["--data", place, "--output", again])
  }

  /// The data with the test images: of a run on a single table, the table that was predicted.
  private func testData(_ plan: Reproduction) throws(KitError) -> String {
    if let data { return data }
    if let test = plan.manifest.test, fileExists(test) { return test }
    return plan.trainings[0].file.data
  }

  private func command(_ name: String, _ arguments: [String]) throws {
    let threads = threading.threads.map { ["--threads", "\($0)"] } ?? []
    let status = try runCommand(
      name, arguments + threads + (quiet ? ["--quiet"] : []), outputToErrors: true)
    if status == 130 || status == 143 { note("stopped; the same command resumes it") }
    if status != 0 { throw ExitCode(status) }
  }

  private func compare(_ plan: Reproduction, in folder: String, _ submission: String) throws -> [Compared] {
    var results: [Compared] = []
    for training in plan.trainings {
      let again = "\(folder)/\(training.name)"
      for file in training.files(in: again) {
        let original = "\(training.run)/\(file)"
        results.append((original, try FileComparison(of: original, with: "\(again)/\(file)")))
      }
    }
    // The manifest tells of checkpoints that are gone or were changed since.
    for (original, again, digest) in plan.checkpoints(in: folder) {
      guard let index = results.firstIndex(where: { $0.file == original }) else { continue }
      let isAsPredicted = try SHA256.hexadecimal(ofFileAt: again) == digest
      switch results[index].result {
      case .missing:
        results[index].result = isAsPredicted ? .same : .different("its SHA-256 is not the manifest's")
      case .different(let place) where isAsPredicted:
        results[index].result = .different(
          "\(place); it was changed after the submission, whose manifest has the SHA-256 of the file made again"
        )
      case .same where !isAsPredicted:
        results[index].result = .different(
          "the submission was made with another file: the manifest's SHA-256 is not its")
      default: break
      }
    }
    results.append(try compareSubmission(plan, with: submission))
    return results
  }

  private func compareSubmission(_ plan: Reproduction, with again: String) throws -> Compared {
    let original = plan.manifest.submissionPath
    if try SHA256.hexadecimal(ofFileAt: again) == plan.manifest.digest {
      guard case .different(let place) = try FileComparison(of: original, with: again) else {
        return (original, .same)
      }
      let reason = "it was changed after it was written: its manifest has the SHA-256 of the one made again"
      return (original, .different("\(place); \(reason)"))
    }
    let made = try ManifestFile(reading: SubmissionManifest.path(besideSubmission: again))
    // A submission that was joined of parts has no digest of all its images.
    let areSame = plan.manifest.testRowsDigest.map { $0 == made.testRowsDigest } ?? true
    let images = areSame ? "" : "; the test images are others, too"
    return switch try FileComparison(of: original, with: again) {
    case .different(let place): (original, .different(place + images))
    case .missing, .same: (original, .different("its SHA-256 is not the manifest's" + images))
    }
  }

  private func finish(_ results: [Compared], folder: String) {
    let different = results.filter { if case .different = $0.result { true } else { false } }
    let missing = results.count { $0.result == .missing }
    note("")
    if json {
      printJSON(
        .object([
          ("manifest", .string(manifest)), ("folder", .string(folder)), ("equal", .bool(different.isEmpty)),
          ("files", .array(results.map(Self.json))),
        ]))
      return
    }
    let gone = missing == 0 ? "" : "; \(missing) are gone and could not be compared"
    guard let first = different.first, case .different(let place) = first.result else {
      return printLine("all \(results.count - missing) files have the same bytes\(gone)")
    }
    printLine("\(different.count) of \(results.count - missing) files differ\(gone)")
    printLine("first: \(first.file): \(place)")
    for other in different.dropFirst() { printLine("also: \(other.file)") }
  }

  private static func json(_ result: Compared) -> JSON {
    let (word, place): (String, String?) =
      switch result.result {
      case .same: ("same", nil)
      case .different(let place): ("different", place)
      case .missing: ("missing", nil)
      }
    return .object([
      ("file", .string(result.file)), ("result", .string(word)),
      ("where", place.map { .string($0) } ?? .null),
    ])
  }
}
