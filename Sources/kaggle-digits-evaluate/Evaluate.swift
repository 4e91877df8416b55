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
      calibration error (15 bins), precision, recall and F1 of each digit, the confusion matrix. What a checkpoint was \
      trained on is in its metadata: each row is read by those alone that were not trained on it, and rows of which a \
      source has no such checkpoint are left out. --rows all scores every row with every checkpoint, and says so.
      """)

  @Argument(
    help: ArgumentHelp("Checkpoints, runs or cross-validations.", valueName: "source"), completion: .file())
  var sources: [String]

  @OptionGroup var source: DataOptions

  @Option(
    help: ArgumentHelp(
      "unseen: rows that were not trained on; all: every row, which is no measure of new images.",
      valueName: "rows"))
  var rows = RowChoice.unseen

  @Option(
    help: ArgumentHelp(
      "Score the images of test.csv instead, by these labels, in the form of a submission.", valueName: "file"
    ),
    completion: .file())
  var labels: String?

  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "Also write a page to read in a browser: the scores, the worst errors, labels that look wrong.",
      valueName: "file"),
    completion: .file())
  var page: String?

  @OptionGroup(title: "Prediction options") var prediction: PredictionOptions

  @OptionGroup var weighting: WeightOptions

  @OptionGroup var threading: ThreadOptions

  @OptionGroup var reporting: OutputOptions

  func run() throws {
    let kernels = try InstructionSets.detected()
    let file = try page.map { path throws(KitError) in try WholeFile(at: path, replacing: reporting.force) }
    let (options, fitted) = try weighting.weighted(prediction, sources: sources)
    let ensemble = try Ensemble(
      sources: sources, options: options, threads: threading.count, kernels: kernels
    )
    try noteUnfinished(sources)
    let (table, name) = try read()
    let seen = try SeenRows(of: ensemble, in: table)
    if !seen.strangers.isEmpty && labels == nil {
      note(
        "note: \(seen.strangers.count) of \(ensemble.members.count) checkpoints were trained on another table; whether "
          + "these rows were in it can't be told")
    }
    let chosen = rows == .all ? Array(0..<table.count) : seen.unseen
    guard !chosen.isEmpty else {
      throw KitError(
        .badData,
        "every row of \(name) was trained on by all checkpoints of some source, so no score would mean anything; "
          + "--rows all scores them nevertheless")
    }
    let report = ProgressReport(quiet: reporting.quiet)
    let predictions = try ensemble.predict(
      table, rows: chosen, places: rows == .all ? nil : seen.unseenPlaces(in: chosen)
    ) { done in
      report.update(
        lane: 0, label: "predicting", completed: done, total: ensemble.members.count, unit: "models",
        detail: "")
    }
    report.finish()
    let evaluation = Evaluation(
      rows: chosen, labels: chosen.map { table.labels[$0] }, probabilities: predictions.probabilities)
    if fitted != nil {
      note("note: rows that the weights were fitted on judge them too kindly; the gain above is on others")
    }
    if let file {
      var page = RunReport(
        title: sources.joined(separator: ", "), evaluation: evaluation, scoredOn: kind(evaluation, seen) + "."
      )
      page.table = table
      page.kind = "evaluation"
      page.tableName = labels == nil ? "train.csv" : "test.csv"
      page.facts = [
        ("models", "\(ensemble.members.count)"), ("rows of", name),
        ("average", options.average.rawValue), ("views of each image", "\(options.views)"),
        (
          "weights of the sources",
          options.weights.map { $0.map { fixed($0, 3) }.joined(separator: ", ") } ?? "equal"
        ),
        ("labels", labels ?? "its own"),
        ("kit", "kaggle-digits \(kitVersion)"),
      ]
      page.add(predictions, labels: evaluation.labels)
      page.addDoubtfulLabels()
      try file.write(page.report.html)
      try file.commit()
    }
    show(evaluation, MemberGain(predictions, labels: evaluation.labels), fitted, seen, name: name)
  }

  /// The labelled rows, and what to call them.
  private func read() throws -> (DigitTable, name: String) {
    let location = try locateData(source.data)
    guard let labels else { return (try location.training(), location.description) }
    let reader = try location.test()
    var (pixels, none): ([UInt8], [UInt8]) = ([], [])
    while try reader.read(upTo: 1 << 12, pixels: &pixels, labels: &none) > 0 {}
    var digits: [UInt8] = []
    try checkSubmission(at: labels, expectedRows: pixels.count / DigitTable.pixelCount) { digits.append($0) }
    return (DigitTable(pixels: pixels, labels: digits), reader.name)
  }

  /// What the rows are, and whether the scores flatter.
  private func kind(_ evaluation: Evaluation, _ seen: SeenRows, of name: String? = nil) -> String {
    let trained = rows == .all ? seen.trainedOn(evaluation.rows) : 0
    let selected = evaluation.rows.count { seen.hasChosen[$0] }
    var text = "\(grouped(evaluation.rows.count)) rows" + (name.map { " of \($0)" } ?? "")
    if trained > 0 {
      text += ", \(grouped(trained)) of them trained on"
    } else {
      text += seen.strangers.isEmpty ? ", none of them trained on" : ", none of them known to be trained on"
    }
    if selected > 0 {
      text += "; \(grouped(selected)) of them chose an epoch, so the scores flatter a little"
    }
    return text
  }

  private func show(
    _ evaluation: Evaluation, _ gain: MemberGain?, _ fitted: FittedWeights?, _ seen: SeenRows, name: String
  ) {
    let trained = rows == .all ? seen.trainedOn(evaluation.rows) : 0
    let selected = evaluation.rows.count { seen.hasChosen[$0] }
    if trained > 0 {
      printWarning(
        "\(grouped(trained)) of these \(grouped(evaluation.rows.count)) rows were trained on; the scores say nothing "
          + "about new images")
    }
    if reporting.json {
      return printJSON(
        .object([
          ("kit", .string(kitVersion)), ("data", .string(name)),
          ("sources", .array(sources.map { .string($0) })), ("rows-trained-on", .integer(trained)),
          ("rows-that-chose-an-epoch", .integer(selected)), ("evaluation", evaluation.json),
          ("averaging-gain", gain?.json ?? .null),
          ("fitted-weights", fitted?.json ?? .null),
        ]))
    }
    print(kind(evaluation, seen, of: name))
    print("")
    print(evaluation.summaryText)
    if let gain { print("\n\(gain.summary)") }
    print("\n\(evaluation.classesText)\n\nconfusion: a row is a label, a column what it was read as\n")
    print(evaluation.confusionText)
  }
}
