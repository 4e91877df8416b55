import Foundations
import Platform
import Terminal

/// Replaces this process by a command's executable. Returns only by failing: the executable is not there, or
/// can't be run.
func become(_ command: KitCommand, arguments: [String]) throws(KitError) {
  let path = try siblingPath(of: command)
  var pointers = ([command.executable] + arguments).map { strdup($0) }
  pointers.append(nil)
  // Signals that this process ignores stay ignored in the next one.
  signal(SIGPIPE, SIG_DFL)
  execv(path, pointers)
  let code = errno
  for pointer in pointers { free(pointer) }
  throw startFailure(of: path, code)
}
