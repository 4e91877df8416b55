import Foundations
import Runs

extension RunReport {
  /// What is said of trainings without a history; nil if there are none.
  var missingHistoryText: String? {
    withoutHistory.isEmpty
      ? nil
      : "\(HistoryFile.name) is missing for \(withoutHistory.joined(separator: "; ")), so these curves are not shown."
  }

  /// The curves of all trainings: each thin where there are several, and their mean.
  var learningPart: ReportPart? {
    let missing = missingHistoryText.map { paragraph($0) + "\n" } ?? ""
    let trained = trainings.filter { !$0.history.epochs.isEmpty }
    if trained.isEmpty {
      return missing.isEmpty
        ? nil : ReportPart(section: .init(id: "learning", title: "Learning", body: missing))
    }
    var charts = [
      chart("loss", "Loss", trained, training: \.trainingLoss, validation: \.validationLoss),
      chart("accuracy", "Accuracy", trained, training: \.trainingAccuracy, validation: \.validationAccuracy),
    ]
    charts[0].yScale = .logarithmic
    charts[0].yTitle = "loss (log scale)"
    charts[1].yScale = .nines
    charts[1].isPercent = true
    charts[1].yTitle = "accuracy (log scale of the error)"
    var figures = charts.map(\.figure)
    var notes: [String] = []
    if trained.contains(where: { $0.kept != nil }) {
      notes.append(
        "Training scores are measured with augmentation and dropout and, where learnt rows are skipped, on the others; validation scores are not, so validation may look better."
      )
    }
    var body = missing + figureRow(figures)
    var more: [Figure] = []
    let rates = trained.flatMap { $0.history.epochs.map(\.learningRate) }
    if Set(rates).count > 1 {
      more.append(rateChart(trained).figure)
      notes.append("The learning rate is that of each epoch's last step.")
    } else if let rate = rates.first {
      notes.append("The learning rate was \(significant(rate)) throughout.")
    }
    if let late = lateChart(trained) { more.append(late.figure) }
    let text = notes.map { paragraph($0, "soft") }.joined(separator: "\n")
    if more.count == 1 {
      body += """
        <div class="pair">
        <figure class="chart">\(more[0].inlined)</figure>
        <div>\(text)</div>
        </div>

        """
    } else {
      body += (more.isEmpty ? "" : figureRow(more)) + text
    }
    figures += more
    body += "<h3>Trainings</h3>\n" + trainingTable(trained)
    body += folded("All epochs in numbers", epochTable(trained))
    return ReportPart(section: .init(id: "learning", title: "Learning", body: body), figures: figures)
  }

  private func chart(
    _ name: String, _ title: String, _ trained: [TrainingRecord],
    training: @escaping (EpochRecord) -> Double,
    validation: @escaping (EpochRecord) -> Double?
  ) -> LineChart {
    var series: [LineChart.Series] = []
    let kinds: [(name: String, colour: Int, value: (EpochRecord) -> Double?)] = [
      ("training", 1, { training($0) }), ("validation", 0, validation),
    ]
    for kind in kinds {
      let lines = trained.map { one in one.history.epochs.map { (x: Double($0.epoch), y: kind.value($0)) } }
      guard lines.contains(where: { $0.contains { $0.y != nil } }) else { continue }
      if trained.count > 1 {
        for (one, points) in zip(trained, lines) {
          series.append(
            .init(name: "\(one.name), \(kind.name)", points: points, colour: kind.colour, isFaint: true))
        }
      }
      series.append(.init(name: kind.name, points: meanLine(lines), colour: kind.colour))
    }
    let ends = series.filter { !$0.isFaint }.compactMap { line in
      line.points.last.flatMap { $0.y }.map { "\(line.name) \(fixed($0, 4))" }
    }
    let many =
      trained.count > 1 ? " Thin lines are the \(trained.count) trainings, the thick one is their mean." : ""
    return LineChart(
      name: name, title: "\(title) by epoch",
      description: "At the end: \(ends.joined(separator: ", ")).\(many)", xTitle: "epoch",
      yTitle: title.lowercased(), series: series)
  }

