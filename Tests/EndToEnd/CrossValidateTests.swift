import TestSupport
import Foundation
import Platform
import Testing

/// Cross-validation by the built executables: what it writes, that it is the same bytes however it was computed, and what
/// the other commands make of it.
@Suite struct CrossValidateTests {
  static let quick = smallNetwork + ["--epochs", "2", "--folds", "3", "--quiet"]

  @discardableResult
  private func crossValidate(
    _ output: String, _ arguments: [String] = quick, environment: [String: String?] = [:],
    emulated: Bool = false, signals: [PlannedSignal] = []
  ) throws -> Outcome {
    try run(
      "kaggle-digits-cross-validate", ["--data", competition, "--output", output] + arguments,
      environment: environment, emulated: emulated, signals: signals)
  }

  private func evaluate(_ sources: [String], _ arguments: [String] = []) throws -> Outcome {
    try run("kaggle-digits-evaluate", sources + ["--data", competition, "--quiet"] + arguments)
  }

  @Test func writesEachRowOnceAndItsScores() throws {
    try withTemporaryFolder { folder in
      let outcome = try crossValidate("\(folder)/run", Self.quick + ["--json"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let rows = try lines("\(folder)/run/out-of-fold.csv")
      #expect(rows[0] == ["row", "label", "prediction"] + (0..<10).map { "p\($0)" })
      #expect(rows.dropFirst().map { $0[0] } == (0..<400).map { "\($0)" })
      let labels = try lines("\(competition)/train.csv").dropFirst().map { $0[0] }
      #expect(rows.dropFirst().map { $0[1] } == labels)
      let right = rows.dropFirst().count { $0[1] == $0[2] }
      let result = try outcome.json()
      let scores = try #require(result["out-of-fold"] as? [String: Any])
      #expect(scores["correct"] as? Int == right && scores["rows"] as? Int == 400)
      let folds = try lines("\(folder)/run/folds.csv")
      #expect(folds[0] == ["fold", "repeat", "rows", "accuracy", "log_loss", "best_epoch", "seconds"])
      #expect(folds.dropFirst().map { $0[0] } == ["1", "2", "3"])
      #expect(folds.dropFirst().compactMap { Int($0[2]) }.reduce(0, +) == 400)
      #expect(folds.dropFirst().allSatisfy { $0[5] == "2" })
      let foldRight = folds.dropFirst().compactMap { line in
        Double(line[3]).flatMap { accuracy in Double(line[2]).map { (accuracy * $0).rounded() } }
      }
      #expect(Int(foldRight.reduce(0, +)) == right)
      let written = try bytes("\(folder)/run/cross-validation.json")
      #expect(written == Data(outcome.output.utf8))
      let page = try text("\(folder)/run/report.html")
      #expect(page.contains("Out of fold") && page.contains("fold 3"))
      // Evaluating the folder reads each row by the model that did not see it: the same numbers.
      let evaluation = try evaluate(["\(folder)/run"], ["--json"])
      #expect(evaluation.status == 0, "\(evaluation.errors)")
      #expect((try evaluation.json()["evaluation"] as? [String: Any])?["correct"] as? Int == right)
    }
  }

  /// Some folds alone score their own rows, and the others may follow: then all is as if trained at once.
  @Test func someFoldsFirst() throws {
    try withTemporaryFolder { folder in
      try crossValidate("\(folder)/all", Self.quick + ["--members", "2"])
      let some = try crossValidate(
        "\(folder)/some", Self.quick + ["--members", "2", "--only-folds", "3"])
      #expect(some.status == 0, "\(some.errors)")
      #expect(try lines("\(folder)/some/folds.csv").count == 2)
      // A fold that was trained before is scored along.
      let more = try run(
        "kaggle-digits-cross-validate", ["--resume", "\(folder)/some", "--only-folds", "2", "--quiet"])
      #expect(more.status == 0, "\(more.errors)")
      #expect(some.errors.contains("cross-validate --resume \(folder)/some"), "\(some.errors)")
      let all = try lines("\(folder)/all/folds.csv").dropLast(0)
      // All but the seconds.
      let folds = try lines("\(folder)/some/folds.csv").map { $0.dropLast() }
      #expect(folds == [all[0], all[2], all[3]].map { $0.dropLast() })
      let rows = try Set(lines("\(folder)/some/out-of-fold.csv"))
      #expect(rows.count == 1 + folds.dropFirst().compactMap { Int($0[2]) }.reduce(0, +))
      #expect(try rows.isSubset(of: lines("\(folder)/all/out-of-fold.csv")))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/some/report.html"))
      // A submission needs all of them.
      let early = try submit(["\(folder)/some"], output: "\(folder)/s.csv")
      #expect(early.status == 66)
      let resumed = try run("kaggle-digits-cross-validate", ["--resume", "\(folder)/some", "--quiet"])
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try promisedFiles(in: "\(folder)/some") == promisedFiles(in: "\(folder)/all"))
      for name in ["out-of-fold.csv", "member-predictions.csv"] {
        #expect(try bytes("\(folder)/some/\(name)") == bytes("\(folder)/all/\(name)"))
      }
      expectRefusal(
        try crossValidate("\(folder)/none", Self.quick + ["--only-folds", "4"]), status: 64,
        "fold 4 is out of range (1 to 3)")
      expectRefusal(
        try crossValidate("\(folder)/none", Self.quick + ["--only-folds", "1,x"]), status: 64, "'1,x'")
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/none"))
    }
  }

  /// With repeats a row may have no prediction of a repeat whose fold was not trained: an empty cell.
  @Test(arguments: [["--members", "1"], ["--members", "2"]]) func oneFoldOfSeveralRepeats(members: [String])
    throws
  {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      let outcome = try crossValidate(path, Self.quick + ["--repeats", "2", "--only-folds", "1"] + members)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let predictions = try lines("\(path)/member-predictions.csv")
      #expect(
        predictions.count > 100 && predictions.allSatisfy { $0.last?.isEmpty != false || $0[0] == "row" })
      let report = try run("kaggle-digits-report", [path])
      #expect(report.status == 0, "\(report.errors)")
    }
  }

  /// A fold keeps its number and its seconds when the others are not there, and one fold has no spread.
  @Test func aSingleFoldIsCalledByItsNumber() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      let outcome = try crossValidate(path, Self.quick + ["--only-folds", "3"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("\n   3   "), "\(outcome.output)")
      #expect(!outcome.output.contains("± sd") && !outcome.output.contains("mean"), "\(outcome.output)")
      let page = try String(contentsOfFile: "\(path)/report.html", encoding: .utf8)
      #expect(page.contains("fold 3") && !page.contains("fold 1") && !page.contains("mean ± SD"))
      let part = try #require(
        page.range(of: "(?s)<section id=\"folds\".*?</section>", options: .regularExpression))
      #expect(page.contains("class=\"map\""), "errors do not show where the members look")
      // Its own seconds, however few, and not those of a fold that is not there.
      #expect(!page[part].contains(">–<"), "\(page[part])")
      let text = try bytes("\(path)/cross-validation.json")
      let scores = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
      #expect(scores["accuracy-deviation"] is NSNull && scores["log-loss-deviation"] is NSNull)
    }
  }

  /// Files that were deleted are said to be missing; what does not need them works.
  @Test func deletedFilesAreSaid() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try crossValidate(path, Self.quick + ["--members", "2"])
      func page() throws -> String { try String(contentsOfFile: "\(path)/report.html", encoding: .utf8) }
      #expect(try !page().contains("history.csv is missing") && page().contains("where the members look"))
      try FileManager.default.removeItem(atPath: "\(path)/fold-1/member-2/history.csv")
      let one = try run("kaggle-digits-report", [path])
      #expect(one.status == 0 && one.errors.contains("note: history.csv is missing for fold 1, member 2, so"))
      #expect(try page().contains("history.csv is missing for fold 1, member 2, so"))
      for fold in [2, 3] { try FileManager.default.removeItem(atPath: "\(path)/fold-\(fold)") }
      let two = try run("kaggle-digits-report", [path])
      #expect(two.status == 0, "\(two.errors)")
      #expect(
        two.errors.contains("fold 1, member 2; fold 2, member 1; fold 2, member 2; fold 3, member 1; fold 3,")
      )
      #expect(try page().contains("Out of fold") && page().contains("fold 3"))
      #expect(
        two.errors.contains("note: the report does not show where the members look: \(path)/fold-2 can"),
        "\(two.errors)")
      #expect(try !page().contains("where the members look"))
      expectRefusal(
        try evaluate([path]), status: 66, "\(path) has 2 of its 6 members", "cross-validate --resume")
      try trained("\(folder)/one", smallNetwork + ["--epochs", "1", "--quiet"])
      try FileManager.default.removeItem(atPath: "\(folder)/one/member-1/history.csv")
      let training = try run("kaggle-digits-report", ["\(folder)/one"])
      #expect(training.status == 0 && training.errors.contains("history.csv is missing for member 1, so"))
      #expect(
        try String(contentsOfFile: "\(folder)/one/report.html", encoding: .utf8)
          .contains("history.csv is missing for member 1, so"))
    }
  }

  /// `out-of-fold.csv` and all that is promised of the folds, over threads, instruction sets and an older processor.
  @Test func theBytesDoNotDependOnWhatComputesThem() throws {
    try withTemporaryFolder { folder in
      try crossValidate("\(folder)/1", Self.quick + ["--threads", "1"])
      let expected = try promisedFiles(in: "\(folder)/1")
      let table = try bytes("\(folder)/1/out-of-fold.csv")
      for threads in ["2", "3", "7"] {
        try crossValidate("\(folder)/\(threads)", Self.quick + ["--threads", threads])
        let isSame = try promisedFiles(in: "\(folder)/\(threads)") == expected
        #expect(isSame)
        #expect(try bytes("\(folder)/\(threads)/out-of-fold.csv") == table)
      }
      for name in ["avx2", "avx512"] {
        let outcome = try crossValidate(
          "\(folder)/\(name)", environment: [BytePromiseTests.isa: name])
        guard outcome.status == 0 else {
          print("SKIPPED: this machine has no \(name)")
          continue
        }
        #expect(try bytes("\(folder)/\(name)/out-of-fold.csv") == table)
      }
      guard emulator != nil else { return print("SKIPPED: qemu-x86_64 is not installed") }
      let few = [
        "--network", "8C5S3p-B-P2-D25-16N", "--epochs", "1", "--folds", "2", "--limit", "80", "--quiet",
      ]
      try crossValidate("\(folder)/native", few + ["--ema", "0.9", "--tta", "3"])
      try crossValidate("\(folder)/emulated", few + ["--ema", "0.9", "--tta", "3"], emulated: true)
      #expect(try bytes("\(folder)/emulated/out-of-fold.csv") == bytes("\(folder)/native/out-of-fold.csv"))
    }
  }

  /// `kill -9` at moments spread over the whole run, then `--resume`, until it is done.
  @Test func killedAndResumedIsTheSame() throws {
    try withTemporaryFolder { folder in
      let arguments = Self.quick + ["--repeats", "2", "--tta", "3"]
      let start = Date()
      try crossValidate("\(folder)/run", arguments)
      let duration = Date().timeIntervalSince(start)
      let expected = try promisedFiles(in: "\(folder)/run")
      let table = try bytes("\(folder)/run/out-of-fold.csv")
      var kills = 0
      for attempt in 0..<6 {
        let path = "\(folder)/\(attempt)"
        let delay = duration * (Double(attempt) + 0.5) / 6
        var outcome = try crossValidate(
          path, arguments, signals: [PlannedSignal(number: SIGKILL, moment: .after(delay))])
        if outcome.signal == SIGKILL { kills += 1 }
        if !FileManager.default.fileExists(atPath: "\(path)/configuration.json") {
          outcome = try crossValidate(path, arguments + ["--force"])
        } else {
          outcome = try run(
            "kaggle-digits-cross-validate",
            ["--resume", path, "--quiet", "--threads", "\(attempt % 3 + 1)"])
        }
        #expect(outcome.status == 0, "\(outcome.errors)")
        let isSame = try promisedFiles(in: path) == expected
        #expect(isSame)
        #expect(try bytes("\(path)/out-of-fold.csv") == table)
        #expect(try bytes("\(path)/member-predictions.csv") == bytes("\(folder)/run/member-predictions.csv"))
      }
      #expect(kills >= 3)
    }
  }

  @Test func submitAndEvaluateTakeMixes() throws {
    try withTemporaryFolder { folder in
      try crossValidate("\(folder)/a")
      try crossValidate("\(folder)/b", Self.quick + ["--seed", "2"])
      try trained("\(folder)/run", smallNetwork + ["--epochs", "1", "--quiet"])
      let mix = ["\(folder)/a", "\(folder)/b/fold-1", "\(folder)/run/member-1/last.safetensors"]
      for options in [
        [], ["--average", "geometric"], ["--average", "vote"], ["--tta", "5"], ["--weights", "2,1,0"],
      ] {
        let outcome = try submit(mix, output: "\(folder)/s.csv", options + ["--force", "--quiet"])
        #expect(outcome.status == 0, "\(options): \(outcome.errors)")
        let manifest = try bytes("\(folder)/s.json")
        let json = try EndToEnd.json(manifest)
        let models = try #require(json["checkpoints"] as? [[String: Any]])
        #expect(models.count == (options.contains("2,1,0") ? 4 : 5))
        #expect(json["average"] as? String == (options.first == "--average" ? options[1] : "arithmetic"))
      }
      let fitted = try submit(
        ["\(folder)/a", "\(folder)/b"], output: "\(folder)/f.csv",
        ["--fit-weights", "\(folder)/a/out-of-fold.csv", "\(folder)/b", "--quiet"])
      #expect(fitted.status == 0, "\(fitted.errors)")
      #expect(fitted.errors.contains("fitted on 400 out-of-fold rows"))
      #expect(fitted.errors.contains("on rows that they were not fitted on: "))
      let named = ["\(folder)/b/fold-2", "--data", competition, "--quiet"]
      #expect(try run("kaggle-digits-submit", named, in: folder).status == 0)
      #expect(FileManager.default.fileExists(atPath: "\(folder)/Submissions/b-fold-2.csv"))
      let both = try evaluate(["\(folder)/a", "\(folder)/b"])
      #expect(both.status == 0, "\(both.errors)")
      #expect(both.output.contains("400 rows of ") && both.output.contains("none of them trained on"))
      #expect(both.output.contains("confusion: a row is a label"))
    }
  }

  @Test func rowsThatWereTrainedOnAreSaid() throws {
    try withTemporaryFolder { folder in
      try crossValidate("\(folder)/a")
      let refused = try evaluate(["\(folder)/a/fold-1", "\(folder)/a/fold-2"])
      expectRefusal(
        refused, status: 65, "every row of \(competition) was used to train all checkpoints", "--rows all")
      let all = try evaluate(["\(folder)/a/fold-1"], ["--rows", "all"])
      #expect(all.status == 0)
      #expect(all.errors.contains("warning: 26"), "\(all.errors)")
      #expect(all.errors.contains("of these 400 rows were trained on"))
      let one = try evaluate(["\(folder)/a/fold-1"])
      #expect(one.output.hasPrefix("134 rows of "), "\(one.output)")
      try trained("\(folder)/run", smallNetwork + ["--epochs", "1", "--select", "best", "--quiet"])
      let chosen = try evaluate(["\(folder)/run"])
      #expect(chosen.output.contains("40 of them chose an epoch, so the scores are slightly optimistic"))
      let page = try evaluate(["\(folder)/run"], ["--report", "\(folder)/page.html"])
      #expect(page.status == 0, "\(page.errors)")
      #expect(try text("\(folder)/page.html").contains("chose an epoch"))
      #expect(try text("\(folder)/page.html").contains("where the members look"))
      expectRefusal(
        try evaluate(["\(folder)/run"], ["--report", "\(folder)/page.html"]), status: 73, "page.html")
      let test = try evaluate(["\(folder)/run"], ["--test-labels", "\(competition)/test_labels.csv"])
      #expect(test.status == 0, "\(test.errors)")
      #expect(test.output.hasPrefix("300 rows of "))
    }
  }

  @Test func badInputIsRefusedAndNothingOverwritten() throws {
    try withTemporaryFolder { folder in
      try crossValidate("\(folder)/a")
      try crossValidate("\(folder)/small", Self.quick + ["--limit", "200"])
      try trained("\(folder)/run", smallNetwork + ["--epochs", "1", "--quiet"])
      let before = try files(in: folder)
      expectRefusal(
        try crossValidate("\(folder)/a"), status: 73, "holds a run; kaggle-digits cross-validate --resume")
      expectRefusal(
        try crossValidate("\(folder)/new", Self.quick + ["--folds", "60"]), status: 65,
        "different images of digit 0; 60 folds need 60 of each digit")
      for wrong in [
        ["--folds", "1"], ["--repeats", "0"], ["--validation", "0.2"], ["--select", "first"],
        ["--tta", "10"],
        ["--ema", "1"], ["--average-checkpoints", "3"], ["--ema", "0.9", "--average-checkpoints", "2"],
      ] {
        let outcome = try crossValidate("\(folder)/new", Self.quick + wrong)
        expectRefusal(outcome, status: 64, "see 'kaggle-digits cross-validate --help'")
      }
      expectRefusal(
        try run("kaggle-digits-cross-validate", ["--resume", "\(folder)/run", "--quiet"]), status: 64,
        "is not a cross-validation; resume it with kaggle-digits train --resume")
      expectRefusal(try resume("\(folder)/a"), status: 64, "kaggle-digits cross-validate --resume")
      let other = ["--resume", "\(folder)/a", "--seed", "9", "--quiet"]
      expectRefusal(try run("kaggle-digits-cross-validate", other), status: 64, "--seed 9 differs from")

      let pair = ["\(folder)/a", "\(folder)/small"]
      let output = "\(folder)/s.csv"
      expectRefusal(
        try submit(pair, output: output, ["--fit-weights", "\(folder)/a", "--quiet"]), status: 64,
        "1 out-of-fold predictions for 2 sources")
      expectRefusal(
        try submit(pair, output: output, ["--fit-weights"] + pair + ["--quiet"]), status: 65,
        "are not of the same rows")
      expectRefusal(
        try submit(pair, output: output, ["--weights", "1", "--quiet"]), status: 64, "1 numbers for 2 sources"
      )
      expectRefusal(
        try submit(pair, output: output, ["--fit-weights"] + pair.reversed() + ["--quiet"]), status: 64,
        "the order must be the sources'")
      expectRefusal(
        try run("kaggle-digits-report", ["\(folder)/a", "\(folder)/a"]), status: 64, "is named twice")
      #expect(try files(in: folder) == before)
      let path = "\(folder)/a/out-of-fold.csv"
      let text = try text(path)
      try write(text.replacing("\n1,", with: "\n2,", maxReplacements: 1), to: path)
      expectRefusal(
        try submit(["\(folder)/a"], output: output, ["--fit-weights", path, "--quiet"]), status: 65,
        "out-of-fold.csv:4:1: row is 2; rows count up from 0")
      try write(text.replacing(",0.", with: ",00.", maxReplacements: 1), to: path)
      expectRefusal(
        try submit(["\(folder)/a"], output: output, ["--fit-weights", path, "--quiet"]), status: 65,
        "is not the file that", "it was changed since")
      expectRefusal(try run("kaggle-digits-report", ["\(folder)/a"]), status: 65, "it was changed since")
      try FileManager.default.removeItem(atPath: "\(folder)/a/fold-3")
      expectRefusal(
        try submit(["\(folder)/a"], output: output, ["--quiet"]), status: 66, "has 2 of its 3 members",
        "cross-validate --resume")
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }

  /// An epoch chosen on an inner split: the fold's own model reads its rows, not those that chose their epochs by them. And
  /// what the page recommends predicts as was scored.
  @Test func choosingEpochsStaysApartFromScoring() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      let outcome = try crossValidate(
        path, Self.quick + ["--select", "best", "--tta", "3", "--average", "geometric", "--json"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let scores = try #require(try outcome.json()["out-of-fold"] as? [String: Any])
      #expect(outcome.errors.contains("--average geometric --tta 3"))
      let page = try text("\(path)/report.html")
      #expect(page.contains("geometric") && page.contains("3 views of each image"))
      let again = try evaluate([path], ["--tta", "3", "--average", "geometric", "--json"])
      let evaluation = try again.json()
      #expect(evaluation["rows-that-chose-an-epoch"] as? Int == 0)
      let evaluated = try #require(evaluation["evaluation"] as? [String: Any])
      #expect(evaluated["log-loss"] as? Double == scores["log-loss"] as? Double)
    }
  }

  @Test func reportsAreWrittenAnewAndCompared() throws {
    try withTemporaryFolder { folder in
      try crossValidate("\(folder)/a")
      try crossValidate("\(folder)/b", Self.quick + ["--network", "16N,24N", "--members", "2"])
      let before = try files(in: "\(folder)/a")
      let one = try run("kaggle-digits-report", ["\(folder)/a", "--json"])
      #expect(one.status == 0, "\(one.errors)")
      #expect(try one.json()["report"] as? String == "\(folder)/a/report.html")
      #expect(try files(in: "\(folder)/a") == before)
      let output = "\(folder)/both.html"
      let both = try run("kaggle-digits-report", ["\(folder)/a", "\(folder)/b", "--output", output])
      #expect(both.status == 0, "\(both.errors)")
      #expect(both.output.hasPrefix("b against a: "), "\(both.output)")
      let page = try text(output)
      #expect(page.contains("16N; 24N"))
      expectRefusal(
        try run("kaggle-digits-report", ["\(folder)/a", "\(folder)/b", "--output", output]), status: 73,
        output)
      expectRefusal(try run("kaggle-digits-report", [competition]), status: 66, "is not a run")
    }
  }

  /// The tables open in pandas with no arguments.
  @Test func tablesOpenInPandas() throws {
    let python = ProcessInfo.processInfo.environment["KAGGLE_DIGITS_PYTHON"] ?? "python3"
    let interpreter = python.contains("/") ? python : installed(python)
    guard let interpreter, try run(interpreter, ["-c", "import pandas"]).status == 0 else {
      return print("SKIPPED: \(python) has no pandas")
    }
    try withTemporaryFolder { folder in
      try crossValidate("\(folder)/a")
      let script = """
        import pandas
        table = pandas.read_csv("\(folder)/a/out-of-fold.csv")
        assert list(table.columns) == ["row", "label", "prediction"] + [f"p{d}" for d in range(10)]
        assert len(table) == 400 and str(table.p3.dtype) == "float64" and str(table.row.dtype) == "int64"
        history = pandas.read_csv("\(folder)/a/fold-1/member-1/history.csv")
        assert len(history) == 2 and history.validation_accuracy.notna().all()
        folds = pandas.read_csv("\(folder)/a/folds.csv")
        assert len(folds) == 3 and abs(folds.accuracy.mean() - (table.label == table.prediction).mean()) < 0.02
        print("opened")
        """
      let outcome = try run(interpreter, ["-c", script])
      #expect(outcome.output == "opened\n", "\(outcome.errors)")
    }
  }
}
