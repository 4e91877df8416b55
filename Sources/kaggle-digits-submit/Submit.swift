import ArgumentParser
import Competition
import Compute
import Ensembling
import Foundations
import NeuralNetworks
import Options
import Reporting
import Runs
import Scoring
import Terminal

@main
struct Submit: Command {
  static let configuration = CommandConfiguration.command(
    "submit",
    discussion: """
      Averages the probabilities of all checkpoints, predicts test.csv and writes ImageId,Label as Kaggle takes it, \
      with a manifest of the same name in .json and a page in .html. A run names its members' checkpoints (the last \
      epoch's, or the best with --select best), a cross-validation those of its folds; different networks can be \
      combined. The test rows are streamed: memory does not grow with them.
      """)

  /// Rows of the competition's test.csv: what Kaggle takes.
  private static let kaggleRows = 28_000

  @Argument(
    help: ArgumentHelp("Checkpoints, runs or cross-validations.", valueName: "source"), completion: .file())
  var sources: [String] = []

  @OptionGroup var source: DataOptions

  @Option(
    help: ArgumentHelp(
      "Where to write the submission. (default: Submissions/ with the run's name)", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Also write ImageId and the ten probabilities of each image to this file.", valueName: "file"),
    completion: .file())
  var probabilities: String?

  @Option(
    help: ArgumentHelp(
      "Only check a submission: its header, its ids, its labels, and its rows against test.csv.",
      valueName: "file"),
    completion: .file())
  var check: String?

  @OptionGroup(title: "Prediction options") var prediction: PredictionOptions

  @OptionGroup var weighting: WeightOptions

  @OptionGroup var threading: ThreadOptions

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    if check != nil && !(sources.isEmpty && output == nil && probabilities == nil) {
      throw ValidationError(
        "--check only checks a file, without sources and outputs; --data names the test.csv")
    }
    if check == nil && sources.isEmpty { throw ValidationError("a checkpoint or a run is needed") }
  }

  func run() throws {
    if let check { return try checkFile(check) }
    let kernels = try InstructionSets.detected()
    let (options, fitted) = try weighting.weighted(prediction, sources: sources)
    try noteUnfinished(sources)
    let ensemble = try Ensemble(
      sources: sources, options: options, threads: threading.count, kernels: kernels
    )
    let location = try locateData(source.data)
    let reader = try location.test()
    let path = try outputPath()
    let page = try openPage(of: path)
    let submission = try predict(reader, by: ensemble, to: path, fitted)
    let content = submissionPage(
      of: submission, by: ensemble, data: location.description, training: digitCounts(ensemble))
    try page.write(content.html)
    try page.commit()
    show(submission, members: ensemble.members.count)
  }

  /// Opens the page beside a submission, having made sure that the submission can be written, too: before the work, so that
  /// what can't be written is known, and the submission first, since that is what was asked for.
  private func openPage(of path: String) throws(KitError) -> WholeFile {
    try requireOwnFile(path)
    try WholeFile(at: path, replacing: reporting.force).discard()
    return try WholeFile(
      at: SubmissionManifest.pagePath(besideSubmission: path), replacing: reporting.force)
  }

  /// Predicts the test rows and writes the submission; Ctrl-C ends the process with nothing written.
  private func predict(
    _ reader: DigitReader, by ensemble: Ensemble, to path: String, _ fitted: FittedWeights?
  ) throws -> Submission {
    Interruption.install()
    let progress = ProgressReport(quiet: reporting.quiet)
    let submission = try Submission(
      of: ensemble, on: reader, to: path, probabilities: probabilities, fittedWeights: fitted,
      replacing: reporting.force
    ) { rows in
      progress.update(lane: 0, label: "predicting", completed: rows, total: 0, unit: "images", detail: "")
      return Interruption.requested == nil
    }
    progress.finish()
    guard let submission else {
      note("stopped; nothing was written")
      throw ExitCode(Interruption.exitStatus)
    }
    return submission
  }

