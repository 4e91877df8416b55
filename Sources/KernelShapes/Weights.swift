/// Operands of `stripWeights`.
public struct StripWeights {
  /// Rows of the weights: kernel rows · kernel columns · input channels.
  public let rows: Int
  /// Columns of the weights, a multiple of 16: output channels.
  public let columns: Int
  /// The first row that is copied.
  public let firstRow: Int
  /// How many rows are copied.
  public let rowCount: Int
  /// The weights, `[row][column]`, all of them.
  public let weights: Floats
  /// The weights in strips, `rows` · `columns` floats.
  public let strips: MutableFloats

  /// A value of each field.
  public init(
    rows: Int, columns: Int, firstRow: Int, rowCount: Int, weights: Floats, strips: MutableFloats
  ) {
    (self.rows, self.columns, self.firstRow, self.rowCount) = (rows, columns, firstRow, rowCount)
    (self.weights, self.strips) = (weights, strips)
  }
}

/// The order of transposed weights in memory.
public enum TransposedLayout: Sendable, Equatable {
  /// `[kernel row][kernel column][output channel][input channel]`.
  case rows
  /// The same in strips of input channels, for `convolutionInputGradient`.
  case strips
  /// The same in pairs of columns, likewise: `[kernel row][offset][output channel][column of the pair][input channel]`, with
  /// offsets from 0 to `kernelColumns` and room for eight input channels.
  case pairs
}

/// Operands of `transposeWeights`.
public struct TransposeWeights {
  /// The order of the result.
  public let layout: TransposedLayout
  /// Rows of the kernel.
  public let kernelRows: Int
  /// Columns of the kernel.
  public let kernelColumns: Int
  /// Channels of the input.
  public let inputChannels: Int
  /// Channels of the output.
  public let outputChannels: Int
  /// The stride between rows of the weights, in floats: output channels padded to a multiple of 16.
  public let weightStride: Int
  /// The stride between rows of the result, in floats: input channels padded to a multiple of 16, or 1.
  public let transposedStride: Int
  /// `[kernel row][kernel column][input channel][output channel]`.
  public let weights: Floats
  /// kernel rows · kernel columns · output channels · `transposedStride` floats, for pairs with one kernel column more.
  /// What is past the input channels, and outside a pair's kernel, is not written: it holds zeros from the start.
  public let transposed: MutableFloats

  /// A value of each field.
  public init(
    layout: TransposedLayout, kernelRows: Int, kernelColumns: Int, inputChannels: Int, outputChannels: Int,
    weightStride: Int, transposedStride: Int, weights: Floats, transposed: MutableFloats
  ) {
    (self.layout, self.kernelRows, self.kernelColumns) = (layout, kernelRows, kernelColumns)
    (self.inputChannels, self.outputChannels) = (inputChannels, outputChannels)
    (self.weightStride, self.transposedStride) = (weightStride, transposedStride)
    (self.weights, self.transposed) = (weights, transposed)
  }
}
