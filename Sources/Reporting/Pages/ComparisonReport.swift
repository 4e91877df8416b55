import Foundations
import Runs
import Scoring

/// A comparison of runs: which is better, by how much, and at what.
public struct ComparisonReport: Sendable {
  /// The page's heading.
  public var title: String
  /// The runs, each by its title. Their pictures are left to their own pages.
  public var runs: [RunReport]
  /// What paired comparisons say, as sentences; the first is shown first.
  public var comparisons: [String]

  /// A comparison of at least one run.
  public init(title: String, runs: [RunReport], comparisons: [String]) {
    self.title = title
    self.runs = runs
    self.comparisons = comparisons
  }

  /// The page.
  public var page: Report {
    Report(
      title: title, kind: "comparison of \(counted(runs.count, "run"))", lead: lead,
      parts: [scorePart, learningPart, classPart, mistakePart, factPart])
  }

  private var scored: [(run: RunReport, evaluation: Evaluation)] {
    runs.compactMap { run in run.scored.map { (run, $0) } }
  }

  private var lead: String {
    let best = scored.max { $0.evaluation.accuracy < $1.evaluation.accuracy }
    var html = "<div class=\"lead\">\n"
    if let best, scored.count > 1 {
      html += """
        <div class="score"><div><p class="big">\(percent(best.evaluation.accuracy))</p>\
        <p class="label">highest accuracy: \(escaped(best.run.title))</p></div></div>

        """
    }
    var notes = comparisons.isEmpty ? ["There is no paired comparison of these runs."] : comparisons
    if Set(scored.map(\.evaluation.rows)).count > 1 {
      notes.append(
        "The runs are not scored on the same rows, so their scores also differ because of the rows.")
    }
    html += "<div class=\"note\">\(notes.map { paragraph($0) }.joined())</div>\n"
    return html + "</div>"
  }

  private var scorePart: ReportPart? {
    if scored.isEmpty { return nil }
    let chart = IntervalChart(
      name: "scores", title: "Accuracy of each run",
      description: scored.map { "\($0.run.title): \(percent($0.evaluation.accuracy))" }
        .joined(separator: ", "),
      xTitle: "accuracy, with 95 % interval",
      rows: scored.map { ($0.run.title, $0.evaluation.accuracy, $0.evaluation.accuracyInterval) }
    ).figure
    let columns: [Column] = [
      .text("run"), .number("accuracy"), .number("95 % interval"), .number("rows wrong"),
      .number("log loss"), .number("calibration error"),
    ]
    let rows = scored.map { run, evaluation in
      let interval = evaluation.accuracyInterval
      return [
        run.title, percent(evaluation.accuracy),
        "\(fixed(interval.lowerBound * 100, 2)) – \(percent(interval.upperBound))",
        "\(grouped(evaluation.rows.count - evaluation.correct)) of \(grouped(evaluation.rows.count))",
        fixed(evaluation.logLoss, 4), percent(evaluation.expectedCalibrationError),
      ]
    }
    var body = figureRow([chart]) + tableBox("Scores", columns, rows)
    if Set(scored.map(\.run.scoredOn)).count == 1 {
      body += paragraph("Scored rows of all runs: \(scored[0].run.scoredOn)", "soft")
    } else {
      body += factList(scored.map { ("scored rows of \($0.run.title)", $0.run.scoredOn) })
    }
    return ReportPart(section: .init(id: "scores", title: "Scores", body: body), figures: [chart])
  }

  private var learningPart: ReportPart? {
    let trained = runs.filter { run in run.trainings.contains { !$0.history.epochs.isEmpty } }
    if trained.isEmpty { return nil }
    var loss = chart(
      "loss", "Loss", trained, training: { $0.trainingLoss }, validation: { $0.validationLoss })
    loss.yScale = .logarithmic
    loss.yTitle = "loss (log scale)"
    var accuracy = chart(
      "accuracy", "Accuracy", trained, training: { $0.trainingAccuracy },
      validation: { $0.validationAccuracy })
    accuracy.yScale = .nines
    accuracy.isPercent = true
    accuracy.yTitle = "accuracy (log scale of the error)"
    let figures = [loss.figure, accuracy.figure]
    let note =
      "Each line is the mean of a run's trainings: solid on validation rows, dashed on training rows, which are scored "
      + "with augmentation and dropout."
    return ReportPart(
      section: .init(
        id: "learning", title: "Learning", body: paragraph(note, "soft") + figureRow(figures)),
      figures: figures)
  }

