import Compute
import Foundations

/// The forward pass alone: probabilities of images. A prediction never depends on what else is predicted with it.
public final class Prediction {
  private let weights: Weights
  private let network: FittedNetwork
  private let pool: ThreadPool
  private let kernels: InstructionSet
  private let memory: PassMemory
  private let slots: [AlignedBuffer]
  private let shared: AlignedBuffer
  private let imageNumbers: UnsafeMutablePointer<UInt32>

  /// Prepares predictions with weights, which may change between two calls.
  public init(weights: Weights, pool: ThreadPool, kernels: InstructionSet) {
    self.weights = weights
    network = weights.network
    self.pool = pool
    self.kernels = kernels
    let memory = PassMemory(network: network, training: false)
    self.memory = memory
    slots = (0..<pool.threads).map { _ in AlignedBuffer(count: memory.slotCount) }
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
    let classes = FittedNetwork.classes
    pool.forEach(network.layers.count) { _, layer in
      network.layers[layer].prepare(memory.weights(weights, shared, layer), kernels, training: false)
    }
    return [Float](unsafeUninitializedCapacity: count * classes) { logits, filled in
      let logits = logits
      pool.forEach((count + size - 1) / size) { worker, shard in
        let slot = slots[worker].pointer
        let images = min(size, count - shard * size)
        for image in 0..<images { fill(shard * size + image, slot + image * network.input.imageStride) }
        for layer in network.layers.indices {
          network.layers[layer].forward(pass(layer, slot, images))
        }
        let output = pass(network.layers.count - 1, slot, images).output
        let stride = network.layers[network.layers.count - 1].output.imageStride
        for image in 0..<images {
          for index in 0..<classes {
            logits[(shard * size + image) * classes + index] = output[image * stride + index]
          }
        }
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
        SoftmaxCrossEntropy.probabilities(of: start + $0 * FittedNetwork.classes)
      }
    }
  }

  private func pass(_ layer: Int, _ slot: UnsafeMutablePointer<Float>, _ images: Int) -> ShardPass {
    memory.pass(
      layer: layer, slot: slot, shared: shared, gradient: slot, weights: weights, kernels: kernels,
      images: images, random: Philox(seed: 0), epoch: 0, imageNumbers: imageNumbers)
  }
}
