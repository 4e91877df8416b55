import Competition
import Foundations
import Options
import Platform
import Runs
import Sweeps
import Terminal
import Training
import TrainingObservers

/// The work of this process on a plan's tasks.
struct PlanWork {
  /// The tasks, with what is known of them.
  private(set) var tasks: PlanTasks
  /// How many tasks were trained here.
  private(set) var trained = 0
  /// The numbers of tasks that other processes worked on when this one ended.
  private(set) var elsewhere: [Int] = []
  private let table: () throws(KitError) -> DigitTable
  private var rows: DigitTable?
  private let quiet: Bool
  private let saveInterval: Duration
  private let threads: Int

  /// Work on the rows of a table, which is read when the first task is trained.
  init(
    _ tasks: PlanTasks, table: @autoclosure @escaping () throws(KitError) -> DigitTable, quiet: Bool,
    saveInterval: Duration, threads: Int
  ) {
    (self.tasks, self.table, self.quiet) = (tasks, table, quiet)
    (self.saveInterval, self.threads) = (saveInterval, threads)
  }

  /// Trains one task; nil if it was asked to stop.
  mutating func on(_ task: PlannedTask) throws(KitError) -> PlannedTasksOutcome? {
    let outcome = try train([task], isPatient: true)
    return outcome.isComplete ? outcome : nil
  }

  /// Trains what is free until nothing is left; false if it was asked to stop.
  ///
  /// In a sweep it waits for tasks of other processes, which decide what comes next.
  mutating func onAny() throws(KitError) -> Bool {
    var isPatient = false
    while true {
      let open = try openTasks()
      elsewhere = []
      if open.isEmpty { return true }
      let outcome = try train(open, isPatient: isPatient)
      if !outcome.isComplete { return false }
      trained += outcome.trained
      elsewhere = outcome.elsewhere.map { open[$0].number }.sorted()
      if elsewhere.count < open.count { continue }
      // Twice, since a process that had a task may have been killed meanwhile.
      if isPatient && tasks.sweep == nil { return true }
      isPatient = true
      if tasks.sweep != nil { try pause() }
    }
  }

  /// The tasks that are known and not over, from any place on, so that processes that begin at the same time look at
  /// different tasks.
  private mutating func openTasks() throws(KitError) -> [PlannedTask] {
    var open: [PlannedTask] = []
    for state in try tasks.states() {
      guard case .known(let task, let standing) = state else { continue }
      if standing.isOver { try task.removeLeftovers(of: tasks.plan) } else { open.append(task) }
    }
    if open.isEmpty { return [] }
    let start = Int.random(in: open.indices)
    return Array(open[start...] + open[..<start])
  }

  private mutating func train(_ tasks: [PlannedTask], isPatient: Bool) throws(KitError) -> PlannedTasksOutcome
  {
    let table: DigitTable
    if let rows { table = rows } else { table = try self.table() }
    rows = table
    return try self.tasks.plan.train(
      tasks, on: table, quiet: quiet, isPatient: isPatient, saveInterval: saveInterval, threads: threads)
  }

  /// Waits for a moment. Throws `stopped` if the user asks to stop.
  private func pause() throws(KitError) {
    for _ in 0..<20 {
      try StopRequest.check(while: "waiting for the tasks of other processes")
      usleep(100_000)
    }
  }
}
