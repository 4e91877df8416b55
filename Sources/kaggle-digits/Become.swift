import Foundations
import Platform
import Terminal

/// Replaces this process by a command's executable; returns only by throwing `failure`, if it is missing or can't be run.
func become(_ command: KitCommand, arguments: [String]) throws(KitError) {
  let path = try siblingPath(of: command)
  // Signals that this process ignores would stay ignored in the command.
  for number in ignoredSignals { signal(number, SIG_DFL) }
  let code = withArgumentVector([command.executable] + arguments) { vector in
    execv(path, vector)
    return errno
  }
  throw startFailure(of: path, code)
}
