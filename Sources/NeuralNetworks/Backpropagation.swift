import Compute
import Foundations

/// Loss and gradient of a batch: the forward and the backward pass of a network in training.
///
/// The batch is cut into shards of 16 images whatever the number of threads; a shard is computed by one thread into
/// memory that is there before the first step. So only who computes a shard depends on the threads, never what.
public final class Backpropagation {
  /// Images in a shard.
  public static let shardSize = 16

  /// How many shards a number of images makes; the last may have fewer.
  static func shards(of images: Int) -> Int { (images + shardSize - 1) / shardSize }

  /// The loss of a batch, image by image.
  public struct BatchLoss: Sendable {
    /// Each image's loss.
    public let losses: [Double]
    /// How many images are predicted right, dropout in force.
    public let correct: Int
  }

  private let network: ShapedNetwork
  private let weights: Weights
  private let pool: ThreadPool
  private let kernels: InstructionSet
  private let random: Philox
  private let memory: PassMemory
  private let labelSmoothing: Double
  private let slots: [AlignedBuffer]
  private let slotPerShard: Bool
  private let shared: AlignedBuffer
  private let imageNumbers: UnsafeMutablePointer<UInt32>
  /// Each thread's memory.
  private let threads: [AlignedBuffer]
  /// Each shard's gradient of the parameters; `gradient` sums them.
  private let gradients: [AlignedBuffer]
  private let gradientPieces: [GradientPiece]
  private let preprocessings: [(layer: Int, piece: Int)]
  /// Layers that need numbers from the whole batch, in order.
  private let cuts: [Int]
  /// Each layer that is one of them, nil for the others.
  private let batchwide: [(any BatchwideLayer)?]
  /// The share of a step's statistics in batch normalisation's running ones.
  public var statisticsShare: Float = 1 - BatchNormalization.momentum
  /// Told what each thread does; nil in all but a benchmark.
  let clock: LayerClock?

  /// Prepares steps of up to `batch` images. The memory for all of them is taken here.
  public init(
    weights: Weights, batch: Int, seed: UInt64, labelSmoothing: Double = 0, pool: ThreadPool,
    kernels: InstructionSet, clock: LayerClock? = nil
  ) {
    self.weights = weights
    self.labelSmoothing = labelSmoothing
    self.clock = clock
    network = weights.network
    self.pool = pool
    self.kernels = kernels
    random = Philox(seed: seed)
    let memory = PassMemory(network: network, batch: batch, training: true)
    self.memory = memory
    let layers = network.layers
    let batchwide = layers.map { $0 as? any BatchwideLayer }
    self.batchwide = batchwide
    cuts = batchwide.indices.filter { batchwide[$0] != nil }
    let shards = Self.shards(of: batch)
    // Without a batchwide layer a shard is done before the thread takes the next.
    slotPerShard = !cuts.isEmpty
    // Any of the threads may take a shard, also where there are fewer shards than threads.
    let slotCount = slotPerShard ? shards : pool.threads
    slots = (0..<slotCount).map { _ in
      AlignedBuffer(count: memory.slotCount)
    }
    shared = AlignedBuffer(count: memory.sharedCount)
    gradients = (0..<shards).map { _ in AlignedBuffer(count: memory.shardGradientCount) }
    let gradientPieces = GradientPiece.all(of: network, memory)
    self.gradientPieces = gradientPieces
    pieces = gradientPieces.map(\.parameters)
    let largestPiece = gradientPieces.map(\.parameters.count).max() ?? 0
    threads = (0..<pool.threads).map { _ in AlignedBuffer(count: max(memory.threadCount, largestPiece)) }
    preprocessings = layers.indices.flatMap { layer in
      (0..<layers[layer].preparationPieces).map { (layer, $0) }
    }
    imageNumbers = .allocate(capacity: batch)
    imageNumbers.initialize(repeating: 0, count: batch)
  }

  deinit { imageNumbers.deallocate() }

  /// Bytes that training a network takes beside the images: weights, the best ones, an optimizer's two moments, with an
  /// average the averaged ones and a copy, the shards' gradients and slots, and four copies of a state on its way into a
  /// file.
  public static func memoryBytes(
    of network: ShapedNetwork, batch: Int, threads: Int, isAveraging: Bool
  ) -> Double {
    let memory = PassMemory(network: network, batch: batch, training: true)
    let shards = shards(of: batch)
    let isBatchwide = network.layers.contains { $0 is any BatchwideLayer }
    let slots = Double(isBatchwide ? shards : threads) * Double(memory.slotCount)
    let steps =
      slots + Double(memory.sharedCount + threads * memory.threadCount + shards * memory.shardGradientCount)
    let copies = isAveraging ? 6 + 4 * 5 : 4 + 4 * 4
    return 4 * (Double(copies) * Double(network.parameterCount) + steps)
  }

  /// Bytes that the steps work in: the shards' slots and gradients, the threads' memory, and what the shards share.
  public var memoryBytes: Int {
    4 * ((slots + gradients + threads).reduce(shared.count) { $0 + $1.count })
  }

