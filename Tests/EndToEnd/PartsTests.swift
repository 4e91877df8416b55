import Foundation
import Foundations
import TestSupport
import Testing

/// `kaggle-digits submit --rows`: parts of a submission.
@Suite struct PartsTests {
  /// A run of two quickly trained members.
  private func withRun(_ body: (_ folder: String, _ run: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/run", ["--network", "16N", "--epochs", "1", "--members", "2", "--quiet"])
      try body(folder, "\(folder)/run")
    }
  }

  private func check(_ file: String, _ arguments: [String] = []) throws -> Outcome {
    try run("kaggle-digits-submit", ["--check", file, "--data", competition] + arguments)
  }

  @Test func partsHaveTheWholesLines() throws {
    try withRun { folder, run in
      let whole = "\(folder)/whole.csv"
      #expect(try submit([run], output: whole, ["--probabilities", "\(folder)/p.csv"]).status == 0)
      var rows: [[String]] = []
      var probabilities: [[String]] = []
      for (number, range) in ["1-100", "101-299", "300-"].enumerated() {
        let (file, table) = ("\(folder)/part-\(number + 1).csv", "\(folder)/p-\(number + 1).csv")
        let outcome = try submit([run], output: file, ["--rows", range, "--probabilities", table])
        #expect(outcome.status == 0, "\(outcome.errors)")
        rows += try lines(file).dropFirst()
        probabilities += try lines(table).dropFirst()
        let checked = try check(file, ["--rows", range])
        #expect(checked.status == 0, "\(checked.errors)")
      }
      #expect(try rows == Array(lines(whole).dropFirst()))
      #expect(try probabilities == Array(lines("\(folder)/p.csv").dropFirst()))
      let manifest = try json(bytes("\(folder)/part-2.json"))
      let part = try #require(manifest["part"] as? [String: Any])
      #expect(manifest["rows"] as? Int == 199 && part["rows"] as? String == "101-299")
      #expect(part["table-rows"] is NSNull)
      let last = try json(bytes("\(folder)/part-3.json"))["part"] as? [String: Any]
      #expect(last?["rows"] as? String == "300-300" && last?["table-rows"] as? Int == 300)
      #expect(try text("\(folder)/part-2.html").contains("only rows 101 to 299 of the test rows"))
    }
  }

