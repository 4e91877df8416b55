import TestSupport
import Checkpoints
import Foundation
import Foundations
import Testing

@Suite struct SubmitTests {
  /// Two runs of different networks, one of them with two members.
  private func withRuns(_ body: (_ folder: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try trained(
        "\(folder)/pair",
        ["--network", "4C5S3p-P2-8N", "--epochs", "2", "--members", "2", "--select", "best", "--quiet"])
      try trained("\(folder)/one", ["--network", "16N", "--epochs", "1", "--select", "best", "--quiet"])
      try body(folder)
    }
  }

  /// The rows of a file of comma-separated values, without its header.
  private func rows(_ path: String, header: String) throws -> [[String]] {
    let lines = try lines(path)
    #expect(lines.first == header.components(separatedBy: ","))
    return Array(lines.dropFirst())
  }

  @Test func aCheckpointCountsOnceAndAnUnfinishedOneIsSaid() throws {
    try withRuns { folder in
      let one = "\(folder)/one"
      let twice = try submit([one, "\(one)/member-1/best.safetensors"], output: "\(folder)/twice.csv")
      #expect(twice.status == 64)
      #expect(twice.errors.contains("is named twice"))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/twice.csv"))
      // A training of which one epoch of two is done.
      let configuration = "\(one)/member-1/configuration.json"
      let text = try text(configuration)
      try write(text.replacing("\"epochs\": 1", with: "\"epochs\": 2"), to: configuration)
      let unfinished = try submit([one], output: "\(folder)/unfinished.csv")
      #expect(unfinished.status == 0)
      #expect(unfinished.errors.contains("an unfinished training (1 of 2 epochs)"))
    }
  }

