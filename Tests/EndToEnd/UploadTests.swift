import Foundation
import TestSupport
import Testing

/// `kaggle-digits submit --upload` with a stand-in for Kaggle's program.
@Suite struct UploadTests {
  private func upload(
    _ path: String, _ standIn: KaggleStandIn, _ arguments: [String] = []
  ) throws -> Outcome {
    try run("kaggle-digits", ["submit", path, "--upload"] + arguments, environment: standIn.environment)
  }

  /// The uploads that the manifest beside a submission remembers.
  private func uploads(of path: String) throws -> [[String: Any]] {
    let manifest = try json(bytes(path.replacing(".csv", with: ".json")))
    return try #require(manifest["uploads"] as? [[String: Any]])
  }

  private func withSubmission(_ body: (_ path: String, _ standIn: KaggleStandIn) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try writeSubmission(to: "\(folder)/a.csv")
      try body("\(folder)/a.csv", try KaggleStandIn(in: folder))
    }
  }

  @Test func theScoreIsWrittenAndNothingIsUploadedTwice() throws {
    try withSubmission { path, standIn in
      let outcome = try upload(path, standIn, ["--message", "my best"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("public score: 0.99757 (68 of 28,000 images wrong, or 17 of 7,000)"))
      #expect(outcome.output.contains("4 submissions left today"))
      let record = try #require(uploads(of: path).first)
      let message = try #require(record["message"] as? String)
      #expect(message.hasPrefix("my best [") && message.hasSuffix("]"))
      #expect(record["reference"] as? Int == 4242)
      #expect(record["public-score"] as? String == "0.99757")
      #expect(record["date"] as? String == "2026-11-27T10:00:00")
      #expect(record["left-today"] as? Int == 4)
      #expect(try bytes("\(standIn.folder)/uploaded") == bytes(path))
      let again = try upload(path, standIn)
      #expect(again.status == 0, "\(again.errors)")
      #expect(again.output.contains("not uploaded again"))
      #expect(standIn.calls(of: "submit") == 1)
    }
  }

  @Test func theSameBytesUnderAnotherNameAreRefused() throws {
    try withSubmission { path, standIn in
      #expect(try upload(path, standIn).status == 0)
      let other = path.replacing("a.csv", with: "b.csv")
      try FileManager.default.copyItem(atPath: path, toPath: other)
      expectRefusal(try upload(other, standIn), status: 1, "were uploaded before", "a.json", "--again")
      #expect(standIn.calls(of: "submit") == 1)
      let again = try upload(other, standIn, ["--again"])
      #expect(again.status == 0, "\(again.errors)")
      #expect(standIn.calls(of: "submit") == 2)
      let tag = try #require(uploads(of: other).last?["tag"] as? String)
      #expect(tag.hasSuffix("-2"))
    }
  }

  @Test func onesOfAnotherMachineAreFoundByTheirTag() throws {
    try withSubmission { path, standIn in
      #expect(try upload(path, standIn).status == 0)
      try FileManager.default.removeItem(atPath: path.replacing(".csv", with: ".json"))
      let outcome = try upload(path, standIn)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("already uploaded"))
      #expect(standIn.calls(of: "submit") == 1)
      #expect(try uploads(of: path).first?["public-score"] as? String == "0.99757")
    }
  }

  /// The kit is killed when Kaggle has got the file, and when it has printed its number; the next call finds the score. Killed
  /// before, it uploads.
  @Test(arguments: [
    ("\(KaggleStandIn.arrive)\nkill -9 $PPID; sleep 0.2", 1),
    ("\(KaggleStandIn.arrive)\necho 'Submission ref: 4242'; sleep 1; kill -9 $PPID; sleep 0.2", 1),
    ("kill -9 $PPID; sleep 0.2", 2),
  ])
  func aKilledUploadIsNotRepeated(script: String, submits: Int) throws {
    try withSubmission { path, standIn in
      try standIn.submit(script)
      #expect(try upload(path, standIn).signal == SIGKILL)
      let begun = try #require(uploads(of: path).first)
      #expect(begun["public-score"] is NSNull)
      try standIn.submit("\(KaggleStandIn.arrive)\necho 'Submission ref: 4242'")
      let outcome = try upload(path, standIn)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(standIn.calls(of: "submit") == submits)
      let records = try uploads(of: path)
      #expect(records.count == 1)
      #expect(records[0]["tag"] as? String == begun["tag"] as? String)
      #expect(records[0]["public-score"] as? String == "0.99757")
    }
  }

  @Test func limitsAreAskedFirst() throws {
    try withSubmission { path, standIn in
      // The program leaves out what is 0.
      try write("{\"numToday\": 5, \"numTotal\": 9}", to: "\(standIn.folder)/limits")
      expectRefusal(try upload(path, standIn), status: 1, "0 submissions are left today", "00:00 UTC")
      #expect(standIn.calls(of: "submit") == 0)
      // Who has never submitted, and an old program, are no hindrance.
      try write("{}", to: "\(standIn.folder)/limits")
      #expect(try upload(path, standIn).status == 0)
    }
    try withSubmission { path, standIn in
      try standIn.script(
        """
        case "$2" in
        submissions) cat "$folder/submissions" ;;
        submission-limits) echo "kaggle: error: argument command: invalid choice: 'submission-limits'" >&2; exit 2 ;;
        submit) \(KaggleStandIn.arrive)
          printf Successfully ;;
        esac
        """)
      let outcome = try upload(path, standIn)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try uploads(of: path).first?["reference"] as? Int == 4242)
    }
  }

  @Test func aFailedScoringSaysWhy() throws {
    try withSubmission { path, standIn in
      try standIn.submit(
        """
        \(KaggleStandIn.list(status: "ERROR", score: ""))
        echo 'Submission ref: 4242'
        printf 'Submission 4242 failed to score.\\n  Error: Submission has null values' >&2; exit 1
        """)
      for _ in 0..<2 {
        let outcome = try upload(path, standIn)
        expectRefusal(outcome, status: 1, "could not score submission 4242: Submission has null values")
      }
      #expect(standIn.calls(of: "submit") == 1)
    }
  }

  @Test func withoutAScoreYetTheNextCallAsks() throws {
    try withSubmission { path, standIn in
      try standIn.submit(
        """
        \(KaggleStandIn.list(status: "PENDING", score: ""))
        echo 'Submission ref: 4242'
        echo 'Timed out after 600s waiting for submission 4242 to finish scoring.' >&2; exit 1
        """)
      let outcome = try upload(path, standIn)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("has not scored it yet"))
      let list = try text("\(standIn.folder)/submissions")
      try write(
        list.replacing("PENDING", with: "COMPLETE").replacing("Score\": \"\"", with: "Score\": \"0.99\""),
        to: "\(standIn.folder)/submissions")
      #expect(try upload(path, standIn).output.contains("public score: 0.99"))
      #expect(standIn.calls(of: "submit") == 1)
    }
  }

  @Test(arguments: KaggleFault.all) func eachFailureIsOneMessage(fault: KaggleFault) throws {
    try withSubmission { path, standIn in
      try standIn.submit(fault.script)
      let outcome = try upload(path, standIn, ["--quiet"])
      expectRefusal(outcome, status: 1)
      for text in fault.says { #expect(outcome.errors.contains(text), "\(outcome.errors)") }
    }
  }

  /// Some versions exit with 0.
  @Test func aFailedUploadIsKnownByItsText() throws {
    try withSubmission { path, standIn in
      try standIn.submit("printf 'Could not submit to competition'")
      expectRefusal(try upload(path, standIn, ["--quiet"]), status: 1, "the upload failed")
    }
  }

  /// Kaggle gets the bytes that were checked, whatever happens to the file meanwhile.
  @Test func aCopyIsUploaded() throws {
    try withSubmission { path, standIn in
      let checked = try bytes(path)
      try standIn.submit("echo broken > '\(path)'\n\(KaggleStandIn.arrive)\necho 'Submission ref: 4242'")
      #expect(try upload(path, standIn).status == 0)
      #expect(try bytes("\(standIn.folder)/uploaded") == checked)
    }
  }

  @Test func whatIsNoSubmissionIsNotUploaded() throws {
    try withSubmission { path, standIn in
      let lines = try text(path).components(separatedBy: "\n")
      for (content, message) in [
        (lines.dropLast(2).joined(separator: "\n"), "only 27999 rows"),
        (lines.joined(separator: "\n").replacing("\n2,2\n", with: "\n2,12\n"), "Label is 12"),
      ] {
        try write(content, to: path)
        expectRefusal(try upload(path, standIn), status: 65, message)
      }
      for arguments in [["--message", "x"], ["--again"], ["--upload", "--check", path]] {
        let outcome = try run("kaggle-digits", ["submit"] + (arguments.count < 3 ? [path] : []) + arguments)
        #expect(outcome.status == 64)
      }
      #expect(standIn.calls(of: "submissions") == 0)
    }
  }

  /// A run's submission: the message names recipe and members; one with warnings is uploaded only by its own name; a new one of
  /// the same name keeps the memory.
  @Test func aRunIsSubmittedAndUploaded() throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/run", smallNetwork + ["--epochs", "1", "--quiet"])
      let header = (0..<784).map { "pixel\($0)" }.joined(separator: ",")
      let row = [String](repeating: "0", count: 784).joined(separator: ",") + "\n"
      try write("\(header)\n" + String(repeating: row, count: 28_000), to: "\(folder)/test.csv")
      let (standIn, output) = (try KaggleStandIn(in: folder), "\(folder)/s.csv")
      let arguments = ["--data", "\(folder)/test.csv", "--output", output]
      for _ in 0..<2 {
        let outcome = try upload("\(folder)/run", standIn, arguments)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("was not uploaded because of the warnings"), "\(outcome.errors)")
      }
      #expect(standIn.calls(of: "submit") == 0)
      let named = try upload(output, standIn)
      #expect(named.status == 0, "\(named.errors)")
      #expect(named.errors.contains("warning: "))
      let message = try #require(uploads(of: output).first?["message"] as? String)
      #expect(message.hasPrefix("kaggle-digits fast with --network"))
      #expect(message.contains(", 1 member ["))
      let forced = try run("kaggle-digits", ["submit", "\(folder)/run", "--force"] + arguments)
      #expect(forced.status == 0, "\(forced.errors)")
      #expect(try uploads(of: output).first?["reference"] as? Int == 4242)
    }
  }
}
