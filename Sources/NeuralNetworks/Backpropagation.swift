import Compute
import Foundations

/// Loss and gradient of a batch: the forward and the backward pass of a network in training.
///
/// The batch is cut into shards of 16 images whatever the number of threads; a shard is computed by one thread into
/// memory that is there before the first step. So only who computes a shard depends on the threads, never what.
public final class Backpropagation {
  /// Images in a shard.
  public static let shardSize = 16

  /// The loss of a batch, image by image.
  public struct BatchLoss: Sendable {
    /// Each image's loss.
    public let losses: [Double]
    /// How many images are predicted right, dropout in force.
    public let correct: Int
  }

  private let network: FittedNetwork
  private let weights: Weights
  private let pool: ThreadPool
  private let kernels: InstructionSet
  private let random: Philox
  private let memory: PassMemory
  private let slots: [AlignedBuffer]
  private let slotPerShard: Bool
  private let shared: AlignedBuffer
  private let imageNumbers: UnsafeMutablePointer<UInt32>
  /// Each shard's gradient of all parameters; `reduceGradients` sums them.
  private let gradients: [AlignedBuffer]
  /// Layers that need numbers from the whole batch, in order.
  private let cuts: [Int]
  /// Each layer that is one of them, nil for the others.
  private let batchwide: [(any BatchwideLayer)?]

  /// Prepares steps of up to `batch` images. The memory for all of them is taken here.
  public init(weights: Weights, batch: Int, seed: UInt64, pool: ThreadPool, kernels: InstructionSet) {
    self.weights = weights
    network = weights.network
    self.pool = pool
    self.kernels = kernels
    random = Philox(seed: seed)
    let memory = PassMemory(network: network, training: true)
    self.memory = memory
    let layers = network.layers
    let batchwide = layers.map { $0 as? any BatchwideLayer }
    self.batchwide = batchwide
    cuts = batchwide.indices.filter { batchwide[$0] != nil }
    let shards = (batch + Self.shardSize - 1) / Self.shardSize
    // Without a batchwide layer a shard is done before the thread takes the next.
    slotPerShard = !cuts.isEmpty
    // Any of the threads may take a shard, also where there are fewer shards than threads.
    let slotCount = slotPerShard ? shards : pool.threads
    slots = (0..<slotCount).map { _ in
      AlignedBuffer(count: memory.slotCount)
    }
    shared = AlignedBuffer(count: memory.sharedCount)
    let parameterCount = network.parameterCount
    gradients = (0..<shards).map { _ in AlignedBuffer(count: parameterCount) }
    imageNumbers = .allocate(capacity: batch)
    imageNumbers.initialize(repeating: 0, count: batch)
  }

  deinit { imageNumbers.deallocate() }

  /// Bytes that training a network takes beside the images: weights, the best ones, an optimizer's two moments, the
  /// shards' gradients and slots, and four copies of a state on its way into a file.
  public static func memoryBytes(of network: FittedNetwork, batch: Int, threads: Int) -> Double {
    let memory = PassMemory(network: network, training: true)
    let shards = (batch + shardSize - 1) / shardSize
    let isBatchwide = network.layers.contains { $0 is any BatchwideLayer }
    let slots = Double(isBatchwide ? shards : threads) * Double(memory.slotCount)
    let copies = Double(4 + shards + 4 * 4)
    return 4 * (copies * Double(network.parameterCount) + slots + Double(memory.sharedCount))
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
    let shards = (count + Self.shardSize - 1) / Self.shardSize
    pool.forEach(network.layers.count) { _, layer in
      network.layers[layer].prepare(memory.weights(weights, shared, layer), kernels, training: true)
    }
    var losses = [Double](repeating: 0, count: count)
    var right = [Bool](repeating: false, count: count)
    losses.withUnsafeMutableBufferPointer { losses in
      right.withUnsafeMutableBufferPointer { right in
        let results = (losses: losses, right: right)
        for segment in 0...cuts.count {
          let first = segment == 0 ? 0 : cuts[segment - 1]
          let end = segment == cuts.count ? network.layers.count : cuts[segment]
          pool.forEach(shards) { worker, shard in
            if segment == 0 { fillShard(worker, shard, count, fill) }
            for layer in first..<end {
              network.layers[layer].forward(pass(worker, shard, count, epoch, layer))
            }
            if segment < cuts.count {
              batchwide[cuts[segment]]?.gather(pass(worker, shard, count, epoch, cuts[segment]))
            } else {
              evaluate(worker, shard, count, epoch, labels, results.losses, results.right)
              backward(worker, shard, count, epoch, from: network.layers.count, to: cuts.last ?? 0)
            }
          }
          if segment < cuts.count {
            batchwide[cuts[segment]]?.merge(passes(shards, count, epoch, cuts[segment]))
          }
        }
      }
    }
    for (index, cut) in cuts.enumerated().reversed() {
      batchwide[cut]?.mergeGradient(passes(shards, count, epoch, cut))
      pool.forEach(shards) { worker, shard in
        network.layers[cut].backward(pass(worker, shard, count, epoch, cut))
        backward(worker, shard, count, epoch, from: cut, to: index == 0 ? 0 : cuts[index - 1])
      }
    }
    return BatchLoss(losses: losses, correct: right.reduce(0) { $0 + ($1 ? 1 : 0) })
  }

