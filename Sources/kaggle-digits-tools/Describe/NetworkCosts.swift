import Competition
import Compute
import Foundations
import NeuralNetworks

/// The memory that a network takes.
struct NetworkCosts {
  /// Images in a training step.
  let batch: Int
  /// The numbers of a checkpoint, 4 bytes each; its header takes a few thousand more.
  let checkpointBytes: Int
  /// For a training: the steps, the weights and Adam's two moments, without the images.
  let trainingBytes: Int
  /// For predictions: their work and the weights.
  let predictionBytes: Int

  init(of network: ShapedNetwork, batch: Int, threads: Int) {
    self.batch = batch
    checkpointBytes = 4 * network.tensors.reduce(0) { $0 + $1.shape.count }
    let weights = network.parameterCount + network.statisticCount
    trainingBytes =
      Backpropagation.memoryBytes(of: network, batch: batch, threads: threads)
      + 4 * (weights + 2 * network.parameterCount)
    predictionBytes = Prediction.memoryBytes(of: network, threads: threads) + 4 * weights
  }

  /// Refuses (`usage`) what this machine has too little memory to train.
  func requireMemory(for network: ShapedNetwork) throws(KitError) {
    try requirePhysicalMemory(
      Double(trainingBytes), for: "training \(network.network.notation) with --batch \(batch)",
      remedy: "A smaller --batch may fit, or --no-speed, which does not train")
  }
}

/// Images per second, measured for about half a second each.
struct NetworkSpeed {
  let trained: Double
  let predicted: Double

  /// Trains on and predicts images of noise: the time does not depend on what they show, as long as losses don't vanish.
  init(of network: ShapedNetwork, batch: Int, threads: Int, kernels: any InstructionSet) {
    let pool = ThreadPool(threads: threads)
    let weights = Weights(initializing: network, seed: 1)
    let images = shardSize * max(32, 8 * threads)
    func draw(_ image: Int, _ pixels: UnsafeMutablePointer<Float>) {
      for pixel in 0..<DigitTable.pixelCount {
        pixels[pixel] = Float((pixel &* 31 &+ image &* 17) & 255) / 255
      }
    }
    let prediction = Prediction(weights: weights, pool: pool, kernels: kernels)
    predicted = Self.imagesPerSecond(images) { _ = prediction.logits(images, fill: draw) }
    let optimizer = OptimizerState(.adam, parameterCount: network.parameterCount)
    let backpropagation = Backpropagation(
      weights: weights, batch: batch, seed: 1, pool: pool, kernels: kernels)
    let (rows, labels) = (Array(0..<batch), (0..<batch).map { UInt8($0 % 10) })
    trained = Self.imagesPerSecond(batch) {
      _ = backpropagation.run(rows: rows[...], labels: labels, epoch: 0, fill: draw)
      backpropagation.step(optimizer, learningRate: 0.001)
    }
  }

  /// The median rate of the steps within half a second, at least three, after one to warm up.
  private static func imagesPerSecond(_ images: Int, _ step: () -> Void) -> Double {
    step()
    let begin = ContinuousClock.now
    var seconds: [Double] = []
    while seconds.count < 3 || (ContinuousClock.now - begin) / .seconds(1) < 0.5 {
      let start = ContinuousClock.now
      step()
      seconds.append((ContinuousClock.now - start) / .seconds(1))
    }
    return Double(images) / seconds.sorted()[seconds.count / 2]
  }
}
