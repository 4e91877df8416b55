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
///   - outputToErrors: Whether its standard output goes to standard error.
/// - Returns: The child's process number and 0, or 0 and the system's error number.
public func spawn(
  _ path: String, _ arguments: [String], defaultSignals: [Int32], outputToErrors: Bool
) -> (process: pid_t, error: Int32) {
  #if canImport(Darwin)
    var (attributes, actions): (posix_spawnattr_t?, posix_spawn_file_actions_t?)
  #else
    var (attributes, actions) = (posix_spawnattr_t(), posix_spawn_file_actions_t())
  #endif
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
  if outputToErrors { posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO) }
  var process = pid_t()
  let code = withArgumentVector(arguments) { posix_spawn(&process, path, &actions, &attributes, $0, environ) }
  return code == 0 ? (process, 0) : (0, code)
}
