import Competition
import Ensembling
import Foundations
import Reporting
import Runs
import Scoring
import Terminal

/// The scores of some rows by an ensemble, and what is to be said of them.
struct Score {
  private let evaluation: Evaluation
  private let predictions: Predictions
  private let gain: MemberGain?
  private let fitted: FittedWeights?
  private let table: DigitTable
  private let name: String
  private let ensemble: Ensemble
  private let seen: SeenRows
  /// Rows that were predicted by a member that was trained on them.
  private let trained: Int
  /// Rows that were predicted by a member that chose its epoch by them.
  private let selected: Int

  /// Scores predictions of some rows of a table, of which `trained` were predicted by members that were trained on them.
  init(
    _ predictions: Predictions, on rows: [Int], of table: DigitTable, name: String, by ensemble: Ensemble,
    _ seen: SeenRows, _ fitted: FittedWeights?, trained: Int
  ) {
    let labels = rows.map { table.labels[$0] }
    evaluation = Evaluation(
      rows: rows, labels: labels, probabilities: predictions.probabilities, kinds: table.classes)
    gain = MemberGain(predictions, labels: labels)
    selected = rows.count { seen.hasChosen[$0] }
    self.predictions = predictions
    self.fitted = fitted
    self.table = table
    self.name = name
    self.ensemble = ensemble
    self.seen = seen
    self.trained = trained
  }

  /// Prints what limits the scores, and why they may mean nothing. `areTestRows` says that the rows are test.csv's, so that no checkpoint was trained on
  /// their table.
  func printNotes(areTestRows: Bool, training: TrainingFigures) {
    let kinds = evaluation.kinds
    let predicted = (0..<kinds.count).map { number in evaluation.predictions.count { Int($0) == number } }
    let pixels = table.pixelStatistics
    // A class that most rows have is no news where the rows are chosen by label.
    let counts = table.digitCounts
    let isUsual = 3 * (counts.max() ?? 0) > table.rows.count
    for warning in submissionWarnings(
      predicted: isUsual ? [] : predicted, test: pixels, name: name, training: training, classes: kinds)
    { printWarning(warning) }
    if let missing = evaluation.missingClasses { note("note: no scored row is of \(missing)") }
    if !seen.strangers.isEmpty && !areTestRows {
      note(
        "note: \(seen.strangers.count) of \(ensemble.members.count) checkpoints were trained on another table; it is "
          + "not known whether that had these rows, too")
    }
    if fitted != nil {
      note(
        "note: scores on the rows used for fitting the weights are optimistic; the gain above is on other rows"
      )
    }
    if trained > 0 {
      printWarning(
        "\(grouped(trained)) of these \(grouped(evaluation.rows.count)) rows were trained on; the scores say nothing "
          + "about new images")
    }
  }

  /// What the rows are, and whether the scores are optimistic.
  private func rowsText(of name: String? = nil) -> String {
    var text = "\(grouped(evaluation.rows.count)) rows" + (name.map { " of \($0)" } ?? "")
    if trained > 0 {
      text += ", \(grouped(trained)) of them trained on"
    } else {
      text += seen.strangers.isEmpty ? ", none of them trained on" : ", none of them known to be trained on"
    }
    if selected > 0 {
      text += "; \(grouped(selected)) of them chose an epoch, so the scores are slightly optimistic"
    }
    return text
  }

  /// The page; `labels` is the file that the labels are from, nil for the table's own.
  func page(labels: String?) throws(KitError) -> Report {
    var report = RunReport(
      title: ensemble.sources.joined(separator: ", "), evaluation: evaluation, scoredOn: rowsText() + ".")
    report.table = table
    report.kind = "evaluation"
    report.tableName = labels == nil ? "train.csv" : "test.csv"
    report.facts =
      ensemble.facts + [
        ("rows of", name), ("labels", labels ?? "the table's own"), ("kit", "kaggle-digits \(kitVersion)"),
      ]
    report.add(predictions, labels: evaluation.labels)
    report.addDoubtfulLabels()
    try report.addOcclusionMaps(by: ensemble, seen: trained > 0 ? nil : seen)
    return report.page
  }

  /// The rows whose labels look wrong, as a file to edit.
  var doubtfulText: String { DoubtfulLabelsFile.text(of: evaluation, in: table) }

  /// All numbers.
  var json: JSON {
    .object([
      ("kit", .string(kitVersion)), ("data", .string(name)),
      ("sources", .array(ensemble.sources.map { .string($0) })), ("rows-trained-on", .integer(trained)),
      ("rows-that-chose-an-epoch", .integer(selected)), ("evaluation", evaluation.json),
      ("averaging-gain", gain?.json ?? .null), ("fitted-weights", fitted?.json ?? .null),
    ])
  }

  /// Prints the scores.
  func show() {
    printLine(rowsText(of: name))
    printLine()
    printTable(evaluation.summaryText)
    if let gain { printTable("\n\(gain.summary)") }
    printTable("\n\(evaluation.classesText)\n\n\(evaluation.confusionTitle)\n")
    printTable(evaluation.confusionText)
  }
}
