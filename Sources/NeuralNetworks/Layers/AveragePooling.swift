import Foundations
import KernelShapes

/// Average pooling over non-overlapping `size`×`size` windows; rows and columns left over are dropped.
///
/// Input `[image][row][column][channel]`, output `[image][row / size][column / size][channel]`. Notation `A2`.
public struct AveragePooling: Layer, Equatable {
  /// Rows and columns of a window.
  public let size: Int

  /// Windows of `size`×`size`.
  public init(_ size: Int) { self.size = size }

  /// The layer in the notation of `Network`.
  public var notation: String { "A\(size)" }

  /// The layer for inputs of a shape, at its place in the network.
  public func shaped(for input: MapShape, number: Int) throws(KitError) -> any ShapedLayer {
    ShapedAveragePooling(input: input, shape: try PoolingShape(size: size, input: input))
  }
}

struct ShapedAveragePooling: ShapedLayer {
  let input: MapShape
  let shape: PoolingShape

  var output: MapShape {
    input.resized(rows: shape.outputRows, columns: shape.outputColumns)
  }

  func forward(_ pass: ShardPass) {
    pass.kernels.averagePoolingForward(
      AveragePoolingForward(shape: shape, images: pass.images, input: pass.input, output: pass.output))
  }

  func backward(_ pass: ShardPass) {
    guard let inputGradient = pass.inputGradient else { return }
    pass.kernels.averagePoolingBackward(
      AveragePoolingBackward(
        shape: shape, images: pass.images, outputGradient: pass.outputGradient, inputGradient: inputGradient))
  }
}
