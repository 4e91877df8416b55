/// A thread of its own (a pthread), for work that may wait for other threads.
///
/// Shared pools such as `concurrentPerform`'s do not promise a thread to each of several bodies that wait for each
/// other.
public struct SystemThread {
  private var handle = noThread

  /// Starts `body` on a new thread; nil, with the reason in `errno`, if the system has no thread to give.
  public init?(_ body: @escaping @Sendable () -> Void) {
    let context = Unmanaged.passRetained(ThreadBody(run: body))
    let code = pthread_create(&handle, nil, { runBody($0) }, context.toOpaque())
    if code != 0 {
      context.release()
      errno = code
      return nil
    }
  }

  /// Lets the system take the thread's memory back when `body` has returned. Called once, in place of `join`.
  public func detach() {
    if let handle = started(handle) { pthread_detach(handle) }
  }

  /// Waits until `body` has returned. One of this and `detach` must be called, once: until then the system keeps the thread's
  /// memory.
  public func join() {
    if let handle = started(handle) { pthread_join(handle, nil) }
  }
}

private final class ThreadBody {
  let run: @Sendable () -> Void
  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

/// What a thread starts with; `context` is its `ThreadBody`, retained.
private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run() }
  return nil
}

/// A mutex with a condition: threads change what they share under its lock, and wait there for each other's changes.
public final class Monitor: @unchecked Sendable {
  // Allocated, because the system keeps the addresses.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// An unlocked monitor.
  public init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// What `body` returns; no other thread is under the lock meanwhile.
  public func withLock<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Waits until `condition` is true, checking after each `wakeAll()`. Call it under the lock, which is released while
  /// waiting.
  public func wait(until condition: () -> Bool) {
    while !condition() { pthread_cond_wait(changed, mutex) }
  }

  /// Lets all waiting threads check their conditions again. Call it under the lock.
  public func wakeAll() { pthread_cond_broadcast(changed) }
}

/// Nanoseconds of a clock that is never set. Async-signal-safe.
public func monotonicNanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