  private func show(_ submission: Submission, members: Int) {
    let manifest = submission.manifest
    if reporting.json {
      printJSON(manifest.json)
    } else {
      let path = manifest.submission
      printLine("\(path): \(grouped(manifest.rows)) rows from \(manifest.test), checked")
      printLine(
        "report: \(SubmissionManifest.pagePath(besideSubmission: path)) (predictions and least confident images; open in "
          + "a browser)")
      if members > 1 {
        let decision =
          manifest.prediction.average == .vote ? "the majority decides" : "their average decides"
        printLine(
          "the \(members) members disagree on \(grouped(manifest.disagreements)) of them; \(decision)")
      }
    }
    if manifest.rows == Self.kaggleRows {
      note(
        "next: upload \(manifest.submission) at https://www.kaggle.com/competitions/digit-recognizer/submit")
    }
  }

  /// How many training rows show each digit, by the configurations beside the checkpoints; empty if none says so, or they
  /// differ.
  private func digitCounts(_ ensemble: Ensemble) -> [Int] {
    let counts = ensemble.members.compactMap { member in
      let path = ConfigurationFile.path(in: enclosingFolder(member.path))
      return (try? ConfigurationFile(reading: path))?.digitCounts
    }
    return Set(counts).count == 1 ? counts[0] : []
  }

  /// Refuses probabilities in place of the submission, its manifest or its page, however the path is written.
  private func requireOwnFile(_ path: String) throws(KitError) {
    guard let probabilities else { return }
    let wanted = resolved(probabilities)
    let own = [
      path, SubmissionManifest.path(besideSubmission: path),
      SubmissionManifest.pagePath(besideSubmission: path),
    ]
    if own.contains(where: { resolved($0) == wanted }) {
      throw KitError(
        .usage, "--probabilities needs a file of its own, not the submission, its manifest or its page")
    }
  }

  /// A path with its folder from the root, also where no file is yet.
  private func resolved(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return absolutePath(".") + "/" + path }
    return absolutePath(String(path[...slash])) + path[slash...]
  }

  private func outputPath() throws -> String {
    if let output { return output }
    let names = absolutePath(sources[0]).split(separator: "/").map(String.init)
    // A part of a run is named by the run and its place in it.
    let run = names.lastIndex { !$0.hasSuffix(".safetensors") && !RunDirectory.isWithinRun($0) } ?? 0
    var parts = names.isEmpty ? ["submission"] : Array(names[run...])
    if let last = parts.last, last.hasSuffix(".safetensors") {
      parts[parts.count - 1] = String(last.dropLast(".safetensors".count))
    }
    if sources.count > 1 { parts.append("and-\(sources.count - 1)-more") }
    try makeFolders("Submissions")
    return "Submissions/\(parts.joined(separator: "-")).csv"
  }

  private func checkFile(_ path: String) throws {
    let test = try findTest()
    if test == nil { note("test.csv was not found, so the number of rows is not checked; --data names it") }
    let rows = try checkSubmission(at: path, expectedRows: try test.map { try countRows(of: $0) })
    if reporting.json {
      printJSON(.object([("file", .string(path)), ("rows", .integer(rows)), ("valid", .bool(true))]))
    } else {
      let comparison = test.map { ", as many as \($0.name)" } ?? ""
      printLine("\(path): a valid submission of \(grouped(rows)) rows\(comparison)")
    }
  }

  /// The test table; nil if none was named and none is found.
  private func findTest() throws(KitError) -> DigitReader? {
    do {
      return try DataSource(finding: source.data).test()
    } catch {
      let isNamed = source.data != nil || DataSource.isNamedByEnvironment
      if !isNamed, error.kind == .missingInput { return nil }
      throw error
    }
  }

  private func countRows(of reader: DigitReader) throws(KitError) -> Int {
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    var rows = 0
    while true {
      pixels.removeAll(keepingCapacity: true)
      let count = try reader.read(upTo: 1024, pixels: &pixels, labels: &labels)
      if count == 0 { return rows }
      rows += count
    }
  }
}
