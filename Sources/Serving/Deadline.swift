import Platform

/// A moment on the clock that no one sets.
struct Deadline {
  private let nanoseconds: Int

  /// So many seconds from now.
  init(in seconds: Double) { nanoseconds = monotonicNanoseconds() + Int(seconds * 1e9) }

  /// Whether it has come.
  var isOver: Bool { milliseconds <= 0 }

  /// Milliseconds until then, for `poll`; at most a tenth of a second, so that a loop sees that the server stops.
  var slice: Int32 { Int32(max(0, min(100, milliseconds))) }

  private var milliseconds: Int { (nanoseconds - monotonicNanoseconds() + 999_999) / 1_000_000 }
}
