import TestSupport
import Foundation
import Platform
import Testing

/// A run that was stopped or killed at any moment ends with the bytes of one that was not.
@Suite(.serialized) struct ResumeTests {
  static let training = smallNetwork + ["--epochs", "6", "--schedule", "cosine"]

  /// The folder of the uninterrupted run, made once.
  static let uninterrupted: Result<[String: Data], any Error> = Result {
    try withTemporaryFolder { folder in
      try trained("\(folder)/run", training + ["--members", "2"])
      return try promisedFiles(in: "\(folder)/run")
    }
  }

  /// `kill -9` again and again: in the sample's reading, in an epoch, between two files.
  @Test func killedAtAnyMoment() throws {
    let expected = try Self.uninterrupted.get()
    try withTemporaryFolder { folder in
      let start = Date()
      try trained("\(folder)/timed", Self.training + ["--members", "2"])
      let duration = Date().timeIntervalSince(start)
      var (kills, runs, attempts) = (0, 0, 0)
      while kills < 30 {
        let path = "\(folder)/\(runs)"
        runs += 1
        while true {
          // A sweep over what a run takes that no epoch's length divides.
          attempts += 1
          let delay = PlannedSignal.Moment.after(
            duration * (Double(attempts) * 0.618).truncatingRemainder(dividingBy: 1))
          let signals = kills < 30 ? [PlannedSignal(number: SIGKILL, moment: delay)] : []
          let isBegun = FileManager.default.fileExists(atPath: "\(path)/member-1/configuration.json")
          let begin = Self.training + ["--members", "2"] + ["--force"]
          let outcome = try isBegun ? resume(path, signals: signals) : train(path, begin, signals: signals)
          guard outcome.signal == SIGKILL else {
            #expect(outcome.status == 0, "\(outcome.errors)")
            break
          }
          kills += 1
        }
        #expect(try promisedFiles(in: path) == expected)
        #expect(try !files(in: path).keys.contains { $0.hasSuffix(".partial") })
      }
      print("killed \(kills) times in \(runs) runs")
    }
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func stoppedBySignal(signal: Int32, status: Int32) throws {
    let expected = try Self.uninterrupted.get()
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      for moment in [PlannedSignal.Moment.whenErrorsContain("run     "), .whenErrorsContain("epoch 3/6")] {
        let signals = [PlannedSignal(number: signal, moment: moment)]
        let outcome =
          try FileManager.default.fileExists(atPath: path)
          ? resume(path, signals: signals)
          : train(path, Self.training + ["--members", "2"], signals: signals)
        #expect(outcome.status == status)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasSuffix("\nstopped; to resume: kaggle-digits train --resume \(path)\n"))
        #expect(try !files(in: path).keys.contains { $0.hasSuffix(".partial") })
      }
      let finished = try resume(path, ["--threads", "3", "--quiet"])
      #expect(finished.status == 0, "\(finished.errors)")
      #expect(try promisedFiles(in: path) == expected)
    }
  }

