import Foundation
import Platform
import TestSupport
import Testing

/// What becomes of a run's folder: files that are missing, damaged or in the way, and what the messages advise.
@Suite struct RunFolderTests {
  static let quick = smallNetwork + ["--epochs", "2", "--quiet"]
  static let folded = quick + ["--folds", "2", "--members", "2"]

  private func crossValidate(_ arguments: [String], in folder: String? = nil) throws -> Outcome {
    try run("kaggle-digits-cross-validate", arguments, in: folder)
  }

  private func crossValidated(_ path: String, _ arguments: [String] = folded) throws {
    let outcome = try crossValidate(["--data", competition, "--output", path] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  /// The commands in a message, run by a shell in a folder as they are printed.
  private func runCommands(in text: String, folder: String) throws -> [Outcome] {
    let ends = [", or this one", ", with the other options", " resumes it", "; ", "\n"]
    let starts = ["kaggle-digits ", "rm ", "cp -R "].flatMap { start in
      text.ranges(of: " " + start).map { text.index(after: $0.lowerBound) }
    }
    return try starts.sorted().map { start in
      let rest = text[start...]
      let end = ends.compactMap { rest.range(of: $0)?.lowerBound }.min() ?? rest.endIndex
      let path = "\(builtFolder):/usr/bin:/bin"
      return try run("/bin/sh", ["-c", String(rest[..<end])], environment: ["PATH": path], in: folder)
    }
  }

  /// Each file of a training, missing when it is resumed: made again with the same bytes, or said to be missing.
  @Test func missingFilesOfATraining() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try trained(path, Self.quick + ["--members", "2", "--select", "best"])
      let (whole, promised) = (try files(in: path), try promisedFiles(in: path))
      for place in whole.keys.sorted() where !whole[place]!.isEmpty || place == "figures" {
        try FileManager.default.removeItem(atPath: "\(path)/\(place)")
        let outcome = try resume(path, ["--quiet"])
        #expect(outcome.status == 0, "\(place): \(outcome.errors)")
        #expect(try promisedFiles(in: path) == promised, "\(place)")
        // Nothing makes the seconds and the events of a training that is done again.
        let isKept = !place.hasSuffix("timings.csv") && !place.contains("tfevents")
        #expect(!isKept || FileManager.default.fileExists(atPath: "\(path)/\(place)"), "\(place)")
      }
      for member in 1...2 {
        try FileManager.default.removeItem(atPath: "\(path)/member-\(member)/configuration.json")
      }
      expectRefusal(
        try resume(path, ["--quiet"]), status: 66,
        "\(path)/member-1/configuration.json is missing, and without it")
    }
  }

