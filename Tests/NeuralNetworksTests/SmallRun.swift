import Compute
import Foundations
@testable import NeuralNetworks

/// A small network on drawn images, for tests that run the engine.
struct SmallRun {
  let network: ShapedNetwork
  let images: [[Float]]
  let labels: [UInt8]
  /// The images' numbers among the training rows: not in order, as in an epoch.
  let rows: [Int]
  let epoch = 3
  let seed: UInt64 = 11

  init(_ notation: String, side: Int, images count: Int, classes: Int = DigitClass.count) throws {
    network = try ShapedNetwork(Network(notation: notation), side: side, classes: classes)
    var random = RandomStream(Philox(seed: 5), .sample, image: side)
    images = (0..<count).map { _ in (0..<side * side).map { _ in Float(random.uniform()) } }
    labels = (0..<count).map { _ in UInt8(random.below(classes)) }
    rows = random.permutation(1000).dropLast(1000 - count)
  }

  /// First weights, of which none is a round number: biases, γ, β and the running statistics are drawn too.
  func weights() -> Weights {
    let weights = Weights(initializing: network, seed: seed)
    for (number, tensor) in network.tensors.enumerated() where tensor.shape.shape.count == 1 {
      var random = RandomStream(Philox(seed: 6), .sample, image: number)
      let isPositive = tensor.name.hasSuffix("gamma") || tensor.name.hasSuffix("variance")
      let values = (0..<tensor.shape.count).map { _ in
        Float(isPositive ? random.uniform(0.5, 1.5) : random.uniform(-0.3, 0.3))
      }
      weights.assign(values, to: tensor)
    }
    return weights
  }

  /// Writes an image into the engine's memory, row by row.
  func fill(_ position: Int, _ pixels: UnsafeMutablePointer<Float>) {
    for (index, value) in images[position].enumerated() { pixels[index] = value }
  }

  /// Loss and gradient of the batch; the gradient is laid out as the parameters are.
  func gradient(
    _ weights: Weights, labelSmoothing: Double = 0, threads: Int = 2, kernels: any InstructionSet
  ) -> (loss: Backpropagation.BatchLoss, gradient: [Float]) {
    let backpropagation = Backpropagation(
      weights: weights, batch: images.count, seed: seed, labelSmoothing: labelSmoothing,
      pool: ThreadPool(threads: threads), kernels: kernels)
    let loss = backpropagation.run(rows: rows[...], labels: labels, epoch: epoch, fill: fill)
    return (loss, backpropagation.gradient)
  }

  /// A tensor's numbers in memory laid out as the parameters are, without the padding.
  func values(of tensor: ShapedNetwork.Tensor, in memory: [Float]) -> [Float] {
    let columns = tensor.shape.columns
    return (0..<tensor.shape.count).map {
      memory[tensor.offset + $0 / columns * paddedTo16(columns) + $0 % columns]
    }
  }

  /// The logits of some of the images, ten each.
  func logits(_ weights: Weights, of chosen: [Int], threads: Int = 2, kernels: any InstructionSet) -> [Float]
  {
    Prediction(weights: weights, pool: ThreadPool(threads: threads), kernels: kernels)
      .logits(chosen.count) { fill(chosen[$0], $1) }
  }
}

extension Backpropagation {
  /// The last run's gradient of all parameters.
  var gradient: [Float] {
    pieces.indices.flatMap { piece in
      let sum = gradient(piece: piece, worker: 0)
      return pieces[piece].parameters.indices.map { sum[$0 - pieces[piece].parameters.lowerBound] }
    }
  }
}

/// Networks that together hold every layer, odd sizes, dropped rows, 1-pixel maps and layers in unusual
/// places.
let smallNetworks: [(notation: String, side: Int)] = [
  ("4C3-P2-5C2l-A2-6N", 11),
  ("16C3-16C3-P2-16C3pl-P2-20C3p-6N", 14),
  ("16C2-D20-20C3l-P2-D30-17N-D10-5N", 9),
  ("17C5-P3-B-18C3p-B-20N", 16),
  ("16C3-B-16C5S2p-B-D30-17C3p-B-B-D20-4N", 14),
  ("16C2-17C5-B-18C5pl-P2-5N", 10),
  ("3C4S2p-4C3p-P2-7N", 9),
  ("5C2x3p-A3-6C2S2pl-F-4Nl", 9),
  ("33C3S3-D30-17C2-3N-D50", 8),
  ("4C3-B-5C3S2p-B-P2-D20-6N-B", 9),
  ("6C8-B-3N", 8),
  ("D10-4C3-P3-D40-5N", 9),
  ("P2-4C2p-A2-B-F-D10-5N", 9),
  ("A3-D20-6N", 9),
  ("B-4C3S2-B-3C2", 7),
  ("P2-B-17C3S2p", 9),
  ("5N-4C1", 5),
  ("P1-F-B-4N", 4),
]
