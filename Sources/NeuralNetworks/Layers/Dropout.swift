import Foundations
import KernelShapes

/// Dropout (Srivastava et al., 2014), inverted: in training each element is dropped with a probability and
/// the others are scaled by 1 / (1 - probability); in prediction nothing happens.
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

  /// The layer for inputs of a shape.
  public func shaped(for input: MapShape) throws(KitError) -> any ShapedLayer {
    ShapedDropout(input: input, percent: percent)
  }
}

extension Dropout {
  static let token = Token(example: "D25", meaning: "dropout of 25 %") { (scanner) throws(KitError) in
    guard scanner.take("D"), let percent = try scanner.number("dropout's percentage", 0...99) else {
      return nil
    }
    return Dropout(percent: percent)
  }
}

private struct ShapedDropout: ShapedLayer {
  let input: MapShape
  let percent: Int
  let memory: LayerMemory
  /// A bit for each element of each image, drawn in blocks of 1,024: 1 where it is kept.
  private let kept: Region

  init(input: MapShape, percent: Int) {
    self.input = input
    self.percent = percent
    var memory = LayerMemory()
    kept = memory.region(
      shardSize * Self.blocks(input) * Self.blockCount, .workspace, onlyInTraining: true)
    self.memory = memory
  }

  var output: MapShape { input }
  var worksInPlace: Bool { true }

  /// Floats that hold the bits of a block.
  private static let blockCount = 32
  private static func blocks(_ input: MapShape) -> Int { (input.pixels * input.pixelStride + 1023) / 1024 }

  private var count: Int { input.pixels * input.pixelStride }
  private var scale: Float { Float(100) / Float(100 - percent) }

  func forward(_ pass: ShardPass) {
    guard let draws = pass.draws else { return }
    // In 65,536ths, rounded to the nearest.
    let share = UInt32((percent * 65536 + 50) / 100)
    for image in 0..<pass.images {
      let offset = image * input.imageStride
      let kept = kept(pass, image)
      pass.kernels.dropoutDraw(
        DropoutDraw(
          blocks: Self.blocks(input), key: draws.random.key, image: draws.rows[image], epoch: draws.epoch,
          purpose: Philox.dropoutPurpose(layer: draws.layer), share: share, kept: kept))
      pass.kernels.dropoutApply(
        DropoutApply(
          count: count, kept: kept, scale: scale, values: pass.input + offset, result: pass.output + offset))
    }
  }

  func backward(_ pass: ShardPass, _ gradients: ShardGradients) {
    guard let inputGradient = gradients.input else { return }
    for image in 0..<pass.images {
      let offset = image * input.imageStride
      pass.kernels.dropoutApply(
        DropoutApply(
          count: count, kept: kept(pass, image), scale: scale, values: gradients.output + offset,
          result: inputGradient + offset))
    }
  }

  /// An image's bits, 64 in a word.
  private func kept(_ pass: ShardPass, _ image: Int) -> UnsafeMutablePointer<UInt64> {
    pass.memory[kept, as: UInt64.self] + image * Self.blocks(input) * Self.blockCount / 2
  }
}
