import Competition
import Ensembling
import Foundations
import Reporting
import Runs
import Scoring
import Terminal
import Training

extension RunConclusion {
  /// Concludes a cross-validation: scores the members, writes the files and the page, and prints the scores and what to do
  /// next.
  ///
  /// - Parameters:
  ///   - run: The folds that are trained.
  ///   - whole: All folds.
  ///   - log: Gets each member's pictures; nil if the members were trained by other processes.
  public func conclude(
    _ run: CrossValidationRun, of whole: CrossValidationRun, _ log: TensorBoardLog?
  ) throws(KitError) {
    let score = try score(run)
    let json = try score.write(for: run)
    for (task, evaluation) in score.members.enumerated() { log?.conclude(task, evaluation) }
    let page = try RunPage(
      of: run.directory.path, table: run.table, data: nil, threads: threads, kernels: kernels)
    try page.write()
    for text in page.notes { note("note: \(text)") }
    show(score, json, of: run)
    if run.runs.count < whole.runs.count {
      note("next, for the other folds: kaggle-digits cross-validate --resume \(quoted(run.directory.path))")
    } else {
      noteSubmission(of: run)
    }
  }

  private func score(_ run: CrossValidationRun) throws(KitError) -> CrossValidationScore {
    let report = ProgressReport(quiet: reporting.quiet)
    defer { report.finish() }
    return try CrossValidationScore(
      of: run, threads: threads, kernels: kernels
    ) { done, members in
      report.update(
        lane: 0, label: "scoring", completed: done, total: members, unit: "members", detail: "")
    }
  }

  private func show(_ score: CrossValidationScore, _ json: JSON, of run: CrossValidationRun) {
    if reporting.json {
      printJSON(json)
    } else {
      printTable(foldsTable(score, repeats: run.folds.repeats))
      printLine()
      printLine(
        "out of fold, \(grouped(score.outOfFold.rows.count)) rows, each predicted by members that did not see it:"
      )
      printTable(score.outOfFold.summaryText)
      if let gain = score.memberGain { printLine(gain.summary) }
      if let gain = score.viewsGain { printLine("test-time augmentation: \(gain.summary)") }
      printLine("run: \(run.directory.path)")
      printLine("report: \(PageFile.path(in: run.directory.path)) (open in a browser)")
    }
  }

  private func noteSubmission(of run: CrossValidationRun) {
    let predicting = run.prediction.arguments.map { " \($0)" }.joined()
    note(
      "next: kaggle-digits submit \(quoted(run.directory.path)) --data \(testDataOption(data))\(predicting)")
  }

  private func foldsTable(_ score: CrossValidationScore, repeats: Int) -> String {
    let isRepeated = repeats > 1
    var rows = [["fold", "rows", "accuracy", "log loss", "epoch", "seconds"]]
    if isRepeated { rows[0].insert("repeat", at: 1) }
    for fold in score.folds {
      let epochs = fold.epochs.map { "\($0)" }.joined(separator: ",")
      var row = [
        "\(fold.number)", grouped(fold.rows), fixed(fold.accuracy, 4), fixed(fold.logLoss, 4), epochs,
        fold.seconds.map { fixed($0, 1) } ?? "–",
      ]
      if isRepeated { row.insert("\(fold.repetition)", at: 1) }
      rows.append(row)
    }
    let blank = isRepeated ? ["", ""] : [""]
    let (accuracy, logLoss) = (score.accuracy, score.logLoss)
    // One fold has no spread, and its mean is itself.
    if let spread = accuracy.deviation, let lossSpread = logLoss.deviation {
      rows.append(["mean"] + blank + [fixed(accuracy.mean, 4), fixed(logLoss.mean, 4)])
      rows.append(["± sd"] + blank + [fixed(spread, 4), fixed(lossSpread, 4)])
    }
    return aligned(rows)
  }
}
