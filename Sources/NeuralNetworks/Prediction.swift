import Compute
import Foundations

/// The forward pass alone: probabilities of images. A prediction never depends on what else is predicted with it.
public final class Prediction {
  private let weights: Weights
  private let network: ShapedNetwork
  private let pool: ThreadPool
  private let kernels: InstructionSet
  private let memory: PassMemory
  private let slots: [AlignedBuffer]
  private let threads: [AlignedBuffer]
  private let shared: AlignedBuffer
  private let imageNumbers: UnsafeMutablePointer<UInt32>
  /// Told what each thread does; nil in all but a benchmark.
  private let clock: LayerClock?

  /// Prepares predictions with weights, which may change between two calls.
  public init(weights: Weights, pool: ThreadPool, kernels: InstructionSet, clock: LayerClock? = nil) {
    self.weights = weights
    self.clock = clock
    network = weights.network
    self.pool = pool
    self.kernels = kernels
    let memory = PassMemory(network: network, batch: Backpropagation.shardSize, training: false)
    self.memory = memory
    slots = (0..<pool.threads).map { _ in AlignedBuffer(count: memory.slotCount) }
    threads = (0..<pool.threads).map { _ in AlignedBuffer(count: memory.threadCount) }
    shared = AlignedBuffer(count: memory.sharedCount)
    imageNumbers = .allocate(capacity: Backpropagation.shardSize)
    imageNumbers.initialize(repeating: 0, count: Backpropagation.shardSize)
  }

  deinit { imageNumbers.deallocate() }

  /// The logits of `count` images, ten each; `fill(image, pixels)` writes an image.
  public func logits(
    _ count: Int, fill: (_ image: Int, _ pixels: UnsafeMutablePointer<Float>) -> Void
  ) -> [Float] {
    let size = Backpropagation.shardSize
    let classes = DigitClass.count
    pool.forEach(network.layers.count) { worker, layer in
      clock?.start(worker)
      for piece in 0..<network.layers[layer].preparationPieces {
        network.layers[layer].prepare(
          memory.weights(weights, shared, layer), kernels, training: false, piece: piece)
      }
      clock?.lap(worker, .preparing)
    }
    return [Float](unsafeUninitializedCapacity: count * classes) { logits, filled in
      let logits = logits
      pool.forEach(Backpropagation.shards(of: count)) { worker, shard in
        clock?.start(worker)
        let images = min(size, count - shard * size)
        let pixels = memory.images(place(worker))
        for image in 0..<images { fill(shard * size + image, pixels + image * network.input.imageStride) }
        clock?.lap(worker, .filling)
        for layer in network.layers.indices {
          network.layers[layer].forward(pass(layer, worker, images))
          clock?.lap(worker, .forward(layer: layer))
        }
        let output = pass(network.layers.count - 1, worker, images).output
        let stride = network.layers[network.layers.count - 1].output.imageStride
        for image in 0..<images {
          for index in 0..<classes {
            logits[(shard * size + image) * classes + index] = output[image * stride + index]
          }
        }
        clock?.lap(worker, .loss)
      }
      filled = count * classes
    }
  }

  /// The probabilities of `count` images, ten each.
  public func probabilities(
    _ count: Int, fill: (_ image: Int, _ pixels: UnsafeMutablePointer<Float>) -> Void
  ) -> [Double] {
    let logits = logits(count, fill: fill)
    return logits.withUnsafeBufferPointer { logits in
      guard let start = logits.baseAddress else { return [] }
      return (0..<count).flatMap {
        SoftmaxCrossEntropy.probabilities(of: start + $0 * DigitClass.count)
      }
    }
  }

  private func place(_ worker: Int) -> PassMemory.Memory {
    PassMemory.Memory(
      shard: 0, slot: slots[worker].pointer, thread: threads[worker].pointer, shared: shared)
  }

  private func pass(_ layer: Int, _ worker: Int, _ images: Int) -> ShardPass {
    memory.pass(
      layer: layer, in: place(worker), gradient: slots[worker].pointer, weights: weights, kernels: kernels,
      images: images, random: Philox(seed: 0), epoch: 0, imageNumbers: imageNumbers)
  }
}
