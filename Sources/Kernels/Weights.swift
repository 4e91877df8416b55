import KernelShapes

// How weights are set for the kernels whose tiles read a few columns of them from one end to the other: in strips, the
// columns of a tile behind one another, each `[row][column]`. Were its rows as far apart as those of all columns, 128 or 256
// floats, they would fall into few of the first-level cache's sets and push each other out.

/// The first column and the width of the strip that holds a column: a wide tile's while there are columns for one, then
/// narrow ones.
@inline(__always)
func strip(of column: Int, _ columns: Int) -> (first: Int, width: Int) {
  // The gradient to an image of one channel.
  if columns < Narrow.width { return (0, columns) }
  let wide = column / Wide.width * Wide.width
  return wide + Wide.width <= columns
    ? (wide, Wide.width) : (column / Narrow.width * Narrow.width, Narrow.width)
}

/// Where a column of a row stands, of `rows` × `columns` weights in strips.
@inline(__always)
func stripOffset(_ row: Int, _ column: Int, _ rows: Int, _ columns: Int) -> Int {
  let strip = strip(of: column, columns)
  return strip.first * rows + row * strip.width + column - strip.first
}

/// strips = the rows `first..<first + count` of `rows` × `columns` weights `[row][column]`, in the strips of
/// `convolutionForward`'s tiles. `columns` is a multiple of 16.
public func stripWeights(
  _ rows: Int, _ columns: Int, _ first: Int, _ count: Int, _ weights: UnsafePointer<Float>,
  _ strips: UnsafeMutablePointer<Float>
) {
  // A vector is never in two strips.
  var column = 0
  while column < columns {
    let width = strip(of: column, columns).width
    var source = weights + first * columns + column
    var target = strips + stripOffset(first, column, rows, columns)
    for _ in 0..<count {
      storeVector(loadVector(source), target)
      source += columns
      target += width
    }
    column += lanes
  }
}

/// transposed `[kernel row][kernel column][output channel][input channel]` from weights `[kernel row][kernel
/// column][input channel][output channel]`, as it stands, or `inStrips` of input channels for `convolutionInputGradient`.
///
/// The transposed rows are padded to `gradientPixelStride` floats, of which those past the input channels are not
/// written: they hold zeros from the start. Where the shape pairs columns, strips are as `pairWeights` says.
public func transposeWeights(
  _ shape: ConvolutionShape, _ gradientPixelStride: Int, _ weights: UnsafePointer<Float>,
  _ transposed: UnsafeMutablePointer<Float>, _ inStrips: Bool
) {
  if inStrips && shape.pairsColumns {
    pairWeights(shape, weights, transposed)
    return
  }
  let positions = shape.kernelRows * shape.kernelColumns
  /// Where an input channel of an output channel goes, and how far the next output channel's is from there.
  func place(_ position: Int, _ output: Int, _ input: Int) -> (offset: Int, stride: Int) {
    let row = position * shape.outputChannels + output
    guard inStrips else { return (row * gradientPixelStride + input, gradientPixelStride) }
    return (
      stripOffset(row, input, positions * shape.outputChannels, gradientPixelStride),
      strip(of: input, gradientPixelStride).width
    )
  }
  for position in 0..<positions {
    let source = weights + position * shape.inputChannels * shape.outputPixelStride
    let squareRows = shape.inputChannels / lanes * lanes
    let squareColumns = shape.outputChannels / lanes * lanes
    // Columns of squares, so that what is read and what is written go on from line to line of the cache.
    for input in stride(from: 0, to: squareRows, by: lanes) {
      for output in stride(from: 0, to: squareColumns, by: lanes) {
        let place = place(position, output, input)
        transposeSquare(
          source + input * shape.outputPixelStride + output, shape.outputPixelStride,
          transposed + place.offset, place.stride)
      }
    }
    for input in 0..<shape.inputChannels {
      for output in (input < squareRows ? squareColumns : 0)..<shape.outputChannels {
        transposed[place(position, output, input).offset] = source[input * shape.outputPixelStride + output]
      }
    }
  }
}
