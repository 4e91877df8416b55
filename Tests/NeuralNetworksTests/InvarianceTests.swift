import Compute
import Foundations
import NeuralNetworks
import Testing

/// Threads, instruction set and what else is in a batch change no bit.
@Suite struct InvarianceTests {
  /// All that a few steps of training bring forth, as bits.
  struct Outcome: Equatable {
    var losses: [UInt64] = []
    var correct: [Int] = []
    var gradient: [UInt32] = []
    var parameters: [UInt32] = []
    var statistics: [UInt32] = []
    var moments: [UInt32] = []
    var logits: [UInt32] = []
  }

  static let batch = 37

  func train(
    _ run: SmallRun, _ optimizer: Optimizer, threads: Int, _ kernels: any InstructionSet
  ) -> Outcome {
    var outcome = Outcome()
    let weights = run.weights()
    outcome.gradient = run.gradient(weights, threads: threads, kernels: kernels).gradient.map(\.bitPattern)
    let pool = ThreadPool(threads: threads)
    let backpropagation = Backpropagation(
      weights: weights, batch: Self.batch, seed: run.seed, pool: pool, kernels: kernels)
    let state = OptimizerState(optimizer, parameterCount: run.network.parameterCount)
    for epoch in 0..<3 {
      // The last batch of an epoch is smaller.
      let count = epoch == 2 ? 20 : Self.batch
      let batch = backpropagation.run(
        rows: run.rows[..<count], labels: run.labels, epoch: epoch, fill: run.fill)
      outcome.losses += batch.losses.map(\.bitPattern)
      outcome.correct.append(batch.correct)
      backpropagation.step(state, learningRate: 0.01)
    }
    outcome.parameters = weights.parameters.array.map(\.bitPattern)
    outcome.statistics = weights.statistics.array.map(\.bitPattern)
    outcome.moments = (state.first.array + state.second.array).map(\.bitPattern)
    outcome.logits = run.logits(weights, of: Array(0..<Self.batch), threads: threads, kernels: kernels)
      .map(\.bitPattern)
    return outcome
  }

