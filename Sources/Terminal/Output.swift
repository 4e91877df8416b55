import Foundations

// For `stdout`, which C declares as a variable.
@preconcurrency import Platform

/// Prints a line on standard error: what was decided for the user, or where something is. `--quiet` keeps it.
///
/// What was printed on standard output before appears before it, also where both go to one pipe.
public func note(_ text: String) {
  fflush(stdout)
  ErrorStream.standard.print(visible(text))
}

/// Prints `error: MESSAGE` on standard error.
public func printError(_ message: String) {
  let prefix = StandardError.usesColor ? "\u{1B}[1;31merror:\u{1B}[0m" : "error:"
  ErrorStream.standard.print("\(prefix) \(visible(message))")
}

/// Prints `warning: MESSAGE` on standard error; `--quiet` keeps it.
public func printWarning(_ message: String) {
  fflush(stdout)
  let prefix = StandardError.usesColor ? "\u{1B}[1;33mwarning:\u{1B}[0m" : "warning:"
  ErrorStream.standard.print("\(prefix) \(visible(message))")
}

/// Prints a result for another program on standard output, indented, members in the order given.
public func printJSON(_ value: JSON) {
  print(value.serialized(pretty: true))
}

/// Makes standard input, output and error safe to work with; each executable calls it first.
///
/// One that the caller closed is opened to nothing, or the next file opened would take its number and get the
/// program's messages written into it. A reader that went away is noticed as a failed write: otherwise Ctrl-C on
/// `train 2>&1 | tee log`, which ends `tee` first, would end the program before it saved its state.
public func prepareStandardStreams() {
  for descriptor in 0...2 where fcntl(Int32(descriptor), F_GETFD) == -1 {
    _ = open("/dev/null", O_RDWR)
  }
  signal(SIGPIPE, SIG_IGN)
}

/// Ends the process; each executable calls it last. A result that could not be written turns status 0 into 73,
/// or, if its reader went away (`| head`), ends the process as such pipelines end: quietly, by SIGPIPE.
public func finish(status: Int32) -> Never {
  ErrorStream.standard.eraseBars()
  errno = 0
  let flushed = fflush(stdout)
  let code = errno
  if status == 0 && (flushed != 0 || ferror(stdout) != 0) {
    var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    if code == EPIPE || (poll(&output, 1, 0) == 1 && output.revents & Int16(POLLERR) != 0) {
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    }
    let reason = code == 0 ? "" : ": \(systemMessage(code))"
    printError("standard output can't be written\(reason)")
    exit(KitError.Kind.cannotWrite.rawValue)
  }
  exit(status)
}

/// A text whose control characters, but for line ends and tabs, are spelled out: a message may quote a file's
/// contents, which must not steer the terminal.
func visible(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t" {
      result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
    } else {
      result.append(scalar)
    }
  }
  return String(result)
}
