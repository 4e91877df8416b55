import KernelShapes

// A 3×3 convolution of stride 1, or a 5×5 or 6×6 one of stride 2, by Winograd's minimal filtering F(m×m, 3×3): (m + 2)²
// products for m² outputs where the direct way takes 9 m² (25 or 36 m²). m is the shape's `tileOutputs`: 4 (36 products for 16 outputs) or 5 (49 for 25). A tile's inputs
// are transformed (Bᵀ d B), multiplied with the transformed weights (G g Gᵀ) and summed over the channels, plane by
// plane, and transformed back (Aᵀ m A). Backward is the exact transpose of that: the transformed gradient of the
// outputs, q = A y Aᵀ, gives both the weights' (Gᵀ (Σ v q) G) and the inputs' (B (Σ q u) Bᵀ).
// The transforms stand in `WinogradTransforms.swift`: along columns first, then along rows.
//
// A convolution of stride 2 is one of stride 1 over the four phases of its input, the even and the odd rows and columns,
// as channels one behind the other; what a 5×5 or 6×6 kernel has for a phase are 3×3 weights, zeros where it has none.
//
// No result is one chain; the order of every operation is fixed all the same. Sums over channels and tiles are chains
// of fused multiply-adds from +0: forward over the phases and the input channels; the inputs' gradient over the output channels; the
// weights' over the shard's tiles (images, tile rows, tile columns). Inputs in the padding
// or behind it, and outputs that nobody reads, are zeros.

/// transformed, (m + 2)² planes of `[row][column]`, `plane` floats apart, from weights `[kernel row][kernel column]
/// [row][column]`: G g Gᵀ for m = `tileOutputs`. `columns` is a multiple of 16; `scratch` holds (m + 2)² vectors of 16.
public func winogradWeights(
  _ tileOutputs: Int, _ rows: Int, _ columns: Int, _ weights: UnsafePointer<Float>, _ plane: Int,
  _ transformed: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
) {
  if tileOutputs == 5 {
    transformWeights(FiveOutputs.self, rows * columns, weights, plane, transformed, scratch)
  } else {
    transformWeights(FourOutputs.self, rows * columns, weights, plane, transformed, scratch)
  }
}

/// output = input ⊛ weights + bias, then ReLU if asked for, then the largest of each 2×2 window if `pooled`.
///
/// input `[image][row][column][channel]`, images as far apart as those of its gradient; weights as `winogradWeights` gives
/// them; output `[image][map row][map column][output channel]`.
/// Each output is the transform's result + bias, then `x < 0 ? 0 : x`. `positions`, unless nil, gets for each element of
/// a pooled map where its maximum stood, as `largest` numbers them. `scratch` is laid out as in `Scratch`.
public func winogradForward(
  _ shape: WinogradShape, _ images: Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ bias: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
  _ output: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>?, _ rectified: Bool
) {
  let scratch = Scratch(shape, scratch)
  if shape.tileOutputs == 5 {
    forward(FiveOutputs.self, shape, images, input, weights, bias, scratch, output, positions, rectified)
  } else {
    forward(FourOutputs.self, shape, images, input, weights, bias, scratch, output, positions, rectified)
  }
}

