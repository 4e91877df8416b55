import Checkpoints
import Compute
import Foundations
import NeuralNetworks
import Testing

/// The engine against PyTorch in float64: `make_pytorch_fixtures.py` wrote the files in `Fixtures`.
@Suite struct PyTorchTests {
  static let names = ["convolutions", "padding", "normalization"]

  /// A fixture's batch: 21 images of 9×9 pixels.
  struct Fixture {
    let file: SafeTensors
    let network: ShapedNetwork
    let images: [Float]
    let labels: [UInt8]
    let count = 21
    let side = 9

    init(_ name: String, from folder: String = #filePath) throws {
      let path = folder.split(separator: "/").dropLast().map { "/" + $0 }.joined()
      file = try SafeTensors(reading: "\(path)/Fixtures/\(name).safetensors")
      let notation = try #require(file.metadata["network"])
      network = try ShapedNetwork(Network(notation: notation), side: side)
      images = try file.float32("images", shape: [count, side, side])
      labels = try file.uint8("labels", shape: [count])
    }

    func fill(_ image: Int, _ pixels: UnsafeMutablePointer<Float>) {
      for index in 0..<side * side { pixels[index] = images[image * side * side + index] }
    }

    /// The largest difference between a prediction's logits and the file's, as a share of the largest logit.
    func logitError(_ weights: Weights, _ name: String, _ kernels: any InstructionSet) throws -> Double {
      let prediction = Prediction(weights: weights, pool: ThreadPool(threads: 2), kernels: kernels)
      return try error(prediction.logits(count, fill: fill), file.float64(name, shape: [count, 10]))
    }

    /// The largest difference as a share of the largest value.
    func error(_ values: [Float], _ expected: [Double]) -> Double {
      let largest = expected.map(\.magnitude).max() ?? 0
      return (zip(values, expected).map { (Double($0) - $1).magnitude }.max() ?? .nan) / max(largest, 1e-6)
    }
  }

  @Test(arguments: names) func predictions(name: String) throws {
    let fixture = try Fixture(name)
    let weights = try Weights(fixture.network, reading: fixture.file, prefix: "first.")
    let kernels = try #require(InstructionSets.available.first)
    #expect(try fixture.logitError(weights, "first.logits", kernels) < 1e-6)
  }

  @Test(arguments: names) func gradients(name: String) throws {
    let fixture = try Fixture(name)
    let weights = try Weights(fixture.network, reading: fixture.file, prefix: "first.")
    let kernels = try #require(InstructionSets.available.first)
    let backpropagation = Backpropagation(
      weights: weights, batch: fixture.count, seed: 1, pool: ThreadPool(threads: 2), kernels: kernels)
    _ = backpropagation.run(
      rows: Array(0..<fixture.count)[...], labels: fixture.labels, epoch: 0, fill: fixture.fill)
    let sum = backpropagation.gradient
    for tensor in fixture.network.tensors where !tensor.isStatistic {
      let columns = tensor.shape.columns
      let values = (0..<tensor.shape.count).map {
        sum[tensor.offset + $0 / columns * paddedTo16(columns) + $0 % columns]
      }
      let expected = try fixture.file.float64("gradient.\(tensor.name)", shape: tensor.shape.shape)
      #expect(fixture.error(values, expected) < 1e-5, "\(tensor.name)")
    }
  }

  /// Three steps: losses, weights, running statistics and what the trained weights predict.
  @Test(arguments: names, Optimizer.allCases) func training(name: String, optimizer: Optimizer) throws {
    let fixture = try Fixture(name)
    let weights = try Weights(fixture.network, reading: fixture.file, prefix: "first.")
    let kernels = try #require(InstructionSets.available.first)
    let pool = ThreadPool(threads: 2)
    let backpropagation = Backpropagation(
      weights: weights, batch: fixture.count, seed: 1, pool: pool, kernels: kernels)
    let state = OptimizerState(optimizer, parameterCount: fixture.network.parameterCount)
    let rate = try #require(fixture.file.metadata["\(optimizer).learning_rate"].flatMap(Double.init))
    let losses = try fixture.file.float64("\(optimizer).losses", shape: [3])
    for expected in losses {
      let batch = backpropagation.run(
        rows: Array(0..<fixture.count)[...], labels: fixture.labels, epoch: 0, fill: fixture.fill)
      let loss = batch.losses.reduce(0, +) / Double(fixture.count)
      #expect((loss - expected).magnitude < 1e-6 * expected)
      backpropagation.step(state, learningRate: rate)
    }
    for tensor in fixture.network.tensors {
      let expected = try fixture.file.float64("\(optimizer).\(tensor.name)", shape: tensor.shape.shape)
      #expect(fixture.error(weights.values(of: tensor), expected) < 1e-5, "\(tensor.name)")
    }
    #expect(try fixture.logitError(weights, "\(optimizer).logits", kernels) < 1e-5)
  }
}
