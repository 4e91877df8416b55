import Foundations
import KernelShapes

/// Average pooling over non-overlapping `size`×`size` windows; rows and columns left over are dropped.
///
/// Input `[image][row][column][channel]`, output `[image][row / size][column / size][channel]`. Notation
/// `A2`.
public struct AveragePooling: Layer, Equatable {
  /// Rows and columns of a window.
  public let size: Int

  /// Windows of `size`×`size`.
  public init(_ size: Int) { self.size = size }

  /// The layer in the notation of `Network`.
  public var notation: String { "A\(size)" }

  /// A window is next to its neighbours.
  public var window: LayerWindow { LayerWindow(rows: size, columns: size, stride: size) }

  /// The layer for inputs of a shape.
  public func shaped(for input: MapShape) throws(KitError) -> any ShapedLayer {
    ShapedAveragePooling(input: input, shape: try PoolingShape(size: size, input: input))
  }
}

extension AveragePooling {
  static let token = Token(example: "A2", meaning: "average pooling 2×2") { (scanner) throws(KitError) in
    guard scanner.take("A"), let size = try scanner.number("the window's size", 1...28) else { return nil }
    return AveragePooling(size)
  }
}

private struct ShapedAveragePooling: ShapedLayer {
  let input: MapShape
  let shape: PoolingShape

  var output: MapShape { input.pooled(shape) }
  var pooling: Pooling? { Pooling(method: .average, shape: shape) }

  func forward(_ pass: ShardPass) {
    pass.kernels.averagePoolingForward(
      AveragePoolingForward(shape: shape, images: pass.images, input: pass.input, output: pass.output))
  }

  func backward(_ pass: ShardPass, _ gradients: ShardGradients) {
    guard let inputGradient = gradients.input else { return }
    pass.kernels.averagePoolingBackward(
      AveragePoolingBackward(
        shape: shape, images: pass.images, outputGradient: gradients.output, inputGradient: inputGradient))
  }
}
