import Platform
import Synchronization

/// Ctrl-C, SIGTERM and SIGHUP (a terminal or an SSH session that was closed): the first one is only recorded here, so that
/// the work can stop at a good moment; the second one ends the process at once.
///
/// But SIGTERM and SIGHUP within five seconds of the first signal count as that one: a cluster that takes a job off a machine
/// signals all its processes, and a job's script passes the signal on.
public enum Interruption {
  /// Starts recording. Commands whose work can stop early call it before the work.
  ///
  /// A signal that the caller ignores stays ignored, as in a script's background job and after `nohup`.
  public static func install() {
    // The first use of a global initializes it, which must not happen in the handler.
    signalReceived.store(0, ordering: .sequentiallyConsistent)
    firstSignalAt.store(0, ordering: .sequentiallyConsistent)
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

/// When it was received, in milliseconds of a clock that never goes back.
private let firstSignalAt = Atomic<Int>(0)

private let recordedSignals = [SIGINT, SIGTERM, SIGHUP]

/// Milliseconds within which a termination signal counts as the one before.
private let oneTermination = 5_000

/// Async-signal-safe: atomics and calls of `clock_gettime`, `signal` and `raise`.
private func recordSignal(_ number: Int32) {
  let now = monotonicNanoseconds() / 1_000_000
  if signalReceived.load(ordering: .relaxed) == 0 {
    firstSignalAt.store(now, ordering: .relaxed)
    return signalReceived.store(number, ordering: .relaxed)
  }
  if number != SIGINT && now - firstSignalAt.load(ordering: .relaxed) < oneTermination { return }
  signal(number, SIG_DFL)
  raise(number)
}
