import ArgumentParser
import Competition
import Compute
import Foundations
import NeuralNetworks
import Options
import Runs
import Sweeps
import Terminal
import Training
import TrainingObservers

/// `kaggle-digits sweep`: searches options.
struct SweepCommand: Command {
  static let configuration = CommandConfiguration.command(
    "sweep",
    discussion: """
      Trains trials, which differ in the options that you give a range or several values, such as --learning-rate \
      0.001..0.01 or --shift 0,0.05,0.1; the first trial is the base options, those without the search. Some folds choose \
      the winner, the others, which chose nothing, say whether it is better than the base options or only luckier.

      A range is drawn from evenly, on a logarithmic scale if its end is at least ten times its beginning. With --rungs more \
      than 1, all trials are trained for few epochs, and one of --keep for more (successive halving).

      With --plan nothing is trained: kaggle-digits work, jobs and gather do that, on one machine or many, also after this \
      command was stopped.

      A sweep's folder has, for each trial and rung, a folder rung-N-trial-N with a training for each fold, and beside them
      \(RunFiles.help(.sweep))
      """)

  @OptionGroup var source: DataOptions

  @OptionGroup(title: "Table") var table: TrainingTableOptions

  @Option(
    help: ArgumentHelp("Folder for the new sweep. (default: runs/DATE-LETTER)", valueName: "folder"),
    completion: .directory)
  var output: String?

  @Flag(help: "Train nothing, but write what there is to train as tasks.")
  var plan = false

  @Option(
    help: ArgumentHelp(
      "Trials that are drawn, the base options among them. (default: 20, or all that there are)",
      valueName: "count"))
  var trials: Int?

  @Flag(help: "Try all combinations of values instead of drawing some.")
  var grid = false

  @Option(help: ArgumentHelp("Rungs of successive halving; 1 for none.", valueName: "count"))
  var rungs = 1

  @Option(
    help: ArgumentHelp("Train the best one in this many trials again in the next rung.", valueName: "count"))
  var keep = 3

  @Option(help: ArgumentHelp("Parts that the rows are split into.", valueName: "count"))
  var folds = 5

  @Option(
    help: ArgumentHelp(
      "The folds that choose the winner, such as 1,2; the others report. (default: the first two of five)",
      valueName: "folds"))
  var chooseOn: NumberList?

  @OptionGroup var options: SearchOptions

  @OptionGroup var saving: SavingOptions

  @OptionGroup var threading: ThreadOptions

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    if output == "" { throw ValidationError("--output takes the name of a folder; it is empty") }
    _ = try SweepFolds(count: folds, choosing: chooseOn?.numbers)
    _ = try SearchSpace(options.given)
  }

  func run() throws {
    Interruption.install()
    let kernels = try InstructionSets.detected()
    let sweep = try newSweep()
    try TrainingRun.requireMemory(for: sweep.base, tasks: sweep.trials.count, threads: threading.count)
    let data = try TrainingData(for: sweep.base, source, table, output: output, config: options.config)
    guard let tasks = try begin(sweep, data, kernels) else { return }
    if !reporting.quiet { note("\(tasks.plan.run): \(tasks.summary)") }
    var work = PlanWork(
      tasks, table: data.table, quiet: reporting.quiet, saveInterval: saving.interval,
      threads: threading.count)
    guard try work.onAny() else {
      note("stopped; to resume: kaggle-digits work \(quoted(tasks.plan.run)) --any")
      throw ExitCode(Interruption.exitStatus)
    }
    try SweepConclusion(reporting, threads: threading.count, kernels: kernels)
      .conclude(work.tasks, table: data.table)
  }

  /// Makes the plan; nil if that was all that is asked. The folder's lock is given up, since tasks ask for it.
  private func begin(
    _ sweep: Sweep, _ data: TrainingData, _ kernels: any InstructionSet
  ) throws(KitError) -> PlanTasks? {
    let (plan, directory) = try PlanFile.begin(
      sweep, table: data.table, data: data.place, output: output, force: reporting.force)
    let tasks = try PlanTasks(of: plan)
    if !self.plan { return tasks }
    try describePlan(
      plan, tasks.summary, tasks.count, in: directory, asJSON: reporting.json, threads: threading.count,
      kernels: kernels)
    return nil
  }

  private func newSweep() throws(KitError) -> Sweep {
    let given = options.given
    let base = try options.configuration(over: .crossValidation, given: SearchSpace.fixed(given))
    if base.select == .best || base.members > 1 {
      throw KitError(
        .usage,
        "a sweep trains one member a trial and uses its last epoch; \(base.members > 1 ? "--members" : "--select best") "
          + "goes with the training of the winner")
    }
    let space = try SearchSpace(given)
    let trials = trials ?? min(20, space.trialCount(over: base) ?? 20)
    return try Sweep(
      space, over: base, search: grid ? .grid : .random(trials: trials, seed: base.seed), keep: keep,
      rungs: rungs, folds: SweepFolds(count: folds, choosing: chooseOn?.numbers))
  }
}

extension PlanFile {
  /// Makes the folder of a sweep with the plan in it. Throws as the plans of other commands do.
  static func begin(
    _ sweep: Sweep, table: DigitTable, data: String, output: String?, force: Bool
  ) throws(KitError) -> (plan: PlanFile, directory: RunDirectory) {
    let splits = try sweep.base.splits(of: table)
    let file = try ConfigurationFile(sweep.base, data: data, table: table)
    for trial in sweep.trials {
      var trial = trial
      trial.classes = table.classes
      _ = try trial.shapedNetworks()
    }
    return try begin(
      file, sweep: sweep.json, heldOutRows: splits.map(\.heldOut.count), output: output, force: force)
  }
}
