import ArgumentParser
import Competition
import Compute
import Foundations
import NeuralNetworks
import Options
import Runs
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
    name: .customLong("final"),
    help: """
      Train on all rows and keep none for validation, for a submission once a cross-validation has decided: sets \
      --validation to 0.
      """)
  var isFinal = false

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
    if isFinal && place.resume != nil {
      throw ValidationError(
        "--resume and --final are mutually exclusive: a run keeps the rows that it was begun with")
    }
    if isFinal, let share = options.given["validation"], Double(share) != 0 {
      throw ValidationError("--final and --validation \(share) are mutually exclusive")
    }
    if findLearningRate && place.resume != nil {
      throw ValidationError("--resume and --find-learning-rate are mutually exclusive")
    }
    if findLearningRate && place.plan {
      throw ValidationError("--plan and --find-learning-rate are mutually exclusive")
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
    if place.plan { return try plan(threads: threads, kernels: kernels) }
    let (run, data) = try place.resume.map { try resumed($0, threads: threads) } ?? begun(threads: threads)
    describe(run, threads: threads, kernels: kernels)
    let tasks = run.tasks
    let names = tasks.count > 1 ? tasks.indices.map { "member \($0 + 1)" } : [""]
    let log = try tasks.train(
      names: names, lines: .epochs, quiet: reporting.quiet, saveInterval: place.saving.interval,
      threads: threads, kernels: kernels)
    guard let log else { throw stopped(run) }
    let conclusion = RunConclusion(reporting, data: source.data ?? data, threads: threads, kernels: kernels)
    do {
      try conclusion.conclude(run, log)
    } catch {
      throw error.kind == .stopped ? stopped(run) : error
    }
  }

  private func stopped(_ run: TrainingRun) -> ExitCode {
    note("stopped; to resume: kaggle-digits train --resume \(quoted(run.directory.path))")
    return ExitCode(Interruption.exitStatus)
  }

  private func newConfiguration() throws(KitError) -> Configuration {
    var result = try options.configuration(over: Configuration())
    if isFinal { result.validation = 0 }
    if isFinal && result.select == .best {
      throw KitError(
        .usage, "--final keeps no rows that --select best could choose an epoch by; leave one of them out")
    }
    try result.validate()
    return result
  }

  /// The rows of a new run.
  private func newData(for configuration: Configuration) throws(KitError) -> TrainingData {
    try TrainingData(for: configuration, source, table, output: place.output, config: options.config)
  }

  /// Makes a plan, and says what it is.
  private func plan(threads: Int, kernels: any InstructionSet) throws {
    let configuration = try newConfiguration()
    let data = try newData(for: configuration)
    try makePlan(
      configuration, prediction: nil, table: data.table, data: data.place, output: place.output, reporting,
      threads: threads, kernels: kernels)
  }

  /// A new run from the options.
  private func begun(threads: Int) throws -> (TrainingRun, data: String) {
    let configuration = try newConfiguration()
    try TrainingRun.requireMemory(for: configuration, threads: threads)
    let data = try newData(for: configuration)
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
}
