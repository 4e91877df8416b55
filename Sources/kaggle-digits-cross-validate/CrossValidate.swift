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
struct CrossValidate: Command {
  static let configuration = CommandConfiguration.command(
    "cross-validate",
    discussion: """
      Splits the rows of train.csv into folds, stratified by digit and with equal images in the same fold, trains on all \
      folds but one, in turn, and scores each member on the fold that it did not see. The scores are of the last epoch, \
      so nothing is chosen on the rows that are scored; --select best chooses each fold's epoch on a share of its \
      training rows. kaggle-digits submit takes the run and averages the members of all folds.

      Recipes are named sets of options; options you give explicitly override the recipe's:
      \(Recipe.help)

      Networks are written as for kaggle-digits train, see its --help.

      A run's folder has, for each fold, a run fold-1, fold-2, … as kaggle-digits train writes it, and beside them
      \(RunFiles.help(.crossValidation))
      """)

  @OptionGroup var source: DataOptions

  @OptionGroup(title: "Table") var table: TrainingTableOptions

  @OptionGroup var place: RunOptions

  @OptionGroup(title: ConfigurationOption.Group.folds.title) var folds: FoldOptions

  @OptionGroup var options: TrainingOptions

  @OptionGroup(title: "Prediction options") var prediction: PredictionOptions

  @OptionGroup var threading: ThreadOptions

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    try place.validate(reporting, table)
    try options.validate(place)
    try prediction.settings().validate()
    let chosen = try folds.chosen()
    if chosen != nil && place.plan {
      throw ValidationError(
        "--plan and --only-folds are mutually exclusive: kaggle-digits work --task chooses what is trained")
    }
    // A file is read when the command runs: what is wrong with it is not wrong usage.
    if options.config != nil { return }
    let configuration = try configuration(over: .crossValidation)
    try configuration.validate()
    if let chosen, place.resume == nil { try configuration.folds?.requireAll(chosen) }
  }

  func run() throws {
    Interruption.install()
    let kernels = try InstructionSets.detected()
    let threads = threading.count
    if options.printConfig {
      return options.printOptions(of: try newConfiguration(), prediction: try newPrediction())
    }
    if place.plan { return try plan(threads: threads, kernels: kernels) }
    let (whole, data) = try place.resume.map { try resumed($0, threads: threads) } ?? begun(threads: threads)
    let run = try folds.chosen().map { try whole.only($0) } ?? whole
    describe(run, threads: threads, kernels: kernels)
    do {
      guard let log = try train(run, threads: threads, kernels: kernels) else { throw stopped(run) }
      let conclusion = RunConclusion(
        reporting, data: source.data ?? data, threads: threads, kernels: kernels)
      try conclusion.conclude(run, of: whole, log)
    } catch let error as KitError where error.kind == .stopped {
      throw stopped(run)
    }
  }

  private func stopped(_ run: CrossValidationRun) -> ExitCode {
    note("stopped; to resume: kaggle-digits cross-validate --resume \(quoted(run.directory.path))")
    return ExitCode(Interruption.exitStatus)
  }

  private func configuration(over base: Configuration) throws(KitError) -> Configuration {
    var result = try folds.configuration(over: options.configuration(over: base))
    if result.select == .best && result.validation == 0 && options.given["validation"] == nil {
      result.validation = Configuration().validation
    }
    return result
  }

  private func newConfiguration() throws -> Configuration {
    let result = try configuration(over: .crossValidation)
    try result.validate()
    if let chosen = try folds.chosen() { try result.folds?.requireAll(chosen) }
    return result
  }

  private func newPrediction() throws(KitError) -> PredictionSettings {
    prediction.settings(over: try options.prediction() ?? PredictionSettings())
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
      configuration, prediction: newPrediction(), table: data.table, data: data.place, output: place.output,
      reporting, threads: threads, kernels: kernels)
  }

  /// A new run from the options.
  private func begun(threads: Int) throws -> (CrossValidationRun, data: String) {
    let configuration = try newConfiguration()
    try TrainingRun.requireMemory(for: configuration, threads: threads)
    let data = try newData(for: configuration)
    let run = try CrossValidationRun.begin(
      configuration, prediction: newPrediction(), table: data.table, data: data.place,
      output: place.output, force: reporting.force)
    return (run, data.place)
  }

  /// A run that is resumed, with the data it was begun with unless `--data` names another place.
  private func resumed(_ path: String, threads: Int) throws -> (CrossValidationRun, data: String) {
    let resumed = try ResumedRun(path, command: "cross-validate", data: source.data, threads: threads) {
      base throws(KitError) in try configuration(over: base)
    }
    let run = try CrossValidationRun(
      resuming: resumed.directory,
      prediction: prediction.settings(over: resumed.file.prediction ?? PredictionSettings()),
      table: resumed.data.table, epochs: options.epochs, data: resumed.data.place)
    return (run, resumed.data.place)
  }

  private func describe(_ run: CrossValidationRun, threads: Int, kernels: any InstructionSet) {
    if reporting.quiet { return }
    let rows = run.runs[0].split
    var text =
      "about \(grouped(rows.training.count)) to train on and \(grouped(rows.heldOut.count)) held out in each"
    text += " of \(run.folds.count) folds"
    if run.folds.repeats > 1 { text += ", \(run.folds.repeats) times" }
    if run.configuration.select == .best {
      text += "; \(grouped(rows.validation.count)) more choose the epoch"
    }
    describeTraining(
      run.configuration, rows: text + " (seed \(run.configuration.seed))",
      threads: threads, kernels: kernels, run: run.directory.path,
      resumed: place.resume.map { _ in run.tasks.standing })
  }

  /// Trains all folds; nil if asked to stop before they were done.
  private func train(
    _ run: CrossValidationRun, threads: Int, kernels: any InstructionSet
  ) throws(KitError) -> TensorBoardLog? {
    let members = run.configuration.members
    let names = run.tasks.indices.map { index in
      "fold \(run.runs[index / members].foldNumber)" + (members > 1 ? " member \(index % members + 1)" : "")
    }
    return try run.tasks.train(
      names: names, lines: .trainings, quiet: reporting.quiet, saveInterval: place.saving.interval,
      threads: threads, kernels: kernels)
  }
}
