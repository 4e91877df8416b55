import Foundation
import TestSupport
import Testing

/// `kaggle-digits leaderboard`.
@Suite struct LeaderboardTests {
  private func leaderboard(in folder: String, _ arguments: [String]) throws -> Outcome {
    try run("kaggle-digits", ["leaderboard"] + arguments, in: folder)
  }

  private func rows(in folder: String, _ arguments: [String] = []) throws -> [[String: Any]] {
    let outcome = try leaderboard(in: folder, ["--json"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
  }

  @Test func runsCrossValidationsAndSubmissionsAreInOneTable() throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/runs/one", smallNetwork + ["--epochs", "2", "--quiet"])
      let folds = try run(
        "kaggle-digits-cross-validate",
        [
          "--data", competition, "--output", "\(folder)/runs/folds", "--folds", "2", "--epochs", "1",
          "--quiet",
        ]
          + smallNetwork)
      #expect(folds.status == 0, "\(folds.errors)")
      try FileManager.default.createDirectory(
        atPath: "\(folder)/Submissions", withIntermediateDirectories: true)
      for name in ["one", "folds"] {
        #expect(
          try submit(["\(folder)/runs/\(name)"], output: "\(folder)/Submissions/\(name).csv").status == 0)
      }
      try write("{\"kit\": 1}", to: "\(folder)/Submissions/other.json")

      let table = try leaderboard(in: folder, [])
      #expect(table.status == 0, "\(table.errors)")
      for path in ["runs/one", "runs/folds", "Submissions/one.csv", "Submissions/folds.csv"] {
        #expect(table.output.contains(path))
      }
      let scored = try leaderboard(
        in: folder,
        ["--score", "folds=0.5", "--score", "Submissions/one.csv=1.00000", "--output", "page.html"])
      #expect(scored.status == 0, "\(scored.errors)")
      let rows = try rows(in: folder)
      #expect(
        rows.map { $0["path"] as? String }.prefix(2) == ["Submissions/one.csv", "Submissions/folds.csv"])
      #expect(rows.count == 4)
      let promised = try #require(rows.first { $0["path"] as? String == "Submissions/folds.csv" })
      #expect(promised["scored-on"] as? String == "out of fold")
      #expect(promised["rows"] as? Int == 400)
      #expect(promised["public-score"] as? Double == 0.5)
      let low = try #require(promised["expected-95-low"] as? Double)
      let accuracy = try #require(promised["accuracy"] as? Double)
      #expect(low < accuracy)
      let high = try #require(promised["expected-95-high"] as? Double)
      let verdict = low > 0.50001 ? "below" : high < 0.49999 ? "above" : "within"
      #expect(promised["public-score-is"] as? String == verdict)
      let page = try text("\(folder)/page.html")
      #expect(page.contains("whose labels are published"))
      #expect(page.contains("Submissions/folds.csv"))
      expectRefusal(try leaderboard(in: folder, ["--output", "page.html"]), status: 73, "already exists")
    }
  }

  @Test func scoresOfUnknownNamesAndMalformedOnesAreRefused() throws {
    try withTemporaryFolder { folder in
      let empty = try leaderboard(in: folder, [])
      #expect(empty.output == "there are no runs and no submissions in .\n")
      expectRefusal(try leaderboard(in: folder, ["--score", "x=0.5"]), status: 64, "no submission 'x'")
      for text in ["x", "=1", "x=", "x=2", "x=nan", "x=-0.1"] {
        expectRefusal(try leaderboard(in: folder, ["--score", text]), status: 64, "--score is '\(text)'")
      }
      expectRefusal(try leaderboard(in: folder, ["nowhere"]), status: 66, "nowhere")
    }
  }

  @Test func scoresAreFetchedByTag() throws {
    try withTemporaryFolder { folder in
      let standIn = try KaggleStandIn(in: folder)
      try writeSubmission(to: "\(folder)/a.csv")
      try standIn.submit(
        "\(KaggleStandIn.list(status: "PENDING", score: ""))\necho 'Submission ref: 4242'")
      let uploaded = try run(
        "kaggle-digits", ["submit", "a.csv", "--upload"], environment: standIn.environment, in: folder)
      #expect(uploaded.status == 0, "\(uploaded.errors)")
      let list = try text("\(standIn.folder)/submissions")
      try write(
        list.replacing("PENDING", with: "COMPLETE").replacing("Score\": \"\"", with: "Score\": \"0.98657\"")
          .replacing("}]", with: "}, {\"ref\": 7, \"description\": \"by hand\", \"status\": \"x\"}]"),
        to: "\(standIn.folder)/submissions")
      let outcome = try run(
        "kaggle-digits", ["leaderboard", "--fetch"], environment: standIn.environment, in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("0.98657"))
      #expect(
        outcome.errors.contains(
          "updated 1 of 1 submissions from Kaggle; 1 of Kaggle's submissions match none"))
      // Without Kaggle it is still known.
      #expect(try rows(in: folder).first?["public-score"] as? Double == 0.98657)
    }
  }
}