  @Test func missingFilesOfACrossValidation() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try crossValidated(path)
      let (whole, promised) = (try files(in: path), try promisedFiles(in: path))
      let results = ["out-of-fold.csv", "member-predictions.csv"].map { (name: $0, bytes: whole[$0]) }
      let places = whole.keys.filter {
        !$0.contains("fold-1") && !$0.contains("member-2") && $0 != "configuration.json"
      }
      for place in places.sorted() + ["fold-1", "fold-2/member-2"]
      where !(whole[place]?.isEmpty ?? true) || place.contains("fold-") || place == "figures" {
        try FileManager.default.removeItem(atPath: "\(path)/\(place)")
        let outcome = try crossValidate(["--resume", path, "--quiet"])
        #expect(outcome.status == 0, "\(place): \(outcome.errors)")
        #expect(try promisedFiles(in: path) == promised, "\(place)")
        for result in results { #expect(try bytes("\(path)/\(result.name)") == result.bytes, "\(place)") }
      }
      try FileManager.default.removeItem(atPath: "\(path)/configuration.json")
      expectRefusal(
        try crossValidate(["--resume", path]), status: 66,
        "\(path)/configuration.json is missing, and without it")
    }
  }

  /// Seconds that are not known are a dash; a fold's own stay its own.
  @Test(arguments: ["", "epoch,seconds\n", "epoch,seconds\n2,5.0\n", "nonsense"])
  func secondsThatAreNotKnown(timings: String) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try crossValidated(path, Self.quick + ["--folds", "3"])
      try write("epoch,seconds\n1,100\n2,11\n", to: "\(path)/fold-3/member-1/timings.csv")
      let missing = "\(path)/fold-2/member-1/timings.csv"
      if timings.isEmpty { unlink(missing) } else { try write(timings, to: missing) }
      let outcome = try crossValidate(["--resume", path, "--quiet"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let seconds = try lines("\(path)/folds.csv").map { $0[6] }
      #expect(seconds[2] == "" && seconds[3] == "111.0" && Double(seconds[1]) != nil)
      let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ").last ?? "" }
      #expect(rows[2] == "–" && rows[3] == "111.0", "\(outcome.output)")
    }
  }

  @Test func aRunIsThereUntilTheNewOneBegins() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try trained(path, Self.quick)
      let before = try files(in: path)
      try write("nonsense", to: "\(folder)/train.csv")
      for wrong in [
        ["--data", "\(folder)/none"], ["--data", "\(folder)/train.csv"], ["--limit", "9", "--folds", "9"],
      ] {
        let command = wrong.contains("--folds") ? "kaggle-digits-cross-validate" : "kaggle-digits-train"
        let data = wrong.contains("--data") ? [] : ["--data", competition]
        let outcome = try run(command, ["--output", path, "--force"] + Self.quick + data + wrong)
        #expect(outcome.status == 65 || outcome.status == 66, "\(outcome.errors)")
        #expect(try files(in: path) == before)
      }
    }
  }

  /// More folds than a process may have files open.
  @Test func fewDescriptors() throws {
    try withTemporaryFolder { folder in
      let (path, program) = ("\(folder)/run", built("kaggle-digits-cross-validate"))
      func limited(_ arguments: [String]) throws -> Outcome {
        try run("/bin/sh", ["-c", "ulimit -n 16; exec \"$@\"", "sh", program] + arguments)
      }
      let begin = [
        "--data", competition, "--output", path, "--folds", "20", "--network", "2C3-P4", "--epochs", "1",
        "--quiet",
      ]
      for arguments in [begin, ["--resume", path, "--quiet"], begin + ["--force"]] {
        let outcome = try limited(arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!outcome.errors.contains("TensorBoard"), "\(outcome.errors)")
      }
      #expect(try lines("\(path)/folds.csv").count == 21)
    }
  }

  /// What names a part of a run, or a run of the other command, is told the command for the run; such commands run as
  /// they are printed.
  @Test func theRightCommandIsNamed() throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/a b/run", Self.quick)
      try crossValidated("\(folder)/a b/it's", Self.quick + ["--folds", "2"])
      for (command, path, text) in [
        ("train", "a b/run/member-1", "is a member of a b/run; to resume the run"),
        ("train", "a b/run/member-1/", "is a member of a b/run; to resume the run"),
        ("cross-validate", "a b/run/member-1/last.safetensors", "is a file of a member of a b/run"),
        ("cross-validate", "a b/it's/fold-2", "a b/it's/fold-2 is a fold of a b/it's; to resume all folds"),
        ("train", "a b/it's/fold-2/member-1", "is a member of a b/it's/fold-2, a fold of a b/it's"),
        (
          "cross-validate", "a b/it's/fold-2/member-1/state.safetensors",
          "is a file of a member of a b/it's/fold-2"
        ),
        ("train", "a b/it's", "is a cross-validation; resume it with"),
        ("cross-validate", "a b/run", "is not a cross-validation; resume it with"),
      ] {
        let outcome = try run("kaggle-digits-\(command)", ["--resume", path], in: folder)
        expectRefusal(outcome, status: 64, text)
        let commands = try runCommands(in: outcome.errors, folder: folder)
        #expect(commands.count == (text.contains("fold") ? 2 : 1), "\(outcome.errors)")
        for command in commands { #expect(command.status == 0, "\(outcome.errors) \(command.errors)") }
      }
      let report = try run("kaggle-digits-report", ["member-1"], in: "\(folder)/a b/run")
      expectRefusal(report, status: 64, "member-1 is a member of .; name the run: kaggle-digits report ")
      let output = ["--data", competition, "--output", "a b/run"]
      let taken = try run("kaggle-digits-train", output + Self.quick, in: folder)
      expectRefusal(
        taken, status: 73, "a b/run holds a run; kaggle-digits train --resume 'a b/run' resumes it")
      #expect(try runCommands(in: taken.errors, folder: folder).map(\.status) == [0])
      unlink("\(folder)/a b/run/member-1/last.safetensors")
      let submission = try run("kaggle-digits-submit", ["a b/run", "--data", competition], in: folder)
      expectRefusal(submission, status: 66, "has no checkpoint yet")
      #expect(try runCommands(in: submission.errors, folder: folder).map(\.status) == [0])
      #expect(FileManager.default.fileExists(atPath: "\(folder)/a b/run/member-1/last.safetensors"))
    }
  }

  @Test func aDamagedStateIsRemovedAsAdvised() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a run"
      try trained(path, Self.quick)
      let expected = try promisedFiles(in: path)
      let state = "\(path)/member-1/state.safetensors"
      try expected["member-1/state.safetensors"]!.prefix(999).write(to: URL(fileURLWithPath: state))
      let outcome = try resume(path, ["--quiet"])
      expectRefusal(
        outcome, status: 65, "to train this member anew, remove the file and resume again: rm '\(state)'")
      #expect(try runCommands(in: outcome.errors, folder: folder).map(\.status) == [0])
      let again = try resume(path)
      #expect(again.status == 0 && again.errors.contains("resumed from the start\n"), "\(again.errors)")
      #expect(try promisedFiles(in: path) == expected)
    }
  }

  @Test func allReasonsAgainstMoreEpochsAreSaid() throws {
    try withTemporaryFolder { folder in
      try trained(
        "\(folder)/run",
        smallNetwork + ["--epochs", "2", "--schedule", "cosine", "--average-checkpoints", "2", "--quiet"])
      let ending =
        "a run with the schedule cosine and the average of its last epochs and plain images at its end"
      expectRefusal(
        try resume("\(folder)/run", ["--epochs", "3"]), status: 64, "can't be added to \(ending)")
      expectRefusal(
        try resume("\(folder)/run", ["--epochs", "1"]), status: 64, "is fewer than", "; also, ", ending)
    }
  }

  /// Moved, renamed, reported on and submitted, a run goes on as if nothing had happened.
  @Test func aRunThatWasUsedAndMovedGoesOn() throws {
    try withTemporaryFolder { folder in
      let arguments =
        smallNetwork + ["--schedule", "constant", "--plain-epochs", "0", "--skip-learnt", "0", "--quiet"]
      try trained("\(folder)/long", arguments + ["--epochs", "2"])
      try trained("\(folder)/short", arguments + ["--epochs", "1"])
      #expect(try submit(["\(folder)/short"], output: "\(folder)/s.csv").status == 0)
      #expect(try run("kaggle-digits-report", ["\(folder)/short"]).status == 0)
      let elsewhere = try run("kaggle-digits-report", ["\(folder)/short", "--output", "\(folder)/page.html"])
      #expect(
        elsewhere.status == 0 && elsewhere.output == "report: \(folder)/page.html (open in a browser)\n")
      #expect(try text("\(folder)/page.html") == text("\(folder)/short/report.html"))
      expectRefusal(
        try run("kaggle-digits-report", ["\(folder)/short", "--output", "\(folder)/page.html"]), status: 73,
        "page.html")
      try FileManager.default.createDirectory(
        atPath: "\(folder)/else where", withIntermediateDirectories: true)
      try FileManager.default.moveItem(atPath: "\(folder)/short", toPath: "\(folder)/else where/member-1")
      let resumed = try resume("\(folder)/else where/member-1", ["--epochs", "2", "--quiet"])
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try promisedFiles(in: "\(folder)/else where/member-1") == promisedFiles(in: "\(folder)/long"))
    }
  }

  /// A run in a folder that can't be written: the page is written elsewhere, and the run is copied to go on.
  @Test(.enabled(if: geteuid() == 0 && installed("setpriv") != nil, "only root can become another user"))
  func aReadOnlyRun() throws {
    try withTemporaryFolder { folder in
      func asNobody(_ arguments: [String]) throws -> Outcome {
        let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]
        return try run(try #require(installed("setpriv")), user + arguments, in: folder)
      }
      guard try asNobody([built("kaggle-digits-train"), "--version"]).status == 0 else {
        return print("SKIPPED: another user can't run the executables")
      }
      try crossValidated("\(folder)/a run", Self.quick + ["--folds", "2"])
      chmod(folder, 0o777)
      for (command, path) in [("cross-validate", "a run"), ("train", "a run/fold-1")] {
        let outcome = try asNobody([built("kaggle-digits-\(command)"), "--resume", path, "--quiet"])
        expectRefusal(
          outcome, status: 73, "\(path)/.lock can't be opened: permission denied; to work on a copy: cp -R '")
        #expect(try runCommands(in: outcome.errors, folder: folder).map(\.status) == [0])
      }
      #expect(try resume("\(folder)/fold-1-copy", ["--quiet"]).status == 0)
      let page = try asNobody([built("kaggle-digits-report"), "a run"])
      expectRefusal(page, status: 73, "a run/figures/", "permission denied; to write the page elsewhere: ")
      #expect(try runCommands(in: page.errors, folder: folder).map(\.status) == [0])
      #expect(FileManager.default.fileExists(atPath: "\(folder)/report.html"))
    }
  }
}
