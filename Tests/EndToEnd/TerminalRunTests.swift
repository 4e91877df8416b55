import Foundation
import Foundations
import Platform
import TestSupport
import Testing

/// What commands do with the terminal, the signals and the names that they are given.
@Suite struct TerminalRunTests {
  private static let quick = ["--network", "2C3-P4", "--epochs", "2", "--threads", "1"]

  /// A training's output on a terminal, everything in the order in which it was written.
  private func onTerminal(_ output: String, _ environment: [String: String]) throws -> String {
    let command = [built("kaggle-digits-train"), "--data", competition, "--output", output, "--members", "2"]
    let words = (command + Self.quick).map(quoted).joined(separator: " ")
    return try run(
      try #require(installed("script")), ["-qec", words, "/dev/null"], environment: environment
    ).output
  }

  /// A notebook's cell is a terminal that knows neither cursor movement nor erasing.
  @Test(.enabled(if: installed("script") != nil, "script is not installed"))
  func aNotebookGetsPlainLines() throws {
    try withTemporaryFolder { folder in
      let bars = try onTerminal("\(folder)/bars", ["TERM": "xterm-color"])
      #expect(bars.contains("\u{1B}["), "a terminal draws bars, or this test could not fail")
      let plain = try onTerminal("\(folder)/plain", ["TERM": "xterm-color", "JPY_PARENT_PID": "1"])
      #expect(!plain.contains("\u{1B}"))
      let lines = plain.replacing("\r\n", with: "\n").split(separator: "\n")
      #expect(!lines.contains { $0.contains("\r") })
      for member in 1...2 {
        #expect(lines.count { $0.hasPrefix("member \(member): last epoch 2, validation accuracy ") } == 1)
      }
    }
  }

  /// No part of a bar stands in a result's line, whichever stream it goes to.
  @Test(.enabled(if: installed("script") != nil, "script is not installed"))
  func noBarSharesALineWithAResult() throws {
    try withTemporaryFolder { folder in
      let text = try onTerminal("\(folder)/run", ["TERM": "xterm", "LC_ALL": "C.UTF-8"])
      let screen = shown(text)
      let results = screen.filter {
        $0.hasPrefix("member 1: ") || $0.hasPrefix("run: ") || $0.hasPrefix("report: ")
      }
      #expect(results.count == 3)
      #expect(!screen.contains { $0.contains("left") && $0.contains("accuracy") })
      #expect(!screen.contains { $0.contains("━") || $0.contains("images/s") })
    }
  }

  /// The lines that a terminal shows in the end, for the sequences that bars are drawn with.
  private func shown(_ text: String) -> [String] {
    var (lines, row, column) = ([[Character]()], 0, 0)
    var rest = text[...]
    while let character = rest.unicodeScalars.first {
      rest.unicodeScalars.removeFirst()
      switch character {
      case "\r": column = 0
      case "\n":
        row += 1
        if row == lines.count { lines.append([]) }
      case "\u{1B}":
        let sequence = rest.prefix { !$0.isLetter }
        let kind = rest.dropFirst(sequence.count).first
        rest = rest.dropFirst(sequence.count + 1)
        switch kind {
        case "A": row = max(0, row - (Int(sequence.dropFirst()) ?? 1))
        case "K": lines[row] = Array(lines[row].prefix(column))
        case "J":
          lines[row] = Array(lines[row].prefix(column))
          lines.removeLast(lines.count - 1 - row)
        default: break
        }
      default:
        while lines[row].count <= column { lines[row].append(" ") }
        lines[row][column] = Character(character)
        column += 1
      }
    }
    return lines.map { String($0) }
  }

  /// A closed terminal is as good a reason to save as SIGTERM.
  @Test func aHangupSaves() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      let outcome = try train(
        path, smallNetwork + ["--epochs", "500"],
        signals: [PlannedSignal(number: SIGHUP, moment: .whenErrorsContain("epoch 1/500"))])
      #expect(outcome.status == 129)
      #expect(outcome.errors.hasSuffix("stopped; to resume: kaggle-digits train --resume \(path)\n"))
      #expect(try promisedFiles(in: path).count == 3)
    }
  }

  /// `nohup`, and the background jobs of a script, which ignore Ctrl-C.
  @Test(arguments: [(SIGINT, "INT"), (SIGHUP, "HUP"), (SIGTERM, "TERM")])
  func aSignalThatTheCallerIgnoresStaysIgnored(signal: Int32, name: String) throws {
    try withTemporaryFolder { folder in
      let command = [built("kaggle-digits-train"), "--data", competition, "--output", "\(folder)/run"]
      let outcome = try run(
        "/bin/sh",
        ["-c", "trap '' \(name); exec \"$@\"", "sh"] + command + smallNetwork + ["--epochs", "6"],
        signals: [PlannedSignal(number: signal, moment: .whenErrorsContain("epoch 1/6"))])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("epoch 6/6"))
    }
  }

  /// The file size limit, which kills a program that does not ignore its signal.
  @Test(.enabled(if: installed("bash") != nil, "bash is not installed"))
  func theLimitOnFilesIsAnError() throws {
    try withTemporaryFolder { folder in
      let command = [
        built("kaggle-digits-train"), "--data", competition, "--output", "\(folder)/run", "--quiet",
      ]
      let outcome = try run(
        try #require(installed("bash")), ["-c", "ulimit -f 4; exec \"$@\"", "bash"] + command + smallNetwork)
      expectRefusal(outcome, status: 73, "can't be written: file too large")
      #expect(try !files(in: folder).keys.contains { $0.hasSuffix(".partial") })
    }
  }

  /// Bytes that no text has: the name would become another one.
  @Test(arguments: ["kaggle-digits train", "kaggle-digits-train"])
  func namesThatAreNotTextAreRefused(program: String) throws {
    try withTemporaryFolder { folder in
      let words = "\(builtFolder)/\(program) --data \(quoted(competition)) --output"
      let script = "cd \(quoted(folder)); \(words) \"$(printf 'caf\\351')\""
      expectRefusal(try run("/bin/sh", ["-c", script]), status: 64, "is not UTF-8 text: caf\\xE9")
      let variable = "export KAGGLE_DIGITS_DATA=\"$(printf '/tmp/\\377')\"; \(builtFolder)/\(program)"
      expectRefusal(try run("/bin/sh", ["-c", variable]), status: 64, "KAGGLE_DIGITS_DATA=/tmp/\\xFF")
      #expect(try files(in: folder).isEmpty)
    }
  }

  /// Names in messages and results don't control the terminal that shows them.
  @Test func namesAreShownEscaped() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/\u{1B}[31mx\u{202E}\n"
      let outcome = try train(path, Self.quick)
      #expect(outcome.status == 0, "\(outcome.errors)")
      for text in [outcome.output, outcome.errors] {
        #expect(text.contains("\\u{1B}[31mx\\u{202E}\\u{A}"), "\(text)")
        #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"))
      }
      let json = try train("\(folder)/\u{9B}2J", Self.quick + ["--json"])
      #expect(json.output.contains("\\u009b2J"))
    }
  }

  @Test func aMisspeltNameGetsASuggestion() throws {
    try withTemporaryFolder { folder in
      let cases = [
        ("--network", "compct", "compact"), ("--optimizer", "adm", "adam"),
        ("--recipe", "blanced", "balanced"),
      ]
      for (option, typed, meant) in cases {
        expectRefusal(
          try train("\(folder)/run", [option, typed]), status: 64, "; did you mean '\(meant)'?")
      }
    }
  }
}
