import KernelShapes

// A 3×3 convolution of stride 1, or a 5×5 or 6×6 one of stride 2, by Winograd's minimal filtering F(4×4, 3×3): 36 products for 16 outputs where the direct way
// takes 144. A tile's 6×6 inputs are transformed (Bᵀ d B), multiplied with the transformed weights (G g Gᵀ) and summed
// over the channels, plane by plane, and transformed back (Aᵀ m A). Backward is the exact transpose of that: the
// transformed gradient of the outputs, q = A y Aᵀ, gives both the weights' (Gᵀ (Σ v q) G) and the inputs' (B (Σ q u) Bᵀ).
// The transforms stand in `WinogradLines.swift`: along columns first, then along rows.
//
// A convolution of stride 2 is one of stride 1 over the four phases of its input, the even and the odd rows and columns,
// as channels one behind the other; what a 5×5 or 6×6 kernel has for a phase are 3×3 weights, zeros where it has none.
//
// No result is one chain; the order of every operation is fixed all the same. Sums over channels and tiles are chains
// of fused multiply-adds from +0: forward over the phases and the input channels; the inputs' gradient over the output channels; the
// weights' over the shard's tiles (images, tile rows, tile columns). Inputs in the
// padding or behind it, and outputs that nobody reads, are zeros.

/// transformed, 36 planes of `[row][column]`, `plane` floats apart, from weights `[kernel row][kernel column][row]
/// [column]`: G g Gᵀ. `columns` is a multiple of 16; `scratch` holds 36 vectors of 16.
public func winogradWeights(
  _ rows: Int, _ columns: Int, _ weights: UnsafePointer<Float>, _ plane: Int,
  _ transformed: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
) {
  let position = rows * columns
  var index = 0
  while index < position {
    transformSquare(
      weights + index, rowStride: 3 * position, columnStride: position, scratch, transformed + index,
      rowStride: 6 * plane, columnStride: plane, weightTransform)
    index += lanes
  }
}

/// output = input ⊛ weights + bias, then ReLU if asked for, then the largest of each 2×2 window if `pooled`.
///
/// input `[image][row][column][channel]`, images as far apart as those of its gradient; weights as `winogradWeights` gives them; output
/// `[image][map row][map column][output channel]`.
/// Each output is the transform's result + bias, then `x < 0 ? 0 : x`. `positions`, unless nil, gets for each element of
/// a pooled map where its maximum stood, as `largest` numbers them. `scratch` is laid out as in `Scratch`.
public func winogradForward(
  _ shape: WinogradShape, _ images: Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ bias: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
  _ output: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>?, _ rectified: Bool
) {
  let convolution = shape.convolution
  let scratch = Scratch(shape, scratch)
  var first = 0
  while first < images {
    let count = min(shape.groupImages, images - first)
    transformInputs(shape, count, input + first * convolution.gradientImageStride, scratch)
    for plane in 0..<36 {
      matrixProduct(
        rows: count * shape.tileRows * shape.tileColumns, depth: shape.depth,
        columns: convolution.outputPixelStride, scratch.inputs + plane * shape.inputPlane,
        valueStride: shape.inputRow, weights + plane * shape.weightPlane,
        scratch.outputs + plane * shape.outputPlane)
    }
    let positionsOfImage = shape.mapRows * shape.mapColumns * convolution.outputPixelStride
    transformOutputs(
      shape, count, bias, scratch, output + first * shape.mapImageStride,
      positions.map { $0 + first * positionsOfImage }, rectified)
    first += count
  }
}

