import ArgumentParser
import Competition
import Compute
import Foundations
import Options
import Runs
import Sweeps
import Terminal
import Training
import TrainingObservers

/// `kaggle-digits gather`: makes a whole of a plan's tasks, or of a submission's parts.
struct GatherCommand: Command {
  static let configuration = CommandConfiguration.command(
    "gather",
    discussion: """
      When all tasks of a plan are done, scores them, writes the files of the whole and the page, and says what to do next, \
      as the command without --plan would have done. While tasks are missing it lists them and exits with status 75; \
      nothing is written then.

      Parts of a submission, as submit --rows writes them, are joined to one in any order: kaggle-digits gather part-1.csv \
      part-2.csv --output submission.csv. The manifest beside each is checked: they must be made alike and have all rows of the \
      test table once. The bytes are those of one submit. While rows are missing it names them and exits with status 75.
      """)

  @Argument(
    help: ArgumentHelp(
      "The plan's folder; or the parts of a submission, files that end in .csv.", valueName: "source"),
    completion: .file())
  var sources: [String]

  @Option(
    help: ArgumentHelp("Where to write the submission that parts make.", valueName: "file"),
    completion: .file(extensions: ["csv"]))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Also join the parts' probabilities, if submit wrote them, to this file.", valueName: "file"),
    completion: .file(extensions: ["csv"]))
  var probabilities: String?

  @Flag(help: "Overwrite an existing submission.")
  var force = false

  @OptionGroup var place: PlanDataOptions

  @OptionGroup var threading: ThreadOptions

  @Flag(help: "Don't show progress.")
  var quiet = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  /// Whether the sources are parts of a submission.
  private var areParts: Bool { sources.allSatisfy { $0.hasSuffix(".csv") && !isFolder($0) } }

  func validate() throws {
    if areParts {
      if output == nil {
        throw ValidationError("--output is needed: where to write the submission that the parts make")
      }
      if place.data != nil || threading.threads != nil {
        throw ValidationError("--data and --threads go with a plan; parts of a submission are only joined")
      }
    } else {
      if sources.count > 1 {
        throw ValidationError("gather takes one plan, or parts of a submission, whose names end in .csv")
      }
      if output != nil || probabilities != nil || force {
        throw ValidationError(
          "--output, --probabilities and --force go with parts of a submission, files that end in .csv")
      }
    }
  }

  func run() throws {
    Interruption.install()
    if areParts { try join() } else { try gather(PlanFile(of: sources[0])) }
  }

  /// Scores a plan's run.
  private func gather(_ plan: PlanFile) throws {
    let kernels = try InstructionSets.detected()
    var tasks = try PlanTasks(of: plan)
    try requireAll(of: &tasks)
    let place = self.place.path(of: plan)
    let table = try self.place.table(of: plan)
    var reporting = OutputOptions()
    (reporting.quiet, reporting.json) = (quiet, json)
    if tasks.sweep != nil {
      let directory = try RunDirectory(gathering: plan.run)
      defer { withExtendedLifetime(directory) {} }
      return try SweepConclusion(reporting, threads: threading.count, kernels: kernels)
        .conclude(tasks, table: table)
    }
    let directory = try RunDirectory(resuming: plan.run)
    let conclusion = RunConclusion(
      reporting, data: place, threads: threading.count, kernels: kernels)
    if plan.file.configuration.folds == nil {
      let run = try TrainingRun(
        resuming: directory, table: table, epochs: nil, data: plan.file.data)
      try conclusion.conclude(run, nil)
    } else {
      let run = try CrossValidationRun(
        resuming: directory, prediction: plan.file.prediction ?? PredictionSettings(), table: table,
        epochs: nil, data: plan.file.data)
      try conclusion.conclude(run, of: run, nil)
    }
  }

  /// Refuses (`unfinished`) a plan of which tasks are missing, with a list of them.
  private func requireAll(of tasks: inout PlanTasks) throws(KitError) {
    var missing: [Int] = []
    var begun: [String] = []
    for (number, state) in try tasks.states().enumerated() {
      switch state {
      case .notNeeded: continue
      case .waiting: break
      case .known(let task, let standing):
        if standing.isOver { continue }
        if case .begun(let epochs) = standing {
          let what = task.isWorkedOn ? "is in" : "was stopped in"
          begun.append("\(number) \(what) epoch \(min(epochs + 1, task.file.configuration.epochs))")
        }
      }
      missing.append(number)
    }
    if missing.isEmpty { return }
    let shown = begun.prefix(12).joined(separator: ", ") + (begun.count > 12 ? ", …" : "")
    let (run, isOne) = (quoted(tasks.plan.run), missing.count == 1)
    throw KitError(
      .unfinished,
      "\(grouped(tasks.count - missing.count)) of \(grouped(tasks.count)) tasks are done; \(NumberList(missing).text) "
        + "\(isOne ? "is" : "are") missing\(begun.isEmpty ? "" : " (\(shown))"); to train \(isOne ? "it" : "them"): "
        + "kaggle-digits work \(run) --any, or kaggle-digits jobs \(run) --for slurm --missing > jobs.sh && bash jobs.sh"
    )
  }
}
