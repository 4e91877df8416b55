import Compute
import Foundations

/// Where everything that a shard's passes need stands: in its slot, among what the shards share, or in the memory of the
/// thread at work.
///
/// A slot holds the image and every layer's output (in prediction two that take turns), every layer's workspace, and
/// two gradients that take turns; a layer that works in place has its output where its input is. What a
/// `BatchGradientLayer` multiplies at the end of a step stands in the batch's memory instead, image behind image.
struct PassMemory: Sendable {
  /// Images' numbers in a slot, or in the batch's memory.
  private struct Place: Sendable {
    let isShared: Bool
    let offset: Int
    let imageStride: Int

    func pointer(_ slot: UnsafeMutablePointer<Float>, _ shared: AlignedBuffer, _ shard: Int)
      -> UnsafeMutablePointer<Float>
    {
      isShared
        ? shared.pointer + offset + shard * Backpropagation.shardSize * imageStride : slot + offset
    }
  }

  private let network: FittedNetwork
  private let training: Bool
  /// The outputs' places; index 0 is the image's, index n + 1 layer n's.
  private let outputs: [Place]
  /// The places of the gradients to these.
  private let gradients: [Place]
  private let workspaces: [Int]
  private let prepared: [Int]
  private let sharedOffsets: [Int]
  /// Below the first layer with parameters a gradient is nobody's concern.
  private let firstTrainedLayer: Int
  /// Where each layer's parameters start in a shard's gradient, which lacks those that are summed over the batch.
  private let shardGradientOffsets: [Int]
  /// Floats of a shard's gradient.
  let shardGradientCount: Int
  /// Floats of a slot.
  let slotCount: Int
  /// Floats that the shards share.
  let sharedCount: Int
  /// Floats that a thread works in.
  let scratchCount: Int

  /// The memory of passes over up to `batch` images.
  init(network: FittedNetwork, batch: Int, training: Bool) {
    self.network = network
    self.training = training
    let layers = network.layers
    firstTrainedLayer = layers.firstIndex { !$0.parameters.isEmpty } ?? layers.count
    let shapes = [network.input] + layers.map(\.output)
    let shard = Backpropagation.shardSize
    let batch = (batch + shard - 1) / shard * shard
    var slot = 0
    var shared = 0
    func take(_ floats: Int, _ count: inout Int) -> Int {
      defer { count += paddedTo16(floats) }
      return count
    }
    let largest = (shapes.map(\.imageStride).max() ?? 0) * shard
    let turns = training ? [] : [take(largest, &slot), take(largest, &slot)]

    // What a batch gradient multiplies: the inputs and the gradients to the outputs.
    var isShared = [Bool](repeating: false, count: shapes.count)
    var isGradientShared = isShared
    for index in layers.indices.reversed() where training {
      if layers[index].worksInPlace { isShared[index] = isShared[index + 1] }
      if layers[index] is any BatchGradientLayer { isShared[index] = true }
    }
    for index in layers.indices where training {
      if layers[index] is any BatchGradientLayer { isGradientShared[index + 1] = true }
      if layers[index].worksInPlace && isGradientShared[index] { isGradientShared[index + 1] = true }
    }
    var turn = 0
    func place(_ index: Int) -> Place {
      let stride = shapes[index].imageStride
      turn = 1 - turn
      let offset =
        isShared[index]
        ? take(batch * stride, &shared) : training ? take(shard * stride, &slot) : turns[turn]
      return Place(isShared: isShared[index], offset: offset, imageStride: stride)
    }
    var outputs = [place(0)]
    for (index, layer) in layers.enumerated() {
      outputs.append(layer.worksInPlace ? outputs[index] : place(index + 1))
    }
    self.outputs = outputs

    var gradients: [Place] = []
    if training {
      let turns = [take(largest, &slot), take(largest, &slot)]
      for index in shapes.indices.reversed() {
        let stride = shapes[index].imageStride
        if index < layers.count, layers[index].worksInPlace, let last = gradients.last {
          gradients.append(last)
        } else if isGradientShared[index] {
          gradients.append(Place(isShared: true, offset: take(batch * stride, &shared), imageStride: stride))
        } else {
          turn = 1 - turn
          gradients.append(Place(isShared: false, offset: turns[turn], imageStride: stride))
        }
      }
      gradients.reverse()
    }
    self.gradients = gradients
    workspaces = layers.map { take($0.workspaceCount(training: training), &slot) }
    prepared = layers.map { take($0.preparedCount(training: training), &shared) }
    sharedOffsets = layers.map { take(($0 as? any BatchwideLayer)?.sharedCount ?? 0, &shared) }
    var shardGradientCount = 0
    shardGradientOffsets = layers.map {
      take(
        $0.parameterCount - (($0 as? any BatchGradientLayer)?.batchGradientCount ?? 0), &shardGradientCount)
    }
    self.shardGradientCount = shardGradientCount
    slotCount = slot
    sharedCount = shared
    scratchCount = layers.map { $0.scratchCount(training: training) }.max() ?? 0
  }

  func weights(_ weights: Weights, _ shared: AlignedBuffer, _ layer: Int) -> LayerWeights {
    LayerWeights(
      parameters: weights.parameters.pointer + network.parameterOffsets[layer],
      statistics: weights.statistics.pointer + network.statisticOffsets[layer],
      prepared: shared.pointer + prepared[layer])
  }

  /// Where the shard's images are put.
  func images(_ shard: Int, slot: UnsafeMutablePointer<Float>, shared: AlignedBuffer)
    -> UnsafeMutablePointer<Float>
  {
    outputs[0].pointer(slot, shared, shard)
  }

  /// The offset of a layer's first parameter in a shard's gradient.
  func shardGradientOffset(_ layer: Int) -> Int { shardGradientOffsets[layer] }

  /// The batch's inputs of a layer and the gradients to its outputs.
  func batch(
    _ layer: Int, _ shared: AlignedBuffer
  ) -> (inputs: UnsafePointer<Float>, outputGradients: UnsafePointer<Float>) {
    (
      UnsafePointer(shared.pointer + outputs[layer].offset),
      UnsafePointer(shared.pointer + gradients[layer + 1].offset)
    )
  }

  /// A layer's pass over a shard. `gradient` is the shard's whole parameter gradient.
  func pass(
    layer: Int, shard: Int, slot: UnsafeMutablePointer<Float>, scratch: AlignedBuffer, shared: AlignedBuffer,
    gradient: UnsafeMutablePointer<Float>, weights: Weights, kernels: InstructionSet, images: Int,
    random: Philox, epoch: Int, imageNumbers: UnsafePointer<UInt32>
  ) -> ShardPass {
    ShardPass(
      kernels: kernels, images: images, training: training,
      weights: self.weights(weights, shared, layer),
      input: outputs[layer].pointer(slot, shared, shard),
      output: outputs[layer + 1].pointer(slot, shared, shard),
      workspace: slot + workspaces[layer], scratch: scratch.pointer,
      shared: shared.pointer + sharedOffsets[layer],
      parameterGradient: gradient + shardGradientOffsets[layer],
      outputGradient: training ? gradients[layer + 1].pointer(slot, shared, shard) : slot,
      inputGradient: training && layer > firstTrainedLayer
        ? gradients[layer].pointer(slot, shared, shard) : nil,
      random: random, epoch: UInt32(truncatingIfNeeded: epoch), imageNumbers: imageNumbers)
  }
}
