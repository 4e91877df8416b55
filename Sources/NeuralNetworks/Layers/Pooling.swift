import Foundations
import KernelShapes

/// What a pooling layer tells the layer before it, which may compute both at once.
public struct Pooling: Sendable {
  /// What becomes of a window.
  public let method: PoolingMethod
  /// The windows.
  public let shape: PoolingShape
}

extension MapShape {
  /// The map that a pooling makes.
  func pooled(_ shape: PoolingShape) -> MapShape {
    resized(rows: shape.outputRows, columns: shape.outputColumns)
  }
}

extension PoolingShape {
  /// The windows of a pooling over an input; throws `usage` if not one fits.
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