  /// Computes the loss of a batch and the shards' gradients of its mean.
  ///
  /// `rows` are the images' rows in the table, which with seed and epoch name dropout's draws;
  /// `fill(position, pixels)` writes the position's image, on whichever thread needs it.
  public func run(
    rows: ArraySlice<Int>, labels: [UInt8], epoch: Int,
    fill: (_ position: Int, _ pixels: UnsafeMutablePointer<Float>) -> Void
  ) -> BatchLoss {
    let count = rows.count
    for (position, row) in rows.enumerated() { imageNumbers[position] = UInt32(truncatingIfNeeded: row) }
    let shards = Self.shards(of: count)
    pool.forEach(preprocessings.count) { worker, index in
      clock?.start(worker)
      let (layer, piece) = preprocessings[index]
      network.layers[layer].prepare(
        memory.weights(weights, shared, layer), kernels, training: true, piece: piece)
      clock?.lap(worker, .preparing)
    }
    var losses = [Double](repeating: 0, count: count)
    var right = [Bool](repeating: false, count: count)
    losses.withUnsafeMutableBufferPointer { losses in
      right.withUnsafeMutableBufferPointer { right in
        let results = (losses: losses, right: right)
        for segment in 0...cuts.count {
          let first = segment == 0 ? 0 : cuts[segment - 1]
          let end = segment == cuts.count ? network.layers.count : cuts[segment]
          pool.forEach(shards) { worker, piece in
            let shard = turned(piece, shards, segment)
            clock?.start(worker)
            if segment == 0 { fillShard(worker, shard, count, fill) }
            for layer in first..<end {
              network.layers[layer].forward(pass(worker, shard, count, epoch, layer))
              clock?.lap(worker, .forward(layer: layer))
            }
            if segment < cuts.count {
              batchwide[cuts[segment]]?.gather(pass(worker, shard, count, epoch, cuts[segment]))
              clock?.lap(worker, .forward(layer: cuts[segment]))
            } else {
              evaluate(worker, shard, count, epoch, labels, results.losses, results.right)
              backward(worker, shard, count, epoch, from: network.layers.count, to: cuts.last ?? 0)
            }
          }
          if segment < cuts.count {
            clock?.start(0)
            batchwide[cuts[segment]]?.merge(passes(shards, count, epoch, cuts[segment]))
            clock?.lap(0, .forward(layer: cuts[segment]))
          }
        }
      }
    }
    for (index, cut) in cuts.enumerated().reversed() {
      clock?.start(0)
      batchwide[cut]?.mergeGradient(passes(shards, count, epoch, cut))
      clock?.lap(0, .backward(layer: cut))
      pool.forEach(shards) { worker, piece in
        let shard = turned(piece, shards, index)
        clock?.start(worker)
        network.layers[cut].backward(pass(worker, shard, count, epoch, cut))
        clock?.lap(worker, .backward(layer: cut))
        backward(worker, shard, count, epoch, from: cut, to: index == 0 ? 0 : cuts[index - 1])
      }
    }
    return BatchLoss(losses: losses, correct: right.reduce(0) { $0 + ($1 ? 1 : 0) })
  }

  /// The shards are gone through forwards and backwards by turns: the last one's numbers are still in the cache.
  private func turned(_ piece: Int, _ shards: Int, _ turn: Int) -> Int {
    turn % 2 == 0 ? piece : shards - 1 - piece
  }

  /// The pieces in which the gradient is summed up: ranges that together are all parameters.
  public let pieces: [Range<Int>]

  /// The batch's gradient of a piece of the parameters, summed by the thread `worker`, whose next call overwrites it.
  /// Once a step and piece.
  public func gradient(piece: Int, worker: Int, images: Int) -> UnsafePointer<Float> {
    switch gradientPieces[piece].source {
    case .shards(let start):
      return reduceShards(
        start, count: gradientPieces[piece].parameters.count, Self.shards(of: images))
    case .batch(let layer, let rows):
      let (inputs, outputGradients) = memory.batch(layer, shared)
      (network.layers[layer] as? any BatchGradientLayer)?.batchGradient(
        rows: rows, images: images, inputs: inputs, outputGradients: outputGradients, kernels,
        threads[worker].pointer)
      clock?.lap(worker, .backward(layer: layer))
      return UnsafePointer(threads[worker].pointer)
    }
  }

  /// Sums the shards' gradients in the fixed tree, in their place.
  private func reduceShards(_ start: Int, count: Int, _ shards: Int) -> UnsafePointer<Float> {
    forEachPair(inTreeOver: shards) { left, right, _ in
      kernels.addInPlace(
        AddInPlace(
          count: count, addend: gradients[right].pointer + start, sum: gradients[left].pointer + start))
    }
    return UnsafePointer(gradients[0].pointer + start)
  }

