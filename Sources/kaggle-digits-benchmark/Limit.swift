import Compute

/// The processor's limit with an instruction set and a number of threads.
struct Limit {
  let set: String
  let threads: Int
  /// 10⁹ operations per second, two for each multiply-add.
  let gigaflops: Double

  /// Multiply-adds in one turn of the kernel's loop.
  private static let width = 384

  /// Takes the best of many short tries within `seconds`: other work on the machine only slows them down.
  init(kernels: any InstructionSet, threads: Int, seconds: Double) {
    let pool = ThreadPool(threads: threads)
    let values = (0..<threads).map { _ in AlignedBuffer(count: Self.width) }
    func time(_ turns: Int) -> Double {
      elapsed {
        pool.forEach(threads) { _, piece in
          kernels.multiplyAddLimit(
            MultiplyAddLimit(turns: turns, factor: 0.75, addend: 0.25, values: values[piece].pointer))
        }
      }
    }
    // Long compared with the start of a piece of work, short compared with a time slice.
    let length = min(0.005, seconds / 4)
    var turns = 1000
    while time(turns) < length { turns *= 2 }
    var best = Double.infinity
    let start = ContinuousClock.now
    repeat { best = min(best, time(turns)) } while (ContinuousClock.now - start) / .seconds(1) < seconds
    set = kernels.name
    self.threads = threads
    gigaflops = 2 * Double(Self.width * turns * threads) / best / 1e9
  }

  /// The factor over the same instruction set's limit on one thread; nil if that was not measured.
  func scaling(in limits: [Limit]) -> Double? {
    limits.first { $0.set == set && $0.threads == 1 }.map { gigaflops / $0.gigaflops }
  }

  /// Whether the threads seem not to have had a core each; then shares and scaling say less about the engine.
  func isCramped(in limits: [Limit]) -> Bool {
    scaling(in: limits).map { $0 < 0.75 * Double(threads) } ?? false
  }
}

/// How long some work takes, in seconds.
func elapsed(_ work: () -> Void) -> Double {
  let start = ContinuousClock.now
  work()
  return (ContinuousClock.now - start) / .seconds(1)
}
