import CMachine
import KernelShapes

// The order of weights for the kernels whose tiles read a few columns of them from the first row to the last: in strips,
// one for each tile's columns, one after the other, each `[row][column]`. Were a tile's rows as far apart as those of all
// columns, 128 or 256 floats, they would fall into few of the first-level cache's sets and push each other out.

/// The stride between pixels of up to 16 channels, in floats: a constant, so that no row of a tile needs an address of its
/// own.
let pixelStep = 16

/// The first column and the width of the strip that holds a column: a wide tile's while there are columns for one, then
/// narrow ones.
@inline(__always)
func strip(of column: Int, _ columns: Int) -> (first: Int, width: Int) {
  // The gradient to an image of one channel: all of its single column.
  if columns < Narrow.width { return (0, columns) }
  let wide = column / WideRow.width * WideRow.width
  return wide + WideRow.width <= columns
    ? (wide, WideRow.width) : (column / Narrow.width * Narrow.width, Narrow.width)
}

/// The index of a row's column among `rows` × `columns` weights in strips.
@inline(__always)
func stripOffset(_ row: Int, _ column: Int, _ rows: Int, _ columns: Int) -> Int {
  let strip = strip(of: column, columns)
  return strip.first * rows + row * strip.width + column - strip.first
}

extension Level {
  /// strips = some rows of the weights, in the strips of `convolutionForward`'s tiles.
  func stripWeights(_ operands: StripWeights) {
    let (rows, columns, first) = (operands.rows, operands.columns, operands.firstRow)
    // A vector is never in two strips.
    var column = 0
    while column < columns {
      let width = strip(of: column, columns).width
      var source = operands.weights + first * columns + column
      var target = operands.strips + stripOffset(first, column, rows, columns)
      for _ in 0..<operands.rowCount {
        storeVector(loadVector(source), target)
        source += columns
        target += width
      }
      column += lanes
    }
  }

  /// transposed = the weights with input and output channels exchanged, in the layout that is asked for.
  func transposeWeights(_ operands: TransposeWeights) {
    switch operands.layout {
    case .pairs: pairWeights(operands)
    case .strips: transpose(operands, inStrips: true)
    case .rows: transpose(operands, inStrips: false)
    }
  }
}

@inline(__always)
private func transpose(_ operands: TransposeWeights, inStrips: Bool) {
  let (inputs, outputs) = (operands.inputChannels, operands.outputChannels)
  let (weightStride, transposedStride) = (operands.weightStride, operands.transposedStride)
  let positions = operands.kernelRows * operands.kernelColumns
  /// Where an input channel of an output channel goes, and how far the next output channel's is from there.
  @inline(__always)
  func place(_ position: Int, _ output: Int, _ input: Int) -> (offset: Int, stride: Int) {
    let row = position * outputs + output
    guard inStrips else { return (row * transposedStride + input, transposedStride) }
    return (
      stripOffset(row, input, positions * outputs, transposedStride),
      strip(of: input, transposedStride).width
    )
  }
  for position in 0..<positions {
    let source = operands.weights + position * inputs * weightStride
    let squareRows = inputs / lanes * lanes
    let squareColumns = outputs / lanes * lanes
    // Columns of squares, so that reading and writing proceed from line to line of the cache.
    for input in stride(from: 0, to: squareRows, by: lanes) {
      for output in stride(from: 0, to: squareColumns, by: lanes) {
        let place = place(position, output, input)
        transposeSquare(
          source + input * weightStride + output, weightStride, operands.transposed + place.offset,
          place.stride)
      }
    }
    for input in 0..<inputs {
      for output in (input < squareRows ? squareColumns : 0)..<outputs {
        operands.transposed[place(position, output, input).offset] = source[input * weightStride + output]
      }
    }
  }
}