/// weightGradient and inputGradient from the gradient of the output, before the pooling if there is one.
///
/// Shapes as in `winogradForward`, the transposed weights as `winogradWeights` gives them from `transposeWeights`'s.
/// `outputGradient` is zero where a ReLU was. An element of the input's gradient adds up, from +0, what each of the tiles
/// that hold it gives, in the tiles' order.
public func winogradBackward(
  _ shape: WinogradShape, _ images: Int, _ input: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ positions: UnsafePointer<UInt8>?,
  _ transposed: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
  _ weightGradient: UnsafeMutablePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>?
) {
  let convolution = shape.convolution
  let scratch = Scratch(shape, scratch)
  let positionsOfImage = shape.mapRows * shape.mapColumns * convolution.outputPixelStride
  var first = 0
  while first < images {
    let count = min(shape.groupImages, images - first)
    let tiles = count * shape.tileRows * shape.tileColumns
    transformInputs(shape, count, input + first * convolution.gradientImageStride, scratch)
    transformOutputGradients(
      shape, count, outputGradient + first * shape.mapImageStride,
      positions.map { $0 + first * positionsOfImage }, scratch)
    for plane in 0..<36 {
      let inputs = scratch.inputs + plane * shape.inputPlane
      let gradients = scratch.outputs + plane * shape.outputPlane
      transposedProduct(
        rows: shape.depth, depth: tiles, columns: convolution.outputPixelStride, inputs,
        valueStride: shape.inputRow, gradients, gradientStride: convolution.outputPixelStride,
        scratch.weights + plane * shape.weightPlane, continues: first > 0)
      if inputGradient != nil {
        // In the inputs' place, which are not needed any more.
        matrixProduct(
          rows: tiles, depth: convolution.outputChannels, columns: shape.inputRow, gradients,
          valueStride: convolution.outputPixelStride, transposed + plane * shape.transposedPlane, inputs)
      }
    }
    if let inputGradient {
      addInputGradients(shape, count, scratch, inputGradient + first * convolution.gradientImageStride)
    }
    first += count
  }
  let position = shape.depth * convolution.outputPixelStride
  var index = 0
  while index < position {
    transformSquare(
      scratch.weights + index, rowStride: 6 * shape.weightPlane, columnStride: shape.weightPlane,
      scratch.between, weightGradient + index, rowStride: 3 * position, columnStride: position,
      weightGradientTransform)
    index += lanes
  }
}

/// The parts of the memory that a call works in: transformed inputs, transformed outputs, two squares of vectors, and
/// for the backward pass the transformed weights' gradient.
private struct Scratch {
  let inputs: UnsafeMutablePointer<Float>
  let outputs: UnsafeMutablePointer<Float>
  let square: UnsafeMutablePointer<Float>
  let between: UnsafeMutablePointer<Float>
  let weights: UnsafeMutablePointer<Float>

  init(_ shape: WinogradShape, _ start: UnsafeMutablePointer<Float>) {
    inputs = start
    outputs = inputs + 36 * shape.inputPlane
    square = outputs + 36 * shape.outputPlane
    between = square + 36 * 16
    weights = between + 36 * 16
  }
}

/// Calls `body` with each tile's number, image, and first row and column in the output.
@inline(__always)
private func forEachTile(
  _ shape: WinogradShape, _ images: Int,
  _ body: (_ tile: Int, _ image: Int, _ row: Int, _ column: Int) -> Void
) {
  var tile = 0
  for image in 0..<images {
    for row in 0..<shape.tileRows {
      for column in 0..<shape.tileColumns {
        body(tile, image, 4 * row, 4 * column)
        tile += 1
      }
    }
  }
}

/// Calls `body` with each phase's number, and its first row and column in the frame: with stride 2 a convolution is one of
/// stride 1 over four phases of its input, the even and the odd rows and columns.
@inline(__always)
private func forEachPhase(_ stride: Int, _ body: (_ phase: Int, _ row: Int, _ column: Int) -> Void) {
  for row in 0..<stride { for column in 0..<stride { body(row * stride + column, row, column) } }
}

/// The quotient rounded up, for a stride of 1 or 2 and any sign.
@inline(__always)
private func quotient(_ count: Int, _ stride: Int) -> Int { (count + stride - 1) >> (stride - 1) }

/// A tile's square of inputs in one phase: where it starts, and which of its rows and columns the input has. The others are
/// in the padding, or behind it where no output needs them.
private struct InputSquare {
  let offset: Int
  let rowStride: Int
  let columnStride: Int
  let rows: Range<Int>
  let columns: Range<Int>

