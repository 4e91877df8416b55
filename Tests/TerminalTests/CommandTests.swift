import ArgumentParser
import Foundations
import Platform
import Testing
@testable import Terminal

/// A command that throws what its options say.
private struct Thrower: Command {
  static let configuration = CommandConfiguration(commandName: "kaggle-digits thrower", version: kitVersion)

  @Option var kind = 0
  @Flag var usage = false
  @Flag var stopped = false
  @Flag var unknown = false
  @Flag var invalid = false

  func validate() throws {
    if invalid { throw KitError(.usage, "--invalid is") }
  }

  func run() throws {
    if let kind = KitError.Kind(rawValue: Int32(kind)) { throw KitError(kind, "told to") }
    if usage { throw ValidationError("told to") }
    if stopped { throw ExitCode(143) }
    if unknown { throw CancellationError() }
  }
}

@Suite struct CommandTests {
  @Test(arguments: [1, 64, 65, 66, 73])
  func errorsHaveTheirStatus(kind: Int) {
    #expect(Thrower.status(of: ["--kind", "\(kind)"]) == Int32(kind))
  }

  static let outcomes: [(arguments: [String], status: Int32)] = [
    ([], 0), (["--help"], 0), (["--version"], 0), (["--usage"], 64), (["--stopped"], 143), (["--unknown"], 1),
    (["--invalid"], 64), (["--nonsense"], 64), (["--kind", "x"], 64), (["stray"], 64), (["--kind"], 64),
    (["--generate-completion-script", "tcsh"], 64),
  ]

  @Test(arguments: outcomes)
  func otherOutcomes(arguments: [String], status: Int32) {
    #expect(Thrower.status(of: arguments) == status)
  }

  @Test func commandsTakeTheirSummariesFromTheList() throws {
    for command in kitCommands {
      let configuration = CommandConfiguration.command(command.name)
      #expect(configuration.commandName == "kaggle-digits \(command.name)")
      #expect(!configuration.abstract.isEmpty)
      #expect(configuration.version == kitVersion)
    }
    #expect(Set(kitCommands.map(\.name)).count == kitCommands.count)
  }

  @Test func controlCharactersAreEscaped() {
    #expect(visible("a\u{1B}[2J\tb\nc\r\u{9B}é\u{0}") == "a\\u{1B}[2J\tb\nc\\u{D}\\u{9B}é\\u{0}")
    #expect(visible("a\nb", keepsLines: false) == "a\\u{A}b")
    #expect(visible("\u{202E}csv\u{2066}\u{2028}\u{200F}") == "\\u{202E}csv\\u{2066}\\u{2028}\\u{200F}")
    #expect(visible("👩‍🔬 नी‌") == "👩‍🔬 नी‌")
  }
}

@Suite(.serialized) struct InterruptionTests {
  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func theFirstSignalIsRecordedAndTerminationsSoonAfterItCountAsIt(number: Int32) {
    let before = [SIGINT, SIGTERM, SIGHUP].map { ($0, signal($0, SIG_DFL)) }
    defer { for (number, action) in before { signal(number, action) } }
    Interruption.install()
    #expect(Interruption.requested == nil)
    #expect(Interruption.exitStatus == 0)
    for next in [number, SIGTERM, SIGHUP, SIGTERM] {
      deliver(next)
      #expect(Interruption.requested == number)
      #expect(Interruption.exitStatus == 128 + number)
    }
  }
}

/// What each environment says of its terminal.
@Suite struct TerminalKindTests {
  @Test(arguments: [
    (["TERM": "xterm-256color"], true), (["TERM": "screen", "INSIDE_EMACS": "29.1,vterm"], true),
    ([:], false), (["TERM": "dumb"], false), (["TERM": "dumb", "INSIDE_EMACS": "29.1,comint"], false),
    (["TERM": "xterm-color", "JPY_PARENT_PID": "7"], false),
    (["TERM": "xterm-color", "KAGGLE_KERNEL_RUN_TYPE": "Interactive"], false),
    (["TERM": "xterm", "COLAB_RELEASE_TAG": "release-colab"], false),
  ])
  func barsAreDrawnWhereTheyCanBe(environment: [String: String], canDraw: Bool) {
    #expect(StandardError.canDrawBars { environment[$0] ?? "" } == canDraw)
  }
}

/// Raises a signal in this thread, even if the thread blocks signals, as test threads do.
private func deliver(_ number: Int32) {
  var only = sigset_t()
  var before = sigset_t()
  sigemptyset(&only)
  sigaddset(&only, number)
  pthread_sigmask(SIG_UNBLOCK, &only, &before)
  raise(number)
  pthread_sigmask(SIG_SETMASK, &before, nil)
}
