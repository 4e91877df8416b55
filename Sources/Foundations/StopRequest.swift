import Synchronization

/// Whether the user has asked the process to stop (Ctrl-C, SIGTERM). Long readings and predictions ask.
///
/// A library does not know how a command learns of it: the command says so once.
public enum StopRequest {
  private static let question = Mutex<(@Sendable () -> Bool)?>(nil)

  /// Makes `isRequested` the answer from now on; nil for never.
  public static func ask(_ isRequested: (@Sendable () -> Bool)?) { question.withLock { $0 = isRequested } }

  /// Ends the work in between with `stopped`, which a command turns into a note and the signal's exit status.
  ///
  /// - Parameter work: What is interrupted, as in "stopped while WORK".
  public static func check(while work: @autoclosure () -> String) throws(KitError) {
    guard question.withLock({ $0?() ?? false }) else { return }
    throw KitError(.stopped, "stopped while \(work())")
  }
}
