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

/// `kaggle-digits work`: trains tasks of a plan.
struct WorkCommand: Command {
  static let configuration = CommandConfiguration.command(
    "work",
    discussion: """
      A plan is made by train, cross-validate and sweep with --plan. Its tasks count from 0. A task that is done already is a \
      success at once; one that was stopped is resumed; one that another process works on is left to it, with status 1. SIGTERM and \
      Ctrl-C save the state. The bytes are those of one process that trains all.

      With --any this trains what is free until nothing is left, as many tasks at once as there are threads: start it on as \
      many machines as see the folder, if its file system has locks.

      --task auto takes the number that a cluster gives the job: \
      \(TaskNumber.variables.map(\.name).joined(separator: ", ")) (which counts from 1).
      """)

  @Argument(help: ArgumentHelp("The plan's folder.", valueName: "plan"), completion: .directory)
  var plan: String

  @Option(help: ArgumentHelp("Train this task: its number, or auto.", valueName: "number"))
  var task: TaskNumber?

  @Option(
    help: ArgumentHelp(
      "With auto, only these tasks, such as 12,31,40-44: the first job trains the first of them, and so on.",
      valueName: "tasks"))
  var of: NumberList?

  @Flag(help: "Train all tasks that no other process works on.")
  var any = false

  @OptionGroup var place: PlanDataOptions

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
    var tasks = try PlanTasks(of: PlanFile(of: plan))
    let status = try task.map { try work(on: number(of: $0, in: tasks), of: &tasks) } ?? workOnAny(of: tasks)
    if status != 0 { throw ExitCode(status) }
  }

  /// The number of the task that `--task` and `--of` choose.
  private func number(of choice: TaskNumber, in tasks: PlanTasks) throws(KitError) -> Int {
    var number = try choice.value()
    if let of {
      guard number < of.numbers.count else {
        throw KitError(
          .usage, "the job's number is \(number), but --of \(of.text) has only \(of.numbers.count)")
      }
      number = of.numbers[number]
    }
    guard number < tasks.count else {
      throw KitError(
        .usage, "there is no task \(number); \(tasks.plan.run) has \(tasks.count), which count from 0")
    }
    return number
  }

  private func work(on number: Int, of tasks: inout PlanTasks) throws -> Int32 {
    let task: PlannedTask
    let standing: PlannedTask.Standing
    switch try tasks.state(of: number) {
    case .known(let known, let value): (task, standing) = (known, value)
    case .notNeeded:
      printLine("task \(number) is not needed: the base options won")
      return 0
    case .waiting(let rung):
      throw KitError(
        .unfinished,
        "task \(number) begins when all tasks of rung \(rung) are done, which decide what it trains")
    }
    let what = "task \(number) (\(task.name))"
    if standing.isOver {
      try task.removeLeftovers(of: tasks.plan)
      printLine("\(what) is done already")
      return 0
    }
    note("\(what) of \(tasks.plan.run)")
    var work = work(tasks, 1)
    guard let outcome = try work.on(task) else { return stopped(tasks.plan) }
    if !outcome.elsewhere.isEmpty {
      throw KitError(.failure, "another process works on \(what), in \(task.directory.path)")
    }
    printLine("\(what) is done")
    return 0
  }

  private func workOnAny(of tasks: PlanTasks) throws -> Int32 {
    var work = work(tasks, tasks.count)
    do {
      guard try work.onAny() else { return stopped(tasks.plan) }
    } catch {
      if error.kind == .stopped { return stopped(tasks.plan) }
      throw error
    }
    let others =
      work.elsewhere.isEmpty ? "" : "; other processes work on \(NumberList(work.elsewhere).text)"
    printLine("\(work.trained) of \(tasks.count) tasks were trained here\(others)")
    if work.elsewhere.isEmpty { note("next: kaggle-digits gather \(quoted(tasks.plan.run))") }
    return 0
  }

  private func stopped(_ plan: PlanFile) -> Int32 {
    note("stopped; the same command resumes what is not done of \(plan.run)")
    return Interruption.exitStatus
  }

  private func work(_ tasks: PlanTasks, _ count: Int) -> PlanWork {
    let threads = threading.count
    func rows() throws(KitError) -> DigitTable {
      let plan = tasks.plan
      try TrainingRun.requireMemory(for: plan.file.configuration, tasks: count, threads: threads)
      return try place.table(of: plan)
    }
    return PlanWork(tasks, table: try rows(), quiet: quiet, saveInterval: saving.interval, threads: threads)
  }
}