  /// The later half of the epochs, a colour for each training; nil where there are too few epochs, or trainings.
  private func lateChart(_ trained: [TrainingRecord]) -> LineChart? {
    let last = trained.compactMap { $0.history.epochs.last?.epoch }.max() ?? 0
    guard trained.count > 1, trained.count <= Figure.colours, last >= 6 else { return nil }
    let series = trained.enumerated().map { index, one in
      let late = one.history.epochs.filter { $0.epoch * 2 > last }
      return LineChart.Series(
        name: one.name, points: late.map { (Double($0.epoch), $0.validationAccuracy) }, colour: index)
    }
    guard series.contains(where: { $0.points.contains { $0.y != nil } }) else { return nil }
    var chart = LineChart(
      name: "late-accuracy", title: "Validation accuracy of each training in the later epochs",
      description: trained.compactMap { one in
        one.kept?.validationAccuracy.map { "\(one.name): \(percent($0))" }
      }.joined(separator: ", "),
      xTitle: "epoch", yTitle: "validation accuracy, later epochs", series: series)
    chart.isPercent = true
    return chart
  }

  private func rateChart(_ trained: [TrainingRecord]) -> LineChart {
    // Trainings with the same rates are one line.
    var lines: [[(x: Double, y: Double?)]] = []
    for one in trained {
      let points = one.history.epochs.map { (x: Double($0.epoch), y: Optional($0.learningRate)) }
      if !lines.contains(where: { $0.elementsEqual(points) { $0.x == $1.x && $0.y == $1.y } }) {
        lines.append(points)
      }
    }
    let rates = lines.flatMap { $0.compactMap(\.y) }
    var chart = LineChart(
      name: "learning-rate", title: "Learning rate by epoch",
      description:
        "From \(significant(rates.first ?? 0)) to \(significant(rates.last ?? 0)), at most \(significant(rates.max() ?? 0)).",
      xTitle: "epoch",
      yTitle: "learning rate", series: lines.map { .init(name: "learning rate", points: $0, colour: 2) })
    if lines.count > 1 {
      for index in lines.indices { chart.series[index].isFaint = true }
    }
    return chart
  }

  private func trainingTable(_ trained: [TrainingRecord]) -> String {
    let columns: [Column] = [
      .text("training"), .number("accuracy"), .number("loss"), .number("kept epoch"), .number("of"),
      .number("an epoch took"), .text("validated on"),
    ]
    let rows = trained.map { one in
      [
        one.name, one.kept?.validationAccuracy.map { percent($0) } ?? "–",
        fixed(one.kept?.validationLoss, 4), one.kept.map { "\($0.epoch)" } ?? "–",
        "\(one.history.epochs.last?.epoch ?? 0)",
        one.secondsPerEpoch.map(duration) ?? "–", one.validatedOn,
      ]
    }
    return tableBox("Trainings", columns, rows)
  }

  /// The numbers behind the curves, at most 300 lines of them.
  private func epochTable(_ trained: [TrainingRecord]) -> String {
    let columns: [Column] = [
      .text("training"), .number("epoch"), .number("training loss"), .number("training accuracy"),
      .number("validation loss"), .number("validation accuracy"), .number("learning rate"),
    ]
    let rows = trained.flatMap { one in
      one.history.epochs.map { epoch in
        [
          one.name, "\(epoch.epoch)", fixed(epoch.trainingLoss, 4), percent(epoch.trainingAccuracy),
          fixed(epoch.validationLoss, 4), epoch.validationAccuracy.map { percent($0) } ?? "–",
          significant(epoch.learningRate),
        ]
      }
    }
    let limit = 300
    let rest =
      rows.count > limit
      ? paragraph(
        "\(grouped(rows.count - limit)) further rows are in the \(HistoryFile.name) files.", "small soft")
      : ""
    return tableBox("All epochs", columns, Array(rows.prefix(limit))) + rest
  }
}

/// The mean of lines at each x that any of them has, over those that have a number there.
func meanLine(_ lines: [[(x: Double, y: Double?)]]) -> [(x: Double, y: Double?)] {
  if lines.count == 1 { return lines[0] }
  var sums: [Double: (sum: Double, count: Int)] = [:]
  for point in lines.joined() {
    guard let y = point.y, y.isFinite else { continue }
    let before = sums[point.x] ?? (0, 0)
    sums[point.x] = (before.sum + y, before.count + 1)
  }
  return sums.keys.sorted().map { x in (x, sums[x].map { $0.sum / Double($0.count) }) }
}
