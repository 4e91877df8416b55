/// How a pooling makes one number of a window.
public enum PoolingMethod: Sendable, Equatable {
  /// The largest.
  case maximum
  /// The mean.
  case average
}

/// The layout of a pooling's input and output; rows and columns of the input that fill no window are dropped.
public struct PoolingShape: Sendable, Equatable {
  /// Rows and columns of a window, and the step between windows.
  public let size: Int
  /// Rows of the input.
  public let inputRows: Int
  /// Columns of the input.
  public let inputColumns: Int
  /// The stride between images of the input, in floats.
  public let inputImageStride: Int
  /// Rows of the output.
  public let outputRows: Int
  /// Columns of the output.
  public let outputColumns: Int
  /// The stride between images of the output, in floats.
  public let outputImageStride: Int
  /// Channels with their padding, 1 or a multiple of 16: from a pixel to the next, in input and output.
  public let pixelStride: Int

  /// A value of each field.
  public init(
    size: Int, inputRows: Int, inputColumns: Int, inputImageStride: Int,
    outputRows: Int, outputColumns: Int, outputImageStride: Int, pixelStride: Int
  ) {
    self.size = size
    (self.inputRows, self.inputColumns, self.inputImageStride) = (inputRows, inputColumns, inputImageStride)
    (self.outputRows, self.outputColumns) = (outputRows, outputColumns)
    (self.outputImageStride, self.pixelStride) = (outputImageStride, pixelStride)
  }
}

/// Operands of `maxPoolingForward`.
public struct MaxPoolingForward {
  /// The layout of input and output; `size` is 16 at most, so that a position fits a byte.
  public let shape: PoolingShape
  /// How many images.
  public let images: Int
  /// `[image][row][column][channel]`.
  public let input: Floats
  /// `[image][row / size][column / size][channel]`.
  public let output: MutableFloats
  /// Where each maximum is in its window: laid out as the output, but without gaps between images.
  public let positions: UnsafeMutablePointer<UInt8>

  /// A value of each field.
  public init(
    shape: PoolingShape, images: Int, input: Floats, output: MutableFloats,
    positions: UnsafeMutablePointer<UInt8>
  ) {
    (self.shape, self.images, self.input) = (shape, images, input)
    (self.output, self.positions) = (output, positions)
  }
}

/// Operands of `maxPoolingBackward` and `passedGradient`.
public struct WindowGradient {
  /// The layout of the pooling's input and output.
  public let shape: PoolingShape
  /// How many images.
  public let images: Int
  /// Which elements of each window get the gradient, as the forward kernel gave it: laid out as the output, but without
  /// gaps between images.
  public let positions: UnsafePointer<UInt8>
  /// The gradient to the output, `[image][row / size][column / size][channel]`.
  public let outputGradient: Floats
  /// The gradient to the input, `[image][row][column][channel]`.
  public let inputGradient: MutableFloats

  /// A value of each field.
  public init(
    shape: PoolingShape, images: Int, positions: UnsafePointer<UInt8>, outputGradient: Floats,
    inputGradient: MutableFloats
  ) {
    (self.shape, self.images, self.positions) = (shape, images, positions)
    (self.outputGradient, self.inputGradient) = (outputGradient, inputGradient)
  }
}

/// Operands of `averagePoolingForward`.
public struct AveragePoolingForward {
  /// The layout of input and output.
  public let shape: PoolingShape
  /// How many images.
  public let images: Int
  /// `[image][row][column][channel]`.
  public let input: Floats
  /// `[image][row / size][column / size][channel]`.
  public let output: MutableFloats

  /// A value of each field.
  public init(shape: PoolingShape, images: Int, input: Floats, output: MutableFloats) {
    (self.shape, self.images, self.input, self.output) = (shape, images, input, output)
  }
}

/// Operands of `averagePoolingBackward`.
public struct AveragePoolingBackward {
  /// The layout of the pooling's input and output.
  public let shape: PoolingShape
  /// How many images.
  public let images: Int
  /// The gradient to the output, `[image][row / size][column / size][channel]`.
  public let outputGradient: Floats
  /// The gradient to the input, `[image][row][column][channel]`.
  public let inputGradient: MutableFloats

  /// A value of each field.
  public init(shape: PoolingShape, images: Int, outputGradient: Floats, inputGradient: MutableFloats) {
    (self.shape, self.images) = (shape, images)
    (self.outputGradient, self.inputGradient) = (outputGradient, inputGradient)
  }
}