  /// The backward passes of the layers below `from` down to `to`; a batchwide layer at `to` only gathers.
  private func backward(_ worker: Int, _ shard: Int, _ count: Int, _ epoch: Int, from: Int, to: Int) {
    for layer in stride(from: from - 1, through: to, by: -1) {
      for earlier in memory.recomputed[layer] {
        network.layers[earlier].forward(pass(worker, shard, count, epoch, earlier))
        clock?.lap(worker, .backward(layer: earlier))
      }
      let pass = pass(worker, shard, count, epoch, layer)
      if let batchwide = batchwide[layer] {
        batchwide.gatherGradient(pass)
      } else {
        network.layers[layer].backward(pass)
      }
      clock?.lap(worker, .backward(layer: layer))
    }
  }

  private func fillShard(
    _ worker: Int, _ shard: Int, _ count: Int, _ fill: (Int, UnsafeMutablePointer<Float>) -> Void
  ) {
    let first = shard * Self.shardSize
    let pixels = memory.images(place(worker, shard))
    for position in first..<min(first + Self.shardSize, count) {
      fill(position, pixels + (position - first) * network.input.imageStride)
    }
    clock?.lap(worker, .filling)
  }

  /// The shard's losses, and their gradient to the logits: (probability - target) / images of the batch. The target is 1
  /// for the label, less what smoothing spreads over all classes.
  private func evaluate(
    _ worker: Int, _ shard: Int, _ count: Int, _ epoch: Int, _ labels: [UInt8],
    _ losses: UnsafeMutableBufferPointer<Double>, _ right: UnsafeMutableBufferPointer<Bool>
  ) {
    let pass = pass(worker, shard, count, epoch, network.layers.count - 1)
    let stride = network.layers[network.layers.count - 1].output.imageStride
    let spread = labelSmoothing / Double(DigitClass.count)
    for image in 0..<pass.images {
      let position = shard * Self.shardSize + image
      let label = Int(labels[position])
      let result = SoftmaxCrossEntropy.evaluate(
        pass.output + image * stride, label: label, smoothing: labelSmoothing)
      losses[position] = result.loss
      right[position] = result.isCorrect
      let gradient = pass.outputGradient + image * stride
      for index in 0..<DigitClass.count {
        let target = index == label ? spread + (1 - labelSmoothing) : spread
        gradient[index] = Float((result.probabilities[index] - target) / Double(count))
      }
      for index in DigitClass.count..<stride { gradient[index] = 0 }
    }
    clock?.lap(worker, .loss)
  }

  private func place(_ worker: Int, _ shard: Int) -> PassMemory.Memory {
    PassMemory.Memory(
      shard: shard, slot: slots[slotPerShard ? shard : worker].pointer, thread: threads[worker].pointer,
      shared: shared)
  }

  private func passes(_ shards: Int, _ count: Int, _ epoch: Int, _ layer: Int) -> [ShardPass] {
    (0..<shards).map { pass(0, $0, count, epoch, layer) }
  }

  private func pass(_ worker: Int, _ shard: Int, _ count: Int, _ epoch: Int, _ layer: Int) -> ShardPass {
    memory.pass(
      layer: layer, in: place(worker, shard), gradient: gradients[shard].pointer,
      weights: weights, kernels: kernels, images: min(Self.shardSize, count - shard * Self.shardSize),
      statisticsShare: statisticsShare, random: random, epoch: epoch,
      imageNumbers: imageNumbers + shard * Self.shardSize)
  }
}

/// A piece of the parameters and how its gradient is summed.
private struct GradientPiece {
  enum Source {
    /// From the shards' gradients, at this offset.
    case shards(Int)
    /// From the batch's images, for these rows of a layer's weights.
    case batch(layer: Int, rows: Range<Int>)
  }

  let parameters: Range<Int>
  let source: Source

  /// Parameters in a piece of work: three arrays of them and a batch's gradients pass through the second-level cache.
  private static let size = 4096

  static func all(of network: ShapedNetwork, _ memory: PassMemory) -> [GradientPiece] {
    var pieces: [GradientPiece] = []
    for (index, layer) in network.layers.enumerated() {
      let start = network.parameterOffsets[index]
      var batchCount = 0
      if let layer = layer as? any BatchGradientLayer {
        batchCount = layer.batchGradientCount
        let rows = batchCount / layer.batchGradientRow
        for first in stride(from: 0, to: rows, by: layer.batchGradientRows) {
          let rows = first..<min(first + layer.batchGradientRows, rows)
          pieces.append(
            GradientPiece(
              parameters: start + rows.lowerBound * layer.batchGradientRow..<start + rows.upperBound
                * layer.batchGradientRow,
              source: .batch(layer: index, rows: rows)))
        }
      }
      for first in stride(from: 0, to: layer.parameterCount - batchCount, by: size) {
        let end = min(first + size, layer.parameterCount - batchCount)
        pieces.append(
          GradientPiece(
            parameters: start + batchCount + first..<start + batchCount + end,
            source: .shards(memory.shardGradientOffset(index) + first)))
      }
    }
    return pieces
  }
}
