import Foundations
import Platform
import Synchronization

/// The terminal or file that standard error is connected to.
public enum StandardError {
  /// Whether standard error is a terminal.
  public static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Whether it is a terminal that can draw bars, which takes moving the cursor up and erasing; others get plain lines like
  /// a file.
  public static let drawsBars = isTerminal && canDrawBars(environment)

  /// Whether the terminal that the environment describes can draw bars.
  ///
  /// Not without `TERM`, with `TERM=dumb`, or for what a cell of a notebook runs: Jupyter (so Kaggle and Colab, too) gives it
  /// a terminal and calls it `xterm-color`, but the page knows neither movement nor erasing. Jupyter's kernels have its
  /// process number in `JPY_PARENT_PID`; the other names are of kernels that start programs without it. Nor in a shell of
  /// Emacs, which says what it is in `INSIDE_EMACS`.
  static func canDrawBars(_ environment: (String) -> String) -> Bool {
    let pages = ["JPY_PARENT_PID", "COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"]
    if pages.contains(where: { !environment($0).isEmpty }) { return false }
    let emacs = environment("INSIDE_EMACS")
    if !emacs.isEmpty && !["vterm", "term", "eat"].contains(where: emacs.contains) { return false }
    return !["", "dumb", "unknown", "emacs"].contains(environment("TERM"))
  }

  /// Whether to use colours: on a terminal that can draw bars, unless `NO_COLOR` is set (https://no-color.org).
  public static let usesColor = drawsBars && environment("NO_COLOR").isEmpty

  /// Whether the locale's encoding is UTF-8, by the first that is set of `LC_ALL`, `LC_CTYPE` and `LANG`.
  public static let isUnicode: Bool = {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"]
    let encoding = names.map(environment).first { !$0.isEmpty }?.lowercased() ?? ""
    return encoding.hasSuffix("utf-8") || encoding.hasSuffix("utf8")
  }()

  /// The terminal's present size in characters, since a window may be resized at any time; 80 by 24 if unknown.
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

/// Standard error, shared by bars, notes and errors, so that no text is printed into a bar.
///
/// While bars are on the screen, the cursor is at the first one's start: erasing from there to the end of the screen
/// removes them all, even if a resize has wrapped them.
final class ErrorStream: Sendable {
  static let standard = ErrorStream { text in
    // A failure is not reported: there is nowhere to report it, and work must not end because a terminal has gone.
    var text = text
    text.withUTF8 { _ = writeAll(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
  }

  private let barsAreDrawn = Mutex(false)
  private let write: @Sendable (String) -> Void

  init(write: @escaping @Sendable (String) -> Void) {
    self.write = write
  }

  /// Prints a text and a line end, in place of bars that are on the screen.
  func print(_ text: String) {
    barsAreDrawn.withLock { drawn in
      write((drawn ? Self.erase : "") + text + "\n")
      drawn = false
    }
  }

  /// Draws bars over those on the screen; each must be narrower than the terminal.
  func draw(_ bars: [String]) {
    barsAreDrawn.withLock { drawn in
      let up = bars.count > 1 ? "\u{1B}[\(bars.count - 1)A" : ""
      write("\r" + bars.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\u{1B}[J" + up + "\r")
      drawn = true
    }
  }

  /// Removes the bars from the screen.
  func eraseBars() {
    barsAreDrawn.withLock { drawn in
      if drawn { write(Self.erase) }
      drawn = false
    }
  }

  private static let erase = "\r\u{1B}[J"
}
