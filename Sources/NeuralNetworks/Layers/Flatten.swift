import Foundations
import KernelShapes

/// A map as one row of features: row by row, channels innermost, without the channels' padding.
///
/// Input `[image][row][column][channel]`, output `[image][feature]`. Notation `F`; `ShapedNetwork` puts one
/// before a dense layer that follows a map, where it need not be written.
public struct Flatten: Layer, Equatable {
  /// The layer.
  public init() {}

  /// The layer in the notation of `Network`.
  public var notation: String { "F" }

  /// The layer for inputs of a shape.
  public func shaped(for input: MapShape) throws(KitError) -> any ShapedLayer {
    ShapedFlatten(
      input: input, output: MapShape(rows: 1, columns: 1, channels: input.pixels * input.channels))
  }
}

extension Flatten {
  static let token = Token(example: "F", meaning: "flatten (implied before a dense layer)") { (scanner) in
    scanner.take("F") ? Flatten() : nil
  }
}

private struct ShapedFlatten: ShapedLayer {
  let input: MapShape
  let output: MapShape

  /// Without padding a map is such a row already.
  var worksInPlace: Bool { input.channels == input.pixelStride }

  func forward(_ pass: ShardPass) {
    if worksInPlace { return }
    pass.kernels.flattenPixels(
      PixelCopy(
        images: pass.images, pixels: input.pixels, channels: input.channels, pixelStride: input.pixelStride,
        inputImageStride: input.imageStride, outputImageStride: output.imageStride, input: pass.input,
        output: pass.output))
  }

  func backward(_ pass: ShardPass, _ gradients: ShardGradients) {
    guard let inputGradient = gradients.input, !worksInPlace else { return }
    pass.kernels.unflattenPixels(
      PixelCopy(
        images: pass.images, pixels: input.pixels, channels: input.channels, pixelStride: input.pixelStride,
        inputImageStride: output.imageStride, outputImageStride: input.imageStride, input: gradients.output,
        output: inputGradient))
  }
}
