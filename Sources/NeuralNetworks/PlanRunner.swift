import Compute
import Foundations
import KernelShapes

/// A network at work: it runs a plan over the shards of a batch, in memory that was taken before the first
/// run.
///
/// A shard is computed by one thread at a time, so threads only decide who computes it, never what.
final class PlanRunner {
  /// Writes the image at a position of the batch into `input.imageStride` floats, on whichever thread needs
  /// it.
  typealias Fill = (_ position: Int, _ pixels: UnsafeMutablePointer<Float>) -> Void
  /// Uses the last layer's output.
  typealias Finish = (Shard) -> Void

  /// Up to 16 images of the batch, on the thread that computes them.
  struct Shard {
    /// Its number in the batch, from 0.
    let number: Int
    /// How many images it has.
    let images: Int
    /// The thread.
    let worker: Int
    /// The batch that it is a part of.
    fileprivate let batch: Batch

    /// Its images' positions in the batch.
    var positions: Range<Int> { number * shardSize..<number * shardSize + images }
  }

  /// What the plan runs over.
  struct Batch {
    /// What training adds to it.
    struct Training {
      /// What dropout draws from.
      let random: Philox
      /// The epoch, from 0.
      let epoch: UInt32
      /// Each image's row in the table of images: `images` numbers.
      let rows: UnsafePointer<UInt32>
      /// The share of the batch in the running statistics, from 0 to 1.
      let statisticsShare: Float
    }

    /// How many images.
    let images: Int
    /// Nil in prediction.
    let training: Training?
  }

  let network: ShapedNetwork
  let pool: ThreadPool
  let kernels: any InstructionSet
  let layout: PassLayout
  /// Told what each thread does; nil in all but a benchmark.
  let clock: LayerClock?
  /// The weights that the next run computes with. Whoever changes them, or takes others, sees to it that
  /// `derive` follows.
  var weights: Weights
  private let plan: Plan
  private let batchStatistics: [BatchStatistics?]
  /// By layer, what it does for the one before it; nil if nothing.
  private let inputNormalizations: [((ShardPass) -> ChannelNormalization)?]
  private let derivations: [(layer: Int, piece: Int)]
  /// Before the first layer with parameters a gradient is of no use.
  private let firstTrainedLayer: Int
  private let slots: [AlignedBuffer]
  private let threads: [AlignedBuffer]
  private let batchMemory: AlignedBuffer
  /// Each shard's gradient of the parameters, `layout.shardGradientCount` floats.
  let shardGradients: [AlignedBuffer]

  /// Takes the memory for batches of up to `batch` images.
  init(
    _ weights: Weights, batch: Int, training: Bool, pool: ThreadPool, kernels: any InstructionSet,
    clock: LayerClock?
  ) {
    self.weights = weights
    self.pool = pool
    self.kernels = kernels
    self.clock = clock
    let network = weights.network
    self.network = network
    let layers = network.layers
    let layout = PassLayout(network, batch: batch, threads: pool.threads, training: training)
    self.layout = layout
    plan =
      training ? Plan(training: layers, recomputed: layout.recomputed) : Plan(predicting: layers)
    batchStatistics = layers.map(\.batchStatistics)
    inputNormalizations = layers.indices.map { layer -> ((ShardPass) -> ChannelNormalization)? in
      guard layer > 0, layers.isNormalizedByNext(layer - 1) else { return nil }
      return layers[layer - 1].channelNormalization
    }
    derivations = layers.indices.flatMap { layer in (0..<layers[layer].derivations).map { (layer, $0) } }
    firstTrainedLayer = network.firstTrainedLayer
    slots = (0..<layout.slots).map { _ in AlignedBuffer(count: layout.slotCount) }
    threads = (0..<pool.threads).map { _ in AlignedBuffer(count: layout.threadCount) }
    batchMemory = AlignedBuffer(count: layout.batchCount)
    shardGradients =
      training ? (0..<layout.shards).map { _ in AlignedBuffer(count: layout.shardGradientCount) } : []
  }

  /// Bytes of all memory that was taken.
  var takenBytes: Int { 4 * (slots + threads + shardGradients).reduce(batchMemory.count) { $0 + $1.count } }

  /// Runs the plan.
  func run(_ batch: Batch, fill: Fill, finish: Finish) {
    let shards = shardCount(of: batch.images)
    var isReversed = false
    for step in plan.steps {
      switch step {
      case .derive: derive()
      case .shards(let work):
        // Forwards and backwards by turns: what the last shard left is still in the cache.
        pool.forEach(shards, backwards: isReversed) { worker, number in
          clock?.start(worker)
          let shard = Shard(
            number: number, images: min(shardSize, batch.images - number * shardSize), worker: worker,
            batch: batch)
          for part in work {
            run(part, shard, fill, finish)
            clock?.lap(worker, part.clocked)
          }
        }
        isReversed.toggle()
      case .merge(let layer):
        clock?.start(0)
        batchStatistics[layer]?.merge(batchPass(layer, batch))
        clock?.lap(0, .forward(layer: layer))
      case .mergeGradient(let layer):
        clock?.start(0)
        batchStatistics[layer]?.mergeGradient(batchPass(layer, batch))
        clock?.lap(0, .backward(layer: layer))
      }
    }
  }