  @Test(arguments: smallNetworks.indices) func threadsAndInstructionSetsChangeNothing(index: Int) throws {
    let (notation, side) = smallNetworks[index]
    let run = try SmallRun(notation, side: side, images: Self.batch)
    let optimizer = Optimizer.allCases[index % Optimizer.allCases.count]
    let best = try #require(InstructionSets.available.first)
    let expected = train(run, optimizer, threads: 1, best)
    #expect(expected.losses.allSatisfy { Double(bitPattern: $0).isFinite })
    for kernels in InstructionSets.available {
      for threads in [1, 2, 4] {
        #expect(
          train(run, optimizer, threads: threads, kernels) == expected,
          "\(notation), \(threads) threads, \(kernels.name)")
      }
    }
  }

  /// Logits that fill one to four groups of 16 channels, or a part of one.
  @Test(arguments: [2, 16, 17, 26, 47, 62, 64]) func numbersOfClassesChangeNothing(classes: Int) throws {
    let run = try SmallRun("6C3-B-P2-9N", side: 8, images: Self.batch, classes: classes)
    let best = try #require(InstructionSets.available.first)
    let expected = train(run, .adam, threads: 1, best)
    #expect(expected.logits.count == classes * Self.batch)
    for kernels in InstructionSets.available {
      for threads in [1, 2] { #expect(train(run, .adam, threads: threads, kernels) == expected) }
    }
  }

  /// More parameters than one slice of the optimizer's work holds.
  @Test func slicesOfTheParametersChangeNothing() throws {
    let run = try SmallRun("40C3-P2-60N-D30", side: 10, images: Self.batch)
    #expect(run.network.parameterCount > 3 * 4096)
    let best = try #require(InstructionSets.available.first)
    let expected = train(run, .adamw, threads: 1, best)
    for threads in [2, 4] { #expect(train(run, .adamw, threads: threads, best) == expected) }
  }

  /// An image's logits are the same alone, in another place and among others.
  @Test(arguments: smallNetworks.indices) func predictionsDoNotDependOnTheBatch(index: Int) throws {
    let (notation, side) = smallNetworks[index]
    let run = try SmallRun(notation, side: side, images: Self.batch)
    let weights = run.weights()
    for kernels in InstructionSets.available {
      let all = run.logits(weights, of: Array(0..<Self.batch), kernels: kernels).map(\.bitPattern)
      let order = Array((0..<Self.batch).reversed()) + [3, 3, 3]
      let reversed = run.logits(weights, of: order, threads: 1, kernels: kernels).map(\.bitPattern)
      for (place, image) in order.enumerated() {
        #expect(reversed[place * 10..<place * 10 + 10] == all[image * 10..<image * 10 + 10], "\(notation)")
      }
      for image in [0, 15, 16, 36] {
        let alone = run.logits(weights, of: [image], kernels: kernels).map(\.bitPattern)
        #expect(alone[...] == all[image * 10..<image * 10 + 10], "\(notation)")
      }
    }
    #expect(run.logits(weights, of: [], kernels: try #require(InstructionSets.available.first)) == [])
  }

  /// A prediction's memory serves other weights of its network, and weights that have changed.
  @Test(arguments: ["16C3-16C5S2p-B-D30-4N", "4C3p-P2-5C3p-A2", "16C3pl-P2-20N"])
  func predictionsTakeOtherWeights(notation: String) throws {
    let run = try SmallRun(notation, side: 14, images: Self.batch)
    let (first, second) = (run.weights(), Weights(initializing: run.network, seed: 99))
    let images = Array(0..<Self.batch)
    for kernels in InstructionSets.available {
      let expected = [first, second].map { run.logits($0, of: images, kernels: kernels) }
      #expect(expected[0] != expected[1])
      let prediction = Prediction(weights: first, pool: ThreadPool(threads: 2), kernels: kernels)
      #expect(prediction.logits(Self.batch, fill: run.fill) == expected[0])
      prediction.use(second)
      #expect(prediction.logits(Self.batch, fill: run.fill) == expected[1])
      let changing = Weights(copying: second)
      prediction.use(changing)
      changing.assign(first)
      prediction.use(changing)
      #expect(prediction.logits(Self.batch, fill: run.fill) == expected[0])
    }
  }

  /// Without batch normalization an image's loss in training depends on its row and the epoch alone.
  @Test func dropoutDependsOnRowAndEpochAlone() throws {
    let run = try SmallRun("6C3-D40-8N-D50", side: 8, images: Self.batch)
    let kernels = try #require(InstructionSets.available.first)
    let weights = run.weights()
    func losses(_ positions: [Int], epoch: Int, seed: UInt64) -> [Double] {
      Backpropagation(
        weights: weights, batch: Self.batch, seed: seed, pool: ThreadPool(threads: 2), kernels: kernels
      ).run(
        rows: positions.map { run.rows[$0] }[...], labels: positions.map { run.labels[$0] }, epoch: epoch,
        fill: { run.fill(positions[$0], $1) }
      ).losses
    }
    let all = losses(Array(0..<Self.batch), epoch: 2, seed: 1)
    let some = [30, 2, 17]
    #expect(losses(some, epoch: 2, seed: 1) == some.map { all[$0] })
    for (other, seed) in [(3, UInt64(1)), (2, 2)] {
      let differing = zip(all, losses(Array(0..<Self.batch), epoch: other, seed: seed)).filter { $0 != $1 }
      #expect(differing.count > Self.batch / 2)
    }
  }

  /// A step repeated from the same weights and the kept moments is the same step: what resuming needs.
  @Test(arguments: Optimizer.allCases) func anOptimizerGoesOnFromItsState(optimizer: Optimizer) throws {
    let run = try SmallRun("4C3-B-5N", side: 7, images: Self.batch)
    let kernels = try #require(InstructionSets.available.first)
    let pool = ThreadPool(threads: 2)
    func step(_ weights: Weights, _ state: OptimizerState, epoch: Int) {
      let backpropagation = Backpropagation(
        weights: weights, batch: Self.batch, seed: run.seed, pool: pool, kernels: kernels)
      _ = backpropagation.run(rows: run.rows[...], labels: run.labels, epoch: epoch, fill: run.fill)
      backpropagation.step(state, learningRate: 0.01)
    }
    let count = run.network.parameterCount
    let (weights, state) = (run.weights(), OptimizerState(optimizer, parameterCount: count))
    step(weights, state, epoch: 0)
    step(weights, state, epoch: 1)

    let resumed = run.weights()
    resumed.assign(weights)
    let kept = OptimizerState(
      optimizer, parameterCount: count, beta1Power: state.beta1Power, beta2Power: state.beta2Power)
    kept.first.assign(state.first.array)
    kept.second.assign(state.second.array)
    step(weights, state, epoch: 2)
    step(resumed, kept, epoch: 2)
    #expect(resumed.parameters.array.map(\.bitPattern) == weights.parameters.array.map(\.bitPattern))
    #expect(resumed.statistics.array.map(\.bitPattern) == weights.statistics.array.map(\.bitPattern))
    #expect(kept.beta1Power == state.beta1Power && kept.beta2Power == state.beta2Power)
  }
}
