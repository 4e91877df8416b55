import Compute
import Foundations

/// Where everything that a shard's passes need stands: in its slot, among what the shards share, or in the memory of the
/// thread at work.
///
/// A slot holds the image and every layer's output (in prediction two that take turns), every layer's workspace, and
/// two gradients that take turns; a layer that works in place has its output where its input is. What a
/// `BatchGradientLayer` multiplies at the end of a step stands in the batch's memory instead, image behind image. What is
/// needed only until the batch meets again, the output of a layer that is cheaply computed again and the gradient that a
/// `BatchwideLayer` gives, stands in the thread's memory, so that it need not leave the cache.
struct PassMemory: Sendable {
  /// A slot, the thread's memory and what the shards share, for one shard.
  struct Memory {
    let shard: Int
    let slot: UnsafeMutablePointer<Float>
    let thread: UnsafeMutablePointer<Float>
    let shared: AlignedBuffer

    fileprivate func pointer(_ place: Place) -> UnsafeMutablePointer<Float> {
      switch place.owner {
      case .shard: slot + place.offset
      case .batch: shared.pointer + place.offset + shard * Backpropagation.shardSize * place.imageStride
      case .thread: thread + place.offset
      }
    }
  }

  private let network: ShapedNetwork
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
  /// Floats of a thread's memory, which begins with what the layers work in.
  let threadCount: Int
  /// For each layer those that are computed again before its backward pass, because their output was not kept.
  let recomputed: [Range<Int>]

  /// The memory of passes over up to `batch` images.
  init(network: ShapedNetwork, batch: Int, training: Bool) {
    self.network = network
    self.training = training
    let layers = network.layers
    firstTrainedLayer = layers.firstIndex { !$0.parameters.isEmpty } ?? layers.count
    recomputed = layers.indices.map { training ? recomputedLayers(before: $0, layers) : $0..<$0 }
    var layout = Layout(network, batch: batch, training: training)
    outputs = training ? layout.keptOutputs(recomputed) : layout.turningOutputs()
    gradients = training ? layout.gradients() : []
    workspaces = layers.map { layout.slot.take($0.workspaceCount(training: training)) }
    prepared = layers.map { layout.shared.take($0.preparedCount(training: training)) }
    sharedOffsets = layers.map { layout.shared.take(($0 as? any BatchwideLayer)?.sharedCount ?? 0) }
    var shardGradient = Space()
    shardGradientOffsets = layers.map {
      shardGradient.take($0.parameterCount - (($0 as? any BatchGradientLayer)?.batchGradientCount ?? 0))
    }
    shardGradientCount = shardGradient.count
    slotCount = layout.slot.count
    sharedCount = layout.shared.count
    threadCount = layout.thread.count
  }

  func weights(_ weights: Weights, _ shared: AlignedBuffer, _ layer: Int) -> LayerWeights {
    LayerWeights(
      parameters: weights.parameters.pointer + network.parameterOffsets[layer],
      statistics: weights.statistics.pointer + network.statisticOffsets[layer],
      prepared: shared.pointer + prepared[layer])
  }

  /// Where the shard's images are put.
  func images(_ memory: Memory) -> UnsafeMutablePointer<Float> { memory.pointer(outputs[0]) }

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
    layer: Int, in memory: Memory, gradient: UnsafeMutablePointer<Float>, weights: Weights,
    kernels: InstructionSet, images: Int,
    statisticsShare: Float = 0, random: Philox, epoch: Int, imageNumbers: UnsafePointer<UInt32>
  ) -> ShardPass {
    ShardPass(
      kernels: kernels, images: images, training: training,
      weights: self.weights(weights, memory.shared, layer),
      input: memory.pointer(outputs[layer]), output: memory.pointer(outputs[layer + 1]),
      workspace: memory.slot + workspaces[layer], scratch: memory.thread,
      shared: memory.shared.pointer + sharedOffsets[layer],
      parameterGradient: gradient + shardGradientOffsets[layer],
      outputGradient: training ? memory.pointer(gradients[layer + 1]) : memory.slot,
      inputGradient: training && layer > firstTrainedLayer ? memory.pointer(gradients[layer]) : nil,
      statisticsShare: statisticsShare, random: random, epoch: UInt32(truncatingIfNeeded: epoch),
      imageNumbers: imageNumbers)
  }
}

/// The layers whose output a layer takes but that is not kept: a batchwide one and those behind it that work in place.
private func recomputedLayers(before index: Int, _ layers: [any ShapedLayer]) -> Range<Int> {
  // What the batch waits for, and what a batch gradient multiplies, must stay.
  let layer = layers[index]
  if layer.worksInPlace || layer is any BatchwideLayer || layer is any BatchGradientLayer {
    return index..<index
  }
  let producer = layers[..<index].lastIndex { !$0.worksInPlace }
  guard let producer, layers[producer] is any BatchwideLayer else { return index..<index }
  return producer..<index
}

