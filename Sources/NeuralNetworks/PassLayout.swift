import Compute
import Foundations

/// Where everything that a network's passes need is kept, worked out from the shapes before any memory is
/// taken.
///
/// There are three sorts of memory:
/// - A slot belongs to a shard. It holds the images, every layer's output and workspace, and two gradients
///   that take turns; in prediction two outputs take turns instead. In a network without batch statistics a
///   thread finishes a shard before it begins the next, so there is one slot for each thread; otherwise one
///   for each shard of the batch.
/// - The batch's memory is shared by all shards. It holds what layers derive from the weights and merge over
///   the batch, and the inputs and output gradients of a layer with a `BatchGradient`, image after image.
/// - A thread's memory holds the layers' scratch, and maps that nobody needs once the thread turns to the
///   next shard: outputs that are cheaply computed again, and gradients that are used up at once. So they
///   stay in the thread's cache.
struct PassLayout: Sendable {
  /// Where a map of all of a shard's images is.
  struct Place: Sendable, Equatable {
    enum Owner { case slot, batch, thread }
    let owner: Owner
    /// Floats from the start of the owner's memory; in the batch's memory to the first shard's.
    let offset: Int
    /// Floats from an image to the next.
    let imageStride: Int
  }

  /// Where a layer's regions start in the memory of their owner; scratch starts where the thread's memory
  /// does.
  struct RegionStarts {
    let derived: Int
    let batch: Int
    let workspace: Int
  }

  /// Whether backward passes follow.
  let isTraining: Bool
  /// Where the images are, at index 0, and layer n's output, at index n + 1.
  let outputs: [Place]
  /// Where the gradients of these are; empty in prediction.
  let gradients: [Place]
  /// Each layer's regions.
  let regions: [RegionStarts]
  /// For each layer those that are computed forward again before its backward pass, since their output is not
  /// kept.
  let recomputed: [Range<Int>]
  /// Where each layer's parameters start in a shard's gradient, which lacks those that are summed over the
  /// batch.
  let shardGradientOffsets: [Int]
  /// Whether each shard of the batch has a slot; otherwise each thread has one.
  let slotPerShard: Bool
  /// Shards of the largest batch.
  let shards: Int
  /// Floats of a slot.
  let slotCount: Int
  /// Floats of the batch's memory.
  let batchCount: Int
  /// Floats of a thread's memory.
  let threadCount: Int
  /// Floats of a shard's gradient of the parameters; 0 in prediction.
  let shardGradientCount: Int
  private let threads: Int

  /// The layout of passes over up to `batch` images.
  init(_ network: ShapedNetwork, batch: Int, threads: Int, training: Bool) {
    isTraining = training
    self.threads = threads
    let layers = network.layers
    shards = shardCount(of: batch)
    recomputed = layers.indices.map { training ? recomputedLayers(before: $0, layers) : $0..<$0 }
    var maps = MapPlaces(network, shards: shards, training: training)
    outputs = training ? maps.keptOutputs(recomputed) : maps.outputsTakingTurns()
    gradients = training ? maps.gradients() : []
    regions = layers.map { layer in
      RegionStarts(
        derived: maps.batch.take(layer.memory.count(.derived, training: training)),
        batch: maps.batch.take(layer.memory.count(.batch, training: training)),
        workspace: maps.slot.take(layer.memory.count(.workspace, training: training)))
    }
    var shardGradient = Space()
    shardGradientOffsets = layers.map {
      shardGradient.take($0.parameterCount - ($0.batchGradient?.count ?? 0))
    }
    shardGradientCount = training ? shardGradient.count : 0
    // Where shards wait for each other, each keeps what it has. Otherwise any thread may take any shard.
    slotPerShard = training && layers.contains { $0.batchStatistics != nil }
    slotCount = maps.slot.count
    batchCount = maps.batch.count
    threadCount = max(maps.thread.count, training ? GradientPiece.largest(of: network) : 0)
  }

  /// How many slots there are.
  var slots: Int { slotPerShard ? shards : threads }

  /// Bytes of all memory.
  var bytes: Int {
    4 * (slots * slotCount + batchCount + threads * threadCount + shards * shardGradientCount)
  }
}

/// The layers that give a layer its input but whose output is not kept: one with batch statistics and those
/// after it that work in place.
private func recomputedLayers(before index: Int, _ layers: [any ShapedLayer]) -> Range<Int> {
  let layer = layers[index]
  // While the shards wait, and for a gradient over the batch, the input must stay.
  if layer.worksInPlace || layer.batchStatistics != nil || layer.batchGradient != nil { return index..<index }
  let producer = layers[..<index].lastIndex { !$0.worksInPlace }
  guard let producer, layers[producer].batchStatistics != nil, !layers.isNormalizedByNext(producer) else {
    return index..<index
  }
  return producer..<index
}

