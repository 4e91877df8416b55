import ArgumentParser
import Competition
import Compute
import Foundations
import Options
import Platform
import Runs
import Synchronization
import Terminal
import Training
import TrainingObservers

/// `kaggle-digits work`: trains tasks of a plan.
struct WorkCommand: Command {
  static let configuration = CommandConfiguration.command(
    "work",
    discussion: """
      A plan is made by train --plan or cross-validate --plan. Its tasks count from 0. A task that is done already is a \
      success at once; one that was stopped is resumed; one that another process works on is left to it. SIGTERM and \
      Ctrl-C save the state. The bytes are those of one process that trains all.

      With --any this trains what is free until nothing is left, as many tasks at once as there are threads: start it on as \
      many machines as see the folder and whose file system has locks.

      --task auto takes the number that a cluster gives the job: \
      \(TaskNumber.variables.map(\.name).joined(separator: ", ")) (which counts from 1).
      """)

  @Argument(help: ArgumentHelp("The plan's folder.", valueName: "plan"), completion: .directory)
  var plan: String

  @Option(help: ArgumentHelp("Train this task: its number, or auto.", valueName: "number"))
  var task: TaskNumber?

  @Option(
    help: ArgumentHelp(
      "The job's number counts through these tasks, such as 12,31,40-44, and not through all.",
      valueName: "tasks"))
  var of: NumberList?

  @Flag(help: "Train all tasks that no other process works on.")
  var any = false

  @OptionGroup var source: DataOptions

  @OptionGroup var saving: SavingOptions

  @OptionGroup var threading: ThreadOptions

  @Flag(help: "Don't show progress.")
  var quiet = false

  func validate() throws {
    if any == (task != nil) { throw ValidationError("one of --task and --any is needed") }
    if any && of != nil { throw ValidationError("--of goes with --task auto") }
    if of != nil, case .number? = task { throw ValidationError("--of goes with --task auto") }
  }

  func run() throws {
    Interruption.install()
    let plan = try PlanFile(of: self.plan)
    let status = try task.map { try work(on: chosen($0, in: plan), of: plan) } ?? workOnAny(of: plan)
    if status != 0 { throw ExitCode(status) }
  }

  /// The task that `--task` and `--of` choose.
  private func chosen(_ number: TaskNumber, in plan: PlanFile) throws(KitError) -> PlannedTask {
    var number = try number.value()
    if let of {
      guard number < of.numbers.count else {
        throw KitError(.usage, "the job's number is \(number), but --of has \(of.numbers.count) tasks")
      }
      number = of.numbers[number]
    }
    guard number < plan.taskCount else {
      throw KitError(
        .usage, "there is no task \(number); \(plan.run) has \(plan.taskCount), which count from 0")
    }
    return plan.tasks[number]
  }

  private func work(on task: PlannedTask, of plan: PlanFile) throws -> Int32 {
    let what = "task \(task.number) (\(task.name))"
    if try task.standing() == .done {
      printLine("\(what) is done already")
      return 0
    }
    note("\(what) of \(plan.run)")
    let outcome = try train([task], of: plan, isPatient: true)
    if !outcome.isComplete { return stopped(plan) }
    if !outcome.elsewhere.isEmpty {
      throw KitError(.failure, "another process works on \(what), in \(task.directory.path)")
    }
    printLine("\(what) is done")
    return 0
  }

  private func workOnAny(of plan: PlanFile) throws -> Int32 {
    // From a place of its own, so that processes that begin at the same time look for different tasks.
    let tasks = plan.tasks
    let start = Int(UInt32(bitPattern: getpid()) &* 2_654_435_761 >> 8) % tasks.count
    var open: [PlannedTask] = []
    for task in tasks[start...] + tasks[..<start] where try task.standing() != .done { open.append(task) }
    var (trained, elsewhere) = (0, open)
    // Twice, since a process that had a task may have been killed meanwhile.
    for isPatient in [false, true] where !elsewhere.isEmpty {
      let round = elsewhere
      let outcome = try train(round, of: plan, isPatient: isPatient)
      if !outcome.isComplete { return stopped(plan) }
      trained += outcome.trained
      elsewhere = outcome.elsewhere.map { round[$0] }
    }
    let others =
      elsewhere.isEmpty
      ? "" : "; other processes work on \(NumberList(elsewhere.map(\.number).sorted()).text)"
    printLine("\(trained) of \(tasks.count) tasks were trained here\(others)")
    if elsewhere.isEmpty { note("next: kaggle-digits gather \(quoted(plan.run))") }
    return 0
  }

  private func stopped(_ plan: PlanFile) -> Int32 {
    note("stopped; the same command resumes what is not done of \(plan.run)")
    return Interruption.exitStatus
  }

  private func train(
    _ tasks: [PlannedTask], of plan: PlanFile, isPatient: Bool
  ) throws(KitError) -> PlannedTasksOutcome {
    let threads = threading.count
    try TrainingRun.requireMemory(for: plan.file.configuration, tasks: tasks.count, threads: threads)
    let place = source.data ?? plan.file.data
    let data = try TrainingData(finding: place, form: plan.file.form)
    try plan.file.requireRows(of: data.table, from: place, run: plan.run)
    return try plan.train(
      tasks, on: data.table, quiet: quiet, isPatient: isPatient, saveInterval: saving.interval,
      threads: threads)
  }
}
