import Foundation
import Platform
import TestSupport
import Testing

/// What commands do with tables that are large, unlike Kaggle's, or not files at all.
@Suite struct ReadingTests {
  private static let quick = ["--network", "16N", "--epochs", "1", "--quiet"]

  /// A table of some ten million rows, compressed: its rows in a gzip member that is repeated.
  private func hugeTable(_ name: String, header: String, row: String, in folder: String) throws -> String {
    let gzip = try #require(installed("gzip"))
    func packed(_ text: String) throws -> Data {
      try write(text, to: "\(folder)/part")
      #expect(try run(gzip, ["-f", "\(folder)/part"]).status == 0)
      return try bytes("\(folder)/part.gz")
    }
    let member = try packed(String(repeating: row, count: 20_000))
    var table = try packed(header)
    for _ in 0..<500 { table += member }
    let path = "\(folder)/\(name)"
    try table.write(to: URL(fileURLWithPath: path))
    return path
  }

  /// The first signal ends a command that reads, before anything is written.
  @Test(
    .enabled(if: installed("gzip") != nil, "gzip is not installed"), arguments: [SIGTERM, SIGINT])
  func aSignalEndsReading(signal: Int32) throws {
    try withTemporaryFolder { folder in
      let zeros = Array(repeating: "0", count: 784).joined(separator: ",")
      let pixels = (0..<784).map { "pixel\($0)" }.joined(separator: ",")
      let training = try hugeTable(
        "train.csv.gz", header: "label,\(pixels)\n", row: "7,\(zeros)\n", in: folder)
      let test = try hugeTable("test.csv.gz", header: "\(pixels)\n", row: "\(zeros)\n", in: folder)
      try trained("\(folder)/run", Self.quick)
      try write("ImageId,Label\n1,1\n", to: "\(folder)/s.csv")
      let before = try files(in: folder)
      let commands: [(name: String, arguments: [String])] = [
        ("train", ["--data", training, "--output", "new"]),
        ("cross-validate", ["--data", training, "--output", "new"]),
        ("train", ["--resume", "run", "--data", training]),
        ("evaluate", ["run", "--data", training, "--report", "page.html"]),
        ("report", ["run", "--data", training]),
        ("submit", ["--check", "s.csv", "--data", test]),
        ("submit", ["run", "--data", test, "--output", "new.csv"]),
      ]
      for (name, arguments) in signal == SIGTERM ? commands[...] : commands.prefix(1) {
        let start = Date()
        let outcome = try run(
          "kaggle-digits-\(name)", arguments, in: folder,
          signals: [PlannedSignal(number: signal, moment: .after(3))])
        #expect(outcome.status == 128 + signal, "\(name): \(outcome)")
        #expect(outcome.errors.contains("stopped"), "\(name): \(outcome.errors)")
        // Three until the signal, two, and as much again for a busy machine.
        #expect(Date().timeIntervalSince(start) < 8, "\(name)")
        var after = try files(in: folder)
        for key in after.keys where key.hasSuffix(".lock") { after[key] = before[key] }
        #expect(after == before, "\(name)")
      }
    }
  }

  @Test func whatIsNotAFile() throws {
    try withTemporaryFolder { folder in
      let pipe = "\(folder)/pipe"
      #expect(mkfifo(pipe, 0o666) == 0)
      for (path, kind) in [(pipe, "a pipe"), ("/dev/zero", "a device")] {
        let outcomes = try [
          run("kaggle-digits-train", ["--data", path], in: folder, limit: 20),
          run("kaggle-digits-submit", ["--check", path], in: folder, limit: 20),
        ]
        for outcome in outcomes {
          expectRefusal(outcome, status: 66, "\(path) is \(kind); it must be a file")
        }
      }
      expectRefusal(
        try run("kaggle-digits-submit", ["--check", folder]), status: 66, "is a folder; it must be a file")
    }
  }

