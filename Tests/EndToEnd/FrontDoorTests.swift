import TestSupport
import Foundation
import Testing

@Suite struct FrontDoorTests {
  static let commands = [
    "demo", "sample", "download", "train", "cross-validate", "sweep", "jobs", "work", "gather", "evaluate",
    "submit",
    "predict", "serve",
    "report", "leaderboard", "notebook", "reproduce", "export", "import", "describe", "benchmark",
  ]

  @Test(arguments: [[], ["--help"], ["-h"], ["help"], ["help", "help"]])
  func overview(arguments: [String]) throws {
    let outcome = try run("kaggle-digits", arguments)
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    for command in Self.commands { #expect(outcome.output.contains("\n  \(command) ")) }
    #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test(arguments: commands)
  func eachCommandIsThere(command: String) throws {
    let help = try run("kaggle-digits", ["help", command])
    #expect(help.status == 0)
    #expect(help.output.contains("USAGE: kaggle-digits \(command)"))
    #expect(try run("kaggle-digits", [command, "--help"]).output == help.output)
    try withTemporaryFolder { folder in
      let own = FileManager.default.fileExists(atPath: built("kaggle-digits-\(command)"))
      let link = "\(folder)/kaggle-digits-\(command)"
      try FileManager.default.createSymbolicLink(
        atPath: link, withDestinationPath: built(own ? "kaggle-digits-\(command)" : "kaggle-digits-tools"))
      #expect(try run(link, ["--help"]).output == help.output)
    }
    let version = try run("kaggle-digits", ["--version"])
    #expect(version.status == 0)
    #expect(try run("kaggle-digits", [command, "--version"]).output == version.output)
    let wrong = try run("kaggle-digits", [command, "--no-such-option"])
    #expect(wrong.status == 64)
    #expect(wrong.output == "")
    #expect(wrong.errors.hasPrefix("error: "))
    #expect(wrong.errors.hasSuffix("see 'kaggle-digits \(command) --help'\n"))
  }

  @Test func anExecutableOfSeveralCommandsIsCalledByOnesName() throws {
    let outcome = try run("kaggle-digits-tools", ["--help"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("kaggle-digits COMMAND"))
  }

  @Test(arguments: [
    ("trian", "train"), ("trai", "train"), ("sub", "submit"), ("smaple", "sample"), ("demoo", "demo"),
  ])
  func nearMissIsSuggested(typed: String, meant: String) throws {
    let outcome = try run("kaggle-digits", [typed, "--data", "x"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("error: unknown command '\(typed)'; did you mean '\(meant)'?\n"))
    #expect(outcome.errors.contains(Self.commands.joined(separator: ", ")))
  }

  @Test(arguments: [
    "", "x", "zzzzzz", "../train", "train\u{1B}[2J\n", "🦆", String(repeating: "t", count: 9999),
  ])
  func otherWordsAreRefused(typed: String) throws {
    for arguments in [[typed], ["help", typed]] {
      let outcome = try run("kaggle-digits", arguments)
      #expect(outcome.status == 64)
      #expect(outcome.output == "")
      #expect(outcome.errors.hasPrefix("error: unknown command"))
      #expect(!outcome.errors.contains("\u{1B}"))
    }
  }

  @Test(arguments: [["--frobnicate"], ["--data", "x", "train"], ["--generate-completion-script", "tcsh"]])
  func optionsWithoutACommandAreRefused(arguments: [String]) throws {
    let outcome = try run("kaggle-digits", arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("error: "))
  }

  /// The process becomes the command: same process number, untouched arguments, the command's own status.
  @Test func becomesTheCommand() throws {
    try withTemporaryFolder { folder in
      let door = try copyDoor(to: folder)
      try script(
        "echo $PPID; for each; do printf '<%s>' \"$each\"; done; exit 7", at: "\(folder)/kaggle-digits-train")
      let arguments = ["train", "", "a b", "line\nend", "--help", "--", "ü", "*"]
      // `sh` is the parent of the front door and so, if that process was replaced, of the command.
      let outcome = try run("/bin/sh", ["-c", "echo $$; \"$@\"; echo \"[$?]\"", "sh", door] + arguments)
      let lines = outcome.output.split(separator: "\n", maxSplits: 2)
      #expect(lines.count == 3 && lines[0] == lines[1])
      #expect(lines.last == "<><a b><line\nend><--help><--><ü><*>[7]\n")
    }
  }

  @Test func findsCommandsThroughSymbolicLinks() throws {
    try withTemporaryFolder { folder in
      let link = "\(folder)/digits"
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/first", withDestinationPath: built("kaggle-digits"))
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "first")
      // A command in the link's folder must not be used.
      try script("echo wrong", at: "\(folder)/kaggle-digits-train")
      let outcome = try run(link, ["train", "--help"], in: "/")
      #expect(outcome.status == 0)
      #expect(outcome.output.contains("USAGE: kaggle-digits train"))
      let path = ["PATH": "\(folder):/usr/bin:/bin"]
      let found = try run("/bin/sh", ["-c", "digits train --version"], environment: path, in: "/")
      #expect(found.status == 0)
    }
  }

  @Test func worksCopiedElsewhere() throws {
    try withTemporaryFolder { folder in
      let elsewhere = "\(folder)/a folder with ünusual name"
      try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
      let door = try copyDoor(to: elsewhere)
      let missing = try run(door, ["sample"])
      #expect(missing.status == 1)
      #expect(missing.errors.hasPrefix("error: \(elsewhere)/kaggle-digits-sample is missing; "))
      try FileManager.default.copyItem(
        atPath: built("kaggle-digits-sample"), toPath: "\(elsewhere)/kaggle-digits-sample")
      #expect(try run(door, ["sample", "--help"]).status == 0)
      #expect(chmod("\(elsewhere)/kaggle-digits-sample", 0o600) == 0)
      let locked = try run(door, ["sample"])
      #expect(locked.status == 1)
      #expect(locked.errors.contains("can't be run: permission denied"))
    }
  }

  @Test func fullDiskIsAnErrorAndAClosedPipeIsNot() throws {
    let door = built("kaggle-digits")
    if access("/dev/full", W_OK) == 0 {
      let full = try run("/bin/sh", ["-c", "\"$1\" --help >/dev/full", "sh", door])
      #expect(full.status == 73)
      #expect(full.errors == "error: standard output can't be written: no space left on device\n")
    }
    // The reader has gone before the first byte is written.
    let pipeline = "{ sleep 0.2; \"$1\" --help; echo \"[$?]\" >&2; } | :"
    let left = try run("/bin/sh", ["-c", pipeline, "sh", door])
    #expect(left.errors == "[141]\n")
    let closed = try run("/bin/sh", ["-c", "\"$1\" --version <&- >&- 2>&-", "sh", door])
    #expect(closed.status == 0)
  }

  private func copyDoor(to folder: String) throws -> String {
    let path = "\(folder)/kaggle-digits"
    try FileManager.default.copyItem(atPath: built("kaggle-digits"), toPath: path)
    return path
  }
}

@Suite struct CompletionTests {
  static let completions: [(words: [String], expected: String)] = [
    (["kaggle-digits", ""], (FrontDoorTests.commands + ["help"]).joined(separator: " ")),
    (["kaggle-digits", "t"], "train"),
    (["kaggle-digits", "--v"], "--version"),
    (["kaggle-digits", "help", "s"], "sample sweep submit serve"),
    (["kaggle-digits", "--generate-completion-script", "z"], "zsh"),
    (["kaggle-digits", "train", "--da"], "--data"),
    (["kaggle-digits", "train", "--data", "x", "--hel"], "--help"),
    (["kaggle-digits", "train", "--data", "/de"], "/dev"),
    (["kaggle-digits", "nonsense", ""], ""),
  ]

  @Test(.enabled(if: installed("bash") != nil, "bash is not installed"), arguments: completions)
  func bash(words: [String], expected: String) throws {
    let program = """
      eval "$(kaggle-digits --generate-completion-script bash)"
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT="${#COMP_LINE}"
      _kaggle-digits "$1" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
      echo "${COMPREPLY[*]}"
      """
    let shell = try #require(installed("bash"))
    let path = ["PATH": "\(builtFolder):/usr/bin:/bin"]
    let outcome = try run(shell, ["--norc", "-c", program, "bash"] + words, environment: path)
    #expect(outcome.output == expected + "\n")
    #expect(outcome.errors == "")
  }

  /// Each installed shell parses both scripts without errors.
  @Test(arguments: ["bash", "zsh", "fish"])
  func scriptsParse(shell: String) throws {
    for program in ["kaggle-digits", "kaggle-digits-train"] {
      let script = try run(program, ["--generate-completion-script", shell])
      #expect(script.status == 0)
      #expect(script.output.contains(program))
      #expect(!script.output.contains("\"kaggle-digits train\""))
      guard let interpreter = installed(shell) else { continue }
      try withTemporaryFolder { folder in
        try write(script.output, to: "\(folder)/script")
        let check = try run(interpreter, ["-n", "\(folder)/script"])
        #expect(check.status == 0, "\(check.errors)")
      }
    }
  }
}

@Suite struct HarnessTests {
  @Test func bigOutputsDoNotBlock() throws {
    let outcome = try run("/bin/sh", ["-c", "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"])
    #expect(outcome.output.utf8.count == 3_000_000 && outcome.errors.utf8.count == 3_000_000)
  }

  @Test func signalsArriveAtTheRightMoment() throws {
    let program = "trap 'echo caught >&2' TERM; echo ready >&2; while :; do sleep 0.05; done"
    let outcome = try run(
      "/bin/sh", ["-c", program],
      signals: [
        PlannedSignal(number: SIGTERM, moment: .whenErrorsContain("ready")),
        PlannedSignal(number: SIGKILL, moment: .whenErrorsContain("caught")),
      ], limit: 20)
    #expect(outcome.signal == SIGKILL && outcome.status == nil)
    #expect(outcome.errors == "ready\ncaught\n")
  }

  @Test func environmentAndFolderArrive() throws {
    let outcome = try run(
      "/bin/sh", ["-c", "pwd; echo \"$KAGGLE_DIGITS_ISA,${HOME-none}\""],
      environment: ["KAGGLE_DIGITS_ISA": "avx2", "HOME": nil], in: "/")
    #expect(outcome.output == "/\navx2,none\n")
  }

  @Test(.enabled(if: emulator != nil, "qemu-x86_64 is not installed"))
  func emulatorAddsNothing() throws {
    let emulated = try run("kaggle-digits-train", ["--no-such-option"], emulated: true)
    let native = try run("kaggle-digits-train", ["--no-such-option"])
    #expect(emulated.status == 64)
    #expect(emulated.errors == native.errors)
  }

  @Test func endlessProgramsAreKilled() {
    #expect(throws: TestProblem.self) { try run("/bin/sleep", ["30"], limit: 0.1) }
  }
}

/// Writes a shell script that can be run.
private func script(_ text: String, at path: String) throws {
  try write("#!/bin/sh\n\(text)\n", to: path)
  guard chmod(path, 0o755) == 0 else { throw TestProblem("\(path) can't be made executable") }
}