@inline(__always)
private func forward<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ images: Int, _ input: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ scratch: Scratch,
  _ output: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>?, _ rectified: Bool
) {
  let convolution = shape.convolution
  let positionsOfImage = shape.mapRows * shape.mapColumns * convolution.outputPixelStride
  var first = 0
  while first < images {
    let count = min(shape.groupImages, images - first)
    transformInputs(Transforms.self, shape, count, input + first * convolution.gradientImageStride, scratch)
    for plane in 0..<Transforms.planes {
      matrixProduct(
        rows: count * shape.tileRows * shape.tileColumns, depth: shape.depth,
        columns: convolution.outputPixelStride, scratch.inputs + plane * shape.inputPlane,
        valueStride: shape.inputRow, weights + plane * shape.weightPlane,
        scratch.outputs + plane * shape.outputPlane)
    }
    transformOutputs(
      Transforms.self, shape, count, bias, scratch, output + first * shape.mapImageStride,
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
  let scratch = Scratch(shape, scratch)
  if shape.tileOutputs == 5 {
    backward(
      FiveOutputs.self, shape, images, input, outputGradient, positions, transposed, scratch, weightGradient,
      inputGradient)
  } else {
    backward(
      FourOutputs.self, shape, images, input, outputGradient, positions, transposed, scratch, weightGradient,
      inputGradient)
  }
}

@inline(__always)
private func backward<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ images: Int, _ input: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ positions: UnsafePointer<UInt8>?,
  _ transposed: UnsafePointer<Float>, _ scratch: Scratch, _ weightGradient: UnsafeMutablePointer<Float>,
  _ inputGradient: UnsafeMutablePointer<Float>?
) {
  let convolution = shape.convolution
  let positionsOfImage = shape.mapRows * shape.mapColumns * convolution.outputPixelStride
  var first = 0
  while first < images {
    let count = min(shape.groupImages, images - first)
    let tiles = count * shape.tileRows * shape.tileColumns
    transformInputs(Transforms.self, shape, count, input + first * convolution.gradientImageStride, scratch)
    transformOutputGradients(
      Transforms.self, shape, count, outputGradient + first * shape.mapImageStride,
      positions.map { $0 + first * positionsOfImage }, scratch)
    for plane in 0..<Transforms.planes {
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
      addInputGradients(
        Transforms.self, shape, count, scratch, inputGradient + first * convolution.gradientImageStride)
    }
    first += count
  }
  transformWeightGradients(Transforms.self, shape, scratch, weightGradient)
}

/// The parts of the memory that a call works in: transformed inputs, transformed outputs, two squares of vectors, with
/// a pooling an image's map before it, in whole tiles, and for the backward pass the transformed weights' gradient.
private struct Scratch {
  let inputs: UnsafeMutablePointer<Float>
  let outputs: UnsafeMutablePointer<Float>
  let square: UnsafeMutablePointer<Float>
  let between: UnsafeMutablePointer<Float>
  let map: UnsafeMutablePointer<Float>
  let weights: UnsafeMutablePointer<Float>

  init(_ shape: WinogradShape, _ start: UnsafeMutablePointer<Float>) {
    let planes = (shape.tileOutputs + 2) * (shape.tileOutputs + 2)
    let outputsOfTile = shape.tileOutputs * shape.tileOutputs
    inputs = start
    outputs = inputs + planes * shape.inputPlane
    square = outputs + planes * shape.outputPlane
    between = square + planes * 16
    map = between + planes * 16
    let pixels = shape.pooled ? shape.tileRows * shape.tileColumns * outputsOfTile : 0
    weights = map + pixels * shape.convolution.outputPixelStride
  }
}

extension WinogradTransforms {
  /// Products of a tile.
  fileprivate static var planes: Int { @inline(__always) get { Products.count * Products.count } }
}

@inline(never)
private func transformWeights<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ position: Int, _ weights: UnsafePointer<Float>, _ plane: Int,
  _ transformed: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
) {
  @inline(__always)
  func lineTransform(_ line: Line3) -> Transforms.Products { Transforms.weights(line) }
  var index = 0
  while index < position {
    transformSquare(
      weights + index, rowStride: 3 * position, columnStride: position, scratch, transformed + index,
      rowStride: Transforms.Products.count * plane, columnStride: plane, lineTransform)
    index += lanes
  }
}

@inline(never)
private func transformWeightGradients<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ scratch: Scratch,
  _ weightGradient: UnsafeMutablePointer<Float>
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Products) -> Line3 { Transforms.weightGradients(line) }
  let position = shape.depth * shape.convolution.outputPixelStride
  var index = 0
  while index < position {
    transformSquare(
      scratch.weights + index, rowStride: Transforms.Products.count * shape.weightPlane,
      columnStride: shape.weightPlane, scratch.between, weightGradient + index, rowStride: 3 * position,
      columnStride: position, lineTransform)
    index += lanes
  }
}

@inline(never)
private func transformInputs<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ images: Int, _ input: UnsafePointer<Float>, _ scratch: Scratch
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Products) -> Transforms.Products { Transforms.inputs(line) }
  let convolution = shape.convolution
  let side = Transforms.Products.count
  let pixel = convolution.inputPixelStride
  var target = scratch.inputs
  for image in 0..<images {
    let source = input + image * convolution.gradientImageStride
    forEachTile(Transforms.self, shape) { row, column in
      forEachPhase(convolution.stride) { phaseRow, phaseColumn in
        let place = InputSquare(side, convolution, row, column, phaseRow, phaseColumn)
        var channel = 0
        while channel < pixel {
          let square = wholeSquare(
            side, place.rows, place.columns, source + place.offset + channel, rowStride: place.rowStride,
            columnStride: place.columnStride, scratch.square)
          transformSquare(
            square.source, rowStride: square.rowStride, columnStride: square.columnStride, scratch.between,
            target + channel, rowStride: side * shape.inputPlane, columnStride: shape.inputPlane,
            lineTransform)
          channel += lanes
        }
        target += pixel
      }
    }
  }
}

