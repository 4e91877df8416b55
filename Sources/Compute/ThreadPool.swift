import CMachine
import Platform
import Synchronization

/// Threads that share out numbered pieces of work. Which thread takes which piece is left to chance: results must
/// not depend on it.
///
/// Between two pieces of work the threads spin for some microseconds, then sleep. They are pthreads of our own: a
/// shared pool such as `concurrentPerform`'s promises no thread to each of our waiting members.
///
/// What bounds a network's training on more threads (`kaggle-digits benchmark --threads 1 2 --members --layers` shows it):
///
/// - A batch has a shard for every 16 images, so b images keep at most b / 16 threads busy, and T threads are at most
///   s / ⌈s / T⌉ times as fast with s shards: 2 of them 2 times, 3 of them 2.67, 8 or more 8 times with a batch of 128. Beyond,
///   members (and folds) share out the cores: they wait for nobody.
/// - A step meets at three barriers: weights prepared, shards done, parameters updated; a batch normalisation adds two, each with
///   a merge of all shards' sums by one thread. On two Zen 5 cores 2 threads train `simple-dropout` (no normalisation, 8
///   shards) 1.93 times as fast as one and `deotte` (seven, 4 shards) 1.78 times; by Amdahl's law that is a share of 4 and
///   12 % that does not divide. Two members at once, a thread each, do 1.98 and 1.90 times as much as one.
/// - Memory: a step of `simple-dropout` moves about 20 MB, two thirds of them the dense layer's weights, once for each shard and
///   direction, out of the second-level cache. `deotte` keeps 0.23 MB of activations an image and goes over them, over what
///   it makes of them and over their gradients some 15 times: 3.5 MB an image, 25 GB/s with 2 threads, part of it
///   beyond every cache. That is what members at once share, too.
public final class ThreadPool {
  /// How many threads work, the calling one among them.
  public let threads: Int
  private let shared = Shared()
  private var handles: [pthread_t] = []

  /// A pool of `threads` threads, at least one: the caller and `threads - 1` others.
  public init(threads: Int) {
    self.threads = max(1, threads)
    for worker in 1..<max(1, threads) {
      let start = Unmanaged.passRetained(Start(shared: shared, worker: worker))
      #if canImport(Glibc)
        var handle = pthread_t()
      #else
        var handle: pthread_t?
      #endif
      let failed = pthread_create(
        &handle, nil,
        { argument in
          #if canImport(Glibc)
            guard let argument else { return nil }
          #endif
          let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
          start.shared.serve(worker: start.worker)
          return nil
        }, start.toOpaque())
      #if canImport(Glibc)
        if failed == 0 { handles.append(handle) } else { start.release() }
      #else
        if failed == 0, let handle { handles.append(handle) } else { start.release() }
      #endif
    }
    shared.helpers = handles.count
  }

  deinit {
    shared.stop()
    for handle in handles { pthread_join(handle, nil) }
  }

  /// Runs `body(worker, piece)` for every piece from 0 to `pieces - 1` and returns when all are done. `worker`
  /// tells the threads apart, from 0 to `threads - 1`. Called by one thread at a time, and not from a body.
  public func forEach(_ pieces: Int, _ body: (_ worker: Int, _ piece: Int) -> Void) {
    if handles.isEmpty || pieces <= 1 {
      for piece in 0..<pieces { body(0, piece) }
      return
    }
    withoutActuallyEscaping(body) { body in shared.run(pieces, body) }
  }

  /// How many threads this process may use: the affinity mask's, and no more than the cgroup's quota pays for.
  public static let available: Int = {
    #if canImport(Glibc)
      var count = Int(affinityCount())
      if count == 0 { count = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
      if let quota = cgroupQuota() { count = min(count, max(1, quota)) }
      return max(1, count)
    #else
      return max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    #endif
  }()
}

#if canImport(Glibc)
  /// Processors, rounded up, that the cgroup's quota pays for (version 2's `cpu.max`, version 1's `cpu.cfs_quota_us`).
  private func cgroupQuota() -> Int? {
    func numbers(_ path: String) -> [Int] {
      guard let file = fopen(path, "r") else { return [] }
      defer { fclose(file) }
      var bytes = [CChar](repeating: 0, count: 128)
      guard fgets(&bytes, 128, file) != nil else { return [] }
      let text = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return text.split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { Int($0) }
    }
    let second = numbers("/sys/fs/cgroup/cpu.max")
    if second.count == 2, second[1] > 0 { return (second[0] + second[1] - 1) / second[1] }
    let quota = numbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
    let period = numbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
    if let quota = quota.first, let period = period.first, quota > 0, period > 0 {
      return (quota + period - 1) / period
    }
    return nil
  }
#endif

private final class Start {
  let shared: Shared
  let worker: Int
  init(shared: Shared, worker: Int) {
    self.shared = shared
    self.worker = worker
  }
}

/// What the threads see of each other. `body` and `pieces` are written before `generation` is raised (release) and
/// read after it was seen raised (acquire); `running` counts the helpers that may still use them.
private final class Shared: @unchecked Sendable {
  private let generation = Atomic<Int>(0)
  private let next = Atomic<Int>(0)
  private let running = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private var body: ((Int, Int) -> Void)?
  private var pieces = 0
  var helpers = 0
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// About 20 microseconds of waiting before a thread sleeps.
  private let spins = 400

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wake, nil)
    pthread_cond_init(done, nil)
  }

  deinit {
    pthread_cond_destroy(done)
    pthread_cond_destroy(wake)
    pthread_mutex_destroy(mutex)
    done.deallocate()
    wake.deallocate()
    mutex.deallocate()
  }

  func run(_ pieces: Int, _ body: @escaping (Int, Int) -> Void) {
    self.body = body
    self.pieces = pieces
    next.store(0, ordering: .relaxed)
    running.store(helpers, ordering: .relaxed)
    pthread_mutex_lock(mutex)
    generation.add(1, ordering: .releasing)
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
    work(worker: 0, body)
    if !spin(until: { running.load(ordering: .acquiring) == 0 }) {
      pthread_mutex_lock(mutex)
      while running.load(ordering: .acquiring) > 0 { pthread_cond_wait(done, mutex) }
      pthread_mutex_unlock(mutex)
    }
    self.body = nil
  }

  func serve(worker: Int) {
    var seen = 0
    while true {
      if !spin(until: { generation.load(ordering: .acquiring) != seen }) {
        pthread_mutex_lock(mutex)
        while generation.load(ordering: .acquiring) == seen { pthread_cond_wait(wake, mutex) }
        pthread_mutex_unlock(mutex)
      }
      seen += 1
      if stopping.load(ordering: .acquiring) { return }
      if let body { work(worker: worker, body) }
      if running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
        pthread_mutex_lock(mutex)
        pthread_cond_signal(done)
        pthread_mutex_unlock(mutex)
      }
    }
  }

  func stop() {
    stopping.store(true, ordering: .releasing)
    pthread_mutex_lock(mutex)
    generation.add(1, ordering: .releasing)
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
  }

  private func work(worker: Int, _ body: (Int, Int) -> Void) {
    while true {
      let piece = next.add(1, ordering: .relaxed).oldValue
      if piece >= pieces { return }
      body(worker, piece)
    }
  }

  private func spin(until condition: () -> Bool) -> Bool {
    for _ in 0..<spins {
      if condition() { return true }
      spinHint()
    }
    return condition()
  }
}
