import CMachine
import Platform
import Synchronization

/// Threads that share numbered pieces of work. Each begins with a share of its own, the same neighbours in every call with
/// as many pieces, so that what it has in its cache is what it needs next; who is done helps the others. So which thread
/// takes which piece is left to chance, and results must not depend on it.
///
/// Between two calls the threads spin for a fifth of a millisecond, then sleep.
///
/// More threads speed up the training of one network only as far as these limits allow
/// (`kaggle-digits benchmark --threads 1 2 --members --layers` measures them):
///
/// - A batch has one shard for every 16 images. With s shards, T threads are at most s / ⌈s / T⌉ times as fast as one: of
///   the 8 shards of 128 images, 3 threads make 2.67 and 8 or more make 8. More threads than shards need several members
///   or folds at once, which do not wait for each other.
/// - A step has three barriers: weights prepared, shards done, parameters updated. Batch normalization adds two, and a
///   merge of all shards' sums by one thread at each.
/// - Memory: each shard reads the dense layers' weights in each direction, and an image's activations many times; both
///   may be larger than the second-level cache.
public final class ThreadPool {
  /// How many threads work, including the calling one.
  public let threads: Int
  private let shared: Shared
  private var helpers: [SystemThread] = []

  /// A pool of `threads` threads, at least one: the caller and `threads - 1` others. If the system grants fewer, those
  /// do all the work.
  public init(threads: Int) {
    self.threads = max(1, threads)
    shared = Shared(threads: self.threads)
    for worker in 1..<self.threads {
      if let helper = SystemThread({ [shared] in shared.serve(worker: worker) }) { helpers.append(helper) }
    }
    shared.helpers = helpers.count
  }

  deinit {
    shared.stop()
    for helper in helpers { helper.join() }
  }

  /// Runs `body(worker, piece)` once for each piece from 0 to `pieces - 1`; returns when all are done.
  ///
  /// `worker` is the thread's number, from 0 to `threads - 1`: two calls with the same one never overlap. Call this from
  /// one thread at a time, and not from a body.
  ///
  /// - Parameters:
  ///   - pieces: How many.
  ///   - backwards: Whether each share is worked off from its last piece to its first.
  ///   - body: The work.
  public func forEach(
    _ pieces: Int, backwards: Bool = false, _ body: (_ worker: Int, _ piece: Int) -> Void
  ) {
    if helpers.isEmpty || pieces <= 1 {
      for index in 0..<pieces { body(0, backwards ? pieces - 1 - index : index) }
      return
    }
    withoutActuallyEscaping(body) { body in shared.run(pieces, backwards: backwards, body) }
  }

  /// How many processors this process may use: as many as the affinity mask and the cgroup's quota allow, at least 1.
  public static let available = max(1, processorCount())
}

/// The pieces that a thread begins with, and how many of them were taken, by whichever thread.
private final class Share: @unchecked Sendable {
  private let taken = Atomic<Int>(0)
  private var pieces = 0..<0
  private var isBackwards = false

  /// Before the threads start.
  func refill(_ pieces: Range<Int>, backwards: Bool) {
    self.pieces = pieces
    isBackwards = backwards
    taken.store(0, ordering: .relaxed)
  }

  /// The next piece; nil if all are taken.
  func take() -> Int? {
    let index = taken.add(1, ordering: .relaxed).oldValue
    if index >= pieces.count { return nil }
    return isBackwards ? pieces.upperBound - 1 - index : pieces.lowerBound + index
  }
}

/// What the threads share. `body` and the shares are written before `generation` is raised (release) and read after a
/// thread has seen it raised (acquire); `running` counts the helpers that may still use them.
private final class Shared: @unchecked Sendable {
  private let generation = Atomic<Int>(0)
  private let running = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private var body: ((Int, Int) -> Void)?
  private let shares: [Share]
  var helpers = 0
  /// Where helpers sleep until `generation` is raised.
  private let start = Monitor()
  /// Where the caller sleeps until no helper is running.
  private let end = Monitor()
  /// Nanoseconds of waiting before a thread sleeps. Waking it takes some 50 µs, and a training step has a dozen rounds.
  /// Where threads have to take turns on the processors, one that waits only keeps others from working.
  private let patience: Int

  init(threads: Int) {
    shares = (0..<threads).map { _ in Share() }
    patience = threads <= ThreadPool.available ? 200_000 : 5_000
  }

  func run(_ pieces: Int, backwards: Bool, _ body: @escaping (Int, Int) -> Void) {
    self.body = body
    for (worker, share) in shares.enumerated() {
      let first = pieces * worker / shares.count
      share.refill(first..<pieces * (worker + 1) / shares.count, backwards: backwards)
    }
    running.store(helpers, ordering: .relaxed)
    raiseGeneration()
    work(worker: 0, body)
    wait(at: end) { running.load(ordering: .acquiring) == 0 }
    self.body = nil
  }

  func serve(worker: Int) {
    var seen = 0
    while true {
      wait(at: start) { generation.load(ordering: .acquiring) != seen }
      seen += 1
      if stopping.load(ordering: .acquiring) { return }
      if let body { work(worker: worker, body) }
      if running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
        end.withLock { end.wakeAll() }
      }
    }
  }

  func stop() {
    stopping.store(true, ordering: .releasing)
    raiseGeneration()
  }

  private func raiseGeneration() {
    start.withLock {
      generation.add(1, ordering: .releasing)
      start.wakeAll()
    }
  }

  /// The thread's own share first, then the next ones'.
  private func work(worker: Int, _ body: (Int, Int) -> Void) {
    for offset in 0..<shares.count {
      let share = shares[(worker + offset) % shares.count]
      while let piece = share.take() { body(worker, piece) }
    }
  }

  /// Spins, then sleeps.
  private func wait(at monitor: Monitor, until condition: () -> Bool) {
    let deadline = monotonicNanoseconds() + patience
    repeat {
      for _ in 0..<50 {
        if condition() { return }
        spinHint()
      }
    } while monotonicNanoseconds() < deadline
    monitor.withLock { monitor.wait(until: condition) }
  }
}
