/// Winograd's minimal filtering F(m, r) (Lavin and Gray, 2016): m outputs of a filter with r taps from m + r - 1 inputs, by as
/// many products; in two dimensions, tiles of m×m outputs by (m + r - 1)² products for each pair of channels.
public enum WinogradTile: Sendable, CaseIterable {
  /// F(4, 3), by 6 products.
  case f43
  /// F(5, 3), by 7 products.
  case f53
  /// F(6, 3), by 8 products.
  case f63
  /// F(4, 5), by 8 products.
  case f45

  /// m, the rows and columns of a tile's outputs.
  public var outputs: Int {
    switch self {
    case .f43, .f45: 4
    case .f53: 5
    case .f63: 6
    }
  }

  /// r, the kernel's rows and columns.
  public var taps: Int { self == .f45 ? 5 : 3 }

  /// m + r - 1, the rows and columns of a tile's inputs.
  public var side: Int { outputs + taps - 1 }

  /// Weights of a kernel, for each pair of an input and an output channel.
  public var weights: Int { taps * taps }

  /// Products of a tile, for each pair of an input and an output channel.
  public var planes: Int { side * side }
}

/// The layout of a convolution that Winograd's minimal filtering computes: tiles in planes of `[tile][channel]`, one for
/// each product.
///
/// The convolution is 3×3 or 5×5 with stride 1, or 5×5 or 6×6 with stride 2, which is a 3×3 one of stride 1 over the four
/// phases of its input: even and odd rows and columns. A tile then has the phases' channels one after the other.
/// The input has no frame: the kernels supply the padding's zeros. With a 2×2 max pooling after the convolution, the
/// map that is written is the pooled one. All sizes count elements, all strides floats.
public struct WinogradShape: Sendable, Equatable {
  /// The step between windows: 1 or 2.
  public let stride: Int
  /// Rows of zeros above the input.
  public let paddingTop: Int
  /// Columns of zeros left of the input.
  public let paddingLeft: Int
  /// Rows of the input, and of its gradient.
  public let inputRows: Int
  /// Columns of the input, and of its gradient.
  public let inputColumns: Int
  /// The stride between pixels of the input, and of its gradient: the channels padded to a multiple of 16.
  public let inputPixelStride: Int
  /// The stride between images of the input, and of its gradient.
  public let inputImageStride: Int
  /// Channels of the output that take part in the input gradient's sums.
  public let outputChannels: Int
  /// The stride between pixels of the output: the channels padded to a multiple of 16.
  public let outputPixelStride: Int
  /// Whether a 2×2 max pooling follows; what it drops is not computed.
  public let isPooled: Bool
  /// Rows of the map that is written.
  public let mapRows: Int
  /// Columns of the map that is written.
  public let mapColumns: Int
  /// The stride between images of the written map.
  public let mapImageStride: Int
  /// The outputs and the taps of a tile.
  public let tile: WinogradTile
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
  /// From a plane of transformed inputs, `[tile][inputRow]`, to the next.
  public let inputPlane: Int
  /// From a plane of transformed outputs, `[tile][outputPixelStride]`, to the next.
  public let outputPlane: Int
  /// From a plane of transformed weights, `[depth][outputPixelStride]`, to the next.
  public let weightPlane: Int
  /// From a plane of transformed transposed weights, `[output channel][inputRow]`, to the next.
  public let transposedPlane: Int

  /// A value of each field.
  public init(
    stride: Int, paddingTop: Int, paddingLeft: Int, inputRows: Int, inputColumns: Int, inputPixelStride: Int,
    inputImageStride: Int, outputChannels: Int, outputPixelStride: Int, isPooled: Bool, mapRows: Int,
    mapColumns: Int, mapImageStride: Int, tile: WinogradTile, tileRows: Int, tileColumns: Int, depth: Int,
    inputRow: Int, groupImages: Int, inputPlane: Int, outputPlane: Int, weightPlane: Int, transposedPlane: Int
  ) {
    (self.stride, self.paddingTop, self.paddingLeft) = (stride, paddingTop, paddingLeft)
    (self.inputRows, self.inputColumns) = (inputRows, inputColumns)
    (self.inputPixelStride, self.inputImageStride) = (inputPixelStride, inputImageStride)
    (self.outputChannels, self.outputPixelStride) = (outputChannels, outputPixelStride)
    (self.isPooled, self.mapRows, self.mapColumns) = (isPooled, mapRows, mapColumns)
    (self.mapImageStride, self.tile) = (mapImageStride, tile)
    (self.tileRows, self.tileColumns, self.depth) = (tileRows, tileColumns, depth)
    (self.inputRow, self.groupImages) = (inputRow, groupImages)
    (self.inputPlane, self.outputPlane) = (inputPlane, outputPlane)
    (self.weightPlane, self.transposedPlane) = (weightPlane, transposedPlane)
  }
}

