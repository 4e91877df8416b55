import Compute
import Foundations
import Terminal
import Training

extension [TrainingTask] {
  /// Trains all, with progress on the terminal and event files for TensorBoard; nil if stopped before they were done.
  ///
  /// - Parameters:
  ///   - names: each task's name; empty for a single one.
  ///   - lines: what gets a line of its own.
  ///   - saveInterval: after how much time within an epoch the state is saved.
  ///   - isPatient: whether to wait a moment for a task of a plan whose process is just being ended.
  ///   - observe: is told of each event, too; from any thread.
  public func train(
    names: [String], lines: TrainingProgress.Lines, quiet: Bool, saveInterval: Duration,
    isPatient: Bool = true, threads: Int, kernels: any InstructionSet,
    observe: @escaping @Sendable (_ task: Int, TrainingEvent) -> Void = { _, _ in }
  ) throws(KitError) -> TensorBoardLog? {
    let progress = TrainingProgress(
      of: self, names: names, lanes: lanes(threads: threads), lines: lines, quiet: quiet)
    defer { progress.finish() }
    let log = TensorBoardLog(of: self)
    let isComplete = try fit(
      threads: threads, kernels: kernels, saveInterval: saveInterval, isPatient: isPatient,
      isStopping: { Interruption.requested != nil }
    ) { task, lane, event in
      observe(task, event)
      progress.observe(task, lane, event)
      log.observe(task, event)
    }
    return isComplete ? log : nil
  }
}
