import Synchronization

import Platform

/// A stop asked for with Ctrl-C or SIGTERM: the first one is only noted here, for the work to end at a good
/// place; the second one ends the process at once.
public enum Interruption {
  /// Starts listening. A command whose work can end early calls it before the work.
  public static func install() {
    // The first use of a global initialises it, which must not happen in the handler.
    signalReceived.store(0, ordering: .sequentiallyConsistent)
    signal(SIGINT, noteSignal)
    signal(SIGTERM, noteSignal)
  }

  /// The signal that asked to stop, nil as long as none did.
  public static var requested: Int32? {
    let signal = signalReceived.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// What a stopped process exits with: 130 after Ctrl-C, 143 after SIGTERM; 0 when nothing asked to stop.
  public static var exitStatus: Int32 { requested.map { 128 + $0 } ?? 0 }
}

private let signalReceived = Atomic<Int32>(0)

/// Async-signal-safe: an atomic store and two calls of `signal`. Both signals get their default action back, so
/// that a second one, of either kind, ends the process.
private func noteSignal(_ number: Int32) {
  signalReceived.store(number, ordering: .relaxed)
  signal(SIGINT, SIG_DFL)
  signal(SIGTERM, SIG_DFL)
}
