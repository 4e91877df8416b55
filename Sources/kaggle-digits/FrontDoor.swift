import Foundations
import Terminal

/// `kaggle-digits COMMAND …`: becomes `kaggle-digits-COMMAND …`, the executable in the same folder.
@main
struct FrontDoor {
  static func main() {
    prepareStandardStreams()
    do throws(KitError) {
      try requireTextArguments()
      try open(Array(CommandLine.arguments.dropFirst()))
      finish(status: 0)
    } catch {
      printError(error.message)
      finish(status: error.kind.rawValue)
    }
  }

  /// Prints what the arguments ask for, or becomes the command that they name.
  private static func open(_ arguments: [String]) throws(KitError) {
    guard let first = arguments.first else { return printTable(overview) }
    let rest = Array(arguments.dropFirst())
    switch first {
    case "--help", "-h":
      printTable(overview)
    case "help":
      guard let name = rest.first else { return printTable(overview) }
      if name == "help" { return printTable(overview) }
      try become(try command(named: name), arguments: ["--help"])
    case "--version":
      printLine(kitVersion)
    case "--generate-completion-script":
      printTable(try completionScript(shell: rest.first ?? ""))
    default:
      if first.hasPrefix("--generate-completion-script=") {
        return printTable(try completionScript(shell: String(first.drop { $0 != "=" }.dropFirst())))
      }
      if first.hasPrefix("-") {
        throw KitError(
          .usage, "unknown option '\(first)'; options go after the command\nsee 'kaggle-digits --help'")
      }
      try become(try command(named: first), arguments: rest)
    }
  }

  private static func command(named name: String) throws(KitError) -> KitCommand {
    if let command = kitCommands.first(where: { $0.name == name }) { return command }
    let nearest = nearestName(to: name, among: kitCommands.map(\.name) + ["help"])
    let suggestion = nearest.map { "; did you mean '\($0)'?" } ?? ""
    throw KitError(
      .usage,
      """
      unknown command '\(name)'\(suggestion)
      the commands are \(kitCommands.map(\.name).joined(separator: ", "))
      see 'kaggle-digits --help'
      """)
  }
}
