import Compute
import Foundations
import Options
import Reporting
import Runs
import Terminal
import Training

extension Train {
  /// Tries rising learning rates, prints the losses and a suggestion, and draws them.
  func tryLearningRates(_ configuration: Configuration, threads: Int, kernels: any InstructionSet) throws {
    let path = place.output ?? "learning-rate.svg"
    let data = try TrainingData(finding: source.data, form: table.form())
    try requireOwnFiles(
      [(OutputFile("--output", path), "a figure", ".svg")], sources: [],
      files: table.files + (options.config.map { [$0] } ?? []), data: data.location)
    let file = try WholeFile(at: path, replacing: reporting.force)
    let split = try configuration.split(of: data.table)
    let progress = ProgressReport(quiet: reporting.quiet)
    let range = try LearningRateRange(
      of: configuration, table: data.table, rows: split.training, threads: threads, kernels: kernels
    ) { done, all in
      progress.update(
        lane: 0, label: "trying learning rates", completed: done, total: all, unit: "steps", detail: "")
      return Interruption.requested == nil
    }
    progress.finish()
    try file.write(learningRateFigure(range).svg)
    try file.commit()
    if reporting.json { return printJSON(json(range, configuration, figure: path)) }
    printTable(table(of: range))
    printLine()
    if let suggestion = range.suggestion, let lowest = range.lowest {
      printLine(
        "lowest loss \(fixed(lowest.loss, 3)) at \(significant(lowest.learningRate)); "
          + "try --learning-rate \(significant(suggestion))")
    } else {
      printLine("the loss hardly fell, so this test suggests nothing; is the network trained at all?")
    }
    printLine("figure: \(path) (open in a browser)")
  }

  /// The loss twice a decade, and the last one.
  private func table(of range: LearningRateRange) -> String {
    let points = range.points
    let shown = points.indices.filter { $0 % 20 == 0 || $0 == points.count - 1 }
    return aligned(
      [["learning rate", "loss"]]
        + shown.map { [significant(points[$0].learningRate), fixed(points[$0].loss, 3)] })
  }

  private func json(_ range: LearningRateRange, _ configuration: Configuration, figure: String) -> JSON {
    .object([
      ("kit", .string(kitVersion)),
      ("network", .string(configuration.network(ofMember: 1))),
      ("suggestion", range.suggestion.map { .number($0) } ?? .null),
      (
        "points",
        .array(
          range.points.map {
            .object([("learning-rate", .number($0.learningRate)), ("loss", .number($0.loss))])
          })
      ), ("figure", .string(figure)),
    ])
  }
}
