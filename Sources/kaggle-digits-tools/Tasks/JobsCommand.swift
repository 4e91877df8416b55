import ArgumentParser
import Compute
import Foundations
import Options
import Runs
import Sweeps
import Terminal
import Training

/// `kaggle-digits jobs`: prints a script for a cluster.
struct JobsCommand: Command {
  static let configuration = CommandConfiguration.command(
    "jobs",
    discussion: """
      Prints a script or manifest that trains the tasks of a plan, each by kaggle-digits work, and gathers them. Look at it, \
      change what your site needs, and run it:
        kaggle-digits jobs runs/cv --for slurm > jobs.sh && bash jobs.sh
      """)

  @Argument(help: ArgumentHelp("The plan's folder.", valueName: "plan"), completion: .directory)
  var plan: String

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("slurm, kubernetes, or parallel (GNU parallel).", valueName: "cluster"))
  var cluster: JobScript.Cluster

  @Flag(help: "Only the tasks that are not done.")
  var missing = false

  @Option(
    help: ArgumentHelp(
      "Threads of each task; more than --batch divided by 16 do nothing.", valueName: "count")
  )
  var threads = 4

  @Option(
    help: ArgumentHelp(
      """
      Slurm's time limit for a task; one that reaches it resumes. (default: three times what this machine would take, \
      at least 10)
      """, valueName: "minutes"))
  var minutes: Int?

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("Options for sbatch, after --.", valueName: "options"))
  var options: [String] = []

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads is \(threads); it must be from 1 to 1024")
    }
    if let minutes, !(5...100_000).contains(minutes) {
      throw ValidationError(
        "--minutes is \(minutes); it must be from 5, since Slurm may ask a task to end three minutes before, to 100000"
      )
    }
    if !options.isEmpty && cluster != .slurm {
      throw ValidationError("options after -- are for sbatch, so they go with --for slurm")
    }
  }

  func run() throws {
    Interruption.install()
    var tasks = try PlanTasks(of: PlanFile(of: plan))
    var numbers = Array(0..<tasks.count)
    if missing {
      numbers = try tasks.states().enumerated().filter { $0.element.isOpen }.map(\.offset)
      if numbers.isEmpty {
        return note(
          "all \(tasks.count) tasks are done; next: kaggle-digits gather \(quoted(tasks.plan.run))")
      }
    }
    let script = try script(tasks, numbers)
    printTable(String(script.text(for: cluster).dropLast()))
  }

  private func script(_ tasks: PlanTasks, _ numbers: [Int]) throws(KitError) -> JobScript {
    let plan = tasks.plan
    let processors = ThreadPool.available
    let kernels = try InstructionSets.detected()
    let estimate = try plan.secondsPerTask(threads: min(threads, processors), kernels: kernels)
    // The table, as bytes, and the program.
    let bytes = try TrainingRun.memoryBytes(for: plan.file.configuration, tasks: 1, threads: threads)
    let memory = Int(bytes / 1e6) + plan.rows * 1600 / 1_000_000 + 300
    return JobScript(
      plan: plan, stages: tasks.stages, tasks: numbers, isForMissing: missing, threads: threads,
      minutes: minutes ?? max(10, Int((3 * estimate / 60).rounded(.up))),
      gatherMinutes: gatherMinutes(plan),
      memory: (memory + 255) / 256 * 256,
      atOnce: cluster == .parallel ? max(1, processors / threads) : numbers.count,
      kit: try frontDoorPath(), options: options)
  }
}

/// Minutes for gathering: half a millisecond for each row and member, three times as long as it takes a slow network on one
/// thread, but at least half an hour.
private func gatherMinutes(_ plan: PlanFile) -> Int {
  let configuration = plan.file.configuration
  let predictions = plan.rows * configuration.members * (configuration.folds?.repeats ?? 1)
  return max(30, predictions / 40_000)
}

extension JobScript.Cluster: ExpressibleByArgument {}

extension PlanTasks.State {
  /// Whether it is still to be trained.
  fileprivate var isOpen: Bool {
    switch self {
    case .known(_, let standing): !standing.isOver
    case .waiting: true
    case .notNeeded: false
    }
  }
}
