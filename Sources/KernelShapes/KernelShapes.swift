// What the kernels are told about their operands. A module of its own, because the kernels' folder is compiled
// once an instruction set and both copies must take the same types. Stored properties only: a computed one
// might be compiled into every copy under one symbol, of which the linker keeps any.

/// Where the numbers of a convolution stand. All sizes count elements, all strides count floats.
///
/// A convolution reads its input from a frame that already holds the zeros of `same` padding, so to the kernels
/// every convolution is a valid one. A dense layer is a convolution of a 1×1 map with a 1×1 kernel.
public struct ConvolutionShape: Sendable, Equatable {
  /// Columns of the input's frame, padding included.
  public let frameColumns: Int
  /// Channels of the input that take part in the sums.
  public let inputChannels: Int
  /// From a pixel of the input's frame to the next: 1 for the image itself, else channels padded to 16.
  public let inputPixelStride: Int
  /// From an image of the input's frame to the next.
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
  /// Channels of the output, padded to 16: from a pixel of the output to the next.
  public let outputPixelStride: Int
  /// From an image of the output to the next.
  public let outputImageStride: Int
  /// Rows of zeros above the input in its frame.
  public let paddingTop: Int
  /// Columns of zeros left of the input in its frame.
  public let paddingLeft: Int
  /// Rows of the input without padding; the input's gradient has as many.
  public let inputRows: Int
  /// Columns of the input without padding.
  public let inputColumns: Int
  /// From an image of the input's gradient to the next.
  public let gradientImageStride: Int
  /// Whether the gradient to the input is computed for two columns at a time, which makes room for eight channels each
  /// in the 16 floats of one. Up to eight channels, windows in every column, and more than one kernel column.
  public let pairsColumns: Bool

  /// All fields, see each.
  public init(
    frameColumns: Int, inputChannels: Int, inputPixelStride: Int, inputImageStride: Int,
    kernelRows: Int, kernelColumns: Int, stride: Int,
    outputRows: Int, outputColumns: Int, outputChannels: Int, outputPixelStride: Int, outputImageStride: Int,
    paddingTop: Int, paddingLeft: Int, inputRows: Int, inputColumns: Int, gradientImageStride: Int
  ) {
    self.frameColumns = frameColumns
    self.inputChannels = inputChannels
    self.inputPixelStride = inputPixelStride
    self.inputImageStride = inputImageStride
    self.kernelRows = kernelRows
    self.kernelColumns = kernelColumns
    self.stride = stride
    self.outputRows = outputRows
    self.outputColumns = outputColumns
    self.outputChannels = outputChannels
    self.outputPixelStride = outputPixelStride
    self.outputImageStride = outputImageStride
    self.paddingTop = paddingTop
    self.paddingLeft = paddingLeft
    self.inputRows = inputRows
    self.inputColumns = inputColumns
    self.gradientImageStride = gradientImageStride
    pairsColumns = inputPixelStride == 16 && inputChannels <= 8 && stride == 1 && kernelColumns > 1
  }
}

/// Where the numbers of a convolution stand when Winograd's minimal filtering F(m×m, 3×3) computes it (Lavin and Gray,
/// 2016): tiles of m×m outputs, each from (m + 2)×(m + 2) inputs, in (m + 2)² planes of `[tile][channel]`.
///
/// The convolution is 3×3 with stride 1, or 5×5 or 6×6 with stride 2, which is a 3×3 one of stride 1 over the four phases of its
/// input: even and odd rows and columns. A tile then has the phases' channels one behind the other.
/// With a 2×2 max pooling behind it, the map that is written is the pooled one.
public struct WinogradShape: Sendable, Equatable {
  /// The convolution. Its input has no frame: the padding's zeros are supplied, and images are as far apart as those of the
  /// input's gradient.
  public let convolution: ConvolutionShape
  /// Whether a 2×2 max pooling follows; what it drops is not computed.
  public let pooled: Bool
  /// Rows of the map that is written.
  public let mapRows: Int
  /// Columns of the map that is written.
  public let mapColumns: Int
  /// From an image of the written map to the next, in floats.
  public let mapImageStride: Int
  /// m, the rows and columns of a tile's outputs: 4 or 5.
  public let tileOutputs: Int
  /// Tiles below one another.
  public let tileRows: Int
  /// Tiles beside one another.
  public let tileColumns: Int
  /// Channels of all phases that take part in the sums.
  public let depth: Int
  /// Floats of a tile in a plane of transformed inputs: all phases' channels with their padding.
  public let inputRow: Int
  /// Images whose tiles are computed together, as many as the second-level cache holds.
  public let groupImages: Int
  /// From a plane of transformed inputs, `[tile][inputRow]`, to the next, in floats.
  public let inputPlane: Int
  /// From a plane of transformed outputs, `[tile][outputPixelStride]`, to the next, in floats.
  public let outputPlane: Int
  /// From a plane of transformed weights, `[depth][outputPixelStride]`, to the next, in floats.
  public let weightPlane: Int
  /// From a plane of transformed transposed weights, `[output channel][inputRow]`, to the next, in floats.
  public let transposedPlane: Int

