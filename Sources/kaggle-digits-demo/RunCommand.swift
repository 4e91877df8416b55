import Foundations
import Platform
import Synchronization
import Terminal

/// Shows a command as a person would type it, runs it and waits. Returns its exit status, as a shell counts it.
/// `outputToErrors` sends its standard output to standard error.
///
/// Ctrl-C reaches the command from the terminal, SIGTERM is handed on: it stops in its own way, and the demo with it.
/// Either also counts when it comes between two commands.
func runCommand(
  _ name: String, _ arguments: [String], outputToErrors: Bool
) throws(KitError) -> Int32 {
  guard let command = kitCommands.first(where: { $0.name == name }) else {
    throw KitError(.failure, "there is no command \(name)")
  }
  let path = try siblingPath(of: command)
  note("\n$ kaggle-digits \(([name] + arguments).map(quoted).joined(separator: " "))")

  var attributes = posix_spawnattr_t()
  // The first use of a global initialises it, which must not happen in the handler.
  noted.store(0, ordering: .sequentiallyConsistent)
  runningCommand.store(0, ordering: .sequentiallyConsistent)
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var defaults = sigset_t()
  sigemptyset(&defaults)
  for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&defaults, signal) }
  posix_spawnattr_setsigdefault(&attributes, &defaults)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

  signal(SIGINT, noteSignal)
  signal(SIGTERM, noteSignal)
  var pointers = ([command.executable] + arguments).map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  var process = pid_t()
  #if canImport(Glibc)
    var actions = posix_spawn_file_actions_t()
  #else
    var actions: posix_spawn_file_actions_t?
  #endif
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  if outputToErrors { posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO) }
  let code = posix_spawn(&process, path, &actions, &attributes, pointers, environ)
  guard code == 0 else { throw startFailure(of: path, code) }
  runningCommand.store(process, ordering: .sequentiallyConsistent)
  // One that came before the command's number was known.
  if noted.load(ordering: .sequentiallyConsistent) == SIGTERM { kill(process, SIGTERM) }

  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0 {
    guard errno == EINTR else { throw KitError(.failure, "waiting for \(path): \(systemMessage(errno))") }
  }
  runningCommand.store(0, ordering: .sequentiallyConsistent)
  let signalNumber = status & 0x7f
  let result = signalNumber == 0 ? status >> 8 & 0xff : 128 + signalNumber
  let late = noted.load(ordering: .sequentiallyConsistent)
  return result == 0 && late != 0 ? 128 + late : result
}

private let runningCommand = Atomic<pid_t>(0)

private let noted = Atomic<Int32>(0)

/// Async-signal-safe: atomics and `kill`.
private func noteSignal(_ number: Int32) {
  noted.store(number, ordering: .sequentiallyConsistent)
  let process = runningCommand.load(ordering: .sequentiallyConsistent)
  if number == SIGTERM && process > 0 { kill(process, number) }
}
