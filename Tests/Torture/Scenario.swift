import Foundation
import TestSupport

/// A command that is disturbed, and how it is taken up again.
struct Scenario {
  let name: String
  /// Whether its folder begins with the bench's finished runs, `run` and `folds`, a submission, `old.csv`, a plan of which
  /// nothing is trained, `plan`, and one whose tasks are done, `trained`.
  var hasRuns = false
  /// The command, in its folder.
  let begin: [String]
  /// The command that continues it; nil where the same command does.
  var resume: [String]?
  /// Files beside `Scenario.unpromised` that may differ from those of an undisturbed run.
  var mayDiffer: [String] = []

  /// Files that no promise of equal bytes covers: they hold seconds, process numbers or nothing.
  private static let unpromised = [".lock", "timings.csv", "folds.csv", "events.out.tfevents."]

  /// All scenarios on the data in a folder.
  static func all(data: String) -> [Scenario] {
    let training = ["--data", data, "--network", "4C5S3p-B-P2-D25-8N", "--batch", "32", "--quiet"]
    /// A page of a training holds its seconds.
    let page = ["report.html", "figures/"]
    func train(_ members: Int, _ options: [String]) -> Scenario {
      Scenario(
        name: "train-\(members)",
        begin: ["train"] + training + ["--members", "\(members)", "--output", "run"] + options,
        resume: ["train", "--resume", "run", "--quiet"], mayDiffer: page)
    }
    return [
      train(1, ["--epochs", "3"]),
      train(2, ["--epochs", "2", "--select", "best"]),
      train(3, ["--epochs", "3", "--average-checkpoints", "2"]),
      Scenario(
        name: "cross-validate",
        begin: ["cross-validate"] + training
          + ["--folds", "2", "--members", "2", "--epochs", "2", "--output", "folds"],
        resume: ["cross-validate", "--resume", "folds", "--quiet"], mayDiffer: page),
      Scenario(
        name: "submit", hasRuns: true,
        begin: ["submit", "run", "--data", data, "--output", "new.csv", "--quiet"]),
      Scenario(
        name: "submit-over", hasRuns: true,
        begin: ["submit", "folds", "run", "--data", data, "--output", "old.csv", "--force", "--quiet"]),
      Scenario(
        name: "work", hasRuns: true, begin: ["work", "plan", "--any", "--save-every", "0.0002", "--quiet"]),
      Scenario(name: "gather", hasRuns: true, begin: ["gather", "trained", "--quiet"], mayDiffer: page),
      Scenario(name: "report", hasRuns: true, begin: ["report", "folds", "--data", data]),
      Scenario(
        name: "compare", hasRuns: true,
        begin: ["report", "folds", "run", "--data", data, "--output", "page.html"]),
    ]
  }

  /// The commands that make what folders begin with.
  static func given(data: String) -> [[String]] {
    let runs = all(data: data).filter { ["train-2", "cross-validate"].contains($0.name) }.map(\.begin)
    let plans = ["plan", "trained"].map { name in
      runs[1].map { $0 == "folds" ? name : $0 } + ["--plan"]
    }
    return runs + [["submit", "run", "--data", data, "--output", "old.csv"]] + plans
      + [["work", "trained", "--any", "--quiet"]]
  }

  /// The files whose bytes are promised, by their paths in a folder.
  func promised(in folder: String) throws -> [String: Data] {
    try files(in: folder).filter { path, _ in
      !(Self.unpromised + mayDiffer).contains { path.contains($0) }
    }
  }
}