  /// The square of the tile whose first output is at a row and a column, in a phase's first row and column.
  @inline(__always)
  init(_ convolution: ConvolutionShape, _ row: Int, _ column: Int, _ phaseRow: Int, _ phaseColumn: Int) {
    let stride = convolution.stride
    let top = stride * row + phaseRow - convolution.paddingTop
    let left = stride * column + phaseColumn - convolution.paddingLeft
    offset = (top * convolution.inputColumns + left) * convolution.inputPixelStride
    rowStride = stride * convolution.inputColumns * convolution.inputPixelStride
    columnStride = stride * convolution.inputPixelStride
    rows = max(0, quotient(-top, stride))..<min(6, quotient(convolution.inputRows - top, stride))
    columns = max(0, quotient(-left, stride))..<min(6, quotient(convolution.inputColumns - left, stride))
  }

  var isWhole: Bool { @inline(__always) get { rows.count == 6 && columns.count == 6 } }
}

@inline(never)
private func transformInputs(
  _ shape: WinogradShape, _ images: Int, _ input: UnsafePointer<Float>, _ scratch: Scratch
) {
  let convolution = shape.convolution
  let pixel = convolution.inputPixelStride
  forEachTile(shape, images) { tile, image, row, column in
    forEachPhase(convolution.stride) { phase, phaseRow, phaseColumn in
      let square = InputSquare(convolution, row, column, phaseRow, phaseColumn)
      let source = input + image * convolution.gradientImageStride + square.offset
      let target = scratch.inputs + tile * shape.inputRow + phase * pixel
      var channel = 0
      while channel < pixel {
        if square.isWhole {
          transformSquare(
            source + channel, rowStride: square.rowStride, columnStride: square.columnStride, scratch.between,
            target + channel, rowStride: 6 * shape.inputPlane, columnStride: shape.inputPlane, inputTransform)
        } else {
          copySquare(
            6, square.rows, square.columns, source + channel, square.rowStride, square.columnStride,
            scratch.square)
          transformSquare(
            scratch.square, rowStride: 6 * lanes, columnStride: lanes, scratch.between, target + channel,
            rowStride: 6 * shape.inputPlane, columnStride: shape.inputPlane, inputTransform)
        }
        channel += lanes
      }
    }
  }
}

/// A `side`×`side` square of vectors, of which some rows and columns are there and the others zeros.
@inline(__always)
private func copySquare(
  _ side: Int, _ rows: Range<Int>, _ columns: Range<Int>, _ source: UnsafePointer<Float>, _ rowStride: Int,
  _ columnStride: Int, _ square: UnsafeMutablePointer<Float>
) {
  for row in 0..<side {
    for column in 0..<side {
      let isThere = rows.contains(row) && columns.contains(column)
      storeVector(
        isThere ? loadVector(source + row * rowStride + column * columnStride) : Vector(),
        square + (row * side + column) * lanes)
    }
  }
}

@inline(never)
private func transformOutputs(
  _ shape: WinogradShape, _ images: Int, _ bias: UnsafePointer<Float>, _ scratch: Scratch,
  _ output: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>?, _ rectified: Bool
) {
  let pixel = shape.convolution.outputPixelStride
  let side = shape.pooled ? 2 : 4
  forEachTile(shape, images) { tile, image, row, column in
    let (mapRow, mapColumn) = shape.pooled ? (row / 2, column / 2) : (row, column)
    let rows = min(side, shape.mapRows - mapRow)
    let columns = min(side, shape.mapColumns - mapColumn)
    let offset = (mapRow * shape.mapColumns + mapColumn) * pixel
    let target = output + image * shape.mapImageStride + offset
    let positionsOfTile = positions.map { $0 + image * shape.mapRows * shape.mapColumns * pixel + offset }
    var channel = 0
    while channel < pixel {
      transformSquare(
        scratch.outputs + tile * pixel + channel, rowStride: 6 * shape.outputPlane,
        columnStride: shape.outputPlane, scratch.between, scratch.square, rowStride: 4 * lanes,
        columnStride: lanes, outputTransform)
      let shift = loadVector(bias + channel)
      for row in 0..<rows {
        for column in 0..<columns {
          let offset = (row * shape.mapColumns + column) * pixel + channel
          if shape.pooled {
            let window = scratch.square + (8 * row + 2 * column) * lanes
            let (value, position) = largest(
              loadVector(window) + shift, loadVector(window + lanes) + shift,
              loadVector(window + 4 * lanes) + shift, loadVector(window + 5 * lanes) + shift,
              rectified: rectified)
            storeVector(value, target + offset)
            if let positionsOfTile { storePositions(position, positionsOfTile + offset) }
          } else {
            let value = loadVector(scratch.square + (4 * row + column) * lanes) + shift
            storeVector(rectified ? rectify(value) : value, target + offset)
          }
        }
      }
      channel += lanes
    }
  }
}

