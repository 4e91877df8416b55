import Platform
import Synchronization

/// Ctrl-C and SIGTERM: the first one is only recorded here, so that the work can stop at a good moment; the second one
/// ends the process at once.
public enum Interruption {
  /// Starts recording. Commands whose work can stop early call it before the work.
  public static func install() {
    // The first use of a global initializes it, which must not happen in the handler.
    signalReceived.store(0, ordering: .sequentiallyConsistent)
    signal(SIGINT, recordSignal)
    signal(SIGTERM, recordSignal)
  }

  /// The signal that was received, nil if there was none.
  public static var requested: Int32? {
    let signal = signalReceived.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// The exit status of an interrupted command: 130 after Ctrl-C, 143 after SIGTERM; 0 if there was no signal.
  public static var exitStatus: Int32 { requested.map { 128 + $0 } ?? 0 }
}

private let signalReceived = Atomic<Int32>(0)

/// Async-signal-safe: an atomic store and two calls of `signal`. Both signals get their default action back, so that a
/// second one of either kind ends the process.
private func recordSignal(_ number: Int32) {
  signalReceived.store(number, ordering: .relaxed)
  signal(SIGINT, SIG_DFL)
  signal(SIGTERM, SIG_DFL)
}
