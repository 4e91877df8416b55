import Foundations
import Scoring

extension Leaderboard {
  /// The page.
  ///
  /// - Parameter folder: The folder that was searched, for the heading.
  public func page(of folder: String) -> Report {
    Report(
      title: folder == "." ? "Leaderboard" : "Leaderboard of \(folder)", kind: "runs and submissions",
      lead: lead, parts: [scorePart, chartPart, allPart])
  }

  private var submissions: [Row] { rows.filter { $0.score != nil } }

  private var lead: String {
    let best = submissions.max { ($0.score?.value ?? 0) < ($1.score?.value ?? 0) }
    let held = rows.filter { $0.scoredOn == Self.outOfFold }.max { ($0.accuracy ?? 0) < ($1.accuracy ?? 0) }
    var values = ""
    if let best, let score = best.score {
      values += """
        <div><p class="big">\(escaped(score.text))</p>\
        <p class="label">highest public score: \(escaped(best.path))</p></div>
        """
    }
    if let held, let accuracy = held.accuracy {
      values += """
        <div><p class="\(best == nil ? "big" : "value")">\(percent(accuracy))</p>\
        <p class="label">highest out-of-fold accuracy: \(escaped(held.path))</p></div>
        """
    }
    let counts = [Kind.run, .crossValidation, .submission].compactMap { kind in
      let count = rows.count { $0.kind == kind }
      return count == 0 ? nil : counted(count, kind.rawValue)
    }
    var notes = [
      counts.isEmpty ? "There are no runs and no submissions." : "\(counts.joined(separator: ", "))."
    ]
    if submissions.contains(where: { $0.score?.value == 1 }) {
      notes.append(
        "A public score of 1.00000 is not learned: the test images are MNIST's, whose labels are published.")
    }
    return """
      <div class="lead">
      \(values.isEmpty ? "" : "<div class=\"score\">\(values)</div>")
      <div class="note">\(notes.map { paragraph($0) }.joined())</div>
      </div>
      """
  }

  private var scorePart: ReportPart? {
    if submissions.isEmpty { return nil }
    let columns: [Column] = [
      .text("submission"), .number("public score"), .text("images wrong"), .number("out-of-fold accuracy"),
      .text("expected range"), .text("the score is"), .text("uploaded (UTC)"), .number("Kaggle's number"),
    ]
    let cells = submissions.map { row -> [String] in
      let expected = row.expected
      let meaning = row.score?.meaning ?? ""
      let interval = expected.map {
        "\(fixed($0.interval.lowerBound, 4)) to \(fixed($0.interval.upperBound, 4))"
      }
      let accuracy = row.scoredOn == Self.outOfFold ? row.accuracy : nil
      return [
        row.path, row.score?.text ?? "–", meaning.isEmpty ? "–" : meaning,
        accuracy.map { percent($0) } ?? "–", interval ?? "–",
        expected?.verdict.rawValue ?? "–", row.upload?.date?.replacing("T", with: " ") ?? "–",
        row.upload?.reference.map { "\($0)" } ?? "–",
      ]
    }
    let note =
      "The expected range holds 95 % of public scores if the test images are like the out-of-fold rows; it allows for chance in "
      + "both. A score outside it is rare: above, when the average of all members beats the members that did not see a row; "
      + "below, when something is different in prediction. Kaggle does not say how many of the 28,000 images a score covers; "
      + "where both readings are possible, the wider range is shown."
    return ReportPart(
      section: .init(
        id: "scores", title: "Public scores",
        body: tableBox("Public scores", columns, cells) + paragraph(note, "soft")))
  }

  /// The best rows whose accuracy has an interval.
  private var chartPart: ReportPart? {
    let scored = rows.filter { $0.kind != .submission && $0.rows != nil }
      .sorted { ($0.accuracy ?? 0) > ($1.accuracy ?? 0) }.prefix(12)
    if scored.count < 2 { return nil }
    let chart = IntervalChart(
      name: "accuracy", title: "Accuracy of runs and cross-validations",
      description: scored.map { "\($0.path): \(percent($0.accuracy ?? .nan))" }.joined(separator: ", "),
      xTitle: "accuracy on held-out rows, with 95 % interval",
      rows: scored.compactMap { row in row.rows.map { (row.path, $0.accuracy, $0.interval) } }
    ).figure
    let note =
      "Validation rows of one run and out-of-fold rows of another are different rows: intervals that overlap tell little. "
      + "kaggle-digits report compares runs on the rows that both have."
    return ReportPart(
      section: .init(
        id: "accuracy", title: "Held-out accuracy", body: figureRow([chart]) + paragraph(note, "soft")),
      figures: [chart])
  }

  private var allPart: ReportPart? {
    if rows.isEmpty { return nil }
    let columns: [Column] = [
      .text("path"), .text("what"), .number("accuracy"), .text("95 % interval"), .text("of"),
      .number("public score"), .number("members"), .text("networks"), .text("when"), .text("recipe"),
      .text("remark"),
    ]
    let cells = rows.map { row -> [String] in
      let of = row.rows.map { "\(grouped($0.rows)) \(row.scoredOn) rows" } ?? row.scoredOn
      return [
        row.path, row.kind.rawValue, row.accuracy.map { percent($0) } ?? "–", row.intervalText ?? "–",
        of.isEmpty ? "–" : of, row.score?.text ?? "–", row.members == 0 ? "–" : grouped(row.members),
        row.networks.isEmpty ? "–" : row.networks.joined(separator: ", "), row.when, row.recipe ?? "–",
        row.remark.isEmpty ? "–" : row.remark,
      ]
    }
    return ReportPart(
      section: .init(id: "all", title: "All", body: tableBox("All runs and submissions", columns, cells)))
  }
}
