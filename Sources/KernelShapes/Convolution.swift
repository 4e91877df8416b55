/// The layout of a convolution's maps and kernel. All sizes count elements, all strides floats.
///
/// A convolution reads its input from a frame that already holds the zeros of `same` padding, so to the kernels
/// every convolution is a valid one. A dense layer is a convolution of a 1×1 map with a 1×1 kernel.
public struct ConvolutionShape: Sendable, Equatable {
  /// Columns of the input's frame, padding included.
  public let frameColumns: Int
  /// Channels of the input that take part in the sums.
  public let inputChannels: Int
  /// The stride between pixels of the input, in its frame and in its gradient: 1 for the image itself, else the channels
  /// padded to a multiple of 16.
  public let inputPixelStride: Int
  /// The stride between images of the input's frame.
  public let inputImageStride: Int
  /// Rows of the kernel.
  public let kernelRows: Int
  /// Columns of the kernel.
  public let kernelColumns: Int
  /// The step between windows, in both directions.
  public let stride: Int
  /// Rows of the output.
  public let outputRows: Int
  /// Columns of the output.
  public let outputColumns: Int
  /// Channels of the output that take part in the input gradient's sums.
  public let outputChannels: Int
  /// The stride between pixels of the output: the channels padded to a multiple of 16.
  public let outputPixelStride: Int
  /// The stride between images of the output.
  public let outputImageStride: Int
  /// Rows of zeros above the input in its frame.
  public let paddingTop: Int
  /// Columns of zeros left of the input in its frame.
  public let paddingLeft: Int
  /// Rows of the input without padding; the input's gradient has as many.
  public let inputRows: Int
  /// Columns of the input without padding; the input's gradient has as many.
  public let inputColumns: Int
  /// The stride between images of the input's gradient.
  public let gradientImageStride: Int

  /// A value of each field.
  public init(
    frameColumns: Int, inputChannels: Int, inputPixelStride: Int, inputImageStride: Int,
    kernelRows: Int, kernelColumns: Int, stride: Int,
    outputRows: Int, outputColumns: Int, outputChannels: Int, outputPixelStride: Int, outputImageStride: Int,
    paddingTop: Int, paddingLeft: Int, inputRows: Int, inputColumns: Int, gradientImageStride: Int
  ) {
    (self.frameColumns, self.inputChannels) = (frameColumns, inputChannels)
    (self.inputPixelStride, self.inputImageStride) = (inputPixelStride, inputImageStride)
    (self.kernelRows, self.kernelColumns, self.stride) = (kernelRows, kernelColumns, stride)
    (self.outputRows, self.outputColumns, self.outputChannels) = (outputRows, outputColumns, outputChannels)
    (self.outputPixelStride, self.outputImageStride) = (outputPixelStride, outputImageStride)
    (self.paddingTop, self.paddingLeft) = (paddingTop, paddingLeft)
    (self.inputRows, self.inputColumns) = (inputRows, inputColumns)
    self.gradientImageStride = gradientImageStride
  }
}

/// What a tile of the gradient to a convolution's weights extends over, besides output channels. The sums are the same.
public enum WeightGradientTiles: Sendable, Equatable {
  /// Input channels: for every shape.
  case channels
  /// All positions of the kernel: for one input channel without padding, the image itself, and a kernel of 3×3 or 5×5.
  case taps
  /// Neighbouring positions of a kernel's row, and input channels: for a pixel stride of 16. Worth it for few channels.
  case lines
}

/// What a sum starts from.
public enum Accumulation: Sendable, Equatable {
  /// +0.
  case fromZero
  /// What is there.
  case continuing
}

/// Operands of `convolutionForward`.
public struct ConvolutionForward {
  /// The layout.
  public let shape: ConvolutionShape
  /// How many images.
  public let images: Int
  /// The input's frame, `[image][frame row][frame column][input channel]`.
  public let input: Floats
  /// The weights in strips, as `stripWeights` gives them.
  public let weights: Floats
  /// `[output channel]`, padded.
  public let bias: Floats
  /// `[image][row][column][output channel]`.
  public let output: MutableFloats
  /// What is done to the sums.
  public let activation: Activation

  /// A value of each field.
  public init(
    shape: ConvolutionShape, images: Int, input: Floats, weights: Floats, bias: Floats,
    output: MutableFloats, activation: Activation
  ) {
    (self.shape, self.images, self.input, self.weights) = (shape, images, input, weights)
    (self.bias, self.output, self.activation) = (bias, output, activation)
  }
}

/// Operands of `convolutionInputGradient`.
public struct ConvolutionInputGradient {
  /// The layout.
  public let shape: ConvolutionShape
  /// How many images.
  public let images: Int
  /// The gradient to the output, `[image][row][column][output channel]`.
  public let outputGradient: Floats
  /// The order of the transposed weights: `strips`; or `pairs`, with which two columns are computed at a time, eight
  /// channels of each in the 16 floats of one. That takes up to eight input channels, a pixel stride of 16, a
  /// stride of 1 and more than one kernel column.
  public let layout: TransposedLayout
  /// The transposed weights, as `transposeWeights` gives them in that order.
  public let transposed: Floats
  /// The gradient to the input without padding, `[image][row][column][input channel]`.
  public let inputGradient: MutableFloats

