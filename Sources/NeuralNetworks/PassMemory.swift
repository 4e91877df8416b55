import Compute
import Foundations

/// Where everything that a shard's passes need stands in its slot, and what the shards share.
///
/// A slot holds the image and every layer's output (in prediction two that take turns), every layer's workspace, and
/// two gradients that take turns.
struct PassMemory: Sendable {
  private let network: FittedNetwork
  private let training: Bool
  /// Output offsets; index 0 is the image's, index n + 1 layer n's.
  private let outputs: [Int]
  private let workspaces: [Int]
  private let gradients: [Int]
  private let prepared: [Int]
  private let sharedOffsets: [Int]
  /// Below the first layer with parameters a gradient is nobody's concern.
  private let firstTrainedLayer: Int
  /// Floats of a slot.
  let slotCount: Int
  /// Floats that the shards share.
  let sharedCount: Int

  init(network: FittedNetwork, training: Bool) {
    self.network = network
    self.training = training
    firstTrainedLayer = network.layers.firstIndex { !$0.parameters.isEmpty } ?? network.layers.count
    let shard = Backpropagation.shardSize
    var count = 0
    func take(_ floats: Int) -> Int {
      defer { count += paddedTo16(floats) }
      return count
    }
    let sizes = [network.input.imageStride * shard] + network.layers.map { $0.output.imageStride * shard }
    let largest = sizes.max() ?? 0
    if training {
      outputs = sizes.map { take($0) }
      gradients = [take(largest), take(largest)]
    } else {
      let turns = [take(largest), take(largest)]
      outputs = sizes.indices.map { turns[$0 % 2] }
      gradients = []
    }
    workspaces = network.layers.map { take($0.workspaceCount(training: training)) }
    slotCount = count
    count = 0
    prepared = network.layers.map { take($0.preparedCount) }
    sharedOffsets = network.layers.map { take(($0 as? any BatchwideLayer)?.sharedCount ?? 0) }
    sharedCount = count
  }

  func weights(_ weights: Weights, _ shared: AlignedBuffer, _ layer: Int) -> LayerWeights {
    LayerWeights(
      parameters: weights.parameters.pointer + network.parameterOffsets[layer],
      statistics: weights.statistics.pointer + network.statisticOffsets[layer],
      prepared: shared.pointer + prepared[layer])
  }

  /// A layer's pass over the shard in `slot`. `gradient` is the shard's whole parameter gradient.
  func pass(
    layer: Int, slot: UnsafeMutablePointer<Float>, shared: AlignedBuffer,
    gradient: UnsafeMutablePointer<Float>, weights: Weights, kernels: InstructionSet, images: Int,
    random: Philox, epoch: Int, imageNumbers: UnsafePointer<UInt32>
  ) -> ShardPass {
    return ShardPass(
      kernels: kernels, images: images, training: training,
      weights: self.weights(weights, shared, layer),
      input: slot + outputs[layer], output: slot + outputs[layer + 1],
      workspace: slot + workspaces[layer], shared: shared.pointer + sharedOffsets[layer],
      parameterGradient: gradient + network.parameterOffsets[layer],
      outputGradient: training ? slot + gradients[layer % 2] : slot,
      inputGradient: training && layer > firstTrainedLayer ? slot + gradients[(layer + 1) % 2] : nil,
      random: random, epoch: UInt32(truncatingIfNeeded: epoch), imageNumbers: imageNumbers)
  }
}