@inline(never)
private func transformOutputs<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ images: Int, _ bias: UnsafePointer<Float>, _ scratch: Scratch,
  _ output: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>?, _ rectified: Bool
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Products) -> Transforms.Outputs { Transforms.outputs(line) }
  let side = Transforms.Outputs.count
  let pixel = shape.convolution.outputPixelStride
  let isRectified = rectified && !shape.pooled
  var source = UnsafePointer(scratch.outputs)
  for image in 0..<images {
    let target = output + image * shape.mapImageStride
    let map = shape.pooled ? scratch.map : target
    let mapRows = shape.pooled ? side * shape.tileRows : shape.mapRows
    let mapColumns = shape.pooled ? side * shape.tileColumns : shape.mapColumns
    forEachTile(Transforms.self, shape) { row, column in
      let target = map + (row * mapColumns + column) * pixel
      let rows = mapRows - row
      let columns = mapColumns - column
      var channel = 0
      while channel < pixel {
        let shift = loadVector(bias + channel)
        @inline(__always)
        func transform(_ target: UnsafeMutablePointer<Float>, _ rowStride: Int, _ columnStride: Int) {
          transformSquare(
            source + channel, rowStride: Transforms.Products.count * shape.outputPlane,
            columnStride: shape.outputPlane, scratch.between, target, rowStride: rowStride,
            columnStride: columnStride, lineTransform
          ) { isRectified ? rectify($0 + shift) : $0 + shift }
        }
        if rows >= side && columns >= side {
          transform(target + channel, mapColumns * pixel, pixel)
        } else {
          transform(scratch.square, side * lanes, lanes)
          for row in 0..<min(rows, side) {
            for column in 0..<min(columns, side) {
              storeVector(
                loadVector(scratch.square + (row * side + column) * lanes),
                target + (row * mapColumns + column) * pixel + channel)
            }
          }
        }
        channel += lanes
      }
      source += pixel
    }
    if shape.pooled {
      let positionsOfImage = image * shape.mapRows * shape.mapColumns * pixel
      pool(shape, scratch.map, mapColumns * pixel, target, positions.map { $0 + positionsOfImage }, rectified)
    }
  }
}

/// An image's pooled map, from the map before it.
@inline(__always)
private func pool(
  _ shape: WinogradShape, _ map: UnsafePointer<Float>, _ line: Int, _ target: UnsafeMutablePointer<Float>,
  _ positions: UnsafeMutablePointer<UInt8>?, _ rectified: Bool
) {
  let pixel = shape.convolution.outputPixelStride
  for row in 0..<shape.mapRows {
    for column in 0..<shape.mapColumns {
      let window = map + 2 * row * line + 2 * column * pixel
      let offset = (row * shape.mapColumns + column) * pixel
      var channel = 0
      while channel < pixel {
        let first = window + channel
        let (value, position) = largest(
          loadVector(first), loadVector(first + pixel), loadVector(first + line),
          loadVector(first + line + pixel), rectified: rectified)
        storeVector(value, target + offset + channel)
        if let positions { storePositions(position, positions + offset + channel) }
        channel += lanes
      }
    }
  }
}

@inline(never)
private func transformOutputGradients<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ images: Int, _ gradient: UnsafePointer<Float>,
  _ positions: UnsafePointer<UInt8>?, _ scratch: Scratch
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Outputs) -> Transforms.Products { Transforms.outputGradients(line) }
  let side = Transforms.Outputs.count
  let pixel = shape.convolution.outputPixelStride
  let mapRows = positions == nil ? shape.mapRows : side * shape.tileRows
  let mapColumns = positions == nil ? shape.mapColumns : side * shape.tileColumns
  let line = mapColumns * pixel
  if positions != nil {
    for index in 0..<mapRows * line { scratch.map[index] = 0 }
  }
  var target = scratch.outputs
  for image in 0..<images {
    var map = gradient + image * shape.mapImageStride
    if let positions {
      let positionsOfImage = positions + image * shape.mapRows * shape.mapColumns * pixel
      unpool(shape, map, positionsOfImage, scratch.map, line)
      map = UnsafePointer(scratch.map)
    }
    forEachTile(Transforms.self, shape) { row, column in
      let source = map + row * line + column * pixel
      let rows = min(side, mapRows - row)
      let columns = min(side, mapColumns - column)
      var channel = 0
      while channel < pixel {
        let square = wholeSquare(
          side, 0..<rows, 0..<columns, source + channel, rowStride: line, columnStride: pixel, scratch.square)
        transformSquare(
          square.source, rowStride: square.rowStride, columnStride: square.columnStride, scratch.between,
          target + channel, rowStride: Transforms.Products.count * shape.outputPlane,
          columnStride: shape.outputPlane, lineTransform)
        channel += lanes
      }
      target += pixel
    }
  }
}

