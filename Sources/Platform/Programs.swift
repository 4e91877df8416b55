/// What `body` returns for C's argument vector: a pointer to each text, and a null pointer after the last.
public func withArgumentVector<Value>(
  _ arguments: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
) -> Value {
  let pointers = arguments.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return body(pointers)
}

/// Starts a program as a child process.
///
/// - Parameters:
///   - path: The executable.
///   - arguments: What it gets as `argv`, its name first.
///   - defaultSignals: Signals that it does not ignore or handle as this process does.
///   - output: The file descriptor that its standard output goes to.
///   - errors: The one that its standard error goes to.
/// - Returns: The child's process number and 0, or 0 and the system's error number.
public func spawn(
  _ path: String, _ arguments: [String], defaultSignals: [Int32], output: Int32 = STDOUT_FILENO,
  errors: Int32 = STDERR_FILENO
) -> (process: pid_t, error: Int32) {
  var (attributes, actions) = emptySpawn()
  posix_spawnattr_init(&attributes)
  posix_spawn_file_actions_init(&actions)
  defer {
    posix_spawnattr_destroy(&attributes)
    posix_spawn_file_actions_destroy(&actions)
  }
  var signals = sigset_t()
  sigemptyset(&signals)
  for signal in defaultSignals { sigaddset(&signals, signal) }
  posix_spawnattr_setsigdefault(&attributes, &signals)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
  if output != STDOUT_FILENO { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
  if errors != STDERR_FILENO { posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO) }
  var process = pid_t()
  let code = withArgumentVector(arguments) {
    posix_spawn(&process, path, &actions, &attributes, $0, environmentVector())
  }
  return code == 0 ? (process, 0) : (0, code)
}

/// A pipe whose ends no program inherits but by `spawn`; nil, with the reason in `errno`, if the system has none to give.
public func makePipe() -> (reading: Int32, writing: Int32)? {
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0 else { return nil }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  return (ends[0], ends[1])
}
