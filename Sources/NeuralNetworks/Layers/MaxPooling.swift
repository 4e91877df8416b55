import Foundations
import KernelShapes

/// Max pooling over non-overlapping `size`×`size` windows; rows and columns left over are dropped.
///
/// Input `[image][row][column][channel]`, output `[image][row / size][column / size][channel]`.
/// Backward sends each gradient to the window's first maximum. Notation `P2`.
public struct MaxPooling: Layer, Equatable {
  /// Rows and columns of a window.
  public let size: Int

  /// Windows of `size`×`size`.
  public init(_ size: Int) { self.size = size }

  /// The layer in the notation of `Network`.
  public var notation: String { "P\(size)" }

  /// A window is next to its neighbours.
  public var window: LayerWindow { LayerWindow(rows: size, columns: size, stride: size) }

  /// The layer for inputs of a shape.
  public func shaped(for input: MapShape) throws(KitError) -> any ShapedLayer {
    guard size <= 16 else {
      throw KitError(.usage, "a max pooling window of \(size)×\(size) is larger than 16×16")
    }
    return ShapedMaxPooling(input: input, shape: try PoolingShape(size: size, input: input))
  }
}

extension MaxPooling {
  static let token = Token(example: "P2", meaning: "max pooling 2×2") { (scanner) throws(KitError) in
    guard scanner.take("P"), let size = try scanner.number("the window's size", 1...28) else { return nil }
    return MaxPooling(size)
  }
}

private struct ShapedMaxPooling: ShapedLayer {
  let input: MapShape
  let shape: PoolingShape
  let memory: LayerMemory
  /// Where each maximum is in its window: a byte for each element of a shard's output.
  private let positions: Region

  init(input: MapShape, shape: PoolingShape) {
    self.input = input
    self.shape = shape
    let output = input.pooled(shape)
    var memory = LayerMemory()
    positions = memory.bytes(shardSize * output.pixels * output.pixelStride, .workspace)
    self.memory = memory
  }

  var output: MapShape { input.pooled(shape) }
  var pooling: Pooling? { Pooling(method: .maximum, shape: shape) }

  func forward(_ pass: ShardPass) {
    pass.kernels.maxPoolingForward(
      MaxPoolingForward(
        shape: shape, images: pass.images, input: pass.input, output: pass.output,
        positions: pass.memory[positions, as: UInt8.self]))
  }

  func backward(_ pass: ShardPass, _ gradients: ShardGradients) {
    guard let inputGradient = gradients.input else { return }
    pass.kernels.maxPoolingBackward(
      WindowGradient(
        shape: shape, images: pass.images, positions: pass.memory[positions, as: UInt8.self],
        outputGradient: gradients.output, inputGradient: inputGradient))
  }
}
