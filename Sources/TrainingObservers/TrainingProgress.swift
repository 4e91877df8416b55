import Foundations
import Runs
import Synchronization
import Terminal
import Training

/// Shows the progress of trainings: a bar for each that is running, one for all if some still wait, and a line for each
/// epoch or training that is done.
public final class TrainingProgress: Sendable {
  /// What gets a line of its own.
  public enum Lines: Sendable {
    /// Each epoch.
    case epochs
    /// The last epoch of each training: with many side by side, a line an epoch would be noise.
    case trainings
  }

  private struct State {
    /// Images that each training has done.
    var images: [Int]
    /// Each training's best accuracy so far.
    var best: [Double?]
    /// Each training's seconds.
    var seconds: [Double]
  }

  private let names: [String]
  private let tasks: [(rows: Int, epochs: Int)]
  /// The cost of an image in each training, relative to the mean over all trainings: a large network takes longer.
  private let costs: [Double]
  private let lanes: Int
  private let lines: Lines
  private let report: ProgressReport
  private let state: Mutex<State>

  /// Progress of some trainings, each with its name (`member 2`, `fold 3`; empty for one alone), over some lanes.
  public init(of tasks: [TrainingTask], names: [String], lanes: Int, lines: Lines, quiet: Bool) {
    self.names = names
    self.tasks = tasks.map { ($0.split.training.count, $0.configuration.epochs) }
    let images = self.tasks.map { Double($0.rows * $0.epochs) }
    let multiplyAdds = tasks.map { Double($0.network.multiplyAdds) }
    let all = zip(images, multiplyAdds).reduce(0) { $0 + $1.0 * $1.1 }
    costs = multiplyAdds.map { $0 * images.reduce(0, +) / all }
    self.lanes = lanes
    self.lines = lines
    report = ProgressReport(lanes: lanes + (tasks.count > lanes ? 1 : 0), quiet: quiet)
    state = Mutex(
      State(
        images: tasks.map { _ in 0 }, best: tasks.map { _ in nil },
        seconds: tasks.map { _ in 0 }))
  }

  /// Takes an event of a training; from any thread.
  public func observe(_ task: Int, _ lane: Int, _ event: TrainingEvent) {
    let (rows, epochs) = tasks[task]
    let name = names[task].isEmpty ? "" : names[task] + " "
    switch event {
    case .begun(let history), .doneBefore(let history):
      state.withLock { state in
        state.images[task] = history.epochs.count * rows
        state.best[task] = history.epochs.compactMap(\.validationAccuracy).max()
      }
    case .runsElsewhere, .diverged:
      state.withLock { $0.images[task] = rows * epochs }
      if case .diverged = event {
        report.line("\(name)ended: its loss became NaN or infinite")
      } else {
        report.line("\(name)runs elsewhere")
      }
    case .step(let epoch, let images, let count, let loss):
      let (done, all, best) = state.withLock { state in
        // Rows that the epoch leaves out count as done.
        state.images[task] = (epoch - 1) * rows + images * rows / count
        let all = zip(state.images, costs).reduce(0) { $0 + Double($1.0) * $1.1 }
        return (state.images[task], Int(all.rounded()), state.best[task])
      }
      let detail = "loss \(fixed(loss, 4))" + (best.map { "  best \(fixed($0, 4))" } ?? "")
      // All of them first: without a terminal only the first of two updates gets a line.
      if tasks.count > lanes {
        report.update(
          lane: lanes, label: "all \(tasks.count)", completed: all,
          total: tasks.reduce(0) { $0 + $1.rows * $1.epochs }, unit: "images", detail: "")
      }
      report.update(
        lane: lane, label: "\(name)epoch \(epoch)/\(epochs)", completed: done, total: rows * epochs,
        unit: "images", detail: detail)
    case .epoch(let record, let isBestSoFar, let seconds):
      let sum = state.withLock { state in
        state.best[task] = max(state.best[task] ?? 0, record.validationAccuracy ?? 0)
        state.seconds[task] += seconds
        return state.seconds[task]
      }
      if lines == .epochs {
        report.line(name + Self.line(record, of: epochs, isBestSoFar: isBestSoFar, seconds: seconds))
      } else if record.epoch == epochs {
        report.line(name + Self.summary(record, seconds: sum))
      }
    }
  }

  /// Takes the bars off the screen.
  public func finish() { report.finish() }

  private static func summary(_ record: EpochRecord, seconds: Double) -> String {
    var text = "done  training accuracy \(fixed(record.trainingAccuracy, 4))"
    if let loss = record.validationLoss, let accuracy = record.validationAccuracy {
      text += "  validation accuracy \(fixed(accuracy, 4)) loss \(fixed(loss, 4))"
    }
    return text + "  \(fixed(seconds, 1)) s"
  }

  private static func line(
    _ record: EpochRecord, of epochs: Int, isBestSoFar: Bool, seconds: Double
  ) -> String {
    var text = "epoch \(record.epoch)/\(epochs)  training loss \(fixed(record.trainingLoss, 4))"
    text += " accuracy \(fixed(record.trainingAccuracy, 4))"
    if let loss = record.validationLoss, let accuracy = record.validationAccuracy {
      text += "  validation loss \(fixed(loss, 4)) accuracy \(fixed(accuracy, 4))"
      text += isBestSoFar ? " *" : "  "
    }
    return text + "  \(fixed(seconds, 1)) s"
  }
}
