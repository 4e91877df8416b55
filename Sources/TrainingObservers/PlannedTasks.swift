import Competition
import Compute
import Foundations
import Runs
import Synchronization
import Terminal
import Training

/// What came of some tasks of a plan.
public struct PlannedTasksOutcome: Sendable {
  /// Whether all were trained, here or by others; false if this process was asked to stop.
  public let isComplete: Bool
  /// How many this process began or resumed; others had done the rest.
  public let trained: Int
  /// The places of those that other processes work on.
  public let elsewhere: [Int]
}

extension PlanFile {
  /// Trains some tasks, as many at once as there are threads, with progress and TensorBoard's event files.
  ///
  /// - Throws: As `[TrainingTask].fit` and `TaskClaim` do.
  public func train(
    _ tasks: [PlannedTask], on table: DigitTable, quiet: Bool, isPatient: Bool, saveInterval: Duration,
    threads: Int
  ) throws(KitError) -> PlannedTasksOutcome {
    let trainings = try trainings(of: tasks, on: table)
    let progress = TrainingProgress(
      of: trainings, names: tasks.map(\.name), lanes: trainings.lanes(threads: threads),
      lines: tasks.count == 1 ? .epochs : .trainings, quiet: quiet)
    defer { progress.finish() }
    let log = TensorBoardLog(of: trainings)
    let counts = Mutex<(trained: Int, elsewhere: [Int])>((0, []))
    let isComplete = try trainings.fit(
      threads: threads, kernels: InstructionSets.detected(), saveInterval: saveInterval, isPatient: isPatient,
      isStopping: { Interruption.requested != nil }
    ) { task, lane, event in
      if case .begun = event { counts.withLock { $0.trained += 1 } }
      if case .runsElsewhere = event { counts.withLock { $0.elsewhere.append(task) } }
      progress.observe(task, lane, event)
      log.observe(task, event)
    }
    let (trained, elsewhere) = counts.withLock { $0 }
    return PlannedTasksOutcome(isComplete: isComplete, trained: trained, elsewhere: elsewhere.sorted())
  }
}
