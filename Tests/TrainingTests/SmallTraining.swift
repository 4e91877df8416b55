import Competition
import Compute
import Foundation
import Foundations
import Runs
import Synchronization
@testable import Training

extension TrainingRun {
  /// Begins a run in a folder.
  init(_ configuration: Configuration, at path: String, table: DigitTable) throws {
    self = try .begin(configuration, table: table, data: "table", output: path, force: false)
  }

  /// Trains to the end, or until so many steps of all members are done; whether it got to the end.
  func fit(threads: Int = 1, stoppingAfter limit: Int = Int.max) throws -> Bool {
    try tasks.fit(threads: threads, stoppingAfter: limit)
  }
}

extension [TrainingTask] {
  /// Trains to the end, or until so many steps of all tasks are done; whether it got to the end.
  func fit(threads: Int = 1, stoppingAfter limit: Int = Int.max) throws -> Bool {
    let steps = Mutex(0)
    return try fit(
      threads: threads, kernels: try InstructionSets.detected(),
      isStopping: { steps.withLock { $0 } >= limit },
      observe: { _, _, event in
        if case .step = event { steps.withLock { $0 += 1 } }
      })
  }
}
