import Competition
import Ensembling
import Foundations
import NeuralNetworks
import Reporting
import Runs
import Scoring
import Terminal
import Training

extension RunConclusion {
  /// Concludes a training: writes its page; prints each member's checkpoint, the ensemble's score, and what to do next.
  ///
  /// - Parameter log: Gets each member's pictures; nil if the members were trained by other processes.
  public func conclude(_ run: TrainingRun, _ log: TensorBoardLog?) throws(KitError) {
    let ensemble = try Ensemble(sources: [run.directory.path], threads: threads, kernels: kernels)
    let rows = run.split.validation
    let predictions = try rows.isEmpty ? nil : ensemble.predict(run.table, rows: rows)
    for (task, opinion) in (predictions?.opinions ?? []).enumerated() {
      log?.conclude(
        task,
        Evaluation(
          rows: rows, labels: rows.map { run.table.labels[$0] }, probabilities: opinion.probabilities,
          kinds: run.table.classes))
    }
    let page = try RunPage(
      of: run.directory.path, table: run.table, data: nil, predictions: predictions, threads: threads,
      kernels: kernels)
    try page.write()
    for text in page.notes { note("note: \(text)") }
    if reporting.json {
      printJSON(json(run, ensemble, page.report.evaluation))
    } else {
      show(run, ensemble, page.report.evaluation)
    }
    note("next: kaggle-digits submit \(quoted(run.directory.path)) --data \(testDataOption(data))")
  }

  private func show(_ run: TrainingRun, _ ensemble: Ensemble, _ evaluation: Evaluation?) {
    let isSelected = run.configuration.select == .best
    for checkpoint in ensemble.members.map(\.checkpoint) {
      let origin = checkpoint.origin
      guard let accuracy = origin.validationAccuracy, let loss = origin.validationLoss else {
        printLine(
          "member \(origin.member): epoch \(origin.epoch), the last (no rows were kept for validation)")
        continue
      }
      printLine(
        "member \(origin.member): \(isSelected ? "best" : "last") epoch \(origin.epoch), "
          + "validation accuracy \(fixed(accuracy, 4)), loss \(fixed(loss, 4))"
          + (isSelected ? " (selected on these rows)" : ""))
    }
    if let evaluation, ensemble.members.count > 1 {
      printLine(
        "ensemble of \(ensemble.members.count): validation accuracy \(fixed(evaluation.accuracy, 4)), "
          + "loss \(fixed(evaluation.logLoss, 4))" + (isSelected ? " (members selected on these rows)" : ""))
    }
    printLine("run: \(run.directory.path)")
    printLine("report: \(PageFile.path(in: run.directory.path)) (open in a browser)")
  }

  private func json(_ run: TrainingRun, _ ensemble: Ensemble, _ evaluation: Evaluation?) -> JSON {
    func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
    let members = ensemble.members.map { member in
      JSON.object([
        ("member", .integer(member.checkpoint.origin.member)), ("checkpoint", .string(member.path)),
        ("epoch", .integer(member.checkpoint.origin.epoch)),
        ("validation-accuracy", number(member.checkpoint.origin.validationAccuracy)),
        ("validation-loss", number(member.checkpoint.origin.validationLoss)),
      ])
    }
    return .object([
      ("run", .string(run.directory.path)), ("options", .object(run.configuration.fields)),
      ("training-rows", .integer(run.split.training.count)),
      ("validation-rows", .integer(run.split.validation.count)), ("members", .array(members)),
      ("ensemble-validation-accuracy", number(evaluation?.accuracy)),
      ("ensemble-validation-loss", number(evaluation?.logLoss)),
      ("selected-on-validation-rows", .bool(evaluation != nil && run.configuration.select == .best)),
    ])
  }
}