/// Where the numbers of a shard's images stand.
fileprivate struct Place: Sendable {
  enum Owner { case shard, batch, thread }
  let owner: Owner
  let offset: Int
  let imageStride: Int
}

/// Memory that is given out from the start, by whole cache lines.
private struct Space {
  private(set) var count = 0

  /// Takes floats; returns the first one's offset.
  mutating func take(_ floats: Int) -> Int {
    defer { count += paddedTo16(floats) }
    return count
  }
}

/// Gives the activations and their gradients their places. Activation 0 is the image, n + 1 is layer n's output.
private struct Layout {
  private let layers: [any ShapedLayer]
  private let strides: [Int]
  /// The batch, in whole shards.
  private let batch: Int
  private let shard = Backpropagation.shardSize
  var slot = Space()
  var shared = Space()
  var thread = Space()

  init(_ network: ShapedNetwork, batch: Int, training: Bool) {
    layers = network.layers
    strides = [network.input.imageStride] + layers.map(\.output.imageStride)
    self.batch = Backpropagation.shards(of: batch) * shard
    _ = thread.take(layers.map { $0.scratchCount(training: training) }.max() ?? 0)
  }

  /// Floats of the largest activation of a shard.
  private var largest: Int { (strides.max() ?? 0) * shard }

  /// Two places that take turns.
  mutating func turningOutputs() -> [Place] {
    let turns = [slot.take(largest), slot.take(largest)]
    var turn = 0
    var places = [Place(owner: .shard, offset: turns[turn], imageStride: strides[0])]
    for (index, layer) in layers.enumerated() {
      if !layer.worksInPlace { turn = 1 - turn }
      places.append(Place(owner: .shard, offset: turns[turn], imageStride: strides[index + 1]))
    }
    return places
  }

  /// A place for each, which the backward pass finds unchanged or gets computed again.
  mutating func keptOutputs(_ recomputed: [Range<Int>]) -> [Place] {
    // What a batch gradient multiplies, also where layers in between work in place.
    var isShared = strides.map { _ in false }
    for (index, layer) in layers.enumerated().reversed() {
      isShared[index] = layer is any BatchGradientLayer || layer.worksInPlace && isShared[index + 1]
    }
    let passing = Set(recomputed.compactMap { $0.first.map { $0 + 1 } })
    let passingOffset = passing.isEmpty ? 0 : thread.take(largest)
    var places: [Place] = []
    for (index, stride) in strides.enumerated() {
      if index > 0, layers[index - 1].worksInPlace {
        places.append(places[index - 1])
      } else if isShared[index] {
        places.append(Place(owner: .batch, offset: shared.take(batch * stride), imageStride: stride))
      } else if passing.contains(index) {
        places.append(Place(owner: .thread, offset: passingOffset, imageStride: stride))
      } else {
        places.append(Place(owner: .shard, offset: slot.take(shard * stride), imageStride: stride))
      }
    }
    return places
  }

  /// The gradients' places, from the last layer's to the image's and turned round.
  mutating func gradients() -> [Place] {
    var isShared = strides.map { _ in false }
    for (index, layer) in layers.enumerated() {
      isShared[index + 1] = layer is any BatchGradientLayer || layer.worksInPlace && isShared[index]
    }
    let passingOffset = layers.contains { $0 is any BatchwideLayer } ? thread.take(largest) : 0
    // Two take turns; the second may never be needed.
    var turns: [Int] = []
    var places: [Place] = []
    for (index, stride) in strides.enumerated().reversed() {
      if index < layers.count, layers[index].worksInPlace, let last = places.last {
        places.append(last)
      } else if isShared[index] {
        places.append(Place(owner: .batch, offset: shared.take(batch * stride), imageStride: stride))
      } else if isPassingGradient(index) {
        places.append(Place(owner: .thread, offset: passingOffset, imageStride: stride))
      } else {
        let isTaken = places.last?.owner == .shard && places.last?.offset == turns.first
        while turns.count < (isTaken ? 2 : 1) { turns.append(slot.take(largest)) }
        places.append(Place(owner: .shard, offset: turns[isTaken ? 1 : 0], imageStride: stride))
      }
    }
    return places.reversed()
  }

  /// Whether the gradient to a layer's input is used up before the batch meets again: a batchwide layer gives it, and the
  /// layer below, those that work in place left aside, is none.
  private func isPassingGradient(_ index: Int) -> Bool {
    guard index < layers.count, layers[index] is any BatchwideLayer else { return false }
    return !(layers[..<index].last { !$0.worksInPlace } is any BatchwideLayer)
  }
}
