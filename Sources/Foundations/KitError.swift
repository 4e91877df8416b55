/// What went wrong, for a person: what, where (`file:line:column` when there is such a place), what to do.
///
/// Every command ends with `message` on standard error and the kind's exit status.
public struct KitError: Error, Equatable, CustomStringConvertible {
  /// The sort of failure; its raw value is the process's exit status (BSD's `sysexits`).
  public enum Kind: Int32, Sendable {
    /// Failed while running.
    case failure = 1
    /// Wrong usage: an option that is out of range or does not fit another.
    case usage = 64
    /// Input that is there but malformed.
    case badData = 65
    /// Input that is not there or can't be read.
    case missingInput = 66
    /// Output that can't be written, or that exists already.
    case cannotWrite = 73
  }

  /// The sort of failure.
  public let kind: Kind
  /// One message, without a leading "error:" and without a final newline.
  public let message: String

  /// An error of a kind with its message.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
