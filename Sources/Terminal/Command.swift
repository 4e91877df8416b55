import ArgumentParser
import Foundations

/// What `kaggle-digits COMMAND` runs: the main type of an executable.
///
/// It is marked `@main`, gets its configuration from `CommandConfiguration.command(_:)`, checks its options in
/// `validate()` and works in `run()`. An error becomes one message and an exit status:
///
/// | thrown | exit status |
/// | --- | --- |
/// | anything while parsing and in `validate()` | 64 |
/// | `KitError` | that of its kind; of `stopped` that of the signal, with a note |
/// | `ExitCode` (such as `Interruption.exitStatus`) | that, without a message |
/// | anything else | 1 |
public protocol Command: ParsableCommand {}

extension Command {
  /// The name that the executable is called by: `kaggle-digits-train`.
  public static var executableName: String { String(commandName.map { $0 == " " ? "-" : $0 }) }

  /// Parses the command line, runs the command and exits.
  public static func main() {
    prepareStandardStreams()
    StopRequest.ask { Interruption.requested != nil }
    do throws(KitError) {
      try requireTextArguments()
    } catch {
      finish(status: explain(error.message, status: error.kind))
    }
    finish(status: status(of: Array(CommandLine.arguments.dropFirst())))
  }

  /// Runs the command with these arguments; the result is the exit status.
  static func status(of arguments: [String]) -> Int32 {
    var command: any ParsableCommand
    do {
      command = try parseAsRoot(arguments)
    } catch {
      return exitCode(for: error).isSuccess
        ? answer(error, to: arguments) : explain(refusal(of: error), status: .usage)
    }
    do {
      try command.run()
      return 0
    } catch let error as KitError {
      return explain(error.message, status: error.kind)
    } catch let error as ExitCode {
      return error.rawValue
    } catch {
      let code = exitCode(for: error)
      if code.isSuccess { return answer(error, to: arguments) }
      return explain(message(for: error), status: code == .validationFailure ? .usage : .failure)
    }
  }

  /// Prints the text for `--help`, `--version` or `--generate-completion-script`, which ArgumentParser throws as an
  /// error.
  private static func answer(_ error: any Error, to arguments: [String]) -> Int32 {
    let text = fullMessage(for: error)
    let isScript = arguments.contains { $0.hasPrefix("--generate-completion-script") }
    // A completion script completes one word on the command line: the executable's name.
    print(isScript ? text.replacing(commandName, with: executableName) : text)
    return 0
  }

  /// What is wrong with the arguments; for an option that another tool has, what it is called here.
  private static func refusal(of error: any Error) -> String {
    let message = startingLowerCase(message(for: error))
    let beginning = "unknown option '"
    guard message.hasPrefix(beginning) else { return message }
    let option = String(message.dropFirst(beginning.count).prefix { $0 != "'" })
    let help = helpMessage()
    let hint = ForeignOptions.hint(for: option) { name in
      help.contains(" --\(name) ") || help.contains(" --\(name)\n")
    }
    return hint.map { "unknown option '\(option)'; \($0)" } ?? message
  }

  private static func explain(_ message: String, status: KitError.Kind) -> Int32 {
    if status == .stopped {
      note(message)
      return Interruption.requested == nil ? status.rawValue : Interruption.exitStatus
    }
    let help = status == .usage ? "\nsee '\(commandName) --help'" : ""
    printError(message + help)
    return status.rawValue
  }

  private static var commandName: String { configuration.commandName ?? "kaggle-digits" }
}

/// ArgumentParser's messages start with a capital letter, ours don't, unless it is part of a file's name.
private func startingLowerCase(_ message: String) -> String {
  let word = message.prefix { $0 != " " }
  guard word.dropFirst().allSatisfy(\.isLowercase) else { return message }
  return message.prefix(1).lowercased() + message.dropFirst()
}
