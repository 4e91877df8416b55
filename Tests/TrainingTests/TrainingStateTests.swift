import Checkpoints
import Competition
import Foundation
import Foundations
import TestSupport
import Testing
import Training
import Runs
@testable import Training

@Suite struct TrainingStateTests {
  /// A state in the middle of the second epoch.
  private func write(to folder: String) throws -> String {
    let run = try TrainingRun(smallConfiguration(), at: "\(folder)/run", table: smallTable(rows: 60))
    #expect(try !run.fit(stoppingAfter: 4))
    return StateFile.path(in: run.directory.member(1).path)
  }

  @Test func readsBackWhatWasWritten() throws {
    try withTemporaryFolder { folder in
      let path = try write(to: folder)
      let state = try StateFile.read(path, side: DigitTable.side, epochs: nil)
      #expect(state.configuration == smallConfiguration())
      #expect(state.member == 1 && state.epoch == 1 && state.step == 1 && state.lossSum > 0)
      #expect(state.selected == state.history.epochs[0])
      #expect(state.optimizer.beta1Power == 0.9 * 0.9 * 0.9 * 0.9)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      try StateFile.write(state, to: "\(folder)/again")
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/again")) == bytes)
      let longer = try StateFile.read(path, side: DigitTable.side, epochs: 9)
      #expect(longer.configuration.epochs == 9 && longer.step == 1)
    }
  }

  static let damages: [(metadata: String, value: String?)] = [
    ("format", nil), ("format", "kaggle-digits checkpoint"), ("version", "1"), ("version", nil),
    ("configuration", nil), ("configuration", "{}"), ("configuration", "["), ("member", "one"),
    ("member", "0"), ("member", "-9223372036854775808"), ("rows_digest", nil), ("step", "1.5"), ("step", ""),
    ("loss_sum", "much"), ("loss_sum", "nan"),
    ("epochs_done", "-1"), ("epochs_done", "2"), ("epochs_done", "9223372036854775807"),
    ("beta1_power", nil), ("correct", "99999999999999999999"), ("best_epoch", nil),
  ]

  @Test func damagedMetadataIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = try write(to: folder)
      let whole = try SafeTensors(reading: path)
      for (key, value) in Self.damages {
        var damaged = whole
        damaged.metadata[key] = value
        expectRefusal(damaged, folder, "\(key) \(value ?? "missing")")
      }
    }
  }

  @Test func damagedTensorsAreRefused() throws {
    try withTemporaryFolder { folder in
      let whole = try SafeTensors(reading: try write(to: folder))
      for name in whole.tensors.keys {
        var missing = whole
        missing.tensors[name] = nil
        expectRefusal(missing, folder, "\(name) is missing")
        var misshapen = whole
        misshapen.tensors[name] = SafeTensors.Tensor(shape: [1], values: .float32([0]))
        expectRefusal(misshapen, folder, "\(name) has another shape")
      }
      for value in [Double.nan, .infinity, -1, 0, 2, 1.5, 1e300] {
        var damaged = whole
        damaged.tensors["history"] = SafeTensors.Tensor(
          shape: [1, 6], values: .float64([value, 1, 1, 1, 1, 1]))
        expectRefusal(damaged, folder, "the history's epoch is \(value)")
      }
      for prefix in ["weights", "best"] {
        var damaged = whole
        damaged.tensors["\(prefix).layers.0.bias"] = SafeTensors.Tensor(
          shape: [4], values: .float32([0, .nan, 0, 0]))
        expectRefusal(damaged, folder, "\(prefix) has a NaN")
      }
    }
  }

  private func expectRefusal(_ file: SafeTensors, _ folder: String, _ what: Comment) {
    let path = "\(folder)/damaged"
    let error = #expect(throws: KitError.self, what) {
      try file.write(to: path, replacing: true)
      _ = try StateFile.read(path, side: DigitTable.side, epochs: nil)
    }
    #expect(error?.kind == .badData, what)
    #expect(error?.message.hasPrefix(path) == true, what)
  }

  /// What only the run can tell: a step or a count that its rows do not have, another member's state.
  @Test(arguments: [
    ("step", "4"), ("step", "-1"), ("step", "9223372036854775807"), ("correct", "49"), ("correct", "-1"),
    ("member", "2"), ("rows_digest", "0"),
  ])
  func statesOfOtherTrainingsAreRefused(key: String, value: String) throws {
    try withTemporaryFolder { folder in
      let path = try write(to: folder)
      var file = try SafeTensors(reading: path)
      file.metadata[key] = value
      try file.write(to: path, replacing: true)
      let run = try TrainingRun(
        resuming: RunDirectory(resuming: "\(folder)/run"), table: smallTable(rows: 60), epochs: nil,
        data: "table")
      let error = #expect(throws: KitError.self) { try run.fit() }
      #expect(error?.kind == .badData)
    }
  }

  @Test func timingsOfAnEpochAreReplacedNotRepeated() throws {
    try withTemporaryFolder { folder in
      let run = try TrainingRun(smallConfiguration(), at: "\(folder)/run", table: smallTable(rows: 60))
      #expect(try run.fit())
      let member = run.directory.member(1)
      let state = try StateFile.read(StateFile.path(in: member.path), side: 28, epochs: nil)
      try member.write(state, finished: 1.2345)
      let text = try text("\(member.path)/timings.csv")
      let lines = text.split(separator: "\n")
      #expect(lines.count == 3 && lines[0] == "epoch,seconds" && lines[2] == "2,1.235")
    }
  }
}
