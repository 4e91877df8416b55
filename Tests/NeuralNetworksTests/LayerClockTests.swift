import Compute
import Testing
@testable import NeuralNetworks

/// A clock sees every sort of work, and changes nothing.
@Suite struct LayerClockTests {
  @Test(arguments: [1, 2]) func trainingIsSeen(threads: Int) throws {
    let run = try SmallRun("4C3-B-5C3S2p-B-P2-D20-6N-B", side: 9, images: 40)
    let kernels = try InstructionSets.detected()
    let layers = run.network.layers.count
    let clock = LayerClock(layers: layers, threads: threads)
    let (plain, timed) = (try run.step(kernels, threads), try run.step(kernels, threads, clock))
    #expect(plain == timed)
    for work in [LayerClock.Work.deriving, .filling, .loss, .updating] { #expect(clock.seconds(work) > 0) }
    for layer in 0..<layers {
      #expect(clock.seconds(.forward(layer: layer)) > 0)
      #expect(clock.seconds(.backward(layer: layer)) > 0)
    }
    clock.reset()
    #expect(clock.seconds(.filling) == 0 && clock.seconds(.backward(layer: layers - 1)) == 0)
  }

  @Test func predictionIsSeen() throws {
    let run = try SmallRun("4C3-B-P2-6N", side: 9, images: 40)
    let kernels = try InstructionSets.detected()
    let clock = LayerClock(layers: run.network.layers.count, threads: 2)
    let timed = Prediction(
      weights: run.weights(), pool: ThreadPool(threads: 2), kernels: kernels, clock: clock)
    let logits = timed.logits(40, fill: run.fill)
    #expect(logits == run.logits(run.weights(), of: Array(0..<40), kernels: kernels))
    for layer in run.network.layers.indices {
      #expect(clock.seconds(.forward(layer: layer)) > 0)
      #expect(clock.seconds(.backward(layer: layer)) == 0)
    }
    #expect(clock.seconds(.updating) == 0)
  }
}

extension SmallRun {
  /// The parameters after a step of training.
  fileprivate func step(
    _ kernels: any InstructionSet, _ threads: Int, _ clock: LayerClock? = nil
  ) throws -> [Float] {
    let weights = weights()
    let pool = ThreadPool(threads: threads)
    let backpropagation = Backpropagation(
      weights: weights, batch: images.count, seed: seed, pool: pool, kernels: kernels, clock: clock)
    _ = backpropagation.run(rows: rows[...], labels: labels, epoch: epoch, fill: fill)
    backpropagation.step(
      OptimizerState(.adam, parameterCount: network.parameterCount), learningRate: 0.001)
    return weights.parameters.array
  }
}