  /// `kaggle-digits gather` makes the whole of them, which is then a submission like any other.
  @Test func partsAreGathered() throws {
    try withRun { folder, run in
      let whole = "\(folder)/whole.csv"
      #expect(try submit([run], output: whole, ["--probabilities", "\(folder)/whole-p.csv"]).status == 0)
      let parts = (1...3).map { "part-\($0).csv" }
      for (range, part) in zip(["1-90", "91-200", "201-"], parts) {
        let options = ["--rows", range, "--probabilities", "\(folder)/p-\(part)"]
        #expect(try submit([run], output: "\(folder)/\(part)", options).status == 0)
      }
      func gather(_ arguments: [String]) throws -> Outcome {
        try EndToEnd.run("kaggle-digits", ["gather"] + arguments, in: folder)
      }
      let output = ["--output", "all.csv"]
      expectRefusal(
        try gather([parts[2], parts[0]] + output), status: 75, "rows 91 to 200 are missing")
      let gathered = try gather(
        [parts[2], parts[0], parts[1]] + output + ["--probabilities", "all-p.csv"])
      #expect(gathered.status == 0, "\(gathered.errors)")
      #expect(gathered.output == "all.csv: 300 rows from \(competition)/test.csv, joined of 3 parts\n")
      #expect(try bytes("\(folder)/all.csv") == bytes(whole))
      #expect(try bytes("\(folder)/all-p.csv") == bytes("\(folder)/whole-p.csv"))
      #expect(try EndToEnd.run("kaggle-digits", ["leaderboard"], in: folder).output.contains("all.csv"))

      expectRefusal(try gather(parts + output), status: 73, "all.csv")
      #expect(try gather(parts + output + ["--force", "--json"]).json()["rows"] as? Int == 300)
      for name in parts + ["part-2.csv", "p-part-1.csv"] {
        expectRefusal(
          try gather(parts + ["--output", name, "--force"]), status: 64, "is a file that this command reads")
      }
      let own = parts + ["--output", "new.csv", "--probabilities", "p-part-1.csv", "--force"]
      expectRefusal(try gather(own), status: 64, "is a file that this command reads")
      expectRefusal(try gather(parts), status: 64, "--output is needed")
      expectRefusal(
        try gather(parts + output + ["--data", "x"]), status: 64, "--data and --threads go with a plan")
      expectRefusal(try gather([run, parts[0]]), status: 64, "gather takes one plan")
      expectRefusal(
        try gather([run] + output), status: 64, "--output, --probabilities and --force go with parts")

      // A part, and the whole, can be made again.
      for (manifest, files) in [("part-2.json", 7), ("all.json", 7)] {
        let again = try EndToEnd.run("kaggle-digits", ["reproduce", manifest, "--quiet"], in: folder)
        #expect(
          again.output.hasSuffix("all \(files) files have the same bytes\n"), "\(again.output)\(again.errors)"
        )
      }
    }
  }

  @Test func aPartIsNamedAndDescribed() throws {
    try withRun { folder, run in
      for (range, name) in [("7-9", "run-rows-7-9"), ("290-", "run-rows-290-end")] {
        let outcome = try EndToEnd.run(
          "kaggle-digits-submit", [run, "--data", competition, "--rows", range, "--quiet"], in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try lines("\(folder)/Submissions/\(name).csv").count == (range == "7-9" ? 4 : 12))
        let words = range == "7-9" ? "rows 7 to 9" : "rows 290 to 300"
        #expect(
          outcome.output.hasPrefix("Submissions/\(name).csv: \(words) of \(competition)/test.csv, checked\n"))
      }
      // It is none of the submissions, nor uploaded.
      let board = try EndToEnd.run("kaggle-digits", ["leaderboard", folder])
      #expect(!board.output.contains("rows-7-9"))
      let upload = try EndToEnd.run(
        "kaggle-digits-submit", [run, "--data", competition, "--rows", "1-9", "--upload"], in: folder)
      expectRefusal(upload, status: 64, "--rows makes a part of a submission")
    }
  }

  @Test func mistakesAreRefused() throws {
    try withRun { folder, run in
      let before = try files(in: folder)
      func refuse(_ rows: String, _ status: Int32, _ message: String) throws {
        expectRefusal(
          try submit([run], output: "\(folder)/s.csv", ["--rows", rows]), status: status, message)
        expectRefusal(
          try check("\(folder)/run/member-1/history.csv", ["--rows", rows]), status: status, message)
      }
      for rows in ["0-5", "5-4", "7", "a-b", "1-2-3", ""] {
        try refuse(rows, 64, "--rows is '\(rows)'")
      }
      for rows in ["301-", "301-400", "1000000-2000000"] {
        try refuse(rows, 64, "--rows \(rows) is out of range: \(competition)/test.csv has 300 rows")
      }
      expectRefusal(
        try submit([run], output: "\(folder)/s.csv", ["--rows", "200-301"]), status: 64,
        "--rows 200-301 is out of range: \(competition)/test.csv has 300 rows (200- takes them to the end)")
      #expect(try files(in: folder) == before)
    }
  }

  @Test func partsAreChecked() throws {
    try withTemporaryFolder { folder in
      let file = "\(folder)/part.csv"
      let good = "ImageId,Label\n" + (101...150).map { "\($0),\($0 % 10)\n" }.joined()
      func check(_ text: String, _ arguments: [String]) throws -> Outcome {
        try write(text, to: file)
        return try run("kaggle-digits-submit", ["--check", file] + arguments, in: folder)
      }
      let data = ["--data", competition]
      let words = "\(file): a valid part of a submission, rows 101 to 150"
      #expect(
        try check(good, ["--rows", "101-150"] + data).output == words + " of \(competition)/test.csv\n")
      let alone = try check(good, ["--rows", "101-150"])
      #expect(alone.output == words + "\n" && alone.errors == "")
      #expect(try check(good, ["--rows", "101-"]).errors.contains("test.csv was not found"))
      expectRefusal(try check(good, data), status: 65, "\(file):2:1: ImageId is 101 where 1 was expected")
      expectRefusal(
        try check(good, ["--rows", "101-"] + data), status: 65,
        "\(file):52:1: the file has only 50 rows; rows 101 to the last are 200")
      expectRefusal(
        try check(good, ["--rows", "101-140"]), status: 65,
        "\(file):42:1: there are more rows than rows 101 to 140 (40)")
    }
  }

  /// What is wrong with a row is found by the part that reads it, at its line in the file.
  @Test func errorsNameTheLineOfTheWholeFile() throws {
    try withRun { folder, run in
      let good = try text("\(competition)/test.csv").split(separator: "\n").map(String.init)
      var bad = good
      bad[200] = "x" + bad[200]
      let data = "\(folder)/test.csv"
      try write(bad.joined(separator: "\n"), to: data)
      func submit(_ rows: String) throws -> Outcome {
        try EndToEnd.run(
          "kaggle-digits-submit",
          [run, "--data", data, "--rows", rows, "--output", "\(folder)/\(rows).csv", "--quiet"])
      }
      expectRefusal(try submit("150-250"), status: 65, "\(data):201:1: pixel0 is \"x")
      #expect(try submit("1-199").status == 0)
      #expect(try submit("201-").status == 0)
    }
  }
}