  /// All fields, see each.
  public init(
    convolution: ConvolutionShape, pooled: Bool, mapRows: Int, mapColumns: Int,
    mapImageStride: Int, tileOutputs: Int, tileRows: Int, tileColumns: Int, depth: Int, inputRow: Int,
    groupImages: Int,
    inputPlane: Int, outputPlane: Int,
    weightPlane: Int, transposedPlane: Int
  ) {
    self.convolution = convolution
    self.pooled = pooled
    self.mapRows = mapRows
    self.mapColumns = mapColumns
    self.mapImageStride = mapImageStride
    self.tileOutputs = tileOutputs
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    self.depth = depth
    self.inputRow = inputRow
    self.groupImages = groupImages
    self.inputPlane = inputPlane
    self.outputPlane = outputPlane
    self.weightPlane = weightPlane
    self.transposedPlane = transposedPlane
  }
}

/// Where the numbers of a pooling stand; rows and columns of the input that fill no window are dropped.
public struct PoolingShape: Sendable, Equatable {
  /// Rows and columns of a window, and the step between windows.
  public let size: Int
  /// Rows of the input.
  public let inputRows: Int
  /// Columns of the input.
  public let inputColumns: Int
  /// From an image of the input to the next, in floats.
  public let inputImageStride: Int
  /// Rows of the output.
  public let outputRows: Int
  /// Columns of the output.
  public let outputColumns: Int
  /// From an image of the output to the next, in floats.
  public let outputImageStride: Int
  /// Channels with their padding: from a pixel to the next, in input and output.
  public let pixelStride: Int

  /// All fields, see each.
  public init(
    size: Int, inputRows: Int, inputColumns: Int, inputImageStride: Int,
    outputRows: Int, outputColumns: Int, outputImageStride: Int, pixelStride: Int
  ) {
    self.size = size
    self.inputRows = inputRows
    self.inputColumns = inputColumns
    self.inputImageStride = inputImageStride
    self.outputRows = outputRows
    self.outputColumns = outputColumns
    self.outputImageStride = outputImageStride
    self.pixelStride = pixelStride
  }
}

/// One step of Adam or AdamW over a slice of the parameters.
public struct AdamStep: Sendable, Equatable {
  /// β₁, the decay of the first moment.
  public let beta1: Float
  /// β₂, the decay of the second moment.
  public let beta2: Float
  /// Added to the root of the second moment: ε · √(1 - β₂ᵗ), so that it is ε beside the corrected one's.
  public let epsilon: Float
  /// learning rate · √(1 - β₂ᵗ) / (1 - β₁ᵗ).
  public let stepSize: Float
  /// What the parameter is multiplied by first: 1 - learning rate · weight decay (AdamW), 1 without.
  public let decay: Float

  /// All fields, see each.
  public init(beta1: Float, beta2: Float, epsilon: Float, stepSize: Float, decay: Float) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.stepSize = stepSize
    self.decay = decay
  }
}

/// Where an output pixel (column x, row y) of a square image takes its value: column xx·x + xy·y + x0, row
/// yx·x + yy·y + y0.
public struct AffineMap: Sendable, Equatable {
  /// Columns a column.
  public let xx: Float
  /// Columns a row.
  public let xy: Float
  /// The first pixel's column.
  public let x0: Float
  /// Rows a column.
  public let yx: Float
  /// Rows a row.
  public let yy: Float
  /// The first pixel's row.
  public let y0: Float

  /// All fields, see each.
  public init(xx: Float, xy: Float, x0: Float, yx: Float, yy: Float, y0: Float) {
    self.xx = xx
    self.xy = xy
    self.x0 = x0
    self.yx = yx
    self.yy = yy
    self.y0 = y0
  }

  /// From a row to the next of the frame that an image is sampled from, in bytes: two a column, with one column of
  /// zeros before the image's and three behind.
  public static func framePitch(side: Int) -> Int { 2 * (side + 4) }

  /// Bytes of the frame: a row of pairs more than the image has and one of zeros, and room for whole vectors of them.
  public static func frameCount(side: Int) -> Int { (side + 2) * framePitch(side: side) + 64 }
}