@inline(never)
private func transformOutputGradients(
  _ shape: WinogradShape, _ images: Int, _ gradient: UnsafePointer<Float>, _ positions: UnsafePointer<UInt8>?,
  _ scratch: Scratch
) {
  let pixel = shape.convolution.outputPixelStride
  let line = shape.mapColumns * pixel
  forEachTile(shape, images) { tile, image, row, column in
    let (mapRow, mapColumn) = shape.pooled ? (row / 2, column / 2) : (row, column)
    let rows = shape.mapRows - mapRow
    let columns = shape.mapColumns - mapColumn
    let offset = mapRow * line + mapColumn * pixel
    let source = gradient + image * shape.mapImageStride + offset
    let target = scratch.outputs + tile * pixel
    var channel = 0
    while channel < pixel {
      if let positions {
        let positionsOfTile = positions + image * shape.mapRows * line + offset + channel
        for row in 0..<2 {
          for column in 0..<2 {
            let isThere = row < rows && column < columns
            unpoolWindow(
              isThere ? loadVector(source + channel + row * line + column * pixel) : Vector(),
              isThere ? loadPositions(positionsOfTile + row * line + column * pixel) : Bits(),
              scratch.square + (8 * row + 2 * column) * lanes, 4 * lanes, lanes)
          }
        }
      } else {
        copySquare(
          4, 0..<min(rows, 4), 0..<min(columns, 4), source + channel, line, pixel, scratch.square)
      }
      transformSquare(
        scratch.square, rowStride: 4 * lanes, columnStride: lanes, scratch.between, target + channel,
        rowStride: 6 * shape.outputPlane, columnStride: shape.outputPlane, outputGradientTransform)
      channel += lanes
    }
  }
}

@inline(never)
private func addInputGradients(
  _ shape: WinogradShape, _ images: Int, _ scratch: Scratch, _ inputGradient: UnsafeMutablePointer<Float>
) {
  let convolution = shape.convolution
  let pixel = convolution.inputPixelStride
  for image in 0..<images {
    let target = inputGradient + image * convolution.gradientImageStride
    for index in 0..<convolution.inputRows * convolution.inputColumns * pixel { target[index] = 0 }
  }
  forEachTile(shape, images) { tile, image, row, column in
    forEachPhase(convolution.stride) { phase, phaseRow, phaseColumn in
      let square = InputSquare(convolution, row, column, phaseRow, phaseColumn)
      let source = scratch.inputs + tile * shape.inputRow + phase * pixel
      let target = inputGradient + image * convolution.gradientImageStride + square.offset
      var channel = 0
      while channel < pixel {
        transformSquare(
          source + channel, rowStride: 6 * shape.inputPlane, columnStride: shape.inputPlane, scratch.between,
          scratch.square, rowStride: 6 * lanes, columnStride: lanes, inputGradientTransform)
        for row in square.rows {
          for column in square.columns {
            let element = target + row * square.rowStride + column * square.columnStride + channel
            storeVector(
              loadVector(element) + loadVector(scratch.square + (6 * row + column) * lanes), element)
          }
        }
        channel += lanes
      }
    }
  }
}