  private func run(_ work: Plan.ShardWork, _ shard: Shard, _ fill: Fill, _ finish: Finish) {
    switch work {
    case .fill:
      let pixels = pointer(layout.outputs[0], shard)
      for (image, position) in shard.positions.enumerated() {
        fill(position, pixels + image * network.input.imageStride)
      }
    case .forward(let layer), .forwardAgain(let layer): network.layers[layer].forward(pass(layer, shard))
    case .gather(let layer): batchStatistics[layer]?.gather(pass(layer, shard))
    case .finish: finish(shard)
    case .gatherGradient(let layer):
      batchStatistics[layer]?.gatherGradient(pass(layer, shard), gradients(layer, shard))
    case .backward(let layer): network.layers[layer].backward(pass(layer, shard), gradients(layer, shard))
    }
  }

  /// Derives what the passes need from the weights.
  func derive() {
    pool.forEach(derivations.count) { worker, index in
      clock?.start(worker)
      let (layer, piece) = derivations[index]
      let pass = WeightsPass(
        kernels: kernels, isTraining: layout.isTraining, parameters: parameters(layer),
        statistics: statistics(layer), memory: regions(layer, worker, slot: nil))
      network.layers[layer].derive(pass, piece: piece)
      clock?.lap(worker, .deriving)
    }
  }

  /// The last layer's output for a shard: `images` times `output.imageStride` floats.
  func output(_ shard: Shard) -> UnsafePointer<Float> {
    UnsafePointer(pointer(layout.outputs[network.layers.count], shard))
  }

  /// Where the gradient of the last layer's output goes, as many floats.
  func outputGradient(_ shard: Shard) -> UnsafeMutablePointer<Float> {
    pointer(layout.gradients[network.layers.count], shard)
  }

  /// A thread's memory, `layout.threadCount` floats, between two runs.
  func memory(ofThread worker: Int) -> UnsafeMutablePointer<Float> { threads[worker].pointer }

  /// The batch's inputs of a layer and the gradients of its outputs, both of which are in the batch's memory.
  func batchMaps(
    _ layer: Int
  ) -> (inputs: UnsafePointer<Float>, outputGradients: UnsafePointer<Float>) {
    (
      UnsafePointer(batchMemory.pointer + layout.outputs[layer].offset),
      UnsafePointer(batchMemory.pointer + layout.gradients[layer + 1].offset)
    )
  }

  private func parameters(_ layer: Int) -> UnsafePointer<Float> {
    UnsafePointer(weights.parameters.pointer + network.parameterOffsets[layer])
  }

  private func statistics(_ layer: Int) -> UnsafeMutablePointer<Float> {
    weights.statistics.pointer + network.statisticOffsets[layer]
  }

  private func slot(_ shard: Shard) -> UnsafeMutablePointer<Float> {
    slots[layout.slotPerShard ? shard.number : shard.worker].pointer
  }

  private func pointer(_ place: PassLayout.Place, _ shard: Shard) -> UnsafeMutablePointer<Float> {
    switch place.owner {
    case .slot: slot(shard) + place.offset
    case .batch: batchMemory.pointer + place.offset + shard.number * shardSize * place.imageStride
    case .thread: threads[shard.worker].pointer + place.offset
    }
  }

  private func regions(
    _ layer: Int, _ worker: Int, slot: UnsafeMutablePointer<Float>?
  ) -> RegionMemory {
    let starts = layout.regions[layer]
    return RegionMemory(
      derived: batchMemory.pointer + starts.derived, batch: batchMemory.pointer + starts.batch,
      workspace: slot.map { $0 + starts.workspace }, scratch: threads[worker].pointer)
  }

  private func pass(_ layer: Int, _ shard: Shard) -> ShardPass {
    let draws = shard.batch.training.map {
      Draws(
        random: $0.random, layer: network.numbers[layer], epoch: $0.epoch,
        rows: $0.rows + shard.number * shardSize)
    }
    return ShardPass(
      kernels: kernels, images: shard.images, draws: draws, parameters: parameters(layer),
      statistics: UnsafePointer(statistics(layer)),
      input: UnsafePointer(pointer(layout.outputs[layer], shard)),
      normalization: normalization(ofInputTo: layer, shard),
      output: pointer(layout.outputs[layer + 1], shard),
      memory: regions(layer, shard.worker, slot: slot(shard)))
  }

  /// What a layer does for the one before it.
  private func normalization(ofInputTo layer: Int, _ shard: Shard) -> ChannelNormalization? {
    inputNormalizations[layer].map { $0(pass(layer - 1, shard)) }
  }

  private func gradients(_ layer: Int, _ shard: Shard) -> ShardGradients {
    ShardGradients(
      parameters: shardGradients[shard.number].pointer + layout.shardGradientOffsets[layer],
      output: pointer(layout.gradients[layer + 1], shard),
      input: layer > firstTrainedLayer ? pointer(layout.gradients[layer], shard) : nil)
  }

  private func batchPass(_ layer: Int, _ batch: Batch) -> BatchPass {
    BatchPass(
      images: batch.images, parameters: parameters(layer), statistics: statistics(layer),
      statisticsShare: batch.training?.statisticsShare ?? 0, memory: regions(layer, 0, slot: nil),
      slots: slots,
      workspace: layout.regions[layer].workspace)
  }
}
