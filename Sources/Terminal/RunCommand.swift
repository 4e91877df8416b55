import Foundations
import Platform
import Synchronization

/// Prints a command as a user would type it, runs it and waits for it.
///
/// Ctrl-C reaches the command from the terminal, and SIGTERM and SIGHUP are passed on: the command stops in its own way, and
/// its status says so, also if the signal comes between two commands. What the caller ignores stays ignored.
///
/// - Parameters:
///   - name: The command's name.
///   - arguments: Its arguments.
///   - outputToErrors: Whether its standard output goes to standard error.
/// - Returns: The exit status as in a shell: 128 plus the signal's number if a signal ended it.
/// - Throws: `failure` if it can't be started.
public func runCommand(
  _ name: String, _ arguments: [String], outputToErrors: Bool
) throws(KitError) -> Int32 {
  guard let command = kitCommands.first(where: { $0.name == name }) else {
    throw KitError(.failure, "\(name) is not a command")
  }
  let path = try siblingPath(of: command)
  note("\n$ kaggle-digits \(([name] + arguments).map(quoted).joined(separator: " "))", keepsLines: true)

  // The first use of a global initializes it, which must not happen in the handler.
  received.store(0, ordering: .sequentiallyConsistent)
  runningCommand.store(0, ordering: .sequentiallyConsistent)
  let heeded = [SIGINT, SIGTERM, SIGHUP].filter { !isIgnored($0) }
  for number in heeded { signal(number, recordSignal) }
  let (process, code) = spawn(
    path, [command.executable] + arguments, defaultSignals: heeded + ignoredSignals,
    output: outputToErrors ? STDERR_FILENO : STDOUT_FILENO)
  guard code == 0 else { throw startFailure(of: path, code) }
  runningCommand.store(process, ordering: .sequentiallyConsistent)
  // A signal may have come before the command's process number was known.
  let early = received.load(ordering: .sequentiallyConsistent)
  if isPassedOn(early) { kill(process, early) }

  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0 {
    guard errno == EINTR else { throw KitError(.failure, "waiting for \(path): \(systemMessage(errno))") }
  }
  runningCommand.store(0, ordering: .sequentiallyConsistent)
  let signalNumber = status & 0x7f
  let result = signalNumber == 0 ? status >> 8 & 0xff : 128 + signalNumber
  let late = received.load(ordering: .sequentiallyConsistent)
  return result == 0 && late != 0 ? 128 + late : result
}

private let runningCommand = Atomic<pid_t>(0)

private let received = Atomic<Int32>(0)

/// Async-signal-safe: atomics and `kill`.
private func recordSignal(_ number: Int32) {
  received.store(number, ordering: .sequentiallyConsistent)
  let process = runningCommand.load(ordering: .sequentiallyConsistent)
  if isPassedOn(number) && process > 0 { kill(process, number) }
}

/// Whether a signal is sent to the command that runs, which a terminal does by itself for Ctrl-C.
private func isPassedOn(_ number: Int32) -> Bool { number == SIGTERM || number == SIGHUP }
