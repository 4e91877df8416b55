import Foundation
import TestSupport
import Testing

/// No command writes over what it reads, whatever it is called and with `--force`, too.
@Suite struct OwnFilesTests {
  private static let quick = ["--network", "16N", "--epochs", "1", "--quiet"]

  /// A copy of the competition and a run, to be found unchanged after `body`.
  private func withInputs(_ body: (_ folder: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(atPath: competition, toPath: "\(folder)/data")
      try trained("\(folder)/run", Self.quick)
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/link.csv", withDestinationPath: "data/test.csv")
      try FileManager.default.linkItem(atPath: "\(folder)/data/test.csv", toPath: "\(folder)/hard.csv")
      try FileManager.default.copyItem(atPath: "\(folder)/data/test.csv", toPath: "\(folder)/page.html")
      let before = try files(in: folder)
      try body(folder)
      #expect(try files(in: folder) == before)
    }
  }

  private let lost = "is a file that this command reads"

  @Test func submissions() throws {
    try withInputs { folder in
      let (data, run) = ("\(folder)/data", "\(folder)/run")
      func refuse(_ arguments: [String], _ message: String, data: String) throws {
        for force in [[], ["--force"]] {
          let outcome = try EndToEnd.run(
            "kaggle-digits-submit", [run, "--data", data] + arguments + force, in: folder)
          expectRefusal(outcome, status: 64, message)
        }
      }
      for name in ["data/test.csv", "data/train.csv", "link.csv", "hard.csv", "./data/../data/test.csv"] {
        try refuse(["--output", name], lost, data: data)
      }
      try refuse(["--output", "link.csv"], lost, data: "\(data)/test.csv")
      let output = ["--output", "\(folder)/s.csv"]
      try refuse(output + ["--probabilities", "link.csv"], lost, data: data)
      try refuse(output + ["--probabilities", "run/member-1/history.csv"], lost, data: data)
      try refuse(
        output + ["--probabilities", "run/member-1/last.safetensors"], "is written as CSV", data: data)
      // The manifest and the page beside a submission.
      try refuse(["--output", "run/member-1/configuration.csv"], "the manifest beside it", data: data)
      try refuse(output + ["--probabilities", "s.html"], "is written as CSV", data: data)
      try refuse(["--output", "page.csv"], "the page beside it", data: "\(folder)/page.html")
      try refuse(output + ["--probabilities", "./s.csv"], "is the same file as --output", data: data)
      for name in ["s.csv.zip", "s.csv.gz", "s.xlsx", "s.json"] {
        try refuse(["--output", name], "a submission is written as CSV", data: data)
      }
    }
  }

  @Test func reports() throws {
    try withInputs { folder in
      let (data, run) = ("\(folder)/data", "\(folder)/run")
      // A table may have any name, also that of a page.
      try FileManager.default.copyItem(atPath: "\(data)/train.csv", toPath: "\(folder)/rows.html")
      defer { try? FileManager.default.removeItem(atPath: "\(folder)/rows.html") }
      let evaluations: [(table: String, page: String, message: String)] = [
        ("\(folder)/rows.html", "rows.html", lost),
        (data, "page.csv", "a report is written as HTML"), (data, "page.pdf", "a report is written as HTML"),
      ]
      for (table, page, message) in evaluations {
        let arguments = [run, "--data", table, "--report", page, "--force"]
        expectRefusal(
          try EndToEnd.run("kaggle-digits-evaluate", arguments, in: folder), status: 64, message)
      }
      for (page, message) in [
        ("rows.html", lost), ("c.pdf", "is written as HTML"),
      ] {
        let arguments = [run, competition, "--data", "\(folder)/rows.html", "--output", page, "--force"]
        expectRefusal(try EndToEnd.run("kaggle-digits-report", arguments, in: folder), status: 64, message)
      }
    }
  }

  @Test func runs() throws {
    try withInputs { folder in
      for command in ["kaggle-digits-train", "kaggle-digits-cross-validate"] {
        for (data, output) in [("data", "data"), ("data/train.csv", "./data/"), ("data/train.csv", ".")] {
          let outcome = try run(
            command, ["--data", data, "--output", output, "--force", "--network", "16N"], in: folder)
          expectRefusal(outcome, status: 64, " holds ", "which is read; choose another folder")
        }
        let over = try run(
          command, ["--data", "data/train.csv", "--output", "data/train.csv", "--force"], in: folder)
        expectRefusal(over, status: 64, lost)
      }
    }
  }

  /// What tells how a table is read is read too: corrections and names of classes.
  @Test func correctionsAndNames() throws {
    try withInputs { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/notes", withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: "\(folder)/notes") }
      try "row,label\n0,drop\n".write(toFile: "\(folder)/notes/labels.svg", atomically: true, encoding: .utf8)
      try (0..<10).map { "digit \($0)\n" }.joined()
        .write(toFile: "\(folder)/notes/names.csv", atomically: true, encoding: .utf8)
      let before = try files(in: "\(folder)/notes")
      let labels = ["--labels", "notes/labels.svg"]
      let names = ["--class-names", "notes/names.csv"]
      let training = ["--data", "data", "--network", "16N", "--force"]
      for reading in [labels, names] {
        for command in ["kaggle-digits-train", "kaggle-digits-cross-validate"] {
          let outcome = try run(command, training + reading + ["--output", "notes"], in: folder)
          expectRefusal(outcome, status: 64, " holds ", "which is read; choose another folder")
        }
      }
      let figure = try run(
        "kaggle-digits-train", training + labels + ["--find-learning-rate", "--output", "notes/labels.svg"],
        in: folder)
      expectRefusal(figure, status: 64, lost)
      #expect(try files(in: "\(folder)/notes") == before)
    }
  }

  /// Two files of a sample that are one by a link.
  @Test func samples() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/test.csv", withDestinationPath: "train.csv")
      let outcome = try run("kaggle-digits-sample", ["--output", folder, "--force", "--quiet"])
      expectRefusal(outcome, status: 64, "is the same file as")
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/train.csv"))
    }
  }
}