/// An image's gradient before the pooling; what the pooling drops is left alone.
@inline(__always)
private func unpool(
  _ shape: WinogradShape, _ gradient: UnsafePointer<Float>, _ positions: UnsafePointer<UInt8>,
  _ map: UnsafeMutablePointer<Float>, _ line: Int
) {
  let pixel = shape.convolution.outputPixelStride
  for row in 0..<shape.mapRows {
    for column in 0..<shape.mapColumns {
      let window = map + 2 * row * line + 2 * column * pixel
      let offset = (row * shape.mapColumns + column) * pixel
      var channel = 0
      while channel < pixel {
        unpoolWindow(
          loadVector(gradient + offset + channel), loadPositions(positions + offset + channel),
          window + channel, line, pixel)
        channel += lanes
      }
    }
  }
}

@inline(never)
private func addInputGradients<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ images: Int, _ scratch: Scratch,
  _ inputGradient: UnsafeMutablePointer<Float>
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Products) -> Transforms.Products { Transforms.inputGradients(line) }
  let convolution = shape.convolution
  let side = Transforms.Products.count
  let pixel = convolution.inputPixelStride
  var source = UnsafePointer(scratch.inputs)
  for image in 0..<images {
    let target = inputGradient + image * convolution.gradientImageStride
    for index in 0..<convolution.inputRows * convolution.inputColumns * pixel { target[index] = 0 }
    forEachTile(Transforms.self, shape) { row, column in
      forEachPhase(convolution.stride) { phaseRow, phaseColumn in
        let place = InputSquare(side, convolution, row, column, phaseRow, phaseColumn)
        var channel = 0
        while channel < pixel {
          transformSquare(
            source + channel, rowStride: side * shape.inputPlane, columnStride: shape.inputPlane,
            scratch.between, scratch.square, rowStride: side * lanes, columnStride: lanes, lineTransform)
          for row in place.rows {
            for column in place.columns {
              let element =
                target + place.offset + row * place.rowStride + column * place.columnStride + channel
              storeVector(
                loadVector(element) + loadVector(scratch.square + (side * row + column) * lanes), element)
            }
          }
          channel += lanes
        }
        source += pixel
      }
    }
  }
}

/// Calls `body` with the first row and column, in the output, of each of an image's tiles.
@inline(__always)
private func forEachTile<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ body: (_ row: Int, _ column: Int) -> Void
) {
  for row in 0..<shape.tileRows {
    for column in 0..<shape.tileColumns {
      body(Transforms.Outputs.count * row, Transforms.Outputs.count * column)
    }
  }
}

/// Calls `body` with each phase's first row and column in the input.
@inline(__always)
private func forEachPhase(_ stride: Int, _ body: (_ row: Int, _ column: Int) -> Void) {
  for row in 0..<stride { for column in 0..<stride { body(row, column) } }
}

/// Where a tile's square of inputs stands in one phase, and which of its rows and columns the input has: the others are in
/// the padding, or behind it where no output needs them.
private struct InputSquare {
  let offset: Int
  let rowStride: Int
  let columnStride: Int
  let rows: Range<Int>
  let columns: Range<Int>

  /// The square of the tile whose first output is at a row and a column.
  @inline(__always)
  init(
    _ side: Int, _ convolution: ConvolutionShape, _ row: Int, _ column: Int, _ phaseRow: Int,
    _ phaseColumn: Int
  ) {
    let stride = convolution.stride
    let top = stride * row + phaseRow - convolution.paddingTop
    let left = stride * column + phaseColumn - convolution.paddingLeft
    offset = (top * convolution.inputColumns + left) * convolution.inputPixelStride
    rowStride = stride * convolution.inputColumns * convolution.inputPixelStride
    columnStride = stride * convolution.inputPixelStride
    // Rounded up, for a stride of 1 or 2 and any sign.
    @inline(__always)
    func quotient(_ count: Int) -> Int { (count + stride - 1) >> (stride - 1) }
    rows = max(0, quotient(-top))..<min(side, quotient(convolution.inputRows - top))
    columns = max(0, quotient(-left))..<min(side, quotient(convolution.inputColumns - left))
  }
}

/// A `side`×`side` square of vectors, of which some rows and columns are there: where it stands if they all are, else a copy
/// with zeros for the others.
@inline(__always)
private func wholeSquare(
  _ side: Int, _ rows: Range<Int>, _ columns: Range<Int>, _ source: UnsafePointer<Float>, rowStride: Int,
  columnStride: Int, _ square: UnsafeMutablePointer<Float>
) -> (source: UnsafePointer<Float>, rowStride: Int, columnStride: Int) {
  if rows.count == side && columns.count == side { return (source, rowStride, columnStride) }
  for row in 0..<side {
    for column in 0..<side {
      let isThere = rows.contains(row) && columns.contains(column)
      storeVector(
        isThere ? loadVector(source + row * rowStride + column * columnStride) : Vector(),
        square + (row * side + column) * lanes)
    }
  }
  return (UnsafePointer(square), side * lanes, lanes)
}
