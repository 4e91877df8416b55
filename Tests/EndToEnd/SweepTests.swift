import Foundation
import Platform
import TestSupport
import Testing

/// Searches of options: by one command or task by task, the same trials, scores and verdict.
@Suite struct SweepTests {
  private static let options =
    ["--data", competition, "--epochs", "4", "--shift", "0,0.05", "--learning-rate", "0.0005..0.05"]
    + ["--trials", "6", "--rungs", "2", "--folds", "3"] + smallNetwork

  private func sweep(_ output: String, _ arguments: [String] = []) throws -> Outcome {
    try run("kaggle-digits", ["sweep", "--output", output] + Self.options + arguments)
  }

  @Test func tasksEqualOneCommand() throws {
    try withTemporaryFolder { folder in
      let (one, path) = ("\(folder)/one", "\(folder)/plan")
      let whole = try sweep(one)
      #expect(whole.status == 0, "\(whole.errors)")
      let planned = try sweep(path, ["--plan"])
      #expect(
        planned.output.hasPrefix(
          "\(path): 12 tasks, 6 trials in 2 rungs on fold 1, the winner on folds 2 and 3"))
      expectRefusal(try work(path, ["--task", "7"]), status: 75, "begins when all tasks of rung 1 are done")
      let killed = try work(
        path, ["--any"], signals: [PlannedSignal(number: SIGKILL, moment: .whenErrorsContain(" done "))])
      #expect(killed.signal == SIGKILL)
      let early = try gather(path)
      #expect(early.status == 75 && early.errors.contains(" of 12 tasks are done; "))
      for task in [5, 4, 3, 2, 1, 0, 7, 6] {
        let outcome = try work(path, ["--task", "\(task)"])
        #expect(outcome.status == 0, "\(outcome.errors)")
      }
      let last = try work(path, ["--any", "--threads", "3"])
      #expect(last.status == 0, "\(last.errors)")
      let gathered = try gather(path)
      #expect(gathered.output == whole.output.replacing(one, with: path))
      #expect(gathered.output.contains(" on folds 2 and 3, which chose nothing"))
      #expect(try bytes("\(path)/trials.json") == bytes("\(one)/trials.json"))
      #expect(try promisedFiles(in: path) == promisedFiles(in: one))
      let page = try text("\(path)/report.html")
      #expect(page.contains("report of a sweep") && page.contains("which chose nothing"))
      // What --force removes is all of it.
      expectRefusal(try sweep(path, ["--plan"]), status: 73, "holds a plan")
      #expect(try sweep(path, ["--plan", "--force"]).status == 0)
      #expect(try files(in: path).keys.sorted() == [".lock", "plan.json"])
    }
  }

  /// A trial whose loss is NaN came to nothing, and the sweep goes on.
  @Test func aTrialThatDivergesIsAResult() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/sweep"
      let outcome = try run(
        "kaggle-digits",
        [
          "sweep", "--output", path, "--data", competition, "--epochs", "20", "--learning-rate", "0.001,100",
          "--grid",
          "--folds", "2", "--optimizer", "sgd", "--schedule", "constant", "--network", "8Nl-8Nl", "--batch",
          "8",
        ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("ended: its loss became NaN or infinite"))
      let names = try files(in: path).keys.filter { $0.hasSuffix("/diverged.txt") }
      #expect(!names.isEmpty)
      #expect(try text("\(path)/\(names[0])").contains("became NaN or infinite"))
      #expect(outcome.output.contains("The base options won"))
    }
  }

  @Test(arguments: [
    (["--learning-rate", "0.1..0.01"], "0.1..0.01"), (["--seed", "1,2"], "--seed can't be searched"),
    (["--members", "2"], "trains one member a trial"), (["--select", "best"], "uses its last epoch"),
    (["--choose-on", "1-5"], "no fold is left to report its score"), (["--trials", "1"], "--trials"),
    (["--epochs", "2", "--no-such"], "unknown option '--no-such'"),
  ])
  func whatCannotBeSearchedIsRefused(arguments: [String], message: String) throws {
    try withTemporaryFolder { folder in
      let base = ["sweep", "--output", "\(folder)/sweep", "--data", competition, "--shift", "0,0.1"]
      expectRefusal(try run("kaggle-digits", base + arguments), status: 64, message)
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/sweep"))
    }
  }

  /// Fewer values than the default's trials are all tried.
  @Test func fewValuesAreAllTried() throws {
    try withTemporaryFolder { folder in
      let base = ["sweep", "--plan", "--data", competition, "--shift", "0,0.1", "--folds", "2"]
      let outcome = try run("kaggle-digits", base + ["--output", "\(folder)/sweep"])
      #expect(outcome.output.contains(": 5 tasks, 3 trials on fold 1"), "\(outcome.errors)")
      expectRefusal(
        try run("kaggle-digits", base + ["--output", "\(folder)/other", "--trials", "9"]), status: 64,
        "with the base options: --grid trains them all")
    }
  }

  @Test func aSweepWithNothingToSearchIsRefused() throws {
    try withTemporaryFolder { folder in
      expectRefusal(
        try run("kaggle-digits", ["sweep", "--output", "\(folder)/sweep", "--data", competition]), status: 64,
        "there is nothing to search")
    }
  }
}
