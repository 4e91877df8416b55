import TestSupport
import Foundation
import Testing

/// `kaggle-digits demo`: everything from data to submission, repeatedly, but never over a user's own files.
@Suite struct DemoTests {
  /// With an earlier demo's files in the folder, among them a run with other weights.
  @Test func replacesAnEarlierDemo() throws {
    try withTemporaryFolder { folder in
      let earlier = [
        "--output", "\(folder)/demo/data", "--train-rows", "300", "--test-rows", "20", "--quiet",
      ]
      #expect(try run("kaggle-digits-sample", earlier).status == 0)
      try trained("\(folder)/demo/run", smallNetwork + ["--epochs", "1", "--quiet"])
      let outcome = try run("kaggle-digits", ["demo", "--quiet", "--json"], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let result = try outcome.json()
      #expect(result["test-images"] as? Int == 2000)
      #expect(result["correct"] as? Int ?? 0 > 1500)
      #expect(outcome.errors.contains("run: demo/run"))
      #expect(outcome.errors.contains("$ kaggle-digits submit demo/run"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["demo"])
      #expect(try files(in: "\(folder)/demo/run").keys.contains("member-2/last.safetensors"))
    }
  }

  @Test func leavesOtherDataAlone() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/data", withIntermediateDirectories: true)
      try Data("label".utf8).write(to: URL(fileURLWithPath: "\(folder)/data/train.csv"))
      let before = try files(in: folder)
      let outcome = try run("kaggle-digits-demo", ["--output", "."], in: folder)
      #expect(outcome.status == 73)
      #expect(outcome.errors.contains("has files that are not from an earlier demo"))
      #expect(try files(in: folder) == before)
    }
  }
}
