import ArgumentParser
import Competition
import Compute
import Ensembling
import Foundations
import NeuralNetworks
import Options
import Reporting
import Runs
import Scoring
import Terminal
import Training
import TrainingObservers

@main
struct Train: Command {
  static let configuration = CommandConfiguration.command(
    "train",
    discussion: """
      Trains on train.csv, validates after every epoch on rows that are held out, and writes a run: checkpoints, \
      history and all that is needed to resume it. The same data, options and seed give the same bytes, whatever \
      the number of threads and the processor.

      Recipes are named sets of options; options you give explicitly override the recipe's:
      \(Recipe.help)

      Networks are written as layers joined by hyphens; the 10-way softmax at the end is implied:
      \(Network.notationHelp)

      or named:
      \(NamedNetwork.help)

      A run's folder has, for each member, a folder member-1, member-2, … with
      \(RunFiles.help(.member))
      and beside them
      \(RunFiles.help(.training))
      """)

  @OptionGroup var source: DataOptions

  @OptionGroup(title: "Table") var table: TrainingTableOptions

  @OptionGroup var place: RunOptions

  @OptionGroup var options: TrainingOptions

  @Flag(
    help: """
      Only try learning rates: train for some hundred steps while the rate rises, print the losses and a suggestion, and \
      draw them into learning-rate.svg, or the file that --output names.
      """)
  var findLearningRate = false

  @OptionGroup var threading: ThreadOptions

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    try place.validate(reporting, table)
    try options.validate(place)
    if findLearningRate && place.resume != nil {
      throw ValidationError("--resume and --find-learning-rate are mutually exclusive")
    }
  }

  func run() throws {
    Interruption.install()
    let kernels = try InstructionSets.detected()
    let threads = threading.count
    if options.printConfig { return options.printOptions(of: try newConfiguration()) }
    if findLearningRate {
      return try tryLearningRates(try newConfiguration(), threads: threads, kernels: kernels)
    }
    let (run, data) = try place.resume.map { try resumed($0, threads: threads) } ?? begun(threads: threads)
    describe(run, threads: threads, kernels: kernels)
    let tasks = run.tasks
    let names = tasks.count > 1 ? tasks.indices.map { "member \($0 + 1)" } : [""]
    let log = try tasks.train(
      names: names, lines: .epochs, quiet: reporting.quiet, threads: threads, kernels: kernels)
    guard let log else { throw stopped(run) }
    do {
      try conclude(run, log, data: data, threads: threads, kernels: kernels)
    } catch let error as KitError where error.kind == .stopped {
      throw stopped(run)
    }
  }

  private func stopped(_ run: TrainingRun) -> ExitCode {
    note("stopped; to resume: kaggle-digits train --resume \(quoted(run.directory.path))")
    return ExitCode(Interruption.exitStatus)
  }

  private func newConfiguration() throws(KitError) -> Configuration {
    let result = try options.configuration(over: Configuration())
    try result.validate()
    return result
  }

  /// A new run from the options.
  private func begun(threads: Int) throws -> (TrainingRun, data: String) {
    let configuration = try newConfiguration()
    try TrainingRun.requireMemory(for: configuration, threads: threads)
    let data = try TrainingData(
      finding: source.data, form: table.form(), output: place.output, config: options.config)
    data.noteLimit(configuration)
    let run = try TrainingRun.begin(
      configuration, table: data.table, data: data.place, output: place.output, force: reporting.force)
    return (run, data.place)
  }

  /// A run that is resumed, with the data it was begun with unless `--data` names another place.
  private func resumed(_ path: String, threads: Int) throws -> (TrainingRun, data: String) {
    let resumed = try ResumedRun(path, command: "train", data: source.data, threads: threads) {
      base throws(KitError) in try options.configuration(over: base)
    }
    let run = try TrainingRun(
      resuming: resumed.directory, table: resumed.data.table, epochs: options.epochs, data: resumed.data.place
    )
    return (run, resumed.data.place)
  }

  private func describe(_ run: TrainingRun, threads: Int, kernels: any InstructionSet) {
    if reporting.quiet { return }
    let (rows, seed) = (run.split.validation.count, run.configuration.seed)
    let kept = rows == 0 ? "none" : grouped(rows)
    let how = rows == 0 ? "" : " (stratified, seed \(seed))"
    describeTraining(
      run.configuration,
      rows: "\(grouped(run.split.training.count)) to train on, \(kept) kept for validation\(how)",
      threads: threads, kernels: kernels, run: run.directory.path,
      resumed: place.resume.map { _ in run.tasks.standing })
  }

  /// Writes the page; prints each member's checkpoint, the ensemble's score, and what to do next.
  private func conclude(
    _ run: TrainingRun, _ log: TensorBoardLog, data: String, threads: Int, kernels: any InstructionSet
  ) throws {
    let ensemble = try Ensemble(sources: [run.directory.path], threads: threads, kernels: kernels)
    let rows = run.split.validation
    let predictions = try rows.isEmpty ? nil : ensemble.predict(run.table, rows: rows)
    for (task, opinion) in (predictions?.opinions ?? []).enumerated() {
      log.conclude(
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
    note(
      "next: kaggle-digits submit \(quoted(run.directory.path)) --data \(testDataOption(source.data ?? data))"
    )
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
