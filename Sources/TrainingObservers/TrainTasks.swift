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
  public func train(
    names: [String], lines: TrainingProgress.Lines, quiet: Bool, saveInterval: Duration, threads: Int,
    kernels: any InstructionSet
  ) throws(KitError) -> TensorBoardLog? {
    let progress = TrainingProgress(
      of: self, names: names, lanes: lanes(threads: threads), lines: lines, quiet: quiet)
    defer { progress.finish() }
    let log = TensorBoardLog(of: self)
    let isComplete = try fit(
      threads: threads, kernels: kernels, saveInterval: saveInterval,
      isStopping: { Interruption.requested != nil }
    ) { task, lane, event in
      progress.observe(task, lane, event)
      log.observe(task, event)
    }
    return isComplete ? log : nil
  }
}
