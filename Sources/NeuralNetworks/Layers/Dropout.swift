import Foundations
import KernelShapes

/// Dropout (Srivastava et al., 2014), inverted: in training each element is dropped with a probability and the
/// others are scaled by 1 / (1 - probability); in prediction nothing happens.
///
/// What is dropped depends on (seed, layer, epoch, image, element) alone: see `dropoutDraw` in
/// `Sources/Kernels/Dropout.swift`, which takes the probability in 65,536ths. Notation `D25` drops 25 %.
public struct Dropout: Layer, Equatable {
  /// The share that is dropped, in percent, so that the notation says it exactly.
  public let percent: Int

  /// Drops a share from 0 to 0.99, rounded to whole percents.
  public init(_ share: Double) { percent = Int((share * 100).rounded()) }

  init(percent: Int) { self.percent = percent }

  /// The layer in the notation of `Network`.
  public var notation: String { "D\(percent)" }

  /// The layer for inputs of a shape, at its place in the network.
  public func shaped(for input: MapShape, number: Int) throws(KitError) -> any ShapedLayer {
    ShapedDropout(input: input, percent: percent, number: number)
  }
}

private struct ShapedDropout: ShapedLayer {
  let input: MapShape
  let percent: Int
  /// The layer's place in the network, which keeps its draws apart from another's.
  let number: Int

  var output: MapShape { input }
  var worksInPlace: Bool { true }

  /// A bit for every element, drawn in blocks of 1,024; prediction needs none.
  func workspaceCount(training: Bool) -> Int { training ? Backpropagation.shardSize * bitStride : 0 }
  private var blocks: Int { (count + 1023) / 1024 }
  /// From an image's bits to the next's, in floats.
  private var bitStride: Int { blocks * 32 }
  private var count: Int { input.pixels * input.pixelStride }
  private var scale: Float { Float(100) / Float(100 - percent) }

  func forward(_ pass: ShardPass) {
    if !pass.training { return }
    // In 65,536ths, rounded to the nearest.
    let share = UInt32((percent * 65536 + 50) / 100)
    for image in 0..<pass.images {
      let offset = image * input.imageStride
      let kept = kept(pass, image)
      pass.kernels.dropoutDraw(
        DropoutDraw(
          blocks: blocks, key: pass.random.key, image: pass.imageNumbers[image], epoch: pass.epoch,
          purpose: Philox.dropoutPurpose(layer: number), share: share, kept: kept))
      pass.kernels.dropoutApply(
        DropoutApply(
          count: count, kept: kept, scale: scale, values: pass.input + offset, result: pass.output + offset))
    }
  }

  func backward(_ pass: ShardPass) {
    guard let inputGradient = pass.inputGradient else { return }
    for image in 0..<pass.images {
      let offset = image * input.imageStride
      pass.kernels.dropoutApply(
        DropoutApply(
          count: count, kept: kept(pass, image), scale: scale, values: pass.outputGradient + offset,
          result: inputGradient + offset))
    }
  }

  private func kept(_ pass: ShardPass, _ image: Int) -> UnsafeMutablePointer<UInt64> {
    UnsafeMutableRawPointer(pass.workspace + image * bitStride).assumingMemoryBound(to: UInt64.self)
  }
}
