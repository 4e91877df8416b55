import Platform
import Synchronization

/// Ctrl-C, SIGTERM and SIGHUP (a terminal or an SSH session that was closed): the first one is only recorded here, so that
/// the work can stop at a good moment; the second one ends the process at once.
public enum Interruption {
  /// Starts recording. Commands whose work can stop early call it before the work.
  ///
  /// A signal that the caller ignores stays ignored, as in a script's background job and after `nohup`.
  public static func install() {
    // The first use of a global initializes it, which must not happen in the handler.
    signalReceived.store(0, ordering: .sequentiallyConsistent)
    for number in recordedSignals where !isIgnored(number) { signal(number, recordSignal) }
  }

  /// The signal that was received, nil if there was none.
  public static var requested: Int32? {
    let signal = signalReceived.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// The exit status of an interrupted command: 128 and the signal's number, so 130 after Ctrl-C, 143 after SIGTERM, 129
  /// after SIGHUP; 0 if there was no signal.
  public static var exitStatus: Int32 { requested.map { 128 + $0 } ?? 0 }
}

private let signalReceived = Atomic<Int32>(0)

private let recordedSignals = [SIGINT, SIGTERM, SIGHUP]

/// Async-signal-safe: an atomic store and calls of `sigaction` and `signal`. The signals get their default action back, so
/// that a second one of any kind ends the process; an ignored one stays ignored.
private func recordSignal(_ number: Int32) {
  signalReceived.store(number, ordering: .relaxed)
  resetUnlessIgnored(SIGINT)
  resetUnlessIgnored(SIGTERM)
  resetUnlessIgnored(SIGHUP)
}

private func resetUnlessIgnored(_ number: Int32) {
  if !isIgnored(number) { signal(number, SIG_DFL) }
}
