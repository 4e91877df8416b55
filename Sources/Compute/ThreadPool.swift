import CMachine
import Platform
import Synchronization

/// Threads that share numbered pieces of work. Which thread takes which piece is left to chance: results must not
/// depend on it.
///
/// Between two calls the threads spin for some microseconds, then sleep.
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
  private let shared = Shared()
  private var helpers: [SystemThread] = []

  /// A pool of `threads` threads, at least one: the caller and `threads - 1` others. If the system grants fewer, those
  /// do all the work.
  public init(threads: Int) {
    self.threads = max(1, threads)
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
  public func forEach(_ pieces: Int, _ body: (_ worker: Int, _ piece: Int) -> Void) {
    if helpers.isEmpty || pieces <= 1 {
      for piece in 0..<pieces { body(0, piece) }
      return
    }
    withoutActuallyEscaping(body) { body in shared.run(pieces, body) }
  }

  /// How many processors this process may use: as many as the affinity mask and the cgroup's quota allow, at least 1.
  public static let available = max(1, processorCount())
}

/// What the threads share. `body` and `pieces` are written before `generation` is raised (release) and read after a
/// thread has seen it raised (acquire); `running` counts the helpers that may still use them.
private final class Shared: @unchecked Sendable {
  private let generation = Atomic<Int>(0)
  private let next = Atomic<Int>(0)
  private let running = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private var body: ((Int, Int) -> Void)?
  private var pieces = 0
  var helpers = 0
  /// Where helpers sleep until `generation` is raised.
  private let start = Monitor()
  /// Where the caller sleeps until no helper is running.
  private let end = Monitor()

  /// About 20 microseconds of waiting before a thread sleeps.
  private let spins = 400

  func run(_ pieces: Int, _ body: @escaping (Int, Int) -> Void) {
    self.body = body
    self.pieces = pieces
    next.store(0, ordering: .relaxed)
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

  private func work(worker: Int, _ body: (Int, Int) -> Void) {
    while true {
      let piece = next.add(1, ordering: .relaxed).oldValue
      if piece >= pieces { return }
      body(worker, piece)
    }
  }

  /// Spins, then sleeps.
  private func wait(at monitor: Monitor, until condition: () -> Bool) {
    for _ in 0..<spins {
      if condition() { return }
      spinHint()
    }
    monitor.withLock { monitor.wait(until: condition) }
  }
}
