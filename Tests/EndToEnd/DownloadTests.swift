import Foundation
import TestSupport
import Testing

/// `kaggle-digits download` with a stand-in for Kaggle's program.
@Suite struct DownloadTests {
  private func download(
    in folder: String, _ standIn: KaggleStandIn, _ arguments: [String] = []
  ) throws -> Outcome {
    try run("kaggle-digits", ["download"] + arguments, environment: standIn.environment, in: folder)
  }

  /// The competition's archive of the tests.
  private func writeArchive(to path: String) throws {
    let python = try #require(installed("python3"))
    let tables = ["train.csv", "test.csv"].map { "\(competition)/\($0)" }
    #expect(try TestSupport.run([python, "-m", "zipfile", "-c", path] + tables).status == 0)
  }

  @Test func withoutTheProgramItSaysHowToGetIt() throws {
    try withTemporaryFolder { folder in
      let outcome = try run(
        "kaggle-digits", ["download"], environment: ["PATH": "/nowhere"], in: folder)
      expectRefusal(outcome, status: 1, "not on the PATH", "pip install kaggle six", "kaggle auth login")
      #expect(try files(in: folder).isEmpty)
    }
  }

  @Test(arguments: KaggleFault.all) func eachFailureIsOneMessage(fault: KaggleFault) throws {
    try withTemporaryFolder { folder in
      let standIn = try KaggleStandIn(in: folder)
      try standIn.script(fault.script)
      let outcome = try download(in: folder, standIn)
      expectRefusal(outcome, status: 1)
      for text in fault.says { #expect(outcome.errors.contains(text), "\(outcome.errors)") }
      #expect(!outcome.errors.contains("Traceback"))
      #expect(
        try files(in: folder).keys.sorted() == [
          "stand-in", "stand-in/calls", "stand-in/kaggle",
          "stand-in/limits", "stand-in/submissions",
        ])
    }
  }

  @Test(.enabled(if: installed("python3") != nil, "no python3 to write a zip archive with"))
  func theArchiveGetsItsNameWhenItIsWhole() throws {
    try withTemporaryFolder { folder in
      let standIn = try KaggleStandIn(in: folder)
      try writeArchive(to: "\(standIn.folder)/archive.zip")
      let outcome = try download(in: folder, standIn, ["--output", "data/digits.zip"])
      #expect(outcome.status == 66 || outcome.status == 73, "the folder is not there: \(outcome.errors)")
      let second = try download(in: folder, standIn)
      #expect(second.status == 0, "\(second.errors)")
      #expect(second.output == "digit-recognizer.zip: 400 labelled rows and 300 to predict, all read\n")
      #expect(second.errors.contains("next: kaggle-digits train --data digit-recognizer.zip"))
      let archive = try bytes("\(standIn.folder)/archive.zip")
      #expect(try bytes("\(folder)/digit-recognizer.zip") == archive)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
          "digit-recognizer.zip", "stand-in",
        ])
      // Nothing is overwritten, and Kaggle is not asked.
      let calls = standIn.calls(of: "download")
      let third = try download(in: folder, standIn)
      expectRefusal(third, status: 73, "already exists")
      #expect(standIn.calls(of: "download") == calls)
      let forced = try download(in: folder, standIn, ["--force", "--json"])
      #expect(try forced.json()["training-rows"] as? Int == 400)
    }
  }

  @Test(.enabled(if: installed("python3") != nil, "no python3 to write a zip archive with"))
  func aDamagedArchiveIsRemovedAndACutOffOneStays() throws {
    try withTemporaryFolder { folder in
      let standIn = try KaggleStandIn(in: folder)
      try writeArchive(to: "\(standIn.folder)/archive.zip")
      let whole = try bytes("\(standIn.folder)/archive.zip")
      let hidden = "\(folder)/.digit-recognizer.zip.download/digit-recognizer.zip"
      for (name, content) in [
        ("cut", Data(whole.prefix(whole.count / 2))), ("page", Data("<html>Sign in</html>".utf8)),
        ("flipped", Data(whole.enumerated().map { $0.offset == 5000 ? $0.element ^ 1 : $0.element })),
      ] {
        try content.write(to: URL(fileURLWithPath: "\(standIn.folder)/archive.zip"))
        let outcome = try download(in: folder, standIn)
        expectRefusal(outcome, status: 65, "was removed; run the command again")
        #expect(!FileManager.default.fileExists(atPath: hidden), "\(name)")
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/digit-recognizer.zip"))
      }
      // What the program resumes from is left to it, in the same place each time.
      try standIn.script("printf half > \"$6/digit-recognizer.zip\"; echo boom >&2; exit 1")
      #expect(try download(in: folder, standIn).status == 1)
      #expect(try text(hidden) == "half")
      try whole.write(to: URL(fileURLWithPath: "\(standIn.folder)/archive.zip"))
      try standIn.script(
        "[ \"$(cat \"$6/digit-recognizer.zip\")\" = half ] && cp \"$folder/archive.zip\" \"$6/digit-recognizer.zip\""
      )
      let resumed = try download(in: folder, standIn)
      #expect(resumed.status == 0, "\(resumed.errors)")
    }
  }

  /// The program, which a terminal's Ctrl-C would reach, is ended with the kit.
  @Test func aStopEndsTheProgram() throws {
    try withTemporaryFolder { folder in
      let standIn = try KaggleStandIn(in: folder)
      try standIn.script("echo $$ > \"$folder/process\"; echo 'started' >&2; exec sleep 60")
      let outcome = try run(
        "kaggle-digits", ["download"], environment: standIn.environment, in: folder,
        signals: [PlannedSignal(number: SIGTERM, moment: .after(1))], limit: 30)
      #expect(outcome.status == 143, "\(outcome.errors)")
      let process = try #require(
        Int32(try text("\(standIn.folder)/process").trimmingCharacters(in: .whitespacesAndNewlines)))
      #expect(kill(process, 0) != 0)
    }
  }
}
