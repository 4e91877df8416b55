import CommandLine
import Foundations
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Shows a command as a person would type it, runs it and waits. Returns its exit status, as a shell counts it.
///
/// Ctrl-C reaches the command from the terminal, SIGTERM is handed on: it stops in its own way, and the demo with it.
func runStage(_ name: String, _ arguments: [String]) throws(KitError) -> Int32 {
  guard let command = kitCommands.first(where: { $0.name == name }) else {
    throw KitError(.failure, "there is no command \(name)")
  }
  let path = try siblingPath(of: command)
  note("\n$ kaggle-digits \(([name] + arguments).joined(separator: " "))")

  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var defaults = sigset_t()
  sigemptyset(&defaults)
  for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&defaults, signal) }
  posix_spawnattr_setsigdefault(&attributes, &defaults)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

  runningStage.store(0, ordering: .relaxed)
  signal(SIGINT, SIG_IGN)
  signal(SIGTERM, handOn)
  var pointers = ([command.executable] + arguments).map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  var process = pid_t()
  let code = posix_spawn(&process, path, nil, &attributes, pointers, environ)
  guard code == 0 else { throw startFailure(of: path, code) }
  runningStage.store(process, ordering: .relaxed)

  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0 {
    guard errno == EINTR else { throw KitError(.failure, "waiting for \(path): \(systemMessage(errno))") }
  }
  let signalNumber = status & 0x7f
  return signalNumber == 0 ? status >> 8 & 0xff : 128 + signalNumber
}

private let runningStage = Atomic<pid_t>(0)

/// Async-signal-safe: an atomic load and `kill`.
private func handOn(_ number: Int32) {
  let process = runningStage.load(ordering: .relaxed)
  if process > 0 { kill(process, number) }
}
