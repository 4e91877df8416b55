import KernelShapes

// The gradient to an input of up to eight channels: two neighbouring columns share a row of 16 floats, so that half the
// lanes do not compute what is thrown away.

/// The first float of a pair's second column.
private let half = 8

/// The weights for `pairGradient`, as `TransposedLayout.pairs` lays them out: a pair's first column takes the weights at
/// kernel column offset - 1, its second those at offset. What is past the input channels or outside the kernel is not
/// written: it holds zeros from the start.
@inline(__always)
func pairWeights(_ operands: TransposeWeights) {
  let (kernelColumns, outputs) = (operands.kernelColumns, operands.outputChannels)
  for kernelRow in 0..<operands.kernelRows {
    for kernelColumn in 0..<kernelColumns {
      let position = kernelRow * kernelColumns + kernelColumn
      let source = operands.weights + position * operands.inputChannels * operands.weightStride
      let row = kernelRow * (kernelColumns + 1) + kernelColumn
      let second = operands.transposed + row * outputs * pixelStep + half
      let first = operands.transposed + (row + 1) * outputs * pixelStep
      for input in 0..<operands.inputChannels {
        for output in 0..<outputs {
          let weight = source[input * operands.weightStride + output]
          first[output * pixelStep + input] = weight
          second[output * pixelStep + input] = weight
        }
      }
    }
  }
}

/// The gradient to the input as `convolutionInputGradient` has it, where the shape pairs columns.
@inline(__always)
func pairGradient(_ operands: ConvolutionInputGradient) {
  var lane = 0
  while lane < pixelStep {
    if WideRow.width <= pixelStep {
      pairColumns(ImageTile<WideRow>.self, operands, lane)
      lane += WideRow.width
    } else {
      pairColumns(NarrowImageTile<Narrow>.self, operands, lane)
      lane += Narrow.width
    }
  }
  separatePairs(operands)
}

/// Every pair's gradient, as a row of 16 floats where its first column has its channels; a tile's part of it, from `lane`
/// on.
@inline(never)
private func pairColumns<Tallest: Tile>(
  _: Tallest.Type, _ operands: ConvolutionInputGradient, _ lane: Int
) {
  let shape = operands.shape
  for row in 0..<shape.inputRows {
    var column = 0
    while column < shape.inputColumns {
      let target = (row * shape.inputColumns + column) * pixelStep + lane
      forEachTile(
        Tallest.self, Four<Tallest.Row>.self, operands.images,
        PairTiles<Tallest.Row>(
          operands: operands, row: row, column: column, transposed: operands.transposed + lane,
          inputGradient: operands.inputGradient + target))
      column += 2
    }
  }
}

/// The gradient to a pair of some images.
private struct PairTiles<Row: Columns>: TileWork {
  let operands: ConvolutionInputGradient
  let row: Int
  /// The pair's first column.
  let column: Int
  let transposed: Floats
  /// The first image's pair.
  let inputGradient: MutableFloats

  @inline(__always)
  func compute<Rows: Tile>(_: Rows.Type, from image: Int) where Rows.Row == Row {
    let shape = operands.shape
    let imageStride = shape.outputImageStride
    let first = operands.outputGradient + image * imageStride
    let frameRow = row + shape.paddingTop
    let frameColumn = column + shape.paddingLeft
    var tile = Rows(repeating: Rows.Row())
    let lastRow = min(shape.kernelRows - 1, frameRow)
    var kernelRow = max(0, frameRow - (shape.outputRows - 1))
    // The window of an offset is at frameColumn + 1 - offset.
    let lastOffset = min(shape.kernelColumns, frameColumn + 1)
    let firstOffset = max(0, frameColumn + 1 - (shape.outputColumns - 1))
    while kernelRow <= lastRow {
      var offset = firstOffset
      while offset <= lastOffset {
        let pixel = (frameRow - kernelRow) * shape.outputColumns + frameColumn + 1 - offset
        let position = kernelRow * (shape.kernelColumns + 1) + offset
        var value = first + pixel * shape.outputPixelStride
        var weight = transposed + position * shape.outputChannels * pixelStep
        let end = value + shape.outputChannels
        repeat {
          tile.add(Rows.Row(loading: weight), times: value, stride: imageStride)
          value += 1
          weight += pixelStep
        } while value < end
        offset += 1
      }
      kernelRow += 1
    }
    let stride = shape.gradientImageStride
    tile.store(to: inputGradient + image * stride, stride: stride)
  }
}

/// Moves each pair's second column to its own place, and zeros what is past the eight channels of both.
@inline(__always)
private func separatePairs(_ operands: ConvolutionInputGradient) {
  let shape = operands.shape
  for image in 0..<operands.images {
    for row in 0..<shape.inputRows {
      var target = UnsafeMutableRawPointer(
        operands.inputGradient + image * shape.gradientImageStride + row * shape.inputColumns * pixelStep
          + half)
      for _ in 0..<shape.inputColumns / 2 {
        let second = target.loadUnaligned(as: SIMD8<Float>.self)
        target.storeBytes(of: SIMD8<Float>(), as: SIMD8<Float>.self)
        (target + 4 * half).storeBytes(of: second, as: SIMD8<Float>.self)
        (target + 8 * half).storeBytes(of: SIMD8<Float>(), as: SIMD8<Float>.self)
        target += 4 * 2 * pixelStep
      }
      if shape.inputColumns % 2 == 1 { target.storeBytes(of: SIMD8<Float>(), as: SIMD8<Float>.self) }
    }
  }
}
