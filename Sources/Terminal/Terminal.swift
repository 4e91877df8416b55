import Platform
import Synchronization

/// What standard error is connected to.
public enum StandardError {
  /// Standard error is a terminal.
  public static let isTerminal = isatty(STDERR_FILENO) == 1

  /// The terminal moves its cursor; one with `TERM=dumb` or without `TERM` gets plain lines as a file does.
  public static let drawsBars = isTerminal && !["", "dumb"].contains(environment("TERM"))

  /// Colours are wanted: a terminal that draws, and no `NO_COLOR` (https://no-color.org).
  public static let usesColor = drawsBars && environment("NO_COLOR").isEmpty

  /// The locale's encoding is UTF-8, by POSIX's order of its three variables.
  public static let isUnicode: Bool = {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"]
    let encoding = names.map(environment).first { !$0.isEmpty }?.lowercased() ?? ""
    return encoding.hasSuffix("utf-8") || encoding.hasSuffix("utf8")
  }()

  /// Columns and rows as they are now, since a window may be resized at any time; 80 by 24 if unknown.
  public static var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}

private func environment(_ name: String) -> String {
  getenv(name).map { String(cString: $0) } ?? ""
}

/// Standard error shared by bars, notes and errors: whole frames, and nothing is printed into a bar.
///
/// While bars are on the screen the cursor stands at the first one's start, so "erase from here to the end of
/// the screen" removes them all, however a resize has wrapped them since.
final class ErrorStream: Sendable {
  static let standard = ErrorStream { writeAll($0, to: STDERR_FILENO) }

  private let barsAreDrawn = Mutex(false)
  private let write: @Sendable (String) -> Void

  init(write: @escaping @Sendable (String) -> Void) {
    self.write = write
  }

  /// Prints a text and a line's end; bars that are on the screen make way for it.
  func print(_ text: String) {
    barsAreDrawn.withLock { drawn in
      write((drawn ? Self.erase : "") + text + "\n")
      drawn = false
    }
  }

  /// Draws bars over the ones that are on the screen, each line shorter than the terminal is wide.
  func draw(_ bars: [String]) {
    barsAreDrawn.withLock { drawn in
      let up = bars.count > 1 ? "\u{1B}[\(bars.count - 1)A" : ""
      write("\r" + bars.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\u{1B}[J" + up + "\r")
      drawn = true
    }
  }

  /// Takes the bars off the screen.
  func eraseBars() {
    barsAreDrawn.withLock { drawn in
      if drawn { write(Self.erase) }
      drawn = false
    }
  }

  private static let erase = "\r\u{1B}[J"
}

/// Writes a text in one call where the system takes it so. A failure is not reported: there is nowhere left to
/// report it, and work must not end because a terminal went away.
private func writeAll(_ text: String, to descriptor: Int32) {
  var text = text
  text.withUTF8 { bytes in
    var rest = UnsafeRawBufferPointer(bytes)
    while let base = rest.baseAddress, rest.count > 0 {
      let count = write(descriptor, base, rest.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }
}
