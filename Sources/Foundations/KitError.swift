/// An error to show to the user: what went wrong, where (`file:line:column` if it is in a file), and what to do.
///
/// The command that throws it prints `error: ` and the message on standard error and exits with the kind's status.
public struct KitError: Error, Equatable, CustomStringConvertible {
  /// The kind of failure; its raw value is the process's exit status (BSD's `sysexits`).
  public enum Kind: Int32, Sendable {
    /// Failed while running.
    case failure = 1
    /// Wrong usage: an option is out of range or conflicts with another.
    case usage = 64
    /// Input is malformed.
    case badData = 65
    /// Input is missing or can't be read.
    case missingInput = 66
    /// Output can't be written, or exists already.
    case cannotWrite = 73
    /// What is needed is not there yet; the same command works later.
    case unfinished = 75
    /// Stopped by the user; the status is that of the signal.
    case stopped = 130
  }

  /// A place in a text file, both counted from 1.
  public struct Place: Equatable, Sendable {
    /// The line.
    public let line: Int
    /// The field in the line.
    public let column: Int

    /// A line and a field.
    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  /// The kind of failure.
  public let kind: Kind
  /// The message, without a leading "error:" and without a final newline.
  public let message: String
  /// The place in the input that the message names; nil if it is about no place, or no file.
  public let place: Place?

  /// An error with its message.
  public init(_ kind: Kind, _ message: String, at place: Place? = nil) {
    self.kind = kind
    self.message = message
    self.place = place
  }

  /// The message.
  public var description: String { message }
}