  /// A value of each field.
  public init(
    shape: ConvolutionShape, images: Int, outputGradient: Floats, layout: TransposedLayout,
    transposed: Floats, inputGradient: MutableFloats
  ) {
    (self.shape, self.images, self.outputGradient) = (shape, images, outputGradient)
    (self.layout, self.transposed, self.inputGradient) = (layout, transposed, inputGradient)
  }
}

/// Operands of `convolutionWeightGradient`.
public struct ConvolutionWeightGradient {
  /// The layout.
  public let shape: ConvolutionShape
  /// How many images.
  public let images: Int
  /// The input's frame, `[image][frame row][frame column][input channel]`.
  public let input: Floats
  /// The gradient to the output, `[image][row][column][output channel]`.
  public let outputGradient: Floats
  /// The gradient to the weights, `[kernel row][kernel column][input channel][output channel]`.
  public let weightGradient: MutableFloats
  /// Whether the images' gradient is added to what is there.
  public let accumulation: Accumulation
  /// What a tile extends over.
  public let tiles: WeightGradientTiles

  /// A value of each field.
  public init(
    shape: ConvolutionShape, images: Int, input: Floats, outputGradient: Floats,
    weightGradient: MutableFloats, accumulation: Accumulation, tiles: WeightGradientTiles
  ) {
    (self.shape, self.images, self.input) = (shape, images, input)
    (self.outputGradient, self.weightGradient) = (outputGradient, weightGradient)
    (self.accumulation, self.tiles) = (accumulation, tiles)
  }
}

/// Operands of `pooledConvolutionForward`.
public struct PooledConvolutionForward {
  /// The convolution's layout, of which the output is never written.
  public let shape: ConvolutionShape
  /// How the 2×2 windows of the output are pooled.
  public let pooling: PoolingMethod
  /// How many images.
  public let images: Int
  /// The input's frame, `[image][frame row][frame column][input channel]`.
  public let input: Floats
  /// `[kernel row][kernel column][input channel][output channel]`.
  public let weights: Floats
  /// `[output channel]`, padded.
  public let bias: Floats
  /// The pooled map, `[image][row / 2][column / 2][output channel]`.
  public let map: MutableFloats
  /// The stride between images of the pooled map, in floats.
  public let mapImageStride: Int
  /// A byte for each number of the pooled map, without gaps between images: where the maximum is, or which of an average's
  /// elements let a gradient pass.
  public let positions: UnsafeMutablePointer<UInt8>
  /// What is done to the sums.
  public let activation: Activation

  /// A value of each field.
  public init(
    shape: ConvolutionShape, pooling: PoolingMethod, images: Int, input: Floats, weights: Floats,
    bias: Floats, map: MutableFloats, mapImageStride: Int, positions: UnsafeMutablePointer<UInt8>,
    activation: Activation
  ) {
    (self.shape, self.pooling, self.images, self.input) = (shape, pooling, images, input)
    (self.weights, self.bias, self.map) = (weights, bias, map)
    (self.mapImageStride, self.positions, self.activation) = (mapImageStride, positions, activation)
  }
}

/// Operands of `pooledConvolutionWeightGradient`.
public struct PooledConvolutionWeightGradient {
  /// The convolution's layout: one input channel without padding, a kernel of 3×3 or 5×5.
  public let shape: ConvolutionShape
  /// How the 2×2 windows of the output are pooled.
  public let pooling: PoolingMethod
  /// How many images.
  public let images: Int
  /// The input's frame, `[image][frame row][frame column]`.
  public let input: Floats
  /// The gradient to the pooled map, `[image][row / 2][column / 2][output channel]`; of an average, that to each of a
  /// window's elements.
  public let mapGradient: Floats
  /// The stride between images of that, in floats.
  public let mapImageStride: Int
  /// As `pooledConvolutionForward` gives them.
  public let positions: UnsafePointer<UInt8>
  /// The gradient to the weights, `[kernel row][kernel column][output channel]`.
  public let weightGradient: MutableFloats

  /// A value of each field.
  public init(
    shape: ConvolutionShape, pooling: PoolingMethod, images: Int, input: Floats, mapGradient: Floats,
    mapImageStride: Int, positions: UnsafePointer<UInt8>, weightGradient: MutableFloats
  ) {
    (self.shape, self.pooling, self.images, self.input) = (shape, pooling, images, input)
    (self.mapGradient, self.mapImageStride) = (mapGradient, mapImageStride)
    (self.positions, self.weightGradient) = (positions, weightGradient)
  }
}

/// Operands of `denseWeightGradient`.
public struct DenseWeightGradient {
  /// How many rows of the weights, each an input's.
  public let rows: Int
  /// Columns of the weights, a multiple of 16.
  public let columns: Int
  /// How many images.
  public let images: Int
  /// The inputs, `[image][row]`.
  public let inputs: Floats
  /// The stride between images of the inputs, in floats.
  public let inputStride: Int
  /// The gradient to the output, `[image][column]`.
  public let outputGradient: Floats
  /// The stride between images of that, in floats.
  public let outputStride: Int
  /// The gradient to the weights, `[row][column]`.
  public let weightGradient: MutableFloats

  /// A value of each field.
  public init(
    rows: Int, columns: Int, images: Int, inputs: Floats, inputStride: Int, outputGradient: Floats,
    outputStride: Int, weightGradient: MutableFloats
  ) {
    (self.rows, self.columns, self.images) = (rows, columns, images)
    (self.inputs, self.inputStride) = (inputs, inputStride)
    (self.outputGradient, self.outputStride) = (outputGradient, outputStride)
    self.weightGradient = weightGradient
  }
}
