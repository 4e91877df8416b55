import Checkpoints
import Competition
import Compute
import Ensembling
import Foundations
import NeuralNetworks
import Options
import Reporting
import Runs
import Scoring
import Sweeps
import Terminal

/// What comes when all trials of a sweep are trained: the winner against the base options, the page, and what to do next.
struct SweepConclusion {
  private let reporting: OutputOptions
  private let threads: Int
  private let kernels: any InstructionSet

  init(_ reporting: OutputOptions, threads: Int, kernels: any InstructionSet) {
    (self.reporting, self.threads, self.kernels) = (reporting, threads, kernels)
  }

  /// Compares, writes the page and prints the verdict. The tasks' states were asked for after all were trained.
  func conclude(_ tasks: PlanTasks, table: DigitTable) throws(KitError) {
    guard let sweep = tasks.sweep,
      let winner = sweep.survivors(ofRung: sweep.finalRung, tasks.scores)?.first
    else { throw KitError(.badData, "\(tasks.plan.run) has no scores of all its rungs") }
    let splits = try sweep.base.splits(of: table)
    func evaluations(ofTrial trial: Int) throws(KitError) -> [Evaluation] {
      var result: [Evaluation] = []
      for task in tasks.finalTasks(ofTrial: trial) {
        guard let fold = task.file.configuration.folds?.number else { continue }
        result.append(try evaluation(of: task, table, rows: splits[fold - 1].heldOut))
      }
      return result
    }
    let verdict = try SweepVerdict(
      of: sweep, tasks.scores, winner: evaluations(ofTrial: winner),
      base: winner == 1 ? [] : evaluations(ofTrial: 1))
    try write(tasks, sweep, verdict)
    show(tasks, sweep, verdict)
  }

  /// A trained task on the rows of its fold; the same probability for each class if it diverged.
  private func evaluation(
    of task: PlannedTask, _ table: DigitTable, rows: [Int]
  ) throws(KitError) -> Evaluation {
    let probabilities: [Double]
    if try task.standing() == .diverged {
      let share = 1 / Double(table.classes.count)
      probabilities = [Double](repeating: share, count: rows.count * table.classes.count)
    } else {
      let ensemble = try Ensemble(sources: [task.directory.path], threads: threads, kernels: kernels)
      probabilities = try ensemble.predict(table, rows: rows).probabilities
    }
    return Evaluation(
      rows: rows, labels: rows.map { table.labels[$0] }, probabilities: probabilities, kinds: table.classes)
  }

  private func write(_ tasks: PlanTasks, _ sweep: Sweep, _ verdict: SweepVerdict) throws(KitError) {
    let run = tasks.plan.run
    let scores = (1...sweep.taskCount).map { number in
      tasks.scores[number].map { score in
        JSON.object([("task", .integer(number - 1)), ("score", score.json)])
      }
    }
    let json = JSON.object([
      ("kit", .string(kitVersion)), ("rows-digest", .string(tasks.plan.file.rowsDigest)),
      ("verdict", verdict.json), ("scores", .array(scores.compactMap(\.self))), ("sweep", sweep.json),
    ])
    try WholeFile.write(json.serialized(pretty: true) + "\n", to: SweepFile.path(in: run), replacing: true)
    let name = lastName(absolutePath(run))
    var report = SweepReport(title: name, sweep: sweep, scores: tasks.scores, verdict: verdict)
    report.facts = [("data", tasks.plan.file.data), ("kit", "kaggle-digits \(kitVersion)")]
    report.tableArguments = ["--data", tasks.plan.file.data] + tasks.plan.file.tableArguments(of: run)
    try report.page.write(to: run)
  }

  private func show(_ tasks: PlanTasks, _ sweep: Sweep, _ verdict: SweepVerdict) {
    let run = tasks.plan.run
    if reporting.json {
      printJSON(.object([("run", .string(run)), ("verdict", verdict.json)]))
    } else {
      let last = sweep.ranking(ofRung: sweep.halving.rungs, tasks.scores) ?? []
      var rows = [["trial", "accuracy", "log loss", "options"]]
      for (trial, score) in last.prefix(5) {
        let words = zip(sweep.space.options, sweep.space.values(of: sweep.trials[trial - 1]))
        rows.append([
          trial == 1 ? "1 (base)" : "\(trial)", fixed(score.accuracy, 4), fixed(score.logLoss, 4),
          words.map { "--\($0.name) \($1 ?? "unset")" }.joined(separator: " "),
        ])
      }
      printTable(aligned(rows))
      printLine()
      printLine(verdict.sentence)
      for text in verdict.notes { printLine(text) }
      printLine("run: \(run)")
      printLine("report: \(PageFile.path(in: run)) (open in a browser)")
    }
    let options = sweep.options(ofTrial: verdict.isWorthIt ? verdict.winner : 1).options(for: "train")
    note(
      "next: kaggle-digits train \((options + ["--data", quoted(tasks.plan.file.data)]).joined(separator: " "))"
    )
  }
}
