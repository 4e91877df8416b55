import ArgumentParser
import Competition
import Compute
import Ensembling
import Foundations
import NeuralNetworks
import Options
import Reporting
import Scoring
import Terminal

/// Which rows are scored.
enum RowChoice: String, CaseIterable, ExpressibleByArgument {
  case unseen
  case all
  case test
}

@main
struct Evaluate: Command {
  static let configuration = CommandConfiguration.command(
    "evaluate",
    discussion: """
      Scores the average of checkpoints on rows of train.csv: accuracy with its 95 % interval (Wilson), log loss, \
      calibration error (15 bins), precision, recall and F1 of each digit, the confusion matrix. A checkpoint's metadata \
      says which rows it was trained on: each row is predicted only by checkpoints that were not trained on it, and rows \
      for which a source has no such checkpoint are left out. --rows all scores every row with every checkpoint, with a \
      warning.

      --doubtful writes the rows whose labels look wrong, with their labels. Edit it: give a row another label, or drop; \
      delete rows if you like. kaggle-digits train --labels FILE then trains with these corrections.
      """)

  @Argument(
    help: ArgumentHelp("Checkpoints, runs or cross-validations.", valueName: "source"), completion: .file())
  var sources: [String]

  @OptionGroup var source: DataOptions

  @Option(
    help: ArgumentHelp(
      """
      unseen: rows that were not trained on; all: every row, which says nothing about new images; test: those of the test \
      table, if the data has its labels.
      """, valueName: "rows"))
  var rows = RowChoice.unseen

  @Option(
    help: ArgumentHelp(
      "Score the images of test.csv instead, with these labels, in the format of a submission.",
      valueName: "file"
    ),
    completion: .file())
  var testLabels: String?

  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "Also write a page for a browser: the scores, the worst errors, labels that look wrong.",
      valueName: "file"),
    completion: .file())
  var page: String?

  @Option(
    help: ArgumentHelp(
      "Also write the rows whose labels look wrong, to be edited and given to --labels.", valueName: "file"),
    completion: .file())
  var doubtful: String?

  @OptionGroup(title: "Table") var table: TrainingTableOptions

  @OptionGroup(title: "Prediction options") var prediction: PredictionOptions

  @OptionGroup var weighting: WeightOptions

  @OptionGroup var threading: ThreadOptions

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    if rows == .test && testLabels != nil {
      throw ValidationError("--rows test and --test-labels are mutually exclusive")
    }
    if doubtful != nil && (rows != .unseen || testLabels != nil) {
      throw ValidationError("--doubtful is about the training table's rows that were not trained on")
    }
  }

  func run() throws {
    Interruption.install()
    let kernels = try InstructionSets.detected()
    let location = try locateData(source.data)
    try requireOwnFiles(
      (page.map { [(OutputFile("--report", $0), "a report", ".html")] } ?? [])
        + (doubtful.map { [(OutputFile("--doubtful", $0), "a table", ".csv")] } ?? []), sources: sources,
      fitted: weighting.fitWeights, files: table.files + (testLabels.map { [$0] } ?? []), data: location)
    let file = try page.map { path throws(KitError) in try WholeFile(at: path, replacing: reporting.force) }
    let doubts = try doubtful.map { path throws(KitError) in
      try WholeFile(at: path, replacing: reporting.force)
    }
    let (options, fitted) = try weighting.weighted(prediction, sources: sources)
    let ensemble = try Ensemble(
      sources: sources, options: options, threads: threading.count, kernels: kernels
    )
    try noteUnfinished(sources)
    let (table, name) = try read(location, for: ensemble)
    let seen = try SeenRows(of: ensemble, in: table)
    let (chosen, places) = try chosenRows(of: table, name: name, seen)
    let result = Score(
      try predict(chosen, of: table, places, by: ensemble), on: chosen, of: table, name: name,
      by: ensemble, seen, fitted, trained: rows == .all ? seen.trainedOn(chosen) : 0)
    result.printNotes(areTestRows: isOfTest, training: ensemble.trainingFigures)
    if let file {
      let page = try result.page(labels: testLabels ?? (rows == .test ? "the data's own" : nil))
      try file.write(page.html)
      try file.commit()
    }
    if let doubts {
      try doubts.write(result.doubtfulText)
      try doubts.commit()
    }
    if reporting.json { printJSON(result.json) } else { result.show() }
    if let doubtful {
      note("labels to look at: \(doubtful); next, when it is edited: --labels \(quoted(doubtful))")
    }
  }

  /// Whether the rows are the test table's, so that no checkpoint was trained on their table.
  private var isOfTest: Bool { testLabels != nil || rows == .test }

  /// The rows to score, and for each member the places in them of those that it predicts; nil for all.
  private func chosenRows(
    of table: DigitTable, name: String, _ seen: SeenRows
  ) throws(KitError) -> (rows: [Int], places: [[Int]]?) {
    if rows != .unseen { return (table.rows, nil) }
    guard !seen.unseen.isEmpty else {
      throw KitError(
        .badData,
        "every row of \(name) was used to train all checkpoints of some source, so no score would mean anything; "
          + "--rows all scores them anyway")
    }
    return (seen.unseen, seen.unseenPlaces(in: seen.unseen))
  }

  private func predict(
    _ chosen: [Int], of table: DigitTable, _ places: [[Int]]?, by ensemble: Ensemble
  ) throws(KitError) -> Predictions {
    let report = ProgressReport(quiet: reporting.quiet)
    defer { report.finish() }
    return try ensemble.predict(table, rows: chosen, places: places) { done in
      report.update(
        lane: 0, label: "predicting", completed: done, total: ensemble.members.count, unit: "members",
        detail: "")
    }
  }

  /// The labelled rows, and the name of their table. Training rows have the corrections that the ensemble was trained with,
  /// unless others are given.
  private func read(_ location: DataSource, for ensemble: Ensemble) throws -> (DigitTable, name: String) {
    let form = try table.form(over: ensemble.trainedForm)
    guard form.classes == ensemble.classes else {
      throw ValidationError(
        "--classes and --class-names don't tell the checkpoints' classes; leave them away")
    }
    if rows == .test { return (try location.labelledTest(form), location.description) }
    guard let testLabels else {
      let table = try location.training(form)
      if let fixes = table.fixes { note("labels corrected: \(fixes.summary)") }
      return (table, location.description)
    }
    let reader = try location.test(form)
    let pixels = try reader.readAll().pixels
    var labels: [UInt8] = []
    var rules = SubmissionRules()
    rules.classes = ensemble.classes
    try checkSubmission(at: testLabels, expectedRows: pixels.count / DigitTable.pixelCount, rules: rules) {
      labels.append($0)
    }
    let table = DigitTable(
      pixels: pixels, labels: labels, classes: ensemble.classes, naming: reader.naming)
    return (table, reader.name)
  }
}
