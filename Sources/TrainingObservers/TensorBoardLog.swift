import Competition
import Foundations
import Pictures
import Reporting
import Runs
import Scoring
import Synchronization
import TensorBoard
import Terminal
import Training

/// Writes TensorBoard's event file into each member's folder: losses, accuracies and learning rate after each epoch, the
/// network as text, and at the end the confusion matrix and the worst errors as pictures.
///
/// A file that can't be written is reported once; the training continues without it.
public final class TensorBoardLog: Sendable {
  private let tasks: [TrainingTask]
  /// Each training's file, once it has begun.
  private let files: Mutex<[OpenFile?]>
  private let hasFailed = Mutex(false)

  /// A log of some trainings.
  public init(of tasks: [TrainingTask]) {
    self.tasks = tasks
    files = Mutex(tasks.map { _ in nil })
  }

  /// Takes an event of a training; from any thread.
  public func observe(_ task: Int, _ event: TrainingEvent) {
    attempt { () throws(KitError) in
      switch event {
      case .begun(let history): try begin(task, history)
      case .step, .doneBefore, .runsElsewhere, .diverged: break
      case .epoch(let record, _, _): try append(task, record)
      }
    }
  }

  /// Adds the pictures of a training that began in this process: how its checkpoint classifies the validation rows.
  public func conclude(_ task: Int, _ evaluation: Evaluation) {
    attempt { () throws(KitError) in
      let isOpen = files.withLock { $0[task] != nil }
      guard isOpen else { return }
      var values = [
        SummaryValue.image(
          "confusion", png: ConfusionPicture.png(evaluation.confusion),
          width: ConfusionPicture.side(evaluation.kinds.count),
          height: ConfusionPicture.side(evaluation.kinds.count))
      ]
      let errors = evaluation.errors.prefix(Self.errorCount)
      if !errors.isEmpty {
        let pictures = errors.map { place in
          var pixels: [UInt8] = []
          tasks[task].table.withPixels(of: evaluation.rows[place]) { start in
            pixels = Array(UnsafeBufferPointer(start: start, count: Self.side * Self.side))
          }
          return pixels
        }
        let columns = min(pictures.count, Self.errorColumns)
        let rows = (pictures.count + columns - 1) / columns
        let png = PNG.contactSheet(pictures, width: Self.side, height: Self.side, columns: columns, gap: 1)
        values.append(
          .image(
            "errors", png: png, width: columns * (Self.side + 1) - 1, height: rows * (Self.side + 1) - 1))
      }
      try write(values, task, step: tasks[task].configuration.epochs)
    }
  }

  private static let side = DigitTable.side
  private static let errorCount = 48
  private static let errorColumns = 12

  private func begin(_ task: Int, _ history: History) throws(KitError) {
    let done = history.epochs.count
    let file = try EventFile(in: tasks[task].member.path, keepingStepsUpTo: done == 0 ? nil : done)
    let last = file.lastKeptStep
    let opened = OpenFile(file: file)
    files.withLock { $0[task] = opened }
    if last == nil { try write([.text("network", markdown: description(of: tasks[task]))], task, step: 0) }
    // An epoch whose state was written before a kill, but not its event.
    for record in history.epochs where record.epoch > last ?? 0 { try append(task, record) }
  }

  private func append(_ task: Int, _ record: EpochRecord) throws(KitError) {
    var values: [SummaryValue] = [
      .scalar("loss/training", record.trainingLoss), .scalar("accuracy/training", record.trainingAccuracy),
    ]
    if let loss = record.validationLoss, let accuracy = record.validationAccuracy {
      values += [.scalar("loss/validation", loss), .scalar("accuracy/validation", accuracy)]
    }
    values.append(.scalar("learning_rate", record.learningRate))
    try write(values, task, step: record.epoch)
  }

  private func write(_ values: [SummaryValue], _ task: Int, step: Int) throws(KitError) {
    let error = files.withLock { files -> KitError? in
      do throws(KitError) {
        try files[task]?.file.append(values, step: step)
        return nil
      } catch {
        return error
      }
    }
    if let error { throw error }
  }

  private func attempt(_ body: () throws(KitError) -> Void) {
    do throws(KitError) {
      try body()
    } catch {
      let isFirst = hasFailed.withLock { failed in
        defer { failed = true }
        return !failed
      }
      if isFirst { note("note: \(error.message); the training continues without TensorBoard's events") }
    }
  }

  private func description(of task: TrainingTask) -> String {
    let options = task.configuration.fields.map { "| \($0.key) | \($0.value.serialized(pretty: false)) |" }
    return """
      ```
      \(task.network.network.notation)

      \(task.network.summary)
      ```

      | option | value |
      | --- | --- |
      \(options.joined(separator: "\n"))
      """
  }
}

/// An event file has one writer at a time: a training's thread, then the main thread, both under the lock.
private struct OpenFile: @unchecked Sendable {
  let file: EventFile
}

/// The confusion matrix as a grey picture for TensorBoard: one row per label, one column per prediction, darker for more rows.
private enum ConfusionPicture {
  private static let cell = 24

  /// Pixels of a side.
  static func side(_ classes: Int) -> Int { classes * (cell + 1) - 1 }

  static func png(_ confusion: [[Int]]) -> [UInt8] {
    let errors = confusion.enumerated().flatMap { label, counts in
      counts.enumerated().filter { $0.offset != label }.map(\.element)
    }
    let most = Double(max(1, errors.max() ?? 1))
    let cells = confusion.enumerated().flatMap { label, counts in
      counts.enumerated().map { prediction, count in
        // The diagonal would hide the errors; it is a mid grey.
        let shade = label == prediction ? 0.5 : (Double(count) / most).squareRoot()
        return [UInt8](repeating: UInt8((1 - shade) * 255), count: cell * cell)
      }
    }
    return PNG.contactSheet(cells, width: cell, height: cell, columns: confusion.count, gap: 1)
  }
}
