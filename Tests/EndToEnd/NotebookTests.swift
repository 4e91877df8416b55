import Foundation
import TestSupport
import Testing

/// `kaggle-digits notebook`.
@Suite struct NotebookTests {
  private func notebook(in folder: String, _ arguments: [String]) throws -> Outcome {
    try run("kaggle-digits", ["notebook"] + arguments, in: folder)
  }

  @Test func foldersAreWrittenAndNothingIsOverwritten() throws {
    try withTemporaryFolder { folder in
      try Data([0x1F, 0x8B, 1]).write(to: URL(fileURLWithPath: "\(folder)/kaggle-digits-0.tar.gz"))
      let outcome = try notebook(in: folder, ["--user", "ada-l", "--recipe", "best"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("kaggle datasets create -p kaggle/dataset\n"))
      #expect(outcome.output.contains("kaggle kernels push -p kaggle/notebook\n"))
      #expect(try bytes("\(folder)/kaggle/dataset/kaggle-digits.tar.gz") == Data([0x1F, 0x8B, 1]))
      let kernel = try json(bytes("\(folder)/kaggle/notebook/kernel-metadata.json"))
      #expect(kernel["dataset_sources"] as? [String] == ["ada-l/kaggle-digits"])
      #expect(kernel["competition_sources"] as? [String] == ["digit-recognizer"])
      #expect(kernel["enable_internet"] as? String == "false")
      let title = try #require(kernel["title"] as? String)
      #expect(
        kernel["id"] as? String == "ada-l/" + title.lowercased().replacing(" ", with: "-"),
        "Kaggle makes the address of the title")
      let code = try #require(kernel["code_file"] as? String)
      #expect(try text("\(folder)/kaggle/notebook/\(code)").contains("RECIPE = \"best\""))
      let before = try files(in: folder)
      expectRefusal(try notebook(in: folder, ["--user", "ada-l"]), status: 73, "already exists")
      #expect(try files(in: folder) == before)
      #expect(try notebook(in: folder, ["--user", "ada-l", "--force"]).status == 0)
    }
  }

  @Test func whatIsMissingIsSaid() throws {
    try withTemporaryFolder { folder in
      expectRefusal(try notebook(in: folder, ["--user", "x"]), status: 66, "no archive", "--archive FILE")
      for name in ["kaggle-digits-1.tar.gz", "kaggle-digits-2.tar.gz"] {
        try write("x", to: "\(folder)/\(name)")
      }
      expectRefusal(try notebook(in: folder, ["--user", "x"]), status: 64, "several archives", "--archive")
      expectRefusal(
        try notebook(in: folder, ["--user", "x", "--archive", "no.tar.gz"]), status: 66, "no.tar.gz")
      expectRefusal(
        try notebook(in: folder, ["--user", "x", "--archive", "x.zip"]), status: 64,
        "not named like a tar archive")
      for user in ["", "Ada", "a/b", "a b"] {
        expectRefusal(try notebook(in: folder, ["--user", user]), status: 64, "--user is '\(user)'")
      }
      expectRefusal(try notebook(in: folder, []), status: 64, "--user")
    }
  }

  /// The script finds the kit in an archive and, as Kaggle may have it, unpacked and not executable; it trains and submits.
  @Test(
    .enabled(if: installed("python3") != nil && installed("tar") != nil, "no python3 or no tar"),
    arguments: [true, false])
  func theScriptTrainsAndSubmits(isUnpacked: Bool) throws {
    try withTemporaryFolder { folder in
      let kit = "\(folder)/input/kaggle-digits/kaggle-digits-0.1.0/bin"
      let files = FileManager.default
      for path in [kit, "\(folder)/input/competitions", "\(folder)/working"] {
        try files.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      // A program that says what it was asked, in place of executables of hundreds of megabytes.
      try write(
        "#!/bin/sh\necho \"$*\" >> asked\nif [ \"$1\" = submit ]; then echo ImageId,Label > submission.csv; fi\n",
        to: "\(kit)/kaggle-digits")
      let archive = "\(folder)/kaggle-digits-0.tar.gz"
      let tar = try #require(installed("tar"))
      #expect(
        try TestSupport.run(
          [tar, "-czf", archive, "-C", "\(folder)/input/kaggle-digits", "kaggle-digits-0.1.0"]
        ).status == 0)
      #expect(try notebook(in: folder, ["--user", "x"]).status == 0)
      if !isUnpacked {
        try files.removeItem(atPath: "\(folder)/input/kaggle-digits/kaggle-digits-0.1.0")
        try files.copyItem(
          atPath: "\(folder)/kaggle/dataset/kaggle-digits.tar.gz",
          toPath: "\(folder)/input/kaggle-digits/kaggle-digits.tar.gz")
      }
      let code = try text("\(folder)/kaggle/notebook/train_and_submit.py")
        .replacing("\"/kaggle/input\"", with: "\"\(folder)/input\"")
        .replacing("\"/kaggle/working\"", with: "\"\(folder)/working\"")
        .replacing("\"/tmp/kaggle-digits\"", with: "\"\(folder)/kit\"")
      try write(code, to: "\(folder)/script.py")
      let data = "\(folder)/input/competitions/digit-recognizer"
      try files.createDirectory(atPath: data, withIntermediateDirectories: true)
      try write("label\n", to: "\(data)/train.csv")
      let outcome = try TestSupport.run([try #require(installed("python3")), "\(folder)/script.py"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(
        try text("\(folder)/working/asked")
          == "train --data \(data) --recipe balanced --output run\nsubmit run --data \(data) --output submission.csv\n"
      )
      #expect(files.fileExists(atPath: "\(folder)/working/submission.csv"))
    }
  }
}
