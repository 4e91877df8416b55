import CMachine
import KernelShapes

// How the maps' tiles get into the planes of Winograd's convolution and out of them, see `Winograd.swift`.

/// Bᵀ d B of every tile of some of the images, into the planes of transformed inputs. The inputs are normalized as they
/// are read if asked: each tile does so for itself, which costs less than a pass over the map. With `fetchesAhead` the next
/// image is asked for meanwhile.
@inline(never)
func transformInputs<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ images: Range<Int>, _ input: Floats,
  _ normalization: ChannelNormalization?, fetchesAhead: Bool, _ scratch: WinogradScratch
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Products) -> Transforms.Products { Transforms.inputs(line) }
  let side = Transforms.Products.count
  let pixel = shape.inputPixelStride
  var target = scratch.inputs
  for image in images {
    let source = input + image * shape.inputImageStride
    var ahead = FetchAhead(
      shape, map: source + shape.inputImageStride, count: shape.inputRows * shape.inputColumns * pixel)
    forEachTile(Transforms.self, shape) { row, column in
      if fetchesAhead { ahead.fetchShare(fetchLine) }
      forEachPhase(shape.stride) { phaseRow, phaseColumn in
        let place = InputSquare(side, shape, row, column, phaseRow, phaseColumn)
        var channel = 0
        while channel < pixel {
          let square = source + place.offset + channel
          @inline(__always)
          func transform(_ prepare: some Preparation) {
            if place.rows.count == side && place.columns.count == side {
              transformSquare(
                square, rowStride: place.rowStride, columnStride: place.columnStride, preparing: prepare,
                scratch.between,
                target + channel, rowStride: side * shape.inputPlane, columnStride: shape.inputPlane,
                lineTransform)
            } else {
              fillSquare(
                side, place.rows, place.columns, square, rowStride: place.rowStride,
                columnStride: place.columnStride, prepare, scratch.square)
              transformSquare(
                scratch.square, rowStride: side * lanes, columnStride: lanes, scratch.between,
                target + channel, rowStride: side * shape.inputPlane, columnStride: shape.inputPlane,
                lineTransform)
            }
          }
          if let normalization {
            transform(Normalized(normalization, channel))
          } else {
            transform(AsItIs())
          }
          channel += lanes
        }
        target += pixel
      }
    }
  }
}

/// Aᵀ m A of every tile with the bias, rectified and pooled as asked, into the map that is written.
@inline(never)
func transformOutputs<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ operands: WinogradForward, _ images: Range<Int>, _ scratch: WinogradScratch
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Products) -> Transforms.Outputs { Transforms.outputs(line) }
  let shape = operands.shape
  let side = Transforms.Outputs.count
  let pixel = shape.outputPixelStride
  var rectified = false
  if case .relu = operands.activation { rectified = true }
  let isRectified = rectified && !shape.isPooled
  var source = UnsafePointer(scratch.outputs)
  for image in images {
    let target = operands.map + image * shape.mapImageStride
    let map = shape.isPooled ? scratch.map : target
    let mapRows = shape.isPooled ? side * shape.tileRows : shape.mapRows
    let mapColumns = shape.isPooled ? side * shape.tileColumns : shape.mapColumns
    var ahead = FetchAhead(
      shape, map: target + shape.mapImageStride, count: shape.mapRows * shape.mapColumns * pixel)
    forEachTile(Transforms.self, shape) { row, column in
      if operands.isTraining { ahead.fetchShare(fetchLineForWriting) }
      let target = map + (row * mapColumns + column) * pixel
      let rows = mapRows - row
      let columns = mapColumns - column
      var channel = 0
      while channel < pixel {
        let shift = loadVector(operands.bias + channel)
        @inline(__always)
        func transform(_ target: MutableFloats, _ rowStride: Int, _ columnStride: Int) {
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
    if shape.isPooled {
      let positionsOfImage = image * shape.mapRows * shape.mapColumns * pixel
      pool(
        shape, scratch.map, mapColumns * pixel, target, operands.positions.map { $0 + positionsOfImage },
        rectified: rectified)
    }
  }
}

/// An image's pooled map, from the map before it.
@inline(__always)
private func pool(
  _ shape: WinogradShape, _ map: Floats, _ line: Int, _ target: MutableFloats,
  _ positions: UnsafeMutablePointer<UInt8>?, rectified: Bool
) {
  let pixel = shape.outputPixelStride
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

/// A y Aᵀ of every tile, sent back through the pooling first, into the planes of transformed outputs.
@inline(never)
func transformMapGradients<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ operands: WinogradBackward, _ images: Range<Int>, _ scratch: WinogradScratch
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Outputs) -> Transforms.Products { Transforms.outputGradients(line) }
  let shape = operands.shape
  let side = Transforms.Outputs.count
  let pixel = shape.outputPixelStride
  let mapRows = operands.positions == nil ? shape.mapRows : side * shape.tileRows
  let mapColumns = operands.positions == nil ? shape.mapColumns : side * shape.tileColumns
  let line = mapColumns * pixel
  if operands.positions != nil {
    for index in 0..<mapRows * line { scratch.map[index] = 0 }
  }
  var target = scratch.outputs
  for image in images {
    var map = operands.mapGradient + image * shape.mapImageStride
    if let positions = operands.positions {
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
        @inline(__always)
        func transform(_ square: Floats, _ rowStride: Int, _ columnStride: Int) {
          transformSquare(
            square, rowStride: rowStride, columnStride: columnStride, scratch.between, target + channel,
            rowStride: Transforms.Products.count * shape.outputPlane, columnStride: shape.outputPlane,
            lineTransform)
        }
        if rows == side && columns == side {
          transform(source + channel, line, pixel)
        } else {
          fillSquare(
            side, 0..<rows, 0..<columns, source + channel, rowStride: line, columnStride: pixel, AsItIs(),
            scratch.square)
          transform(scratch.square, side * lanes, lanes)
        }
        channel += lanes
      }
      target += pixel
    }
  }
}

