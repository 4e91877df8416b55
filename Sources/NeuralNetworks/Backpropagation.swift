import Compute
import Foundations

/// Loss and gradient of a batch, and the optimizer's step with that gradient.
///
/// The batch is cut into shards of 16 images whatever the number of threads, and each is computed by one
/// thread into memory that is taken before the first step. So threads only decide who computes a shard, never
/// what is computed.
public final class Backpropagation {
  /// The loss of a batch.
  public struct BatchLoss: Sendable {
    /// Each image's loss.
    public let losses: [Double]
    /// The probability of each image's label.
    public let labelProbabilities: [Double]
    /// How many images are classified correctly, with dropout in force.
    public let correct: Int
  }

  private let runner: PlanRunner
  private let random: Philox
  private let labelSmoothing: Double
  private let batchGradients: [BatchGradient?]
  /// The pieces in which the gradient is summed and the parameters are updated; together they are all
  /// parameters.
  let pieces: [GradientPiece]
  /// For each image of the batch its row, its loss, its label's probability and whether it is classified correctly.
  private let rows: UnsafeMutablePointer<UInt32>
  private let losses: UnsafeMutablePointer<Double>
  private let labelProbabilities: UnsafeMutablePointer<Double>
  private let areCorrect: UnsafeMutablePointer<Bool>
  /// Images of the last run.
  private var images = 0

  /// Prepares steps of up to `batch` images. All memory for them is taken here.
  ///
  /// - Parameters:
  ///   - weights: What is trained.
  ///   - batch: The most images of a step.
  ///   - seed: Keys dropout's draws.
  ///   - labelSmoothing: The share of each label that is spread evenly over the classes, from 0 to 1.
  ///   - pool: The threads.
  ///   - kernels: The instruction set.
  ///   - clock: Told what each thread does.
  public init(
    weights: Weights, batch: Int, seed: UInt64, labelSmoothing: Double = 0, pool: ThreadPool,
    kernels: any InstructionSet, clock: LayerClock? = nil
  ) {
    runner = PlanRunner(weights, batch: batch, training: true, pool: pool, kernels: kernels, clock: clock)
    random = Philox(seed: seed)
    self.labelSmoothing = labelSmoothing
    batchGradients = weights.network.layers.map(\.batchGradient)
    pieces = GradientPiece.all(of: weights.network)
    rows = .allocate(capacity: batch)
    losses = .allocate(capacity: batch)
    labelProbabilities = .allocate(capacity: batch)
    areCorrect = .allocate(capacity: batch)
    rows.initialize(repeating: 0, count: batch)
    losses.initialize(repeating: 0, count: batch)
    labelProbabilities.initialize(repeating: 0, count: batch)
    areCorrect.initialize(repeating: false, count: batch)
  }

  deinit {
    rows.deallocate()
    losses.deallocate()
    labelProbabilities.deallocate()
    areCorrect.deallocate()
  }

  /// Bytes that the steps of a training work in, for batches of up to `batch` images on some threads; the
  /// weights and the optimizer's moments come on top.
  public static func memoryBytes(of network: ShapedNetwork, batch: Int, threads: Int) -> Int {
    PassLayout(network, batch: batch, threads: threads, training: true).bytes
  }

  /// Computes the loss of a batch and the shards' gradients of its mean, which `step` uses.
  ///
  /// - Parameters:
  ///   - rows: The images' rows in the table, which with seed and epoch name dropout's draws.
  ///   - labels: The label at each position of the batch.
  ///   - epoch: The epoch, from 0.
  ///   - statisticsShare: The share of the batch in the running statistics of batch normalization.
  ///   - fill: Writes the image at a position, on whichever thread needs it: row by row, a float a pixel.
  public func run(
    rows: ArraySlice<Int>, labels: [UInt8], epoch: Int,
    statisticsShare: Float = 1 - BatchNormalization.momentum,
    fill: (_ position: Int, _ pixels: UnsafeMutablePointer<Float>) -> Void
  ) -> BatchLoss {
    images = rows.count
    for (position, row) in rows.enumerated() { self.rows[position] = UInt32(truncatingIfNeeded: row) }
    let training = PlanRunner.Batch.Training(
      random: random, epoch: UInt32(truncatingIfNeeded: epoch), rows: UnsafePointer(self.rows),
      statisticsShare: statisticsShare)
    runner.run(PlanRunner.Batch(images: images, training: training), fill: fill) { evaluate($0, labels) }
    var correct = 0
    for position in 0..<images where areCorrect[position] { correct += 1 }
    return BatchLoss(
      losses: Array(UnsafeBufferPointer(start: losses, count: images)),
      labelProbabilities: Array(UnsafeBufferPointer(start: labelProbabilities, count: images)),
      correct: correct)
  }

