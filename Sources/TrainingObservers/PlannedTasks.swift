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
    let counts = Mutex<(trained: Int, elsewhere: [Int])>((0, []))
    let log = try trainings(of: tasks, on: table).train(
      names: tasks.map(\.name), lines: tasks.count == 1 ? .epochs : .trainings, quiet: quiet,
      saveInterval: saveInterval, isPatient: isPatient, threads: threads,
      kernels: InstructionSets.detected()
    ) { task, event in
      if case .begun = event { counts.withLock { $0.trained += 1 } }
      if case .runsElsewhere = event { counts.withLock { $0.elsewhere.append(task) } }
    }
    let (trained, elsewhere) = counts.withLock { $0 }
    return PlannedTasksOutcome(isComplete: log != nil, trained: trained, elsewhere: elsewhere.sorted())
  }
}