  /// A step of some seconds, which the second signal does not wait for.
  @Test func aSecondSignalStopsAtOnce() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      let outcome = try train(
        path, ["--network", "128C5-128C5-128C5", "--batch", "400", "--epochs", "1", "--threads", "1"],
        signals: [
          // One that changes nothing, since the step has not begun yet.
          PlannedSignal(number: SIGCONT, moment: .whenErrorsContain("run     ")),
          PlannedSignal(number: SIGTERM, moment: .after(0.5)),
          PlannedSignal(number: SIGINT, moment: .after(0.1)),
        ])
      #expect(outcome.signal == SIGINT && outcome.status == nil)
      #expect(!outcome.errors.contains("stopped"))
    }
  }

  /// A cluster's job is signalled, and its script passes the signal on.
  @Test func terminationsWithinSecondsAreOne() throws {
    let expected = try Self.uninterrupted.get()
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      let outcome = try train(
        path, Self.training + ["--members", "2", "--threads", "1"],
        signals: [
          PlannedSignal(number: SIGTERM, moment: .whenErrorsContain("epoch 1/6")),
          PlannedSignal(number: SIGTERM, moment: .after(0.001)),
          PlannedSignal(number: SIGHUP, moment: .after(0.001)),
        ])
      #expect(outcome.status == 143, "\(outcome.errors)")
      #expect(try resume(path).status == 0)
      #expect(try promisedFiles(in: path) == expected)
    }
  }

  /// With a state after each step, a kill loses a step at most.
  @Test func theStateIsSavedWithinAnEpochToo() throws {
    let expected = try Self.uninterrupted.get()
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      let saving = ["--save-every", "0"]
      let outcome = try train(
        path, Self.training + ["--members", "2", "--threads", "1"] + saving,
        signals: [
          PlannedSignal(number: SIGKILL, moment: .whenErrorsContain("epoch 2/6"))
        ])
      #expect(outcome.signal == SIGKILL)
      let finished = try resume(path, saving)
      #expect(finished.status == 0, "\(finished.errors)")
      #expect(try promisedFiles(in: path) == expected)
    }
  }

  @Test func aFinishedRunStaysAsItIs() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try trained(path, smallNetwork + ["--epochs", "2"])
      let before = try files(in: path)
      for arguments in [[], ["--threads", "1"], ["--epochs", "2", "--seed", "1", "--batch", "32"]] {
        let outcome = try resume(path, arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("member 1: last epoch 2, "))
        #expect(try files(in: path) == before)
      }
    }
  }

  @Test func moreEpochsEqualALongerRun() throws {
    try withTemporaryFolder { folder in
      let open = smallNetwork + ["--schedule", "constant", "--plain-epochs", "0", "--skip-learnt", "0"]
      try trained("\(folder)/long", open + ["--epochs", "4"])
      try trained("\(folder)/short", open + ["--epochs", "2"])
      #expect(try resume("\(folder)/short", ["--epochs", "4"]).status == 0)
      #expect(try promisedFiles(in: "\(folder)/short") == promisedFiles(in: "\(folder)/long"))
      // The configuration tells the new number, so that a further resume needs no option.
      #expect(try resume("\(folder)/short").status == 0)
      #expect(try promisedFiles(in: "\(folder)/short") == promisedFiles(in: "\(folder)/long"))
    }
  }

  @Test func otherOptionsAndOtherRowsAreRefused() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try trained(path, smallNetwork + ["--epochs", "2", "--limit", "200"])
      let before = try files(in: path)
      let differing = [
        ["--network", "simple"], ["--batch", "64"], ["--learning-rate", "0.01"], ["--schedule", "step"],
        ["--optimizer", "sgd"], ["--initialization", "he"], ["--validation", "0.2"], ["--seed", "2"],
        ["--members", "2"], ["--limit", "201"], ["--shift", "0.2"], ["--rotate", "1"], ["--zoom", "0"],
        ["--shear", "1"], ["--no-augment"], ["--elastic", "2"], ["--erase", "0.5"], ["--plain-epochs", "2"],
        ["--select", "best"],
        ["--recipe", "balanced"], ["--prepare", "spread"], ["--optimizer", "adamw", "--weight-decay", "0.1"],
        ["--label-smoothing", "0.2"], ["--skip-learnt", "0.5"],
      ]
      for option in differing {
        expectRefusal(try resume(path, option), status: 64, "differs from", "--resume takes everything")
      }
      expectRefusal(try resume(path, ["--epochs", "1"]), status: 64, "--epochs 1 is fewer than")
      let falling = "\(folder)/falling"
      try trained(falling, smallNetwork + ["--epochs", "1", "--schedule", "cosine", "--quiet"])
      expectRefusal(try resume(falling, ["--epochs", "2"]), status: 64, "schedule cosine", "train a new run")
      let plain = "\(folder)/plain"
      try trained(plain, smallNetwork + ["--epochs", "1", "--schedule", "constant", "--quiet"])
      expectRefusal(
        try resume(plain, ["--epochs", "2"]), status: 64, "plain images at its end", "train a new run")
      expectRefusal(try resume(path, ["--output", "x"]), status: 64, "--output")
      expectRefusal(try resume(path, ["--force"]), status: 64, "--force")
      let other = "\(folder)/other"
      let sample = ["--output", other, "--train-rows", "400", "--test-rows", "5", "--seed", "2"]
      #expect(try run("kaggle-digits-sample", sample).status == 0)
      expectRefusal(
        try resume(path, ["--data", other]), status: 65, "holds different rows from those \(path)")
      expectRefusal(try resume(path, ["--data", "\(folder)/none"]), status: 66, "\(folder)/none")
      expectRefusal(try resume("\(folder)/none"), status: 66, "\(folder)/none is not a run")
      #expect(try files(in: path) == before)
    }
  }

  @Test func aRunThatAnotherProcessWritesIsLeftAlone() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try trained(path, smallNetwork + ["--epochs", "1"])
      let before = try files(in: path)
      let lock = open("\(path)/.lock", O_RDWR)
      defer { close(lock) }
      #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
      expectRefusal(try resume(path, ["--epochs", "2"]), status: 1, "another process is writing to \(path)")
      expectRefusal(
        try train(path, smallNetwork + ["--force"]), status: 1, "another process is writing to \(path)")
      #expect(try files(in: path) == before)
    }
  }
}
