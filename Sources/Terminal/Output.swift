import Foundations

// For `stdout`, which C declares as a variable.
@preconcurrency import Platform

/// Prints a line on standard error: what was decided for the user, or what to do next. `--quiet` does not hide it.
///
/// Flushes standard output first, so that the lines are in order when both go to one pipe.
///
/// - Parameter keepsLines: Whether line ends in the text are shown as such, and not as a name's.
public func note(_ text: String, keepsLines: Bool = false) {
  fflush(stdout)
  ErrorStream.standard.print(visible(text, keepsLines: keepsLines))
}

/// Prints `error: MESSAGE` on standard error.
public func printError(_ message: String) {
  let prefix = StandardError.usesColor ? "\u{1B}[1;31merror:\u{1B}[0m" : "error:"
  ErrorStream.standard.print("\(prefix) \(visible(message))")
}

/// Prints `warning: MESSAGE` on standard error. `--quiet` does not hide it.
public func printWarning(_ message: String) {
  fflush(stdout)
  let prefix = StandardError.usesColor ? "\u{1B}[1;33mwarning:\u{1B}[0m" : "warning:"
  ErrorStream.standard.print("\(prefix) \(visible(message, keepsLines: false))")
}

/// Prints a line of the result on standard output, or an empty one. All that commands print there goes through this
/// function, `printTable(_:)` or `printJSON(_:)`: bars are erased first, so that no result stands in a bar's line.
public func printLine(_ text: String = "") {
  ErrorStream.standard.eraseBars()
  print(visible(text, keepsLines: false))
}

/// Prints several lines of the result on standard output.
public func printTable(_ text: String) {
  ErrorStream.standard.eraseBars()
  print(visible(text))
}

/// Shows another program's progress, a line that is drawn anew with each call; only on a terminal that can.
public func showProgress(_ text: String) {
  guard StandardError.drawsBars else { return }
  ErrorStream.standard.draw([String(visible(text, keepsLines: false).prefix(StandardError.size.columns - 1))])
}

/// Prints a result as indented JSON on standard output, members in their order.
public func printJSON(_ value: JSON) {
  ErrorStream.standard.eraseBars()
  print(value.serialized(pretty: true))
}

/// Makes standard input, output and error safe to use; each executable calls it first.
///
/// A stream that the caller closed is opened to `/dev/null`; otherwise the next file opened would get its number, and the
/// program's messages would be written into that file. SIGPIPE is ignored, so that a reader that has gone is a failed
/// write: otherwise Ctrl-C on `train 2>&1 | tee log`, which ends `tee` first, would kill the program before it saves its
/// state. SIGXFSZ likewise: a file that reaches the limit of `ulimit -f` is one that can't be written.
public func prepareStandardStreams() {
  for descriptor in 0...2 where fcntl(Int32(descriptor), F_GETFD) == -1 {
    _ = open("/dev/null", O_RDWR)
  }
  for number in ignoredSignals { signal(number, SIG_IGN) }
}

/// The signals that the kit's processes ignore, and a program that they start should not.
public let ignoredSignals = [SIGPIPE, SIGXFSZ]

/// Exits with a status; each executable calls it last.
///
/// If standard output could not be written, status 0 becomes 73 with an error; if its reader has gone (`| head`), the
/// process ends by SIGPIPE without a message, as usual in pipelines.
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

/// A text with what controls a terminal written as `\u{1B}`: messages may quote a file's name or contents.
///
/// - Parameter keepsLines: Whether line ends stay; a name with one would otherwise pass for two lines.
package func visible(_ text: String, keepsLines: Bool = true) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if scalar == "\t" || scalar == "\n" && keepsLines || !scalar.controlsText {
      result.append(scalar)
    } else {
      result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
    }
  }
  return String(result)
}