/// An image's gradient before the pooling; what the pooling drops is left alone.
@inline(__always)
private func unpool(
  _ shape: WinogradShape, _ gradient: Floats, _ positions: UnsafePointer<UInt8>,
  _ map: MutableFloats, _ line: Int
) {
  let pixel = shape.outputPixelStride
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

/// B t Bᵀ of every tile, added up where tiles overlap.
@inline(never)
func addInputGradients<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ images: Range<Int>, _ scratch: WinogradScratch,
  _ inputGradient: MutableFloats
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Products) -> Transforms.Products { Transforms.inputGradients(line) }
  let side = Transforms.Products.count
  let pixel = shape.inputPixelStride
  var source = UnsafePointer(scratch.inputs)
  for image in images {
    let target = inputGradient + image * shape.inputImageStride
    for index in 0..<shape.inputRows * shape.inputColumns * pixel { target[index] = 0 }
    forEachTile(Transforms.self, shape) { row, column in
      forEachPhase(shape.stride) { phaseRow, phaseColumn in
        let place = InputSquare(side, shape, row, column, phaseRow, phaseColumn)
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

/// Asks for the next image's map while the tiles of one are transformed, a share for each tile.
private struct FetchAhead {
  private var line: Floats
  private let end: Floats
  private let lines: Int

  /// Of `count` floats at `map`.
  @inline(__always)
  init(_ shape: WinogradShape, map: Floats, count: Int) {
    let tiles = shape.tileRows * shape.tileColumns
    line = map
    end = map + count
    lines = (count + 16 * tiles - 1) / (16 * tiles)
  }

  /// Calls `fetch` with each line of a tile's share.
  @inline(__always)
  mutating func fetchShare(_ fetch: (Floats) -> Void) {
    for _ in 0..<lines where line < end {
      fetch(line)
      line += 16
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

/// The place of a tile's square of inputs in one phase, and which of its rows and columns the input has: the others are in
/// the padding, or past it where no output needs them.
private struct InputSquare {
  let offset: Int
  let rowStride: Int
  let columnStride: Int
  let rows: Range<Int>
  let columns: Range<Int>

  /// The square of the tile whose first output is at a row and a column.
  @inline(__always)
  init(
    _ side: Int, _ shape: WinogradShape, _ row: Int, _ column: Int, _ phaseRow: Int,
    _ phaseColumn: Int
  ) {
    let stride = shape.stride
    let top = stride * row + phaseRow - shape.paddingTop
    let left = stride * column + phaseColumn - shape.paddingLeft
    offset = (top * shape.inputColumns + left) * shape.inputPixelStride
    rowStride = stride * shape.inputColumns * shape.inputPixelStride
    columnStride = stride * shape.inputPixelStride
    // Rounded up, for a stride of 1 or 2 and any sign.
    @inline(__always)
    func quotient(_ count: Int) -> Int { (count + stride - 1) >> (stride - 1) }
    rows = max(0, quotient(-top))..<min(side, quotient(shape.inputRows - top))
    columns = max(0, quotient(-left))..<min(side, quotient(shape.inputColumns - left))
  }
}

/// An element of some channels after a batch normalization: the operations of `normalizationForward`.
private struct Normalized: Preparation {
  private let mean: Vector
  private let scale: Vector
  private let shift: Vector

  @inline(__always)
  init(_ normalization: ChannelNormalization, _ channel: Int) {
    mean = loadVector(normalization.mean + channel)
    scale = loadVector(normalization.scale + channel)
    shift = loadVector(normalization.shift + channel)
  }

  @inline(__always)
  func callAsFunction(_ element: Vector) -> Vector { shift.addingProduct(element - mean, scale) }
}

/// Copies a `side`×`side` square of vectors of which some rows and columns are there, each as `prepare` makes it, with
/// zeros for the others.
@inline(__always)
private func fillSquare(
  _ side: Int, _ rows: Range<Int>, _ columns: Range<Int>, _ source: Floats, rowStride: Int, columnStride: Int,
  _ prepare: some Preparation, _ square: MutableFloats
) {
  for row in 0..<side {
    for column in 0..<side {
      let isThere = rows.contains(row) && columns.contains(column)
      storeVector(
        isThere ? prepare(loadVector(source + row * rowStride + column * columnStride)) : Vector(),
        square + (row * side + column) * lanes)
    }
  }
}
