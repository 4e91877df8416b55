import ArgumentParser
import Competition
import Compute
import Ensembling
import Foundations
import Kaggle
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

      With --rows it predicts a part of the rows, so that many machines can share a large table: give each its rows, and the \
      last one all that are left, such as 9000001-. The ids are those of the whole table.

      With --upload the submission goes to Kaggle by Kaggle's official program (python3 -m pip install kaggle six; \
      kaggle auth login). The same bytes are uploaded once: running the command again uploads nothing but looks for the \
      score. The manifest remembers the upload and gets the score. A source that ends in .csv is uploaded as it is: \
      kaggle-digits submit Submissions/first.csv --upload
      """)

  /// Rows of the competition's test.csv: what Kaggle takes.
  static let kaggleRows = KaggleProgram.rows

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
      """
      Predict only these rows of the test table, such as 1001-2000, counted from 1 as ImageId is; 2001- takes all from 2,001 \
      on. With --check, the rows that the file is of.
      """, valueName: "first-last"))
  var rows: String?

  @Option(
    help: ArgumentHelp(
      "Only check a submission: its header, its ids, its labels, and its rows against test.csv.",
      valueName: "file"),
    completion: .file())
  var check: String?

  @Flag(
    help: ArgumentHelp(
      "Upload the submission to Kaggle by Kaggle's program, wait for the score, and write it into the manifest."
    ))
  var upload = false

  @Option(
    help: ArgumentHelp(
      """
      What to say of the upload; a tag is added by which its score is found. (default: recipe, members and out-of-fold \
      accuracy)
      """, valueName: "text"))
  var message: String?

  @Flag(help: "Upload the same bytes again; it uses up one of the day's submissions.")
  var again = false

  @Option(
    help: ArgumentHelp(
      """
      Titles of the submission's two columns, such as id,label for Kannada-MNIST. (default: \
      \(SubmissionColumns.digitRecognizer.header)) The ids are those of the test table's first column, if that is called \
      id; else they count from 1.
      """, valueName: "titles"))
  var submissionColumns: String?

  @OptionGroup(title: "Table") var table: TableOptions

  @OptionGroup(title: "Prediction options") var prediction: PredictionOptions

  @OptionGroup var weighting: WeightOptions

  @OptionGroup var threading: ThreadOptions

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    if check != nil && !(sources.isEmpty && output == nil && probabilities == nil) {
      throw ValidationError(
        "--check only checks a file, without sources and outputs; --data names the test.csv")
    }
    if upload && check != nil { throw ValidationError("--check and --upload are mutually exclusive") }
    if upload && rows != nil {
      throw ValidationError(
        "--rows makes a part of a submission, which Kaggle does not take; leave --upload away")
    }
    if !upload && (message != nil || again) {
      throw ValidationError("\(again ? "--again" : "--message") goes with --upload")
    }
    if submissionToUpload != nil && (output != nil || probabilities != nil) {
      throw ValidationError(
        "a submission that is there is uploaded as it is; --output and --probabilities go with checkpoints")
    }
    if check == nil && table.tellsClasses {
      throw ValidationError("--classes and --class-names are for --check; checkpoints know their classes")
    }
    _ = try columns()
    _ = try rowRange()
    if check == nil && sources.isEmpty { throw ValidationError("a checkpoint or a run is needed") }
  }

  func columns() throws -> SubmissionColumns {
    guard let submissionColumns else { return .digitRecognizer }
    guard let columns = SubmissionColumns(submissionColumns) else {
      throw ValidationError(
        "--submission-columns is '\(submissionColumns)'; it takes two titles with a comma between them, such as id,label"
      )
    }
    return columns
  }

  /// The rows that `--rows` names; nil for all.
  func rowRange() throws -> RowRange? {
    guard let rows else { return nil }
    guard let range = RowRange(rows) else {
      throw ValidationError(
        "--rows is '\(rows)'; it takes the first and the last row, counted from 1, such as 1001-2000, or 2001- for all from "
          + "2,001 on")
    }
    return range
  }

  func run() throws {
    Interruption.install()
    if let check { return try checkFile(check) }
    if let path = submissionToUpload { return try uploadSubmission(path, isNamed: true) }
    // Without the program nothing would be uploaded after all the work.
    if upload { _ = try KaggleProgram() }
    let location = try locateData(source.data)
    let path = outputPath()
    try requireOwnFiles(of: path, data: location)
    let kernels = try InstructionSets.detected()
    let (options, fitted) = try weighting.weighted(prediction, sources: sources)
    try noteUnfinished(sources)
    let ensemble = try Ensemble(
      sources: sources, options: options, threads: threading.count, kernels: kernels
    )
    if try isWritten(at: path, by: ensemble, location) {
      return try uploadSubmission(path, isNamed: false)
    }
    let reader = try location.test(table.form(over: ensemble.trainedForm))
    let page = try openPage(of: path)
    if let part = try rowRange() { try reader.select(part) }
    let training = ensemble.trainingFigures
    let submission = try predict(reader, by: ensemble, to: path, training, fitted)
    let content = submissionPage(
      of: submission, by: ensemble, data: location.description, training: training.digitCounts)
    try page.write(content.html)
    try page.commit()
    show(submission, members: ensemble.members.count)
    if upload { try uploadSubmission(path, isNamed: false) }
  }

  /// Opens the page beside a submission, having made sure that the submission can be written, too: before the work, so that
  /// what can't be written is known, and the submission first, since that is what was asked for.
  private func openPage(of path: String) throws(KitError) -> WholeFile {
    if output == nil { try makeFolders("Submissions") }
    try WholeFile(at: path, replacing: reporting.force).discard()
    return try WholeFile(
      at: SubmissionManifest.pagePath(besideSubmission: path), replacing: reporting.force)
  }

  /// Predicts the test rows and writes the submission; Ctrl-C ends the process with nothing written.
  private func predict(
    _ reader: DigitReader, by ensemble: Ensemble, to path: String, _ training: TrainingFigures,
    _ fitted: FittedWeights?
  ) throws -> Submission {
    let progress = ProgressReport(quiet: reporting.quiet)
    let stopped = KitError(.stopped, "stopped; nothing was written")
    do {
      let submission = try Submission(
        of: ensemble, on: reader, to: path, columns: columns(), probabilities: probabilities,
        training: training,
        fittedWeights: fitted, replacing: reporting.force
      ) { rows in
        progress.update(lane: 0, label: "predicting", completed: rows, total: 0, unit: "images", detail: "")
        return Interruption.requested == nil
      }
      progress.finish()
      guard let submission else { throw stopped }
      return submission
    } catch let error as KitError where error.kind == .stopped {
      throw stopped
    }
  }

  private func show(_ submission: Submission, members: Int) {
    let manifest = submission.manifest
    for warning in manifest.warnings { printWarning(warning) }
    if reporting.json {
      // With --upload it is printed when it has the score.
      if !upload { printJSON(manifest.json) }
    } else {
      let path = manifest.submission
      let rows = manifest.part.map { "\($0.rows.words) of" } ?? "\(grouped(manifest.rows)) rows from"
      printLine("\(path): \(rows) \(manifest.test), checked")
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
    if manifest.part != nil {
      return note(
        "next: when all parts are there, kaggle-digits gather PARTS.csv … --output submission.csv joins them")
    }
    if upload { return }
    if !manifest.warnings.isEmpty {
      note("next: look at the warnings and the report before you upload \(manifest.submission)")
    } else if manifest.rows == Self.kaggleRows {
      note(
        "next: upload \(manifest.submission) at https://www.kaggle.com/competitions/digit-recognizer/submit, or by "
          + "kaggle-digits submit \(quoted(manifest.submission)) --upload")
    }
  }

  /// Refuses outputs that would replace what is read, or each other, and names of another format.
  private func requireOwnFiles(of path: String, data: DataSource) throws(KitError) {
    let outputs = submissionOutputs(at: path, probabilities: probabilities)
    try Options.requireOwnFiles(outputs, sources: sources, fitted: weighting.fitWeights, data: data)
  }

  private func outputPath() -> String {
    if let output { return output }
    let names = pathNames(absolutePath(sources[0]))
    // A part of a run is named by the run and its place in it.
    let run = names.lastIndex { !$0.hasSuffix(".safetensors") && !RunDirectory.isWithinRun($0) } ?? 0
    var parts = names.isEmpty ? ["submission"] : Array(names[run...])
    if let last = parts.last, last.hasSuffix(".safetensors") {
      parts[parts.count - 1] = String(last.dropLast(".safetensors".count))
    }
    if sources.count > 1 { parts.append("and-\(sources.count - 1)-more") }
    if let rows { parts.append("rows-\(rows.hasSuffix("-") ? rows + "end" : rows)") }
    return "Submissions/\(parts.joined(separator: "-")).csv"
  }
}