  /// Sums the shards' gradients of one range of parameters in the fixed tree, in their place, and returns the sum.
  public func reduceGradients(_ range: Range<Int>, images: Int) -> UnsafePointer<Float> {
    let shards = (images + Self.shardSize - 1) / Self.shardSize
    var distance = 1
    while distance < shards {
      for left in stride(from: 0, to: shards - distance, by: 2 * distance) {
        kernels.addInPlace(
          range.count, gradients[left].pointer + range.lowerBound,
          gradients[left + distance].pointer + range.lowerBound)
      }
      distance *= 2
    }
    return UnsafePointer(gradients[0].pointer + range.lowerBound)
  }

  /// The backward passes of the layers below `from` down to `to`; a batchwide layer at `to` only gathers.
  private func backward(_ worker: Int, _ shard: Int, _ count: Int, _ epoch: Int, from: Int, to: Int) {
    for layer in stride(from: from - 1, through: to, by: -1) {
      let pass = pass(worker, shard, count, epoch, layer)
      if let batchwide = batchwide[layer] {
        batchwide.gatherGradient(pass)
      } else {
        network.layers[layer].backward(pass)
      }
    }
  }

  private func fillShard(
    _ worker: Int, _ shard: Int, _ count: Int, _ fill: (Int, UnsafeMutablePointer<Float>) -> Void
  ) {
    let first = shard * Self.shardSize
    let pixels = slot(worker, shard)
    for position in first..<min(first + Self.shardSize, count) {
      fill(position, pixels + (position - first) * network.input.imageStride)
    }
  }

  /// The shard's losses, and their gradient to the logits: (probability - 1 for the label's) / images of the batch.
  private func evaluate(
    _ worker: Int, _ shard: Int, _ count: Int, _ epoch: Int, _ labels: [UInt8],
    _ losses: UnsafeMutableBufferPointer<Double>, _ right: UnsafeMutableBufferPointer<Bool>
  ) {
    let pass = pass(worker, shard, count, epoch, network.layers.count - 1)
    let stride = network.layers[network.layers.count - 1].output.imageStride
    for image in 0..<pass.images {
      let position = shard * Self.shardSize + image
      let label = Int(labels[position])
      let result = SoftmaxCrossEntropy.evaluate(pass.output + image * stride, label: label)
      losses[position] = result.loss
      right[position] = result.isCorrect
      let gradient = pass.outputGradient + image * stride
      for index in 0..<FittedNetwork.classes {
        gradient[index] = Float((result.probabilities[index] - (index == label ? 1 : 0)) / Double(count))
      }
      for index in FittedNetwork.classes..<stride { gradient[index] = 0 }
    }
  }

  private func slot(_ worker: Int, _ shard: Int) -> UnsafeMutablePointer<Float> {
    slots[slotPerShard ? shard : worker].pointer
  }

  private func passes(_ shards: Int, _ count: Int, _ epoch: Int, _ layer: Int) -> [ShardPass] {
    (0..<shards).map { pass(0, $0, count, epoch, layer) }
  }

  private func pass(_ worker: Int, _ shard: Int, _ count: Int, _ epoch: Int, _ layer: Int) -> ShardPass {
    memory.pass(
      layer: layer, slot: slot(worker, shard), shared: shared, gradient: gradients[shard].pointer,
      weights: weights, kernels: kernels, images: min(Self.shardSize, count - shard * Self.shardSize),
      random: random, epoch: epoch, imageNumbers: imageNumbers + shard * Self.shardSize)
  }
}