/// Operands of `winogradWeights`.
public struct WinogradWeights {
  /// The outputs and the taps of a tile.
  public let tile: WinogradTile
  /// Rows of each position's weights: input channels of all phases, or output channels if transposed.
  public let rows: Int
  /// Columns of each position's weights, a multiple of 16: the other channels, padded.
  public let columns: Int
  /// `[kernel row][kernel column][row][column]`, of a kernel with the tile's taps.
  public let weights: Floats
  /// The tile's planes of `rows` · `columns` floats in strips.
  public let transformed: MutableFloats
  /// From a plane to the next, in floats.
  public let plane: Int
  /// Memory to work in, 16 floats for each plane.
  public let scratch: MutableFloats

  /// A value of each field.
  public init(
    tile: WinogradTile, rows: Int, columns: Int, weights: Floats, transformed: MutableFloats, plane: Int,
    scratch: MutableFloats
  ) {
    (self.tile, self.rows, self.columns) = (tile, rows, columns)
    (self.weights, self.transformed) = (weights, transformed)
    (self.plane, self.scratch) = (plane, scratch)
  }
}

/// The memory that Winograd's kernels work in: they expect nothing of its contents and leave anything in it.
public struct WinogradScratch {
  /// Transformed inputs: planes of `inputPlane` floats.
  public let inputs: MutableFloats
  /// Transformed outputs: planes of `outputPlane` floats.
  public let outputs: MutableFloats
  /// A square of vectors: 16 floats for each plane, whatever a vector has.
  public let square: MutableFloats
  /// Another one, between a transform's two directions.
  public let between: MutableFloats
  /// With a pooling, an image's map before it, in whole tiles: tileRows · tileColumns · outputs² pixels of
  /// `outputPixelStride` floats.
  public let map: MutableFloats
  /// For the backward pass, the gradient to the transformed weights: planes of `weightPlane` floats.
  public let weightGradient: MutableFloats

  /// A value of each field.
  public init(
    inputs: MutableFloats, outputs: MutableFloats, square: MutableFloats, between: MutableFloats,
    map: MutableFloats, weightGradient: MutableFloats
  ) {
    (self.inputs, self.outputs, self.square) = (inputs, outputs, square)
    (self.between, self.map, self.weightGradient) = (between, map, weightGradient)
  }
}

/// Operands of `winogradForward`.
public struct WinogradForward {
  /// The layout.
  public let shape: WinogradShape
  /// How many images.
  public let images: Int
  /// `[image][row][column][input channel]`.
  public let input: Floats
  /// What is done to the input first, the padding left at zero; nil for nothing.
  public let normalization: ChannelNormalization?
  /// As `winogradWeights` gives them.
  public let weights: Floats
  /// `[output channel]`, padded.
  public let bias: Floats
  /// Memory to work in.
  public let scratch: WinogradScratch
  /// `[image][map row][map column][output channel]`.
  public let map: MutableFloats
  /// A byte for each number of a pooled map, without gaps between images: where the maximum is; nil if nobody asks or
  /// nothing is pooled.
  public let positions: UnsafeMutablePointer<UInt8>?
  /// What is done to the sums.
  public let activation: Activation
  /// Whether the maps are a training batch's, which no near cache holds, so that it pays to ask for them in advance.
  public let isTraining: Bool

  /// A value of each field.
  public init(
    shape: WinogradShape, images: Int, input: Floats, normalization: ChannelNormalization?, weights: Floats,
    bias: Floats, scratch: WinogradScratch, map: MutableFloats, positions: UnsafeMutablePointer<UInt8>?,
    activation: Activation, isTraining: Bool
  ) {
    (self.shape, self.images, self.input) = (shape, images, input)
    (self.normalization, self.weights) = (normalization, weights)
    (self.bias, self.scratch, self.map) = (bias, scratch, map)
    (self.positions, self.activation, self.isTraining) = (positions, activation, isTraining)
  }
}

/// Operands of `winogradBackward`.
public struct WinogradBackward {
  /// The layout.
  public let shape: WinogradShape
  /// How many images.
  public let images: Int
  /// `[image][row][column][input channel]`.
  public let input: Floats
  /// What was done to the input first; the input's gradient is that of what came of it.
  public let normalization: ChannelNormalization?
  /// The gradient to the map, `[image][map row][map column][output channel]`, before the activation.
  public let mapGradient: Floats
  /// As `winogradForward` gives them; nil if nothing is pooled.
  public let positions: UnsafePointer<UInt8>?
  /// As `winogradWeights` gives them from transposed weights.
  public let transposed: Floats
  /// Memory to work in.
  public let scratch: WinogradScratch
  /// The gradient to the weights, `[kernel row][kernel column][depth][output channel]`.
  public let weightGradient: MutableFloats
  /// The gradient to the input, `[image][row][column][input channel]`; nil if it is not needed.
  public let inputGradient: MutableFloats?

  /// A value of each field.
  public init(
    shape: WinogradShape, images: Int, input: Floats, normalization: ChannelNormalization?,
    mapGradient: Floats, positions: UnsafePointer<UInt8>?, transposed: Floats, scratch: WinogradScratch,
    weightGradient: MutableFloats, inputGradient: MutableFloats?
  ) {
    (self.shape, self.images, self.input) = (shape, images, input)
    (self.normalization, self.mapGradient) = (normalization, mapGradient)
    (self.positions, self.transposed, self.scratch) = (positions, transposed, scratch)
    (self.weightGradient, self.inputGradient) = (weightGradient, inputGradient)
  }
}