  private func chart(
    _ name: String, _ title: String, _ trained: [RunReport],
    training: (EpochRecord) -> Double?, validation: (EpochRecord) -> Double?
  ) -> LineChart {
    var series: [LineChart.Series] = []
    for (index, run) in trained.enumerated() {
      let histories = run.trainings.map(\.history.epochs)
      let learned = meanLine(histories.map { $0.map { (Double($0.epoch), training($0)) } })
      let validated = meanLine(histories.map { $0.map { (Double($0.epoch), validation($0)) } })
      let isValidated = validated.contains { $0.y != nil }
      // Only a run without validation rows is named by its training line.
      series.append(
        .init(
          name: isValidated ? "\(run.title), training" : "\(run.title) (training rows)", points: learned,
          colour: index, isDashed: true, isFaint: isValidated))
      if isValidated { series.append(.init(name: run.title, points: validated, colour: index)) }
    }
    let ends = series.filter { !$0.isFaint }.compactMap { line in
      line.points.last.flatMap { $0.y }.map { "\(line.name) \(fixed($0, 4))" }
    }
    return LineChart(
      name: name, title: "\(title) by epoch", description: "At the end: \(ends.joined(separator: ", ")).",
      xTitle: "epoch", yTitle: title.lowercased(), series: series)
  }

  /// The classes of all scored runs; nil where they differ, or there are fewer than two such runs.
  private var commonClasses: Classes? {
    let kinds = scored.map(\.evaluation.kinds)
    return kinds.count > 1 && kinds.allSatisfy { $0 == kinds[0] } ? kinds[0] : nil
  }

  private var classPart: ReportPart? {
    guard let classes = commonClasses else { return nil }
    let (noun, title) = (classes.noun, "Rows of each \(classes.noun) that are missed")
    let misses = scored.map { $0.evaluation.classes.map { 1 - $0.recall } }
    var chart = BarChart(
      name: "classes", title: title,
      description: "Of each \(noun)'s rows, the share that is predicted as another one, for each run.",
      xTitle: noun, yTitle: "missed (1 − recall)", categories: classes.names,
      series: zip(scored, misses).map { (name: $0.run.title, values: $1) })
    chart.isPercent = true
    let figure = chart.figure
    let rows = zip(scored, misses).map { run, values in [run.run.title] + values.map { percent($0) } }
    let columns = [Column.text("run")] + classes.names.map { Column.number($0) }
    let body = figureRow([figure]) + tableBox(title, columns, rows)
    return ReportPart(
      section: .init(
        id: "classes", title: classes.areDigits ? "Which digits are missed" : "Which classes are missed",
        body: body), figures: [figure])
  }

  /// The mistakes whose shares differ most between the runs.
  private var mistakePart: ReportPart? {
    guard let classes = commonClasses else { return nil }
    let shares = scored.map { one in
      one.evaluation.confusion.map { row in
        let total = Double(max(1, row.reduce(0, +)))
        return row.map { Double($0) / total }
      }
    }
    var pairs: [(label: Int, predicted: Int, spread: Double)] = []
    for label in 0..<classes.count {
      for predicted in 0..<classes.count where predicted != label {
        let values = shares.map { $0[label][predicted] }
        pairs.append((label, predicted, (values.max() ?? 0) - (values.min() ?? 0)))
      }
    }
    let most = pairs.filter { $0.spread > 0 }
      .sorted { ($1.spread, $0.label, $0.predicted) < ($0.spread, $1.label, $1.predicted) }.prefix(12)
    if most.isEmpty { return nil }
    let columns = [Column.text("mistake")] + scored.map { Column.number(shortened($0.run.title, to: 32)) }
    let rows = most.map { pair in
      ["\(classes.name(pair.label)) predicted as \(classes.name(pair.predicted))"]
        + scored.indices.map { index in
          let count = scored[index].evaluation.confusion[pair.label][pair.predicted]
          return count == 0
            ? "0" : "\(grouped(count)) (\(percent(shares[index][pair.label][pair.predicted])))"
        }
    }
    let note = "Rows, and in parentheses their share of the label's rows; largest differences first."
    return ReportPart(
      section: .init(
        id: "mistakes", title: "Where they differ",
        body: paragraph(note, "soft") + tableBox("Mistakes", columns, rows)))
  }

  /// The runs' facts side by side; what differs comes first.
  private var factPart: ReportPart? {
    var names: [String] = []
    for fact in runs.flatMap(\.facts) where !names.contains(fact.name) { names.append(fact.name) }
    if names.isEmpty { return nil }
    let lines = names.map { name in
      [name] + runs.map { run in run.facts.first { $0.name == name }?.value ?? "–" }
    }
    let columns = [Column.text("")] + runs.map { Column.text(shortened($0.title, to: 32)) }
    let differing = lines.filter { Set($0.dropFirst()).count > 1 }
    let common = lines.filter { Set($0.dropFirst()).count <= 1 }.map { (name: $0[0], value: $0[1]) }
    var body = differing.isEmpty ? "" : tableBox("What differs", columns, differing)
    if !common.isEmpty { body += "<h3>The same in all</h3>\n" + factList(common) }
    return ReportPart(section: .init(id: "run", title: "What was run", body: body))
  }
}