/// Memory that is given out from the start on, by whole cache lines.
private struct Space {
  private(set) var count = 0

  /// Takes floats; returns the first one's offset.
  mutating func take(_ floats: Int) -> Int {
    defer { count += paddedTo16(floats) }
    return count
  }
}

/// Gives maps and their gradients their places. Map 0 is the images, map n + 1 layer n's output.
private struct MapPlaces {
  private typealias Place = PassLayout.Place
  private let layers: [any ShapedLayer]
  private let strides: [Int]
  /// Images of the batch, in whole shards.
  private let batchImages: Int
  var slot = Space()
  var batch = Space()
  var thread = Space()

  init(_ network: ShapedNetwork, shards: Int, training: Bool) {
    layers = network.layers
    strides = [network.input.imageStride] + layers.map(\.output.imageStride)
    batchImages = shards * shardSize
    _ = thread.take(layers.map { $0.memory.count(.scratch, training: training) }.max() ?? 0)
  }

  /// Whether a layer's output is where its input is.
  private func sharesPlace(_ layer: Int) -> Bool {
    layers[layer].worksInPlace || layers.isNormalizedByNext(layer)
  }

  /// Floats of a shard's largest map.
  private var largest: Int { (strides.max() ?? 0) * shardSize }

  /// Two places that take turns.
  mutating func outputsTakingTurns() -> [PassLayout.Place] {
    let turns = [slot.take(largest), slot.take(largest)]
    var turn = 0
    var places = [Place(owner: .slot, offset: turns[turn], imageStride: strides[0])]
    for index in layers.indices {
      if !sharesPlace(index) { turn = 1 - turn }
      places.append(Place(owner: .slot, offset: turns[turn], imageStride: strides[index + 1]))
    }
    return places
  }

  /// A place for each map, which the backward pass finds unchanged or has computed again.
  mutating func keptOutputs(_ recomputed: [Range<Int>]) -> [PassLayout.Place] {
    // What a gradient over the batch reads, also where layers in between work in place.
    var isOfBatch = strides.map { _ in false }
    for (index, layer) in layers.enumerated().reversed() {
      isOfBatch[index] = layer.batchGradient != nil || layer.worksInPlace && isOfBatch[index + 1]
    }
    let passing = Set(recomputed.compactMap { $0.first.map { $0 + 1 } })
    let passingOffset = passing.isEmpty ? 0 : thread.take(largest)
    var places: [Place] = []
    for (index, stride) in strides.enumerated() {
      if index > 0, sharesPlace(index - 1) {
        places.append(places[index - 1])
      } else if isOfBatch[index] {
        places.append(Place(owner: .batch, offset: batch.take(batchImages * stride), imageStride: stride))
      } else if passing.contains(index) {
        places.append(Place(owner: .thread, offset: passingOffset, imageStride: stride))
      } else {
        places.append(Place(owner: .slot, offset: slot.take(shardSize * stride), imageStride: stride))
      }
    }
    return places
  }

  /// A place for each map's gradient, given out from the last to the first and returned in the maps' order.
  mutating func gradients() -> [PassLayout.Place] {
    var isOfBatch = strides.map { _ in false }
    for (index, layer) in layers.enumerated() {
      isOfBatch[index + 1] = layer.batchGradient != nil || layer.worksInPlace && isOfBatch[index]
    }
    let passingOffset = layers.contains { $0.batchStatistics != nil } ? thread.take(largest) : 0
    // Two take turns; the second may never be needed.
    var turns: [Int] = []
    var places: [Place] = []
    for (index, stride) in strides.enumerated().reversed() {
      if index < layers.count, layers[index].worksInPlace, let last = places.last {
        places.append(last)
      } else if isOfBatch[index] {
        places.append(Place(owner: .batch, offset: batch.take(batchImages * stride), imageStride: stride))
      } else if isPassingGradient(index) {
        places.append(Place(owner: .thread, offset: passingOffset, imageStride: stride))
      } else {
        let isTaken = places.last?.owner == .slot && places.last?.offset == turns.first
        while turns.count < (isTaken ? 2 : 1) { turns.append(slot.take(largest)) }
        places.append(Place(owner: .slot, offset: turns[isTaken ? 1 : 0], imageStride: stride))
      }
    }
    return places.reversed()
  }

  /// Whether the gradient of a layer's input is used up before the shards wait for each other again: the
  /// layer has batch statistics, and the one before it, apart from those that work in place, has none.
  private func isPassingGradient(_ index: Int) -> Bool {
    guard index < layers.count, layers[index].batchStatistics != nil else { return false }
    let producer = layers[..<index].last { !$0.worksInPlace }
    return producer?.batchStatistics == nil
  }
}
