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

  /// The layer for inputs of a shape, at its place in the network.
  public func shaped(for input: MapShape, number: Int) throws(KitError) -> any ShapedLayer {
    guard size <= 16 else {
      throw KitError(.usage, "a max pooling window of \(size)×\(size) is larger than 16×16")
    }
    return ShapedMaxPooling(input: input, shape: try PoolingShape(size: size, input: input))
  }
}

struct ShapedMaxPooling: ShapedLayer {
  let input: MapShape
  let shape: PoolingShape

  var output: MapShape {
    input.resized(rows: shape.outputRows, columns: shape.outputColumns)
  }

  /// Where each maximum stood, a byte each.
  func workspaceCount(training: Bool) -> Int {
    Backpropagation.shardSize * (output.pixels * output.pixelStride + 3) / 4
  }

  private func positions(_ pass: ShardPass) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(pass.workspace).assumingMemoryBound(to: UInt8.self)
  }

  func forward(_ pass: ShardPass) {
    pass.kernels.maxPoolingForward(
      MaxPoolingForward(
        shape: shape, images: pass.images, input: pass.input, output: pass.output, positions: positions(pass))
    )
  }

  func backward(_ pass: ShardPass) {
    guard let inputGradient = pass.inputGradient else { return }
    pass.kernels.maxPoolingBackward(
      WindowGradient(
        shape: shape, images: pass.images, positions: positions(pass), outputGradient: pass.outputGradient,
        inputGradient: inputGradient))
  }
}

extension PoolingShape {
  /// The windows of a pooling over an input; throws if not one fits.
  init(size: Int, input: MapShape) throws(KitError) {
    let output = input.resized(rows: input.rows / size, columns: input.columns / size)
    guard output.pixels > 0 else {
      throw KitError(.usage, "a pooling window of \(size)×\(size) does not fit into a map of \(input)")
    }
    self.init(
      size: size, inputRows: input.rows, inputColumns: input.columns, inputImageStride: input.imageStride,
      outputRows: output.rows, outputColumns: output.columns, outputImageStride: output.imageStride,
      pixelStride: input.pixelStride)
  }
}
