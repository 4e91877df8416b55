import Foundation
import TestSupport
import Testing

/// `kaggle-digits reproduce`.
@Suite struct ReproduceTests {
  private func reproduce(_ arguments: [String], in folder: String) throws -> Outcome {
    try run("kaggle-digits", ["reproduce", "--quiet"] + arguments, in: folder)
  }

  @Test func anUnchangedSubmissionIsMadeAgainAndAnEditedCheckpointIsFound() throws {
    try withTemporaryFolder { folder in
      try trained(
        "\(folder)/pair", smallNetwork + ["--epochs", "2", "--members", "2", "--select", "best", "--quiet"])
      let folds = try run(
        "kaggle-digits-cross-validate",
        ["--data", competition, "--output", "\(folder)/folds", "--folds", "2", "--epochs", "1", "--quiet"]
          + smallNetwork)
      #expect(folds.status == 0, "\(folds.errors)")
      let made = try run(
        "kaggle-digits-submit",
        ["pair", "folds", "--weights", "0.7,0.3", "--tta", "2", "--data", competition, "--output", "s.csv"],
        in: folder)
      #expect(made.status == 0, "\(made.errors)")

      let same = try reproduce(["s.json"], in: folder)
      #expect(same.status == 0, "\(same.errors)")
      // Of four members history, state, last and, of two, best checkpoint; out-of-fold predictions; the submission.
      #expect(same.output.hasSuffix("all 16 files have the same bytes\n"), "\(same.output)")

      let edited = "\(folder)/pair/member-2/best.safetensors"
      var content = try bytes(edited)
      content[content.count - 6] ^= 0x40
      try content.write(to: URL(fileURLWithPath: edited))
      let different = try reproduce(["s.csv", "--json"], in: folder)
      #expect(different.status == 1)
      #expect(different.errors.contains("train --resume reproduced/s/run-1"))
      let result = try different.json()
      #expect(result["equal"] as? Bool == false)
      let files = try #require(result["files"] as? [[String: Any]])
      let wrong = files.filter { $0["result"] as? String != "same" }
      #expect(wrong.count == 1)
      #expect((wrong.first?["file"] as? String)?.hasSuffix("pair/member-2/best.safetensors") == true)
      let place = try #require(wrong.first?["where"] as? String)
      #expect(place.contains("of tensor ") && place.contains("it was changed after the submission"))

      // Without the edited file the manifest tells, and an edited submission is found.
      try FileManager.default.removeItem(atPath: edited)
      let text = try text("\(folder)/s.csv")
      #expect(try reproduce(["s.json"], in: folder).status == 0)
      try write(text.replacing("\n7,", with: "\n7,1"), to: "\(folder)/s.csv")
      let changed = try reproduce(["s.json"], in: folder)
      #expect(changed.status == 1)
      #expect(changed.output.contains("s.csv: line 8 is '7,1"), "\(changed.output)")
    }
  }

  @Test func whatCanNotBeMadeAgainIsRefused() throws {
    try withTemporaryFolder { folder in
      expectRefusal(try reproduce(["s.json"], in: folder), status: 66, "s.json")
      try write(
        "{\"kit\": \"0\", \"submission\": \"s.csv\", \"rows\": 1, \"sha256\": \"x\", \"checkpoints\": []}",
        to: "\(folder)/s.json")
      let foreign = try reproduce(["s.json"], in: folder)
      expectRefusal(foreign, status: 65, "names no checkpoints")
      try trained("\(folder)/one", ["--network", "16N", "--epochs", "1", "--quiet"])
      #expect(try submit(["\(folder)/one"], output: "\(folder)/s.csv", ["--force"]).status == 0)
      try FileManager.default.removeItem(atPath: "\(folder)/one/member-1/configuration.json")
      expectRefusal(try reproduce(["s.json"], in: folder), status: 66, "configuration.json is missing")
    }
  }
}
