import Foundations
import Terminal

/// The commands that share this executable: seldom called, with the same libraries, and each of them would be another
/// executable of 17 MB. The name that it is called by, `kaggle-digits-describe` and so on, tells which to be.
@main
struct Tools {
  private static let commands: [any Command.Type] = [
    DescribeCommand.self, DownloadCommand.self, ExportCommand.self, GatherCommand.self, ImportCommand.self,
    JobsCommand.self, LeaderboardCommand.self, NotebookCommand.self, ReproduceCommand.self, SweepCommand.self,
    WorkCommand.self,
  ]

  static func main() {
    let called = lastName(CommandLine.arguments.first ?? "")
    for command in commands { run(command, ifCalled: called) }
    prepareStandardStreams()
    printError(
      "'\(called)' has several commands; call them as 'kaggle-digits COMMAND'\nsee 'kaggle-digits --help'")
    finish(status: KitError.Kind.usage.rawValue)
  }

  /// Runs the command and exits, if its name is the one that was called.
  private static func run<Called: Command>(_ command: Called.Type, ifCalled name: String) {
    if command.executableName == name { command.main() }
  }
}
