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
  /// Where the numbers of a shard's images stand.
  fileprivate struct Place: Sendable {
    enum Owner { case shard, batch, thread }
    let owner: Owner
    let offset: Int
    let imageStride: Int
  }

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
  /// Floats of a thread's memory, which begins with what the layers work in.
  let threadCount: Int
  /// For each layer those that are computed again before its backward pass, because their output was not kept.
  let recomputed: [Range<Int>]

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

    var thread = layers.map { $0.scratchCount(training: training) }.max() ?? 0
    let recomputed = training ? layers.indices.map { Self.recomputed(before: $0, layers) } : []
    self.recomputed = recomputed

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
    let passing = training && recomputed.contains { !$0.isEmpty } ? take(largest, &thread) : 0
    var turn = 0
    func place(_ index: Int) -> Place {
      let stride = shapes[index].imageStride
      if isShared[index] {
        return Place(owner: .batch, offset: take(batch * stride, &shared), imageStride: stride)
      }
      if training {
        let isPassing = recomputed.contains { $0.first.map { $0 + 1 } == index }
        return isPassing
          ? Place(owner: .thread, offset: passing, imageStride: stride)
          : Place(owner: .shard, offset: take(shard * stride, &slot), imageStride: stride)
      }
      turn = 1 - turn
      return Place(owner: .shard, offset: turns[turn], imageStride: stride)
    }
    var outputs = [place(0)]
    for (index, layer) in layers.enumerated() {
      outputs.append(layer.worksInPlace ? outputs[index] : place(index + 1))
    }
    self.outputs = outputs

    var gradients: [Place] = []
    if training {
      // Two take turns; the second may never be needed.
      var turns: [Int] = []
      let passing = layers.contains { $0 is any BatchwideLayer } ? take(largest, &thread) : 0
      for index in shapes.indices.reversed() {
        let stride = shapes[index].imageStride
        if index < layers.count, layers[index].worksInPlace, let last = gradients.last {
          gradients.append(last)
        } else if isGradientShared[index] {
          gradients.append(Place(owner: .batch, offset: take(batch * stride, &shared), imageStride: stride))
        } else if Self.isPassingGradient(index, layers) {
          gradients.append(Place(owner: .thread, offset: passing, imageStride: stride))
        } else {
          let isTaken = gradients.last?.owner == .shard && gradients.last?.offset == turns.first
          while turns.count < (isTaken ? 2 : 1) { turns.append(take(largest, &slot)) }
          gradients.append(Place(owner: .shard, offset: turns[isTaken ? 1 : 0], imageStride: stride))
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
    threadCount = thread
  }

  /// The layers whose output a layer takes but that is not kept: a batchwide one and those behind it that work in place.
  private static func recomputed(before index: Int, _ layers: [any FittedLayer]) -> Range<Int> {
    // What the batch waits for, and what a batch gradient multiplies, must stay.
    if layers[index].worksInPlace || layers[index] is any BatchwideLayer
      || layers[index] is any BatchGradientLayer
    {
      return index..<index
    }
    var first = index
    while first > 0, layers[first - 1].worksInPlace { first -= 1 }
    return first > 0 && layers[first - 1] is any BatchwideLayer ? first - 1..<index : index..<index
  }

  /// Whether the gradient to a layer's input is used up before the batch meets again: a batchwide layer gives it, and the
  /// layer below, those that work in place left aside, is none.
  private static func isPassingGradient(_ index: Int, _ layers: [any FittedLayer]) -> Bool {
    guard index < layers.count, layers[index] is any BatchwideLayer else { return false }
    let below = layers[..<index].last { !$0.worksInPlace }
    return !(below is any BatchwideLayer)
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
    random: Philox, epoch: Int, imageNumbers: UnsafePointer<UInt32>
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
      random: random, epoch: UInt32(truncatingIfNeeded: epoch), imageNumbers: imageNumbers)
  }
}
