import Foundations
import Runs
import Scoring
import Sweeps

/// The results of a sweep: whether its winner is better than the base options, and what each trial came to.
public struct SweepReport: Sendable {
  /// The page's heading.
  public var title: String
  /// What was planned.
  public var sweep: Sweep
  /// The scores of tasks, by their numbers; a sweep that is not done lacks some.
  public var scores: [Int: TaskScore]
  /// What it has shown; nil while the final comparison is missing.
  public var verdict: SweepVerdict?
  /// What else is to be known: data, machines, seconds.
  public var facts: [(name: String, value: String)] = []
  /// How to run it again, and whatever else can be done with it.
  public var commands: [(purpose: String, command: String)] = []
  /// What the page's commands need besides options to read the same table: `--data digit-recognizer.zip`.
  public var tableArguments: [String] = []

  /// A report whose other parts are set afterwards.
  public init(title: String, sweep: Sweep, scores: [Int: TaskScore], verdict: SweepVerdict?) {
    self.title = title
    self.sweep = sweep
    self.scores = scores
    self.verdict = verdict
  }

  /// The page.
  public var page: Report {
    let figures = SweepFigures(sweep: sweep, scores: scores, winner: verdict?.winner)
    return Report(
      title: title, kind: "report of a sweep", lead: lead,
      parts: [searchPart, trialPart(figures), optionPart(figures)]
        + (1...sweep.halving.rungs).map(rungPart) + [runPart])
  }

  private var lead: String {
    guard let verdict else {
      let done = (1...sweep.taskCount).count { scores[$0] != nil }
      let note =
        "The sweep is not finished: \(grouped(done)) of \(counted(sweep.taskCount, "training")) have scores."
      return "<div class=\"lead\">\n\(paragraph(note, "note"))\n</div>"
    }
    let folds = SweepFolds.text(sweep.folds.reporting)
    let who = verdict.winner == 1 ? "base options" : "winner, trial \(verdict.winner)"
    var values: [(value: String, label: String)] = []
    if let comparison = verdict.comparison {
      let interval = comparison.accuracyInterval
      values.append((percent(verdict.base.accuracy), "base options"))
      values.append((points(comparison.accuracyDifference), "difference in points"))
      values.append(("\(points(interval.lowerBound)) to \(points(interval.upperBound))", "95 % interval"))
    } else {
      values.append((interval(verdict.reporting), "95 % interval"))
    }
    values.append(
      (percent(verdict.choosing.accuracy), "on \(SweepFolds.text(sweep.folds.choosing)), optimistic"))
    let items = values.map {
      "<div><p class=\"value\">\(escaped($0.value))</p><p class=\"label\">\(escaped($0.label))</p></div>"
    }
    let notes = [verdict.sentence] + verdict.notes
    return """
      <div class="lead">
      <div class="score"><div><p class="big">\(percent(verdict.reporting.accuracy))</p>\
      <p class="label">\(escaped("\(who), on \(folds)"))</p></div><div class="values">\(items.joined())</div></div>
      <div class="note">\(notes.map { paragraph($0) }.joined())</div>
      <div class="next">\(commandList(nextCommands(verdict)))</div>
      </div>
      """
  }

  /// What to train next: the winner, and the base before it unless the winner is better.
  private func nextCommands(_ verdict: SweepVerdict) -> [(purpose: String, command: String)] {
    let base = ("train with the base options", command(ofTrial: 1))
    if verdict.winner == 1 { return [base] }
    let winner = ("train with the winner's options", command(ofTrial: verdict.winner))
    return verdict.isWorthIt ? [winner] : [base, winner]
  }

  private func command(ofTrial trial: Int) -> String {
    let options = sweep.options(ofTrial: trial).options(for: "train")
    return (["kaggle-digits", "train"] + tableArguments.map(quoted) + options).joined(separator: " ")
  }

  private var searchPart: ReportPart {
    let base = sweep.space.values(of: sweep.base)
    let winner = verdict.map { sweep.space.values(of: sweep.trials[$0.winner - 1]) }
    var columns: [Column] = [.text("option"), .text("searched"), .text("base")]
    if winner != nil { columns.append(.text("winner")) }
    let rows = sweep.space.options.enumerated().map { place, option in
      [option.name, Self.text(of: option), base[place] ?? "unset"]
        + (winner.map { [$0[place] ?? "unset"] } ?? [])
    }
    let search =
      switch sweep.search {
      case .grid: "all combinations"
      case .random(_, let seed): "drawn at random with seed \(seed)"
      }
    var facts = [
      ("trials", "\(grouped(sweep.trials.count)), \(search); trial 1 is the base options"),
      ("chosen on", "\(SweepFolds.text(sweep.folds.choosing)) of \(sweep.folds.count)"),
      ("reported on", "\(SweepFolds.text(sweep.folds.reporting)), which chose nothing"),
    ]
    if sweep.halving.rungs > 1 {
      let rungs = (1...sweep.halving.rungs).map { rung in
        "\(counted(sweep.halving.trials(inRung: rung), "trial")) for \(counted(epochs(ofRung: rung), "epoch"))"
      }
      facts.append(("rungs", rungs.joined(separator: ", then ")))
    }
    let body = tableBox("Options that were searched", columns, rows) + factList(facts)
    return ReportPart(section: .init(id: "search", title: "What was searched", body: body))
  }

