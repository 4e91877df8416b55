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
      """)

  @Argument(
    help: ArgumentHelp("Checkpoints, runs or cross-validations.", valueName: "source"), completion: .file())
  var sources: [String]

  @OptionGroup var source: DataOptions

  @Option(
    help: ArgumentHelp(
      "unseen: rows that were not trained on; all: every row, which says nothing about new images.",
      valueName: "rows"))
  var rows = RowChoice.unseen

  @Option(
    help: ArgumentHelp(
      "Score the images of test.csv instead, with these labels, in the format of a submission.",
      valueName: "file"
    ),
    completion: .file())
  var labels: String?

  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "Also write a page for a browser: the scores, the worst errors, labels that look wrong.",
      valueName: "file"),
    completion: .file())
  var page: String?

  @OptionGroup(title: "Prediction options") var prediction: PredictionOptions

  @OptionGroup var weighting: WeightOptions

  @OptionGroup var threading: ThreadOptions

  @OptionGroup var reporting: OutputOptions

  func run() throws {
    Interruption.install()
    let kernels = try InstructionSets.detected()
    let location = try locateData(source.data)
    try requireOwnFiles(
      page.map { [(OutputFile("--report", $0), "a report", ".html")] } ?? [], sources: sources,
      fitted: weighting.fitWeights, files: labels.map { [$0] } ?? [], data: location)
    let file = try page.map { path throws(KitError) in try WholeFile(at: path, replacing: reporting.force) }
    let (options, fitted) = try weighting.weighted(prediction, sources: sources)
    let ensemble = try Ensemble(
      sources: sources, options: options, threads: threading.count, kernels: kernels
    )
    try noteUnfinished(sources)
    let (table, name) = try read(location)
    warnOfPixels(table, name: name)
    let seen = try SeenRows(of: ensemble, in: table)
    let (chosen, places) = try chosenRows(of: table, name: name, seen)
    let result = Score(
      try predict(chosen, of: table, places, by: ensemble), on: chosen, of: table, name: name,
      by: ensemble, seen, fitted, trained: rows == .all ? seen.trainedOn(chosen) : 0)
    result.printNotes(areTestRows: labels != nil)
    if let file {
      let page = try result.page(labels: labels)
      try file.write(page.html)
      try file.commit()
    }
    if reporting.json { printJSON(result.json) } else { result.show() }
  }

  /// The rows to score, and for each member the places in them of those that it predicts; nil for all.
  private func chosenRows(
    of table: DigitTable, name: String, _ seen: SeenRows
  ) throws(KitError) -> (rows: [Int], places: [[Int]]?) {
    if rows == .all { return (Array(0..<table.count), nil) }
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

  /// The labelled rows, and the name of their table.
  private func read(_ location: DataSource) throws -> (DigitTable, name: String) {
    guard let labels else { return (try location.training(), location.description) }
    let reader = try location.test()
    let pixels = try reader.readAll().pixels
    var digits: [UInt8] = []
    try checkSubmission(at: labels, expectedRows: pixels.count / DigitTable.pixelCount) { digits.append($0) }
    return (DigitTable(pixels: pixels, labels: digits), reader.name)
  }
}
