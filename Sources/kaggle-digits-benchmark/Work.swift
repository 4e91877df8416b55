import Competition
import Compute
import NeuralNetworks
import SyntheticDigits

/// Synthetic digits to train on and to predict.
struct Digits {
  let labels: [UInt8]
  private let pixels: [UInt8]

  init(count: Int) {
    let rows = (0..<count).map { SyntheticSample(trainRows: count, testRows: 0, seed: 1).trainingRow($0) }
    labels = rows.map { UInt8($0.label) }
    pixels = rows.flatMap(\.pixels)
  }

  var count: Int { labels.count }

  /// Writes a digit's pixels to `target`, 784 floats, scaled as a network's input.
  func fill(_ row: Int, _ target: UnsafeMutablePointer<Float>, _ kernels: any InstructionSet) {
    pixels.withUnsafeBufferPointer { pixels in
      guard let start = pixels.baseAddress else { return }
      kernels.scalePixels(
        ScalePixels(
          count: DigitTable.pixelCount, pixels: start + row * DigitTable.pixelCount, result: target))
    }
  }
}

/// Training steps of a network.
final class TrainingWork {
  let weights: Weights
  private let optimizer: OptimizerState
  private let backpropagation: Backpropagation
  private let digits: Digits
  private let batch: Int
  private let kernels: any InstructionSet
  private var steps = 0

  init(
    _ subject: Subject, digits: Digits, pool: ThreadPool, kernels: any InstructionSet,
    clock: LayerClock? = nil
  ) {
    weights = Weights(initializing: subject.network, seed: 1)
    optimizer = OptimizerState(.adam, parameterCount: subject.network.parameterCount)
    backpropagation = Backpropagation(
      weights: weights, batch: subject.batch, seed: 1, pool: pool, kernels: kernels, clock: clock)
    self.digits = digits
    batch = subject.batch
    self.kernels = kernels
  }

  /// Does one step; returns its number of images.
  func step() -> Int {
    let rows = (0..<batch).map { (steps * batch + $0) % digits.count }
    steps += 1
    _ = backpropagation.run(rows: rows[...], labels: rows.map { digits.labels[$0] }, epoch: steps) {
      digits.fill(rows[$0], $1, kernels)
    }
    backpropagation.step(optimizer, learningRate: 0.001)
    return batch
  }
}

/// Predictions of a network.
final class PredictionWork {
  private let prediction: Prediction
  private let weights: Weights
  private let digits: Digits
  private let kernels: any InstructionSet
  private let images: Int

  init(_ weights: Weights, digits: Digits, pool: ThreadPool, kernels: any InstructionSet, clock: LayerClock?)
  {
    prediction = Prediction(weights: weights, pool: pool, kernels: kernels, clock: clock)
    self.weights = weights
    self.digits = digits
    self.kernels = kernels
    // Enough shards that the threads finish at about the same time.
    images = shardSize * max(32, 8 * pool.threads)
  }

  /// Takes the weights and predicts some digits; returns their number.
  func step() -> Int {
    prediction.use(weights)
    _ = prediction.logits(images) { digits.fill($0 % digits.count, $1, kernels) }
    return images
  }
}
