import Compute
import Foundations

/// Dropout (Srivastava et al., 2014), inverted: in training each element is dropped with a probability and the
/// others are scaled by 1 / (1 - probability); in prediction nothing happens.
///
/// What is dropped depends on (seed, layer, epoch, image, element) alone. Notation `D25` drops 25 %.
public struct Dropout: Layer, Equatable {
  /// The share that is dropped, in percent, so that the notation says it exactly.
  public let percent: Int

  /// Drops a share from 0 to 0.99, rounded to whole percents.
  public init(_ share: Double) { percent = Int((share * 100).rounded()) }

  init(percent: Int) { self.percent = percent }

  /// The layer in the notation of `Network`.
  public var notation: String { "D\(percent)" }

  /// The layer for inputs of a shape, at its place in the network.
  public func fitted(to input: MapShape, number: Int) throws(KitError) -> any FittedLayer {
    FittedDropout(input: input, percent: percent, number: number)
  }
}

private struct FittedDropout: FittedLayer {
  let input: MapShape
  let percent: Int
  /// The layer's place in the network, which keeps its draws apart from another's.
  let number: Int

  var output: MapShape { input }
  var worksInPlace: Bool { true }

  /// The factor of every element, drawn in groups of 64; prediction needs none.
  func workspaceCount(training: Bool) -> Int { training ? 16 * factorStride : 0 }
  private var factorStride: Int { (input.pixels * input.pixelStride + 63) / 64 * 64 }

  func forward(_ pass: ShardPass) {
    let count = input.pixels * input.pixelStride
    // A word below the threshold drops: percent / 100 of 2³², rounded down.
    let threshold = UInt32(truncatingIfNeeded: (UInt64(percent) << 32) / 100)
    let scale = Float(100) / Float(100 - percent)
    for image in 0..<pass.images {
      let offset = image * input.imageStride
      guard pass.training else {
        (pass.output + offset).update(from: pass.input + offset, count: count)
        continue
      }
      let factors = pass.workspace + image * factorStride
      pass.kernels.dropoutFactors(
        factorStride / 64, pass.random.key.x, pass.random.key.y, pass.imageNumbers[image], pass.epoch,
        Philox.dropoutPurpose(layer: number), threshold, scale, factors)
      pass.kernels.multiply(count, pass.input + offset, factors, pass.output + offset)
    }
  }

  func backward(_ pass: ShardPass) {
    guard let inputGradient = pass.inputGradient else { return }
    for image in 0..<pass.images {
      let offset = image * input.imageStride
      pass.kernels.multiply(
        input.pixels * input.pixelStride, pass.outputGradient + offset, pass.workspace + image * factorStride,
        inputGradient + offset)
    }
  }
}
