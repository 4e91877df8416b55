import Foundation
import TestSupport
import Testing

/// Names of files and what is in them reach pages and tables as text only.
@Suite struct InjectionTests {
  private static let markup = "<img src=x onerror=alert(1)>\"'&amp;</script><script>alert(2)<"

  /// A name with markup, without the slash that no file's name has.
  private static let name = markup.replacing("/", with: "")

  private func expectText(_ page: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let html = try text(page)
    for tag in ["<img src=x", "<script>alert", "</script><script"] {
      #expect(!html.contains(tag), "\(page): \(tag)", sourceLocation: sourceLocation)
    }
  }

  @Test func namesInPages() throws {
    try withTemporaryFolder { folder in
      let (data, run) = ("\(folder)/\(Self.name)", "\(folder)/run \(Self.name)")
      try FileManager.default.copyItem(atPath: competition, toPath: data)
      let network = ["--network", "16N", "--epochs", "1", "--quiet"]
      #expect(
        try EndToEnd.run("kaggle-digits-train", ["--data", data, "--output", run] + network).status == 0)
      try expectText("\(run)/report.html")
      let submission = "\(folder)/s \(Self.name).csv"
      let submitted = try EndToEnd.run("kaggle-digits-submit", [run, "--data", data, "--output", submission])
      #expect(submitted.status == 0, "\(submitted.errors)")
      try expectText("\(folder)/s \(Self.name).html")
      let page = "\(folder)/e.html"
      #expect(
        try EndToEnd.run("kaggle-digits-evaluate", [run, "--data", data, "--report", page]).status == 0)
      try expectText(page)
      let other = "\(folder)/other"
      #expect(
        try EndToEnd.run("kaggle-digits-train", ["--data", data, "--output", other] + network).status == 0)
      let both = "\(folder)/both.html"
      #expect(try EndToEnd.run("kaggle-digits-report", [run, other, "--output", both]).status == 0)
      try expectText(both)
      // Tables hold numbers and their own titles, whatever files are called: nothing that a spreadsheet would compute.
      for table in [submission, "\(run)/member-1/history.csv"] {
        let lines = try lines(table)
        #expect(lines.dropFirst().joined().allSatisfy { Double($0) != nil })
      }
    }
  }

  /// What a run's files say is text in its page, too.
  @Test func contentsInPages() throws {
    try withTemporaryFolder { folder in
      let run = "\(folder)/run"
      try trained(run, ["--network", "16N", "--epochs", "1", "--quiet"])
      let configuration = "\(run)/member-1/configuration.json"
      let written = try text(configuration)
      let escaped = Self.markup.replacing("\"", with: "\\\"")
      try write(written.replacing(competition, with: "\(competition)/\(escaped)"), to: configuration)
      #expect(try EndToEnd.run("kaggle-digits-report", [run, "--data", competition]).status == 0)
      try expectText("\(run)/report.html")
    }
  }

  /// A zip whose member's name has markup, and escape sequences of a terminal.
  @Test(.enabled(if: installed("python3") != nil, "python3 is not installed"))
  func namesInArchives() throws {
    try withTemporaryFolder { folder in
      let archive = "\(folder)/data.zip"
      let script = """
        import sys, zipfile
        with zipfile.ZipFile(sys.argv[1], 'w') as archive:
          for table in ['train.csv', 'test.csv']:
            archive.write(sys.argv[2] + '/' + table, '=cmd|<img src=x onerror=alert(1)>\\x1b]0;x\\x07/' + table)
        """
      let python = try #require(installed("python3"))
      #expect(try EndToEnd.run(python, ["-c", script, archive, competition]).status == 0)
      let run = "\(folder)/run"
      let training = try EndToEnd.run(
        "kaggle-digits-train",
        ["--data", archive, "--output", run, "--network", "16N", "--epochs", "1", "--quiet"])
      #expect(training.status == 0, "\(training.errors)")
      try expectText("\(run)/report.html")
      let outcome = try EndToEnd.run(
        "kaggle-digits-submit", [run, "--data", archive, "--output", "\(folder)/s.csv"])
      #expect(outcome.status == 0)
      for text in [outcome.output, outcome.errors] {
        #expect(!text.contains("\u{1B}") && !text.contains("\u{7}"))
      }
      try expectText("\(folder)/s.html")
      #expect(try lines("\(folder)/s.csv").dropFirst().joined().allSatisfy { Int($0) != nil })
    }
  }
}