  /// A shard's losses, and their gradient to the logits: (probability - target) / images of the batch. The
  /// target is 1 for the label, less what smoothing spreads over all classes.
  private func evaluate(_ shard: PlanRunner.Shard, _ labels: [UInt8]) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: runner.network.classes) { probabilities in
      guard let start = probabilities.baseAddress else { return }
      evaluate(shard, labels, probabilities: start)
    }
  }

  private func evaluate(
    _ shard: PlanRunner.Shard, _ labels: [UInt8], probabilities: UnsafeMutablePointer<Double>
  ) {
    let classes = runner.network.classes
    let stride = runner.network.output.imageStride
    let spread = labelSmoothing / Double(classes)
    var logits = runner.output(shard)
    var gradient = runner.outputGradient(shard)
    for position in shard.positions {
      let label = Int(labels[position])
      let result = SoftmaxCrossEntropy.evaluate(
        logits, classes: classes, label: label, smoothing: labelSmoothing, probabilities: probabilities)
      losses[position] = result.loss
      labelProbabilities[position] = probabilities[label]
      areCorrect[position] = result.isCorrect
      for index in 0..<classes {
        let target = index == label ? spread + (1 - labelSmoothing) : spread
        gradient[index] = Float((probabilities[index] - target) / Double(images))
      }
      for index in classes..<stride { gradient[index] = 0 }
      logits += stride
      gradient += stride
    }
  }

  /// One step of the optimizer with the gradient of the batch that `run` computed last. Once for each run.
  public func step(_ optimizer: OptimizerState, learningRate: Double) {
    let step = optimizer.nextStep(learningRate: learningRate)
    let clock = runner.clock
    runner.pool.forEach(pieces.count) { worker, piece in
      clock?.start(worker)
      let gradient = gradient(piece: piece, worker: worker)
      optimizer.update(
        runner.weights.parameters, pieces[piece].parameters, gradient: gradient, step, runner.kernels)
      clock?.lap(worker, .updating)
    }
  }

  /// The batch's gradient of a piece of the parameters, summed by the thread `worker`, whose next call
  /// overwrites it: as many floats as the piece has parameters. Once for each run and piece.
  func gradient(piece: Int, worker: Int) -> UnsafePointer<Float> {
    switch pieces[piece].source {
    case .shards(let layer, let offset):
      let start = runner.layout.shardGradientOffsets[layer] + offset
      let gradients = runner.shardGradients
      forEachPair(inTreeOver: shardCount(of: images)) { left, right, _ in
        runner.kernels.addInPlace(
          AddInPlace(
            count: pieces[piece].parameters.count, addend: gradients[right].pointer + start,
            sum: gradients[left].pointer + start))
      }
      return UnsafePointer(gradients[0].pointer + start)
    case .batch(let layer, let rows):
      let (inputs, outputGradients) = runner.batchMaps(layer)
      let gradient = runner.memory(ofThread: worker)
      batchGradients[layer]?.compute(
        BatchGradient.Pass(
          kernels: runner.kernels, images: images, rows: rows, inputs: inputs,
          outputGradients: outputGradients, gradient: gradient))
      runner.clock?.lap(worker, .backward(layer: layer))
      return UnsafePointer(gradient)
    }
  }
}

/// A piece of the parameters and how its gradient is summed.
struct GradientPiece {
  enum Source {
    /// From the shards' gradients of a layer, at this offset.
    case shards(layer: Int, offset: Int)
    /// From the batch's maps, for these rows of a layer's `BatchGradient`.
    case batch(layer: Int, rows: Range<Int>)
  }

  let parameters: Range<Int>
  let source: Source

  /// Parameters in a piece that the shards' gradients make: three arrays of them and a batch's gradients pass
  /// through the second-level cache.
  private static let size = 4096

  /// Parameters of the largest piece.
  static func largest(of network: ShapedNetwork) -> Int {
    all(of: network).map(\.parameters.count).max() ?? 0
  }

  /// All pieces, in the parameters' order.
  static func all(of network: ShapedNetwork) -> [GradientPiece] {
    var pieces: [GradientPiece] = []
    for (index, layer) in network.layers.enumerated() {
      var start = network.parameterOffsets[index]
      let end = start + layer.parameterCount
      if let batch = layer.batchGradient {
        for first in stride(from: 0, to: batch.rows, by: batch.rowsTogether) {
          let rows = first..<min(first + batch.rowsTogether, batch.rows)
          pieces.append(
            GradientPiece(
              parameters: start + rows.lowerBound * batch.rowCount..<start + rows.upperBound * batch.rowCount,
              source: .batch(layer: index, rows: rows)))
        }
        start += batch.count
      }
      for first in stride(from: start, to: end, by: size) {
        pieces.append(
          GradientPiece(
            parameters: first..<min(first + size, end), source: .shards(layer: index, offset: first - start)))
      }
    }
    return pieces
  }
}