  private static func text(of option: SearchedOption) -> String {
    switch option.values {
    case .list: option.text.replacing(",", with: ", ")
    case .wholes(_, let isLogarithmic), .decimals(_, let isLogarithmic):
      option.text.replacing("..", with: " to ") + (isLogarithmic ? ", logarithmic" : "")
    }
  }

  private func epochs(ofRung rung: Int) -> Int { sweep.halving.epochs(sweep.base.epochs, inRung: rung) }

  private func trialPart(_ figures: SweepFigures) -> ReportPart? {
    guard let figure = figures.trials else { return nil }
    var notes = [
      "Each line is a trial: its options, and its accuracy on \(SweepFolds.text(sweep.folds.choosing))."
    ]
    notes += halvingNotes + figures.notes
    return ReportPart(
      section: .init(
        id: "trials", title: "All trials",
        body: paragraph(notes.joined(separator: " "), "soft") + figureBox(figure)), figures: [figure])
  }

  /// What to know of scores that are of fewer epochs.
  private var halvingNotes: [String] {
    if sweep.halving.rungs == 1 { return [] }
    return [
      "The scores are those of rung 1, the only one that all trials were in: \(counted(epochs(ofRung: 1), "epoch")) of "
        + "\(grouped(sweep.base.epochs)). What learns slowly may do better in the end."
    ]
  }

  private func optionPart(_ figures: SweepFigures) -> ReportPart? {
    let charts = figures.options
    if charts.isEmpty { return nil }
    let hasLists = sweep.space.options.contains { if case .list = $0.values { true } else { false } }
    let note =
      "A dot is a trial with its 95 % interval (Wilson): orange for the winner, large and grey for the base options. "
      + (hasLists ? "A green band holds the mean of a value's trials with 95 % confidence. " : "")
      + "Trials differ in all options at once, and all are scored on the same rows: what looks better here need not be."
    return ReportPart(
      section: .init(
        id: "options", title: "Each option",
        body: paragraph(note, "soft") + figureRow(charts.filter { !$0.isWide })
          + charts.filter(\.isWide).map(figureBox).joined(separator: "\n")), figures: charts)
  }

  /// Trials of a rung in its table, of which the first are shown at once.
  private static let (mostShown, mostListed) = (25, 400)

  private func rungPart(_ rung: Int) -> ReportPart? {
    guard let ranking = sweep.ranking(ofRung: rung, scores) else { return nil }
    let columns: [Column] =
      [.number("place"), .text("trial")] + sweep.space.options.map { .text($0.name) }
      + [
        .number("accuracy"), .number("95 % interval"), .number("rows wrong"), .number("log loss"),
      ]
    let rows = ranking.prefix(Self.mostListed).enumerated().map { place, entry in
      row(place: place + 1, entry.trial, entry.score)
    }
    let name = "Trials of rung \(rung)"
    var body = ""
    if rung < sweep.halving.rungs {
      let next = sweep.halving.trials(inRung: rung + 1)
      body += paragraph(
        next == 1
          ? "The first goes on to the next rung." : "The first \(grouped(next)) go on to the next rung.",
        "soft")
    }
    body += tableBox(name, columns, Array(rows.prefix(Self.mostShown)))
    if rows.count > Self.mostShown {
      body += folded(
        "\(counted(rows.count - Self.mostShown, "more trial"))",
        tableBox("\(name), continued", columns, Array(rows.dropFirst(Self.mostShown))))
    }
    if ranking.count > rows.count {
      body += paragraph(
        "The other \(grouped(ranking.count - rows.count)), which are less accurate, are left out.", "soft")
    }
    let title =
      sweep.halving.rungs == 1
      ? "Scores"
      : "Rung \(rung): \(counted(ranking.count, "trial")), \(counted(epochs(ofRung: rung), "epoch"))"
    return ReportPart(section: .init(id: "rung-\(rung)", title: title, body: body))
  }

  private func row(place: Int, _ trial: Int, _ score: TaskScore) -> [String] {
    var remarks: [String] = []
    if trial == verdict?.winner { remarks.append("winner") }
    if trial == 1 { remarks.append("base") }
    if score.isDiverged { remarks.append("diverged") }
    let remark = remarks.isEmpty ? "" : " (\(remarks.joined(separator: ", ")))"
    return [grouped(place), grouped(trial) + remark]
      + sweep.space.values(of: sweep.trials[trial - 1]).map { $0 ?? "unset" } + [
        percent(score.accuracy), interval(score), "\(grouped(score.wrong)) of \(grouped(score.rows))",
        fixed(score.logLoss, 4),
      ]
  }

  private func interval(_ score: TaskScore) -> String {
    "\(fixed(score.interval.lowerBound * 100, 2)) – \(percent(score.interval.upperBound))"
  }

  /// A difference of shares in percentage points, with its sign.
  private func points(_ difference: Double) -> String {
    let text = fixed(difference.magnitude * 100, 2)
    return text == fixed(0, 2) ? text : (difference < 0 ? "−" : "+") + text
  }

  private var runPart: ReportPart? {
    let facts = sweep.base.facts + self.facts
    if facts.isEmpty && commands.isEmpty { return nil }
    var body = "<h3>The base options</h3>\n" + factList(facts)
    if !commands.isEmpty { body += "<h3>Run it again</h3>\n" + commandList(commands) }
    return ReportPart(section: .init(id: "run", title: "What was run", body: body))
  }
}
