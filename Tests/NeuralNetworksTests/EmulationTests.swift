import Compute
import Emulation
import Foundations
import NeuralNetworks
import Testing

/// A training and a prediction give the same bits where the kernels are NEON's.
@Suite(
  .enabled(
    if: EmulatedProgram.missing.isEmpty,
    "not installed: \(EmulatedProgram.missing.joined(separator: ", ")); no training with arm64's kernels is compared"
  ))
struct EmulationTests {
  /// Three steps with each layer, optimizer and number of threads, and a prediction with what they leave. The plan, the
  /// loss and the threads are this processor's; the kernels are emulated, in the plan's order, each on what the ones
  /// before it wrote.
  @Test(arguments: smallNetworks.indices) func trainings(index: Int) throws {
    let (notation, side) = smallNetworks[index]
    let neon = try EmulatedNEON.shared.get()
    let best = try #require(InstructionSets.available.first)
    let run = try SmallRun(notation, side: side, images: InvarianceTests.batch)
    let optimizer = Optimizer.allCases[index % Optimizer.allCases.count]
    let tests = InvarianceTests()
    let expected = tests.train(run, optimizer, threads: 1, best)
    let isEqual =
      neon.withBuffers { tests.train(run, optimizer, threads: 1 + index % 2, neon) } == expected
    #expect(isEqual, "\(notation)")
  }

  /// The default network on images of Kaggle's size.
  @Test func defaultNetwork() throws {
    let neon = try EmulatedNEON.shared.get()
    let best = try #require(InstructionSets.available.first)
    let run = try SmallRun(NamedNetwork.compact.notation, side: 28, images: InvarianceTests.batch)
    let tests = InvarianceTests()
    let expected = tests.train(run, .adam, threads: 2, best)
    let isEqual = neon.withBuffers { tests.train(run, .adam, threads: 2, neon) } == expected
    #expect(isEqual)
  }

  /// Losses and probabilities, which are Swift of no instruction set in particular, compiled for arm64.
  @Test(arguments: [2, 10, 62]) func losses(classes: Int) throws {
    let neon = try EmulatedNEON.shared.get()
    var random = RandomStream(Philox(seed: 41), .sample, image: classes)
    for reach in [0.1, 3, 90] {
      for smoothing in [0, 0.1] {
        for _ in 0..<100 {
          let logits = (0..<classes).map { _ in Float(random.uniform(-reach, reach)) }
          let label = random.below(classes)
          var probabilities = [Double](repeating: 0, count: classes)
          let loss = SoftmaxCrossEntropy.evaluate(
            logits, classes: classes, label: label, smoothing: smoothing, probabilities: &probabilities
          ).loss
          let emulated = neon.softmaxLoss(of: logits, label: label, smoothing: smoothing)
          #expect(emulated.loss.bitPattern == loss.bitPattern)
          #expect(emulated.probabilities.map(\.bitPattern) == probabilities.map(\.bitPattern))
        }
      }
    }
  }
}
