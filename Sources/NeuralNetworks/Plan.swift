/// What a step of training or a prediction does, in order: built once, when the memory is taken.
///
/// Threads share out the pieces of a step and meet at its end. A network without batch statistics meets once
/// between the images and the gradients; each layer that has them adds a meeting in each direction.
struct Plan: Sendable {
  /// What all threads do, or one of them while the others wait.
  enum Step: Sendable, Equatable {
    /// Each layer derives what the passes need from the weights.
    case derive
    /// Every shard goes through some work on one thread.
    case shards([ShardWork])
    /// A layer merges what the shards gathered for its forward pass.
    case merge(Int)
    /// A layer merges what the shards gathered for its backward pass.
    case mergeGradient(Int)
  }

  /// What a thread does with a shard. The number is the layer's place in `ShapedNetwork.layers`.
  enum ShardWork: Sendable, Equatable {
    /// Writes the images into their place.
    case fill
    case forward(Int)
    /// The shard's part of what is merged before the layer's forward pass.
    case gather(Int)
    /// Uses the last layer's output: the loss and its gradient, or the logits that are handed over.
    case finish
    /// The forward pass once more, for a backward pass, because the output was not kept.
    case forwardAgain(Int)
    /// The shard's part of what is merged before the layer's backward pass.
    case gatherGradient(Int)
    case backward(Int)

    /// What a clock calls it.
    var clocked: LayerClock.Work {
      switch self {
      case .fill: .filling
      case .forward(let layer), .gather(let layer): .forward(layer: layer)
      case .finish: .loss
      case .forwardAgain(let layer), .gatherGradient(let layer), .backward(let layer): .backward(layer: layer)
      }
    }
  }

  let steps: [Step]

  /// The plan of a prediction, whose weights were derived before.
  init(predicting layers: [any ShapedLayer]) {
    let forward = layers.indices.filter { !layers.isNormalizedByNext($0) }
    steps = [.shards([.fill] + forward.map { .forward($0) } + [.finish])]
  }

  /// The plan of a training step up to the gradients.
  ///
  /// - Parameters:
  ///   - layers: The network's.
  ///   - recomputed: For each layer those whose forward pass is repeated before its backward pass.
  init(training layers: [any ShapedLayer], recomputed: [Range<Int>]) {
    var steps: [Step] = [.derive]
    var work: [ShardWork] = [.fill]
    for (index, layer) in layers.enumerated() {
      if layer.batchStatistics != nil {
        steps += [.shards(work + [.gather(index)]), .merge(index)]
        work = []
      }
      if !layers.isNormalizedByNext(index) { work.append(.forward(index)) }
    }
    work.append(.finish)
    for (index, layer) in layers.enumerated().reversed() {
      work += recomputed[index].map { .forwardAgain($0) }
      if layer.batchStatistics != nil {
        steps += [.shards(work + [.gatherGradient(index)]), .mergeGradient(index)]
        work = []
      }
      work.append(.backward(index))
    }
    self.steps = steps + [.shards(work)]
  }
}