  @Test func runsMembersAndCheckpointsMix() throws {
    try withRuns { folder in
      let (pair, one) = ("\(folder)/pair", "\(folder)/one")
      let whole = try submit([pair], output: "\(folder)/run.csv")
      #expect(whole.status == 0, "\(whole.errors)")
      #expect(whole.output.hasPrefix("\(folder)/run.csv: 300 rows from \(competition)/test.csv, checked\n"))
      #expect(whole.output.contains("the 2 members disagree on "))
      // A run is its members, a member its best checkpoint.
      #expect(
        try submit(["\(pair)/member-1", "\(pair)/member-2"], output: "\(folder)/members.csv").status == 0)
      let best = (1...2).map { "\(pair)/member-\($0)/best.safetensors" }
      #expect(try submit(best, output: "\(folder)/files.csv").status == 0)
      #expect(try bytes("\(folder)/members.csv") == bytes("\(folder)/run.csv"))
      #expect(try bytes("\(folder)/files.csv") == bytes("\(folder)/run.csv"))
      let mix = try submit([pair, "\(one)/member-1/last.safetensors"], output: "\(folder)/mix.csv")
      #expect(mix.status == 0, "\(mix.errors)")
      #expect(mix.output.contains("the 3 members disagree on "))
    }
  }

  @Test func submissionProbabilitiesAndManifestAgree() throws {
    try withRuns { folder in
      let (file, table) = ("\(folder)/s.csv", "\(folder)/p.csv")
      let outcome = try submit(
        ["\(folder)/pair", "\(folder)/one"], output: file, ["--probabilities", table, "--json"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let labels = try rows(file, header: "ImageId,Label")
      #expect(labels.map { $0[0] } == (1...300).map { "\($0)" })
      let probabilities = try rows(table, header: "ImageId,p0,p1,p2,p3,p4,p5,p6,p7,p8,p9")
      #expect(probabilities.count == 300)
      for (label, row) in zip(labels, probabilities) {
        let values = row.dropFirst().compactMap { Double($0) }
        #expect(row[0] == label[0] && values.count == 10)
        #expect(abs(values.reduce(0, +) - 1) < 1e-12)
        #expect(values.firstIndex(of: values.max() ?? 0) == Int(label[1]))
      }

      let text = try bytes("\(folder)/s.json")
      #expect(String(decoding: text, as: UTF8.self) == outcome.output)
      let manifest = try json(text)
      #expect(manifest["rows"] as? Int == 300)
      #expect(manifest["sha256"] as? String == (try SHA256.hexadecimal(ofFileAt: file)))
      let checkpoints = try #require(manifest["checkpoints"] as? [[String: Any]])
      #expect(checkpoints.map { $0["network"] as? String } == ["4C5S3p-P2-8N", "4C5S3p-P2-8N", "16N"])
      for checkpoint in checkpoints {
        #expect(checkpoint["preprocessing"] as? String == "deskew")
        let path = try #require(checkpoint["file"] as? String)
        #expect(checkpoint["sha256"] as? String == (try SHA256.hexadecimal(ofFileAt: path)))
        #expect(checkpoint["validation-note"] as? String == "selected on these rows")
      }
      let history = try rows(
        "\(folder)/one/member-1/history.csv",
        header: "epoch,training_loss,training_accuracy,validation_loss,validation_accuracy,learning_rate")
      #expect(checkpoints[2]["validation-accuracy"] as? Double == Double(history[0][4]))
      // Foundation's reader may miss the last bit; the text is the history's own.
      #expect(String(decoding: text, as: UTF8.self).contains("\"validation-loss\": \(history[0][3]),"))
    }
  }

  /// The page compares with the training digits that the run counted, without reading them again; an earlier kit's run
  /// did not count.
  @Test func trainingDigitsAreComparedAsTheRunCountedThem() throws {
    try withRuns { folder in
      try FileManager.default.copyItem(atPath: "\(competition)/test.csv", toPath: "\(folder)/test.csv")
      func page(_ name: String) throws -> String {
        let arguments = [
          "\(folder)/one", "--data", "\(folder)/test.csv", "--output", "\(folder)/\(name).csv",
        ]
        let outcome = try run("kaggle-digits-submit", arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try String(contentsOfFile: "\(folder)/\(name).html", encoding: .utf8)
      }
      #expect(try page("counted").contains("The largest difference is at "))
      #expect(try page("counted-too").contains("training rows</th>"))
      let configuration = "\(folder)/one/member-1/configuration.json"
      let text = try String(contentsOfFile: configuration, encoding: .utf8)
      let labels = try String(contentsOfFile: "\(competition)/train.csv", encoding: .utf8).split(
        separator: "\n"
      )
      .dropFirst().compactMap { $0.first?.wholeNumberValue }
      let counts = (0..<10).map { digit in "\(labels.count { $0 == digit })" }.joined(separator: ", ")
      #expect(text.contains("\"digit-counts\": [\(counts)]"))
      try text.replacing(/\n *"digit-counts".*/, with: "").write(
        toFile: configuration, atomically: false, encoding: .utf8)
      let plain = try page("plain")
      #expect(!plain.contains("The largest difference is at ") && !plain.contains("training rows</th>"))
    }
  }

  @Test func theOutputsNameComesFromTheRun() throws {
    try withRuns { folder in
      for sources in [["pair"], ["pair", "one"], ["one/member-1/best.safetensors"]] {
        let arguments = sources + ["--data", competition, "--quiet"]
        let outcome = try run("kaggle-digits-submit", arguments, in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
      }
      let names = try files(in: "\(folder)/Submissions").keys.sorted()
      let expected = ["one-member-1-best", "pair", "pair-and-1-more"].flatMap {
        ["\($0).csv", "\($0).html", "\($0).json"]
      }
      #expect(names == expected.sorted())
    }
  }

  @Test func anySubmissionCanBeChecked() throws {
    try withTemporaryFolder { folder in
      let file = "\(folder)/s.csv"
      func check(_ text: String, _ arguments: [String] = ["--data", competition]) throws -> Outcome {
        try write(text, to: file)
        return try run("kaggle-digits-submit", ["--check", file] + arguments, in: folder)
      }
      let good = "ImageId,Label\n" + (1...300).map { "\($0),\($0 % 10)\n" }.joined()
      let outcome = try check(good)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(
        outcome.output == "\(file): a valid submission of 300 rows, as many as \(competition)/test.csv\n")
      #expect(try check(good.replacing("\n", with: "\r\n")).status == 0)
      #expect(try check("ImageId,Label\n1,7\n", []).output == "\(file): a valid submission of 1 rows\n")
      let damages: [(text: String, message: String)] = [
        ("", "\(file) is empty"), (good.replacing("Label", with: "label"), "\(file):1:2: the header must be"),
        (good.replacing("\n17,7", with: "\n18,7"), "\(file):18:1: ImageId is 18 where 17 was expected"),
        (good.replacing("\n17,7", with: "\n17,10"), "\(file):18:2: Label is 10"),
        (good.replacing("\n17,7", with: "\n17,7,"), "\(file):18:2: the row has more than two fields"),
        (good.replacing("\n17,7", with: "\n17"), "\(file):18:1: the row has only one field"),
        (good + "301,1\n", "more rows than the test file has (300)"),
        ("ImageId,Label\n1,1\n", "has only 1 rows"),
      ]
      for (text, message) in damages { expectRefusal(try check(text), status: 65, message) }
      expectRefusal(try check(good, ["--data", "\(folder)/none"]), status: 66, "\(folder)/none")
      expectRefusal(try check(good, ["--output", "x"]), status: 64, "--check only checks")
      expectRefusal(
        try run("kaggle-digits-submit", ["--check", "\(folder)/none", "--data", competition]), status: 66,
        "none")
    }
  }

  /// Forty times the rows, 9 MB of pixels more if they were kept, take no more memory.
  @Test(.enabled(if: installed("time") != nil, "GNU time is not installed"))
  func memoryDoesNotGrowWithTheRows() throws {
    try withRuns { folder in
      let time = try #require(installed("time"))
      let good = try text("\(competition)/test.csv")
      let header = good.prefix { $0 != "\n" } + "\n"
      let rows = good.dropFirst(header.count)
      func peak(_ copies: Int) throws -> Int {
        let (data, report) = ("\(folder)/test.csv", "\(folder)/peak")
        try write(header + String(repeating: String(rows), count: copies), to: data)
        let arguments = [
          "\(folder)/pair", "--data", data, "--output", "\(folder)/\(copies).csv", "--threads", "2",
        ]
        let outcome = try run(
          time, ["-f", "%M", "-o", report, built("kaggle-digits-submit")] + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let kilobytes = try text(report)
        return try #require(Int(kilobytes.trimmingCharacters(in: .whitespacesAndNewlines)))
      }
      let (few, many) = (try peak(1), try peak(40))
      #expect(many - few < 5000 && many < 150_000, "\(few) and \(many) kB")
    }
  }

  /// A test table with a malformed row behind many good ones leaves nothing behind.
  @Test func aBadTestRowLeavesNothing() throws {
    try withRuns { folder in
      let data = "\(folder)/test.csv"
      let good = try text("\(competition)/test.csv")
      try write(good + "1,2,3\n", to: data)
      let before = try files(in: folder)
      let arguments = [
        "\(folder)/one", "--data", data, "--output", "\(folder)/s.csv", "--probabilities", "\(folder)/p.csv",
      ]
      expectRefusal(try run("kaggle-digits-submit", arguments), status: 65, "\(data):302:")
      #expect(try files(in: folder) == before)
      expectRefusal(
        try run("kaggle-digits-submit", ["\(folder)/one", "--data", "\(competition)/train.csv"], in: folder),
        status: 65, "label column")
      #expect(try files(in: folder) == before)
    }
  }
}

@Suite struct TrainTests {
  /// Without `--output` a run gets the date and the next free letter.
  @Test func runsAreNamedByDateAndLetter() throws {
    try withTemporaryFolder { folder in
      let arguments = ["--data", competition, "--network", "8N", "--epochs", "1", "--quiet"]
      for _ in 0..<2 { #expect(try run("kaggle-digits-train", arguments, in: folder).status == 0) }
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/runs").sorted()
      #expect(names.count == 2 && names[0] != names[1])
      for name in names { #expect(name.wholeMatch(of: /20\d\d-[01]\d-[0-3]\d-[ab]/) != nil, "\(name)") }
    }
  }

  /// A network predicts images set as it was trained on: what it scored in training is what others score it at.
  @Test func preparedNetworksPredictWhatTheyWereTrainedOn() throws {
    try withTemporaryFolder { folder in
      let ways = ["none", "deskew", "spread"]
      try trained(
        "\(folder)/run",
        smallNetwork + [
          "--epochs", "8", "--batch", "16", "--members", "4", "--prepare", ways.joined(separator: ","),
          "--quiet",
        ])
      for member in 1...4 {
        let checkpoint = "\(folder)/run/member-\(member)/last.safetensors"
        let history = try text("\(folder)/run/member-\(member)/history.csv")
        let last = try #require(history.split(separator: "\n").last).split(separator: ",")
        let trained = try #require(Double(last[4]))
        let outcome = try run(
          "kaggle-digits-evaluate", [checkpoint, "--data", competition, "--json", "--quiet"])
        let result = try outcome.json()
        let scores = try #require(result["evaluation"] as? [String: Any])
        #expect(scores["accuracy"] as? Double == trained, "member \(member)")
        let metadata = try SafeTensors(reading: checkpoint).metadata["normalization"]
        let way = ways[(member - 1) % 3]
        #expect(metadata == (way == "none" ? "byte / 255" : "byte / 255, \(way)"))
      }
    }
  }

  @Test func theResultIsAlsoJSON() throws {
    try withTemporaryFolder { folder in
      let outcome = try train(
        "\(folder)/run",
        smallNetwork + ["--epochs", "2", "--members", "2", "--select", "best", "--json", "--quiet"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let result = try outcome.json()
      #expect(result["run"] as? String == "\(folder)/run")
      #expect(result["training-rows"] as? Int == 360 && result["validation-rows"] as? Int == 40)
      #expect((result["members"] as? [[String: Any]])?.count == 2)
      let accuracy = try #require(result["ensemble-validation-accuracy"] as? Double)
      #expect((0...1).contains(accuracy) && (accuracy * 40).rounded() == accuracy * 40)
      #expect(result["selected-on-validation-rows"] as? Bool == true)
    }
  }
}