  /// Other programs' files in place of a checkpoint or of a run's own.
  @Test func filesOfOtherKinds() throws {
    try withTemporaryFolder { folder in
      let (file, run) = ("\(folder)/x", "\(folder)/run")
      let ending = [UInt8](repeating: 0, count: 600)
      let pickled =
        [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [16, 0, 0, 0] + Array("archive/data.pkl".utf8)
      let kinds: [(bytes: [UInt8], message: String)] = [
        (
          pickled + ending,
          "is a PyTorch file; a file that kaggle-digits train wrote is needed (.safetensors)"
        ),
        (Array("<!doctype html>".utf8), "is an HTML page; a download without signing in gives such a page"),
        (Array("version https://git-lfs.github.com/spec/v1".utf8), "is a Git LFS pointer; fetch the file"),
        (
          [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A] + ending,
          "is an HDF5 file; a file that kaggle-digits train"
        ),
      ]
      for (bytes, message) in kinds {
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        expectRefusal(
          try EndToEnd.run("kaggle-digits-evaluate", [file, "--data", competition]), status: 65,
          "\(file) \(message)")
      }
      try trained(run, Self.quick)
      let configuration = "\(run)/member-1/configuration.json"
      try write("version https://git-lfs.github.com/spec/v1", to: configuration)
      expectRefusal(
        try resume(run), status: 65,
        "\(configuration) is a Git LFS pointer; fetch the file that it stands for")
    }
  }

  @Test func limitsAreNamed() throws {
    try withTemporaryFolder { folder in
      let few = try train("\(folder)/few", ["--limit", "12"] + Self.quick)
      expectRefusal(few, status: 65, "--limit 12 leaves out all but 12 of the table's 400 rows")
      let folds = ["--data", competition, "--output", "\(folder)/cv", "--limit", "30"] + Self.quick
      expectRefusal(
        try run("kaggle-digits-cross-validate", folds), status: 65,
        "--limit 30 leaves out all but 30 of the table's 400 rows")
      let many = try train("\(folder)/many", ["--limit", "401"] + Self.quick)
      #expect(many.status == 0)
      #expect(many.errors.contains("note: --limit 401 is more than the table's 400 rows; all are used"))
      #expect(try !train("\(folder)/all", ["--limit", "400"] + Self.quick).errors.contains("--limit"))
    }
  }

  /// Test images of another scale, or swapped, are said to be so, wherever the submission is looked at.
  @Test func worthlessSubmissions() throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/run", ["--network", "32N", "--epochs", "4", "--quiet"])
      let lines = try text("\(competition)/test.csv").split(separator: "\n")
      func submission(_ name: String, _ change: (Int) -> Int) throws -> (Outcome, warnings: [String]) {
        let rows = lines.dropFirst().map { line in
          line.split(separator: ",").map { "\(change(Int($0) ?? 0))" }.joined(separator: ",")
        }
        let data = "\(folder)/\(name).csv"
        try write(([String(lines[0])] + rows).joined(separator: "\n"), to: data)
        let arguments = ["\(folder)/run", "--data", data, "--output", "\(folder)/\(name)-s.csv"]
        let outcome = try run("kaggle-digits-submit", arguments)
        #expect(outcome.status == 0)
        let manifest = try json(bytes("\(folder)/\(name)-s.json"))
        let warnings = try #require(manifest["warnings"] as? [String])
        let page = try text("\(folder)/\(name)-s.html")
        for warning in warnings {
          #expect(outcome.errors.contains("warning: \(warning)\n") && page.contains("Warning: "))
        }
        #expect(page.contains("Warning: ") == !warnings.isEmpty)
        return (outcome, warnings)
      }
      #expect(try submission("same") { $0 }.warnings.isEmpty)
      #expect(
        try submission("bits") { $0 > 127 ? 1 : 0 }.warnings.contains { $0.contains("the largest pixel of ") }
      )
      let (outcome, warnings) = try submission("inverted") { 255 - $0 }
      #expect(warnings.contains { $0.contains("paper is darker than ink") })
      #expect(outcome.errors.contains("next: look at the warnings"))

      let training = try text("\(competition)/train.csv").split(separator: "\n")
      let bits = training.enumerated().map { number, line in
        number == 0
          ? String(line)
          : line.split(separator: ",").enumerated().map { $0 == 0 || $1 == "0" ? String($1) : "1" }
            .joined(separator: ",")
      }
      try write(bits.joined(separator: "\n"), to: "\(folder)/train.csv")
      let trained = try run(
        "kaggle-digits-train", ["--data", "\(folder)/train.csv", "--output", "\(folder)/bits"] + Self.quick)
      #expect(trained.status == 0 && trained.errors.contains("train.csv: its largest pixel is 1,"))
    }
  }

  @Test func checksAnswerInJSON() throws {
    try withTemporaryFolder { folder in
      let file = "\(folder)/s.csv"
      func check(_ text: String, _ data: [String] = ["--data", competition]) throws -> (
        Outcome, [String: Any]
      ) {
        try write(text, to: file)
        let outcome = try run("kaggle-digits-submit", ["--check", file, "--json"] + data, in: folder)
        return (outcome, try outcome.json())
      }
      let (refused, answer) = try check("ImageId,Label\n1,7\n2,10\n")
      #expect(refused.status == 65 && refused.errors.contains("error: \(file):3:2: Label is 10"))
      #expect(answer["valid"] as? Bool == false && answer["file"] as? String == file)
      #expect(answer["line"] as? Int == 3 && answer["column"] as? Int == 2)
      #expect((answer["message"] as? String)?.contains("Label is 10") == true)
      let (_, empty) = try check("")
      #expect(empty["valid"] as? Bool == false && empty["line"] is NSNull)
      // The test table's fault, not the submission's.
      let (missing, unknown) = try check("ImageId,Label\n1,7\n", ["--data", "\(folder)/none"])
      #expect(missing.status == 66 && unknown["valid"] is NSNull)
      let good = "ImageId,Label\n" + (1...99).map { "\($0),7\n" }.joined()
      let (outcome, alone) = try check(good, [])
      #expect(outcome.status == 0 && alone["valid"] as? Bool == true && alone["rows"] as? Int == 99)
      #expect(outcome.errors.contains("Kaggle takes 28,000; this file has 99"))
    }
  }
}
