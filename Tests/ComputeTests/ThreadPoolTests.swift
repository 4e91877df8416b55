import Compute
import Platform
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
  /// How often each piece ran, and which worker took it; each piece writes to its own element.
  private func run(
    _ pool: ThreadPool, _ pieces: Int, backwards: Bool = false
  ) -> (counts: [Int], workers: [Int]) {
    var counts = [Int](repeating: 0, count: pieces)
    var workers = [Int](repeating: -1, count: pieces)
    counts.withUnsafeMutableBufferPointer { counts in
      workers.withUnsafeMutableBufferPointer { workers in
        let (counts, workers) = (counts, workers)
        pool.forEach(pieces, backwards: backwards) { worker, piece in
          counts[piece] += 1
          workers[piece] = worker
        }
      }
    }
    return (counts, workers)
  }

  @Test(arguments: [1, 2, 3, 8]) func everyPieceRunsOnce(threads: Int) {
    let pool = ThreadPool(threads: threads)
    #expect(pool.threads == threads)
    for pieces in [0, 1, 2, 3, 7, 8, 9, 64, 1000] {
      for _ in 0..<20 {
        for backwards in [false, true] {
          let (counts, workers) = run(pool, pieces, backwards: backwards)
          #expect(counts == [Int](repeating: 1, count: pieces))
          #expect(workers.allSatisfy { (0..<threads).contains($0) })
        }
      }
    }
  }

  /// One thread takes all pieces in order, from the first or from the last.
  @Test(arguments: [false, true]) func order(backwards: Bool) {
    var taken: [Int] = []
    ThreadPool(threads: 1).forEach(5, backwards: backwards) { _, piece in taken.append(piece) }
    #expect(taken == (backwards ? [4, 3, 2, 1, 0] : [0, 1, 2, 3, 4]))
  }

  /// Where all threads have begun before one is done, each has the first piece of its share, or the last one.
  @Test(arguments: [2, 3, 4], [false, true]) func eachThreadBeginsWithItsShare(threads: Int, backwards: Bool)
  {
    let pool = ThreadPool(threads: threads)
    for round in 1...20 {
      let begun = Atomic(0)
      let pieces = threads * round + round % 2
      var firstPieces = [Int](repeating: -1, count: threads)
      firstPieces.withUnsafeMutableBufferPointer { firstPieces in
        let firstPieces = firstPieces
        pool.forEach(pieces, backwards: backwards) { worker, piece in
          if firstPieces[worker] >= 0 { return }
          firstPieces[worker] = piece
          begun.add(1, ordering: .relaxed)
          while begun.load(ordering: .relaxed) < threads { usleep(10) }
        }
      }
      for worker in 0..<threads {
        let (start, end) = (pieces * worker / threads, pieces * (worker + 1) / threads)
        #expect(firstPieces[worker] == (backwards ? end - 1 : start))
      }
    }
  }

  @Test(arguments: [-3, 0]) func thereIsAlwaysOneThread(threads: Int) {
    let pool = ThreadPool(threads: threads)
    #expect(pool.threads == 1)
    #expect(run(pool, 5).counts == [1, 1, 1, 1, 1])
  }

  /// Thousands of short rounds in a row: a helper that is late in one must not disturb the next.
  @Test(arguments: [2, 3, 8]) func manyRounds(threads: Int) {
    let pool = ThreadPool(threads: threads)
    let sum = Atomic(0)
    for round in 0..<3000 {
      let pieces = round % 5
      pool.forEach(pieces) { _, piece in sum.add(round + piece, ordering: .relaxed) }
      if round % 500 == 0 { usleep(2000) }  // long enough for the helpers to fall asleep
    }
    let expected = (0..<3000).reduce(0) { total, round in
      total + (0..<round % 5).reduce(0) { $0 + round + $1 }
    }
    #expect(sum.load(ordering: .relaxed) == expected)
  }

  /// A round sees what the one before wrote, whichever thread reads it.
  @Test func roundsSeeEarlierRounds() {
    let pool = ThreadPool(threads: 4)
    var cells = [Int](repeating: 0, count: 61)
    for round in 0..<500 {
      cells.withUnsafeMutableBufferPointer { cells in
        let cells = cells
        pool.forEach(30) { _, piece in
          // Even rounds read the odd cells that odd rounds wrote, and vice versa.
          let target = 2 * piece + (round % 2 == 0 ? 0 : 1)
          cells[target] = cells[target + 1 - 2 * (round % 2)] + 1
        }
      }
    }
    for piece in 0..<30 { #expect(cells[2 * piece] == 499 && cells[2 * piece + 1] == 500) }
  }

  /// Two threads with a pool each, at the same time.
  @Test func poolsDoNotDisturbEachOther() async {
    let totals = await withTaskGroup(of: Int.self, returning: [Int].self) { group in
      for factor in 1...2 {
        group.addTask {
          let pool = ThreadPool(threads: 3)
          let sum = Atomic(0)
          for _ in 0..<500 { pool.forEach(11) { _, piece in sum.add(factor * piece, ordering: .relaxed) } }
          return sum.load(ordering: .relaxed)
        }
      }
      var totals: [Int] = []
      for await total in group { totals.append(total) }
      return totals.sorted()
    }
    #expect(totals == [500 * 55, 2 * 500 * 55])
  }

  /// A pool within another pool's body, as for members that train in parallel.
  @Test func bodyMayHaveAPoolOfItsOwn() {
    let outer = ThreadPool(threads: 2)
    let sum = Atomic(0)
    outer.forEach(4) { _, _ in
      let inner = ThreadPool(threads: 2)
      for _ in 0..<20 { inner.forEach(10) { _, piece in sum.add(piece, ordering: .relaxed) } }
    }
    #expect(sum.load(ordering: .relaxed) == 4 * 20 * 45)
  }

  /// The pool ends before the helpers have started, while they spin or sleep, and directly after work.
  @Test func poolsEndAtAnyMoment() {
    for round in 0..<200 {
      let pool = ThreadPool(threads: 1 + round % 5)
      switch round % 4 {
      case 0: break
      case 1: #expect(run(pool, 8).counts == [Int](repeating: 1, count: 8))
      case 2: usleep(300)
      default:
        #expect(run(pool, 8).counts == [Int](repeating: 1, count: 8))
        usleep(300)
      }
    }
  }

  @Test func availableThreadsAreAtLeastOneAndAtMostTheMachines() {
    #expect(ThreadPool.available >= 1)
    #expect(ThreadPool.available <= Int(sysconf(Int32(_SC_NPROCESSORS_CONF))))
  }
}
