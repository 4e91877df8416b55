import Checkpoints
import Competition
import Compute
import Foundation
import Foundations
import Runs
import Synchronization
import TestSupport
import Testing
@testable import Training

@Suite struct TrainingRunTests {
  static let table = smallTable(rows: 60)

  /// Trains without a stop and gives what is promised of it.
  private func uninterrupted(_ configuration: Configuration) throws -> [String: Data] {
    try withTemporaryFolder { folder in
      #expect(try TrainingRun(configuration, at: "\(folder)/run", table: Self.table).fit())
      return try promisedFiles(in: "\(folder)/run/member-1")
    }
  }

  /// Stopped after any step, the last of an epoch too, and continued by a process that knows the files alone.
  @Test(arguments: 1...6) func stoppedAndResumedIsTheSame(steps: Int) throws {
    let expected = try uninterrupted(smallConfiguration())
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      let isDone = try TrainingRun(smallConfiguration(), at: path, table: Self.table).fit(
        stoppingAfter: steps)
      #expect(!isDone)
      for name in ["history.csv", "last.safetensors", "best.safetensors"] {
        try write("of another moment", to: "\(path)/member-1/\(name)")
      }
      let resumed = try TrainingRun(
        resuming: RunDirectory(resuming: path), table: Self.table, epochs: nil, data: "table")
      #expect(try resumed.fit(threads: 2))
      #expect(try promisedFiles(in: "\(path)/member-1") == expected)
    }
  }

  /// Epochs leave learnt rows out; a stop within one is resumed to the same bytes, and no thread
  /// changes them.
  @Test(arguments: [11, 14, 17, 20]) func learntRowsAreLeftOut(steps: Int) throws {
    var configuration = smallConfiguration()
    configuration.epochs = 10
    configuration.skipLearnt = 0.15
    let expected = try uninterrupted(configuration)
    var all = configuration
    all.skipLearnt = 0
    #expect(try uninterrupted(all)["last.safetensors"] != expected["last.safetensors"])
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      #expect(!(try TrainingRun(configuration, at: path, table: Self.table).fit(stoppingAfter: steps)))
      let state = try StateFile.read(
        StateFile.path(in: "\(path)/member-1"), side: DigitTable.side, epochs: nil)
      let marks = try #require(state.learnt).marks
      #expect(marks.contains(3) && marks.contains(0))
      let fewest = Mutex(Int.max)
      let resumed = try TrainingRun(
        resuming: RunDirectory(resuming: path), table: Self.table, epochs: nil, data: "table")
      let isDone = try resumed.tasks.fit(
        threads: 2, kernels: try InstructionSets.detected(), isStopping: { false },
        observe: { _, _, event in
          if case .step(_, _, let rows, _) = event { fewest.withLock { $0 = min($0, rows) } }
        })
      #expect(isDone)
      // Of 48.
      #expect(fewest.withLock { $0 } < 48)
      #expect(try promisedFiles(in: "\(path)/member-1") == expected)
    }
  }

  @Test func moreEpochsAreALongerRun() throws {
    var configuration = smallConfiguration()
    configuration.schedule = .constant
    configuration.skipLearnt = 0
    var longer = configuration
    longer.epochs = 4
    let expected = try uninterrupted(longer)
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      #expect(try TrainingRun(configuration, at: path, table: Self.table).fit())
      // In a scope of its own: its lock ends with it.
      do {
        let run = try TrainingRun(
          resuming: RunDirectory(resuming: path), table: Self.table, epochs: 4, data: "table")
        #expect(try run.fit())
      }
      #expect(try promisedFiles(in: "\(path)/member-1") == expected)
      let error = #expect(throws: KitError.self) {
        try TrainingRun(
          resuming: RunDirectory(resuming: path), table: Self.table, epochs: 3, data: "table")
      }
      #expect(error?.kind == .usage)
    }
  }

  @Test func otherRowsAreRefused() throws {
    try withTemporaryFolder { folder in
      #expect(try TrainingRun(smallConfiguration(), at: "\(folder)/run", table: Self.table).fit())
      let before = try promisedFiles(in: "\(folder)/run/member-1")
      let error = #expect(throws: KitError.self) {
        try TrainingRun(
          resuming: RunDirectory(resuming: "\(folder)/run"), table: smallTable(rows: 60, seed: 2),
          epochs: nil,
          data: "others")
      }
      #expect(error?.kind == .badData)
      #expect(try promisedFiles(in: "\(folder)/run/member-1") == before)
    }
  }

  /// A member's weights do not depend on how many there are or how they were shared out.
  @Test func membersAreIndependent() throws {
    try withTemporaryFolder { folder in
      var configuration = smallConfiguration()
      #expect(try TrainingRun(configuration, at: "\(folder)/one", table: Self.table).fit())
      configuration.members = 3
      for threads in [1, 2, 4] {
        let run = try TrainingRun(configuration, at: "\(folder)/three-\(threads)", table: Self.table)
        #expect(run.tasks.lanes(threads: threads) == min(3, threads))
        #expect(try run.fit(threads: threads))
      }
      let one = try promisedFiles(in: "\(folder)/one/member-1")
      var three = try promisedFiles(in: "\(folder)/three-1/member-1")
      // The state tells how many members the run has.
      three["state.safetensors"] = one["state.safetensors"]
      #expect(three == one)
      for member in 1...3 {
        let expected = try promisedFiles(in: "\(folder)/three-1/member-\(member)")
        for threads in [2, 4] {
          #expect(try promisedFiles(in: "\(folder)/three-\(threads)/member-\(member)") == expected)
        }
      }
      #expect(
        try promisedFiles(in: "\(folder)/three-1/member-2")["last.safetensors"] != one["last.safetensors"])
    }
  }

  /// Members of several networks, of which one takes longer: each is the same in whichever lane it is trained, and goes
  /// on as what it was begun as.
  @Test func membersTakeTurnsWithTheNetworks() throws {
    try withTemporaryFolder { folder in
      var configuration = smallConfiguration()
      configuration.networks = ["4C5S3p-B-P2-D25-8N", "8N", "12N-8N"]
      configuration.members = 5
      let alone = try TrainingRun(configuration, at: "\(folder)/1", table: Self.table)
      #expect(
        alone.tasks.map(\.network.network.notation)
          == ["4C5S3p-B-P2-D25-8N", "8N", "12N-8N", "4C5S3p-B-P2-D25-8N", "8N"])
      #expect(try alone.fit())
      for threads in [2, 3, 4, 16] {
        #expect(
          try TrainingRun(configuration, at: "\(folder)/\(threads)", table: Self.table).fit(threads: threads))
      }
      do {
        let run = try TrainingRun(configuration, at: "\(folder)/stopped", table: Self.table)
        #expect(try !run.fit(threads: 2, stoppingAfter: 9))
      }
      let resumed = try TrainingRun(
        resuming: RunDirectory(resuming: "\(folder)/stopped"), table: Self.table, epochs: nil, data: "table")
      #expect(try resumed.fit(threads: 2))
      for member in 1...5 {
        let expected = try promisedFiles(in: "\(folder)/1/member-\(member)")
        for other in ["2", "3", "4", "16", "stopped"] {
          #expect(try promisedFiles(in: "\(folder)/\(other)/member-\(member)") == expected, "\(other)")
        }
      }
    }
  }

  @Test func divergingStopsAndKeepsTheLastGoodEpoch() throws {
    try withTemporaryFolder { folder in
      var configuration = smallConfiguration()
      configuration.networks = ["8Nl-8Nl"]
      configuration.optimizer = .sgd
      configuration.schedule = .constant
      configuration.learningRate = 100
      configuration.epochs = 50
      let run = try TrainingRun(configuration, at: "\(folder)/run", table: Self.table)
      let error = #expect(throws: KitError.self) { try run.fit() }
      #expect(error?.kind == .failure)
      #expect(error?.message.contains("became NaN or infinite") == true)
      let state = try StateFile.read(
        StateFile.path(in: run.directory.member(1).path), side: DigitTable.side, epochs: nil)
      #expect(state.weights.isFinite && state.epoch < 50 && state.step == 0)
    }
  }

  @Test func withoutValidationTheLastEpochIsTheBest() throws {
    try withTemporaryFolder { folder in
      var configuration = smallConfiguration()
      configuration.validation = 0
      let run = try TrainingRun(configuration, at: "\(folder)/run", table: Self.table)
      #expect(run.split.training.count == 60)
      #expect(try run.fit())
      let files = try promisedFiles(in: "\(folder)/run/member-1")
      #expect(files["best.safetensors"] == files["last.safetensors"])
      let best = try Checkpoint(
        reading: BestCheckpointFile.path(in: run.directory.member(1).path), side: DigitTable.side)
      #expect(best.origin.epoch == 2 && best.origin.validationAccuracy == nil)
    }
  }

  /// Without `--select best` a member has one checkpoint, the last.
  @Test func theBestCheckpointIsThereIfSelectedAlone() throws {
    for select in [Selection.best, .last] {
      try withTemporaryFolder { folder in
        var configuration = smallConfiguration()
        configuration.select = select
        #expect(try TrainingRun(configuration, at: "\(folder)/run", table: Self.table).fit())
        let names = try folderEntries("\(folder)/run/member-1")
        #expect(names.contains(LastCheckpointFile.name))
        #expect(names.contains(BestCheckpointFile.name) == (select == .best))
      }
    }
  }

  /// A run of an earlier kit, which wrote the last epoch's weights as the best, too: stopped or finished, it is resumed, ends
  /// with the bytes of a new one, and keeps no checkpoint that is called what it is not.
  @Test(arguments: [4, .max]) func runsOfEarlierKitsAreResumed(steps: Int) throws {
    var configuration = smallConfiguration()
    configuration.select = .last
    let expected = try uninterrupted(configuration)
    #expect(expected[BestCheckpointFile.name] == nil)
    try withTemporaryFolder { folder in
      let (path, member) = ("\(folder)/run", "\(folder)/run/member-1")
      _ = try TrainingRun(configuration, at: path, table: Self.table).fit(stoppingAfter: steps)
      try FileManager.default.copyItem(
        atPath: LastCheckpointFile.path(in: member), toPath: BestCheckpointFile.path(in: member))
      #expect(try checkpointPaths([path]) == [[LastCheckpointFile.path(in: member)]])
      let resumed = try TrainingRun(
        resuming: RunDirectory(resuming: path), table: Self.table, epochs: nil, data: "table")
      #expect(try resumed.fit())
      #expect(try promisedFiles(in: member) == expected)
    }
  }

  /// The mark of an epoch: no earlier one has as good a validation score, whichever epoch is kept.
  @Test func onlyEpochsThatAreTheBestSoFarAreMarked() throws {
    for (select, validation) in [(Selection.last, 0.2), (.best, 0.2), (.last, 0)] {
      try withTemporaryFolder { folder in
        var configuration = smallConfiguration()
        configuration.epochs = 12
        configuration.select = select
        configuration.validation = validation
        configuration.learningRate = 0.02
        let run = try TrainingRun(configuration, at: "\(folder)/run", table: Self.table)
        let epochs = Mutex<[(record: EpochRecord, isMarked: Bool)]>([])
        _ = try run.tasks.fit(threads: 1, kernels: InstructionSets.detected(), isStopping: { false }) {
          _, _, event in
          if case .epoch(let record, let isBestSoFar, _) = event {
            epochs.withLock { $0.append((record, isBestSoFar)) }
          }
        }
        let all = epochs.withLock { $0 }
        #expect(all.count == 12)
        for (place, epoch) in all.enumerated() {
          let earlier = all[..<place].map(\.record)
          let isBest =
            epoch.record.validationAccuracy != nil && earlier.allSatisfy { epoch.record.isBetter(than: $0) }
          #expect(epoch.isMarked == isBest, "epoch \(place + 1)")
        }
        #expect(all.contains { !$0.isMarked })
        #expect(all.contains(where: \.isMarked) == (validation > 0))
      }
    }
  }

  @Test func learns() throws {
    try withTemporaryFolder { folder in
      var configuration = smallConfiguration()
      configuration.networks = ["16N"]
      configuration.epochs = 20
      configuration.augmentation = .none
      configuration.schedule = .constant
      let run = try TrainingRun(configuration, at: "\(folder)/run", table: Self.table)
      #expect(try run.fit())
      let best = try Checkpoint(
        reading: BestCheckpointFile.path(in: run.directory.member(1).path), side: DigitTable.side)
      #expect(best.origin.validationAccuracy == 1)
    }
  }
}
