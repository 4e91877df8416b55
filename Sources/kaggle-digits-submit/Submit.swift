import ArgumentParser
import Competition
import Compute
import Ensembling
import Foundations
import NeuralNetworks
import Options
import Reporting
import Terminal

@main
struct Submit: Command {
  static let configuration = CommandConfiguration.command(
    "submit",
    discussion: """
      Averages the probabilities of all checkpoints, predicts test.csv and writes ImageId,Label as Kaggle takes it, \
      with a manifest of the same name in .json and a page in .html. A run stands for its members' best checkpoints, a cross-validation for \
      its folds'; checkpoints of different networks mix. The test rows are streamed: memory does not grow with them.
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
      throw ValidationError("--check only checks; it predicts nothing: --data says which test.csv")
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
    try requireOwnFile(path)
    // Before the work, so that what can't be written is known; the submission first, since that was asked for.
    try WholeFile(at: path, replacing: reporting.force).discard()
    let page = try WholeFile(at: Self.pagePath(path), replacing: reporting.force)
    Interruption.install()
    let progress = ProgressReport(quiet: reporting.quiet)
    let submission = try Submission(
      of: ensemble, on: reader, to: path, probabilities: probabilities, fittedWeights: fitted?.json ?? .null,
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
    let report = submissionPage(
      of: submission, by: ensemble, at: path, data: location.description,
      training: trainingCounts(location, ensemble))
    try page.write(report.html)
    try page.commit()
    if reporting.json {
      printJSON(submission.manifest)
    } else {
      print("\(path): \(grouped(submission.rows)) rows from \(submission.testName), checked")
      let count = ensemble.members.count
      print("\(Self.pagePath(path)): what it predicts and is least sure of, to be read in a browser")
      if count > 1 {
        let disagreements = grouped(submission.disagreements)
        let decision = options.average == .vote ? "the majority decides" : "their average decides"
        print("the \(count) members disagree on \(disagreements) of them; \(decision)")
      }
    }
    if submission.rows == Self.kaggleRows {
      note("next: upload \(path) at https://www.kaggle.com/competitions/digit-recognizer/submit")
    }
  }

  /// The page's place: the submission's with `.html` for `.csv`.
  private static func pagePath(_ path: String) -> String {
    (path.hasSuffix(".csv") ? String(path.dropLast(4)) : path) + ".html"
  }

  /// How often each digit comes in the table beside the test rows, if it is the one that the models were trained on.
  private func trainingCounts(_ location: DataSource, _ ensemble: Ensemble) -> [Int] {
    guard let table = try? location.training() else { return [] }
    let digest = table.digest()
    guard ensemble.members.contains(where: { $0.checkpoint.origin.rowsDigest == digest }) else { return [] }
    var counts = [Int](repeating: 0, count: 10)
    for label in table.labels { counts[Int(label)] += 1 }
    return counts
  }

  /// Refuses probabilities in the submission's or the manifest's place, however the path is written.
  private func requireOwnFile(_ path: String) throws(KitError) {
    guard let probabilities else { return }
    let wanted = resolved(probabilities)
    let own = [path, Submission.manifestPath(path), Self.pagePath(path)]
    if own.contains(where: { resolved($0) == wanted }) {
      throw KitError(
        .usage, "--probabilities takes a file of its own, not the submission, its manifest or its page")
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
    // What lies within a run takes the run's name and its own place in it.
    func liesWithin(_ name: String) -> Bool {
      name.hasSuffix(".safetensors") || name.hasPrefix("member-") || name.hasPrefix("fold-")
    }
    let run = names.lastIndex { !liesWithin($0) } ?? 0
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
    if test == nil { note("no test.csv was found, so the number of rows is not checked; --data names one") }
    let rows = try checkSubmission(at: path, expectedRows: try test.map { try countRows(of: $0) })
    if reporting.json {
      printJSON(.object([("file", .string(path)), ("rows", .integer(rows)), ("valid", .bool(true))]))
    } else {
      let comparison = test.map { ", as many as \($0.name)" } ?? ""
      print("\(path): a valid submission of \(grouped(rows)) rows\(comparison)")
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
