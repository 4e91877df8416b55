import Compute
import Foundations

/// The forward pass alone: logits and probabilities of images. A prediction never depends on what else is
/// predicted with it.
///
/// Its memory serves any number of predictions, and any weights of its network one after another.
public final class Prediction {
  private let runner: PlanRunner

  /// Prepares predictions with weights, as `use` does.
  ///
  /// - Parameters:
  ///   - weights: What predicts; their network decides the memory, which is taken here.
  ///   - pool: The threads.
  ///   - kernels: The instruction set.
  ///   - clock: Told what each thread does.
  public init(weights: Weights, pool: ThreadPool, kernels: any InstructionSet, clock: LayerClock? = nil) {
    runner = PlanRunner(
      weights, batch: shardSize, training: false, pool: pool, kernels: kernels, clock: clock)
    runner.derive()
  }

  /// Bytes that predictions work in, on some threads; the weights come on top.
  public static func memoryBytes(of network: ShapedNetwork, threads: Int) -> Int {
    PassLayout(network, batch: shardSize, threads: threads, training: false).bytes
  }

  /// Predicts with these weights from here on. Called again whenever their numbers have changed.
  public func use(_ weights: Weights) {
    precondition(
      weights.network.network.notation == runner.network.network.notation
        && weights.network.input == runner.network.input
        && weights.network.classes == runner.network.classes, "these weights are another network's")
    runner.weights = weights
    runner.derive()
  }

  /// The logits of `count` images, one for each class; `fill` writes an image, row by row, a float a pixel, on
  /// whichever thread needs it.
  public func logits(
    _ count: Int, fill: (_ image: Int, _ pixels: UnsafeMutablePointer<Float>) -> Void
  ) -> [Float] {
    let classes = runner.network.classes
    let stride = runner.network.output.imageStride
    // The standard library would write the count of an array that all empty ones share.
    if count == 0 { return [] }
    return [Float](unsafeUninitializedCapacity: count * classes) { logits, filled in
      let logits = logits
      runner.run(PlanRunner.Batch(images: count, training: nil), fill: fill) { shard in
        var output = runner.output(shard)
        for position in shard.positions {
          for index in 0..<classes { logits[position * classes + index] = output[index] }
          output += stride
        }
      }
      filled = count * classes
    }
  }

  /// The probabilities of `count` images, one for each class; `fill` as in `logits`.
  public func probabilities(
    _ count: Int, fill: (_ image: Int, _ pixels: UnsafeMutablePointer<Float>) -> Void
  ) -> [Double] {
    let classes = runner.network.classes
    let logits = logits(count, fill: fill)
    if count == 0 { return [] }
    return [Double](unsafeUninitializedCapacity: count * classes) { result, filled in
      logits.withUnsafeBufferPointer { logits in
        guard let start = logits.baseAddress, let target = result.baseAddress else { return }
        for image in 0..<count {
          SoftmaxCrossEntropy.probabilities(
            of: start + image * classes, classes: classes, to: target + image * classes)
        }
      }
      filled = count * classes
    }
  }
}
