import Platform

/// A moment on the clock that no one sets.
struct Deadline {
  private let nanoseconds: Int64

  /// So many seconds from now.
  init(in seconds: Double) { nanoseconds = Self.now() + Int64(seconds * 1e9) }

  /// Whether it has come.
  var isOver: Bool { milliseconds <= 0 }

  /// Milliseconds until then, for `poll`; at most a tenth of a second, so that a loop sees that the server stops.
  var slice: Int32 { Int32(max(0, min(100, milliseconds))) }

  private var milliseconds: Int64 { (nanoseconds - Self.now() + 999_999) / 1_000_000 }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
