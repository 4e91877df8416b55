import Compute
import Foundations
import NeuralNetworks
import Testing

/// The engine's logits, losses and gradients against the definition in double precision.
@Suite struct GradientTests {
  /// The batch is two whole shards and a ragged one.
  private static let batch = 37

  @Test(arguments: smallNetworks.indices) func gradientsAreCentralDifferences(index: Int) throws {
    let (notation, side) = smallNetworks[index]
    let run = try SmallRun(notation, side: side, images: Self.batch)
    let weights = run.weights()
    var reference = ReferenceNetwork(weights, seed: run.seed)
    let kernels = try #require(InstructionSets.available.first)
    let (loss, gradient) = run.gradient(weights, kernels: kernels)

    let expected = reference.loss(run.images, run.labels, rows: run.rows, epoch: run.epoch)
    let mean = loss.losses.reduce(0, +) / Double(Self.batch)
    #expect((mean - expected).magnitude < 1e-6 * max(1, expected), "\(notation)")

    for tensor in run.network.tensors where !tensor.isStatistic {
      let values = run.values(of: tensor, in: gradient)
      // Up to twelve elements of a tensor, spread over it.
      let step = max(1, values.count / 12)
      let chosen = stride(from: step / 2, to: values.count, by: step)
      let slopes = chosen.map { element in
        reference.slope(tensor.name, element, run.images, run.labels, rows: run.rows, epoch: run.epoch)
      }
      let largest = slopes.map(\.magnitude).max() ?? 0
      let difference = zip(chosen, slopes).map { (Double(values[$0]) - $1).magnitude }.max() ?? .nan
      // Winograd's transforms round a little more, and a bias before a batch normalization adds up what
      // cancels out.
      #expect(difference < 2e-5 * max(largest, 1e-2), "\(notation) \(tensor.name): largest slope \(largest)")
    }
  }

  /// Whatever the number of classes, loss and gradient are the definition's.
  @Test(arguments: [2, 10, 26, 47, 62, 64]) func gradientsOfOtherNumbersOfClasses(classes: Int) throws {
    let run = try SmallRun("3C3-5N", side: 5, images: Self.batch, classes: classes)
    let weights = run.weights()
    var reference = ReferenceNetwork(weights, seed: run.seed)
    reference.smoothing = 0.1
    for kernels in InstructionSets.available {
      let (loss, gradient) = run.gradient(weights, labelSmoothing: 0.1, kernels: kernels)
      let expected = reference.loss(run.images, run.labels, rows: run.rows, epoch: run.epoch)
      #expect((loss.losses.reduce(0, +) / Double(Self.batch) - expected).magnitude < 1e-6 * expected)
      for tensor in run.network.tensors {
        let values = run.values(of: tensor, in: gradient)
        for element in stride(from: 0, to: values.count, by: max(1, values.count / 8)) {
          let slope = reference.slope(
            tensor.name, element, run.images, run.labels, rows: run.rows, epoch: run.epoch)
          #expect((Double(values[element]) - slope).magnitude < 1e-5, "\(tensor.name)")
        }
      }
    }
  }

  /// Label smoothing changes loss and gradient as the spread label does in the definition.
  @Test func smoothedLabels() throws {
    let run = try SmallRun("5N", side: 3, images: Self.batch)
    let weights = run.weights()
    var reference = ReferenceNetwork(weights, seed: run.seed)
    reference.smoothing = 0.15
    let kernels = try #require(InstructionSets.available.first)
    let (loss, gradient) = run.gradient(weights, labelSmoothing: 0.15, kernels: kernels)
    let expected = reference.loss(run.images, run.labels, rows: run.rows, epoch: run.epoch)
    #expect((loss.losses.reduce(0, +) / Double(Self.batch) - expected).magnitude < 1e-6 * expected)
    for tensor in run.network.tensors {
      let values = run.values(of: tensor, in: gradient)
      for element in values.indices {
        let slope = reference.slope(
          tensor.name, element, run.images, run.labels, rows: run.rows, epoch: run.epoch)
        #expect((Double(values[element]) - slope).magnitude < 1e-6, "\(tensor.name)")
      }
    }
  }

  @Test(arguments: smallNetworks.indices) func predictionsAreTheDefinitions(index: Int) throws {
    let (notation, side) = smallNetworks[index]
    let run = try SmallRun(notation, side: side, images: Self.batch)
    let weights = run.weights()
    let kernels = try #require(InstructionSets.available.first)
    let logits = run.logits(weights, of: Array(0..<Self.batch), kernels: kernels)
    let expected = ReferenceNetwork(weights, seed: run.seed).logits(run.images, training: false)
    #expect(logits.count == 10 * Self.batch)
    let largest = expected.joined().map(\.magnitude).max() ?? 0
    let difference = zip(logits, expected.joined()).map { (Double($0) - $1).magnitude }.max() ?? .nan
    #expect(difference < 2e-6 * max(1, largest), "\(notation)")
  }

  /// The padding of the parameters' memory gets no gradient, or training would fill it with numbers.
  @Test(arguments: smallNetworks.indices) func paddingHasNoGradient(index: Int) throws {
    let (notation, side) = smallNetworks[index]
    let run = try SmallRun(notation, side: side, images: 5)
    let kernels = try #require(InstructionSets.available.first)
    let (_, gradient) = run.gradient(run.weights(), kernels: kernels)
    var isPadding = [Bool](repeating: true, count: gradient.count)
    for tensor in run.network.tensors where !tensor.isStatistic {
      let columns = tensor.shape.columns
      for element in 0..<tensor.shape.count {
        isPadding[tensor.offset + element / columns * paddedTo16(columns) + element % columns] = false
      }
    }
    for (value, isPadding) in zip(gradient, isPadding) where isPadding { #expect(value == 0, "\(notation)") }
    #expect(isPadding.contains(true))
  }

  @Test func lossOfKnownLogits() {
    // All equal: each class has a tenth, the first of equals is taken.
    let equal = evaluate([Float](repeating: 7, count: 10), label: 0)
    #expect((equal.loss - 2.302_585_092_994_046).magnitude < 1e-15)
    #expect(equal.isCorrect)
    #expect(equal.probabilities == [Double](repeating: 0.1, count: 10))
    #expect(!evaluate([Float](repeating: 7, count: 10), label: 1).isCorrect)
    // Far apart: nothing overflows, the loss is the distance.
    let far = evaluate([3e38, -3e38, 0, 0, 0, 0, 0, 0, 0, 0], label: 1)
    #expect(far.loss == 2 * Double(Float(3e38)))
    #expect(far.probabilities == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    // As many classes as there are.
    let many = evaluate([Float](repeating: -2, count: 64), label: 63)
    #expect((many.loss - 4.158_883_083_359_671).magnitude < 1e-14)
    #expect(many.probabilities == [Double](repeating: 1 / 64, count: 64))
    // A logit that is not finite is seen in the loss.
    for bad in [Float.nan, .infinity] {
      for place in [0, 4, 9] {
        var logits = [Float](repeating: 1, count: 10)
        logits[place] = bad
        #expect(!evaluate(logits, label: 2).loss.isFinite, "\(bad) at \(place)")
      }
    }
  }
}

private func evaluate(
  _ logits: [Float], label: Int
) -> (loss: Double, isCorrect: Bool, probabilities: [Double]) {
  var probabilities = [Double](repeating: 0, count: logits.count)
  let result = SoftmaxCrossEntropy.evaluate(
    logits, classes: logits.count, label: label, probabilities: &probabilities)
  return (result.loss, result.isCorrect, probabilities)
}
