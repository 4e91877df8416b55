import Platform

/// Where the time of training steps or predictions goes: nanoseconds for each thread and each kind of work,
/// added up.
///
/// A thread calls `start` when it begins a piece of work and `lap` at the end of each part of it. A lap costs
/// some 30 nanoseconds; without a clock a pass costs a branch.
public final class LayerClock {
  /// What a thread does. A layer's number is its place in `ShapedNetwork.layers`.
  public enum Work: Sendable {
    /// Deriving from the weights what the passes need.
    case deriving
    /// Forming the images.
    case filling
    /// A layer's forward pass.
    case forward(layer: Int)
    /// The losses and their gradients; in prediction, handing the logits over.
    case loss
    /// A layer's backward pass.
    case backward(layer: Int)
    /// Summing the shards' gradients, and the optimizer.
    case updating

    fileprivate var index: Int {
      switch self {
      case .deriving: 1
      case .filling: 2
      case .loss: 3
      case .updating: 4
      case .forward(let layer): 5 + 2 * layer
      case .backward(let layer): 6 + 2 * layer
      }
    }
  }

  private let threads: Int
  /// From a thread's counters to the next's, in counters: no two threads write to one cache line, or to two
  /// that are fetched together.
  private let stride: Int
  /// For each thread, when its last lap ended, then the time of each kind of work.
  private let counters: UnsafeMutablePointer<Int>

  /// A clock for a network of this many layers, those that are computed as one counted once, on this many
  /// threads.
  public init(layers: Int, threads: Int) {
    self.threads = threads
    stride = (5 + 2 * layers + 31) / 16 * 16
    counters = .allocate(capacity: stride * threads)
    counters.initialize(repeating: 0, count: stride * threads)
  }

  deinit { counters.deallocate() }

  /// A thread's piece of work begins now.
  func start(_ worker: Int) { counters[worker * stride] = monotonicNanoseconds() }

  /// What the thread did since its `start` or last lap was this.
  func lap(_ worker: Int, _ work: Work) {
    let row = counters + worker * stride
    let now = monotonicNanoseconds()
    row[work.index] += now - row[0]
    row[0] = now
  }

  /// Seconds that went into a kind of work, those of all threads added up. Don't call it while they work.
  public func seconds(_ work: Work) -> Double {
    Double((0..<threads).reduce(0) { $0 + counters[$1 * stride + work.index] }) / 1e9
  }

  /// Sets all times to 0. Don't call it while the threads work.
  public func reset() { counters.update(repeating: 0, count: stride * threads) }
}
