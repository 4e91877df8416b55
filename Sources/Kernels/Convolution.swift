import KernelShapes

// Convolution and its two gradients. A tile's rows are images of the shard in the first two kernels, so that every
// window position has the same products for all rows, whatever the kernel, the stride and the padding; in the
// third they are neighbouring weights. Sums are chains of fused multiply-adds, in the orders stated.

extension Level {
  /// output = input ⊛ weights + bias, then the activation.
  ///
  /// Each output is one chain: bias, then kernel row, kernel column, input channel.
  func convolutionForward(_ operands: ConvolutionForward) {
    let columns = operands.shape.outputPixelStride
    var channel = 0
    while channel + WideRow.width <= columns {
      forwardColumns(ImageTile<WideRow>.self, operands, channel)
      channel += WideRow.width
    }
    while channel < columns {
      forwardColumns(NarrowImageTile<Narrow>.self, operands, channel)
      channel += Narrow.width
    }
  }

  /// inputGradient = the gradient of the loss to the convolution's input.
  ///
  /// Each element is one chain: +0, then kernel row, kernel column, output channel, over the windows that hold it. Where
  /// the shape pairs columns, a window that holds one of a pair (columns 0 and 1, 2 and 3, …) adds zero products to the
  /// other's.
  func convolutionInputGradient(_ operands: ConvolutionInputGradient) {
    let columns = operands.shape.inputPixelStride
    if operands.layout == .pairs { return pairGradient(operands) }
    if columns == 1 { return inputGradientColumns(ImageTile<Single>.self, operands, 0) }
    var channel = 0
    while channel + WideRow.width <= columns {
      inputGradientColumns(ImageTile<WideRow>.self, operands, channel)
      channel += WideRow.width
    }
    while channel < columns {
      inputGradientColumns(NarrowImageTile<Narrow>.self, operands, channel)
      channel += Narrow.width
    }
  }

  /// weightGradient = the gradient of the loss to the weights, over the images.
  ///
  /// Each element is one chain: +0, or what is there if it is `continuing`, then image, output row, output column.
  func convolutionWeightGradient(_ operands: ConvolutionWeightGradient) {
    let shape = operands.shape
    if operands.tiles == .taps { return tapGradient(operands) }
    if operands.tiles == .lines { return lineGradient(operands) }
    var channel = 0
    while channel + WideRow.width <= shape.outputPixelStride {
      weightGradientColumns(WideRow.self, operands, channel)
      channel += WideRow.width
    }
    while channel < shape.outputPixelStride {
      weightGradientColumns(Narrow.self, operands, channel)
      channel += Narrow.width
    }
  }
}

/// A tile's output channels, from `channel` on, of all images.
@inline(never)
private func forwardColumns<Tallest: Tile>(
  _: Tallest.Type, _ operands: ConvolutionForward, _ channel: Int
) {
  let shape = operands.shape
  let weights = operands.weights + channel * shape.kernelRows * shape.kernelColumns * shape.inputChannels
  let start = Tallest.Row(loading: operands.bias + channel)
  for row in 0..<shape.outputRows {
    for column in 0..<shape.outputColumns {
      let window = (row * shape.frameColumns + column) * shape.stride * shape.inputPixelStride
      let target = (row * shape.outputColumns + column) * shape.outputPixelStride + channel
      forEachTile(
        Tallest.self, Four<Tallest.Row>.self, operands.images,
        ForwardTiles(
          operands: operands, window: operands.input + window, weights: weights, start: start,
          output: operands.output + target))
    }
  }
}

/// An output pixel of some images.
private struct ForwardTiles<Row: Columns>: TileWork {
  let operands: ConvolutionForward
  /// The first image's window.
  let window: Floats
  let weights: Floats
  let start: Row
  /// The first image's pixel.
  let output: MutableFloats

  @inline(__always)
  func compute<Rows: Tile>(_: Rows.Type, from image: Int) where Rows.Row == Row {
    let shape = operands.shape
    // Without channel padding the window's row is one run over kernel column and channel.
    let contiguous = shape.inputChannels == shape.inputPixelStride
    let runs = contiguous ? 1 : shape.kernelColumns
    let runLength = contiguous ? shape.kernelColumns * shape.inputChannels : shape.inputChannels
    let imageStride = shape.inputImageStride
    let first = window + image * imageStride
    var weight = weights
    var tile = Rows(repeating: start)
    for kernelRow in 0..<shape.kernelRows {
      for run in 0..<runs {
        let pixel = kernelRow * shape.frameColumns + run
        var value = first + pixel * shape.inputPixelStride
        let end = value + runLength
        repeat {
          tile.add(Rows.Row(loading: weight), times: value, stride: imageStride)
          value += 1
          weight += Rows.Row.width
        } while value < end
      }
    }
    if case .relu = operands.activation { tile = tile.rectified }
    tile.store(to: output + image * shape.outputImageStride, stride: shape.outputImageStride)
  }
}

/// A tile's input channels, from `channel` on, of all images.
@inline(never)
private func inputGradientColumns<Tallest: Tile>(
  _: Tallest.Type, _ operands: ConvolutionInputGradient, _ channel: Int
) {
  let shape = operands.shape
  let depth = shape.kernelRows * shape.kernelColumns * shape.outputChannels
  let transposed = operands.transposed + channel * depth
  for row in 0..<shape.inputRows {
    for column in 0..<shape.inputColumns {
      let target = (row * shape.inputColumns + column) * shape.inputPixelStride + channel
      forEachTile(
        Tallest.self, Four<Tallest.Row>.self, operands.images,
        InputGradientTiles<Tallest.Row>(
          operands: operands, row: row, column: column, transposed: transposed,
          inputGradient: operands.inputGradient + target))
    }
  }
}

/// The gradient to an input pixel of some images.
private struct InputGradientTiles<Row: Columns>: TileWork {
  let operands: ConvolutionInputGradient
  let row: Int
  let column: Int
  let transposed: Floats
  /// The first image's pixel.
  let inputGradient: MutableFloats

  @inline(__always)
  func compute<Rows: Tile>(_: Rows.Type, from image: Int) where Rows.Row == Row {
    let shape = operands.shape
    let imageStride = shape.outputImageStride
    let first = operands.outputGradient + image * imageStride
    let frameRow = row + shape.paddingTop
    let frameColumn = column + shape.paddingLeft
    var tile = Rows(repeating: Rows.Row())
    // The kernel's positions that some window lays on this element: every stride-th, while the window exists.
    let lastRow = min(shape.kernelRows - 1, frameRow)
    let lastColumn = min(shape.kernelColumns - 1, frameColumn)
    let firstColumn = max(frameColumn % shape.stride, frameColumn - (shape.outputColumns - 1) * shape.stride)
    var kernelRow = max(frameRow % shape.stride, frameRow - (shape.outputRows - 1) * shape.stride)
    while kernelRow <= lastRow {
      let windowRow = (frameRow - kernelRow) / shape.stride
      var kernelColumn = firstColumn
      while kernelColumn <= lastColumn {
        let pixel = windowRow * shape.outputColumns + (frameColumn - kernelColumn) / shape.stride
        let position = kernelRow * shape.kernelColumns + kernelColumn
        var value = first + pixel * shape.outputPixelStride
        var weight = transposed + position * shape.outputChannels * Rows.Row.width
        let end = value + shape.outputChannels
        repeat {
          tile.add(Rows.Row(loading: weight), times: value, stride: imageStride)
          value += 1
          weight += Rows.Row.width
        } while value < end
        kernelColumn += shape.stride
      }
      kernelRow += shape.stride
    }
    let stride = shape.gradientImageStride
    tile.store(to: inputGradient + image * stride, stride: stride)
  }
}

/// A tile's output channels, from `channel` on, of all weights.
@inline(never)
private func weightGradientColumns<Row: Columns>(
  _: Row.Type, _ operands: ConvolutionWeightGradient, _ channel: Int
) {
  let shape = operands.shape
  let contiguous = shape.inputChannels == shape.inputPixelStride
  let runs = contiguous ? 1 : shape.kernelColumns
  let runLength = contiguous ? shape.kernelColumns * shape.inputChannels : shape.inputChannels
  for kernelRow in 0..<shape.kernelRows {
    for run in 0..<runs {
      let values = (kernelRow * shape.frameColumns + run) * shape.inputPixelStride
      let firstRow = kernelRow * shape.kernelColumns * shape.inputChannels + run * runLength
      forEachTile(
        WeightTile<Row>.self, Three<Row>.self, runLength,
        WeightGradientTiles<Row>(
          operands: operands, values: operands.input + values,
          outputGradient: operands.outputGradient + channel,
          weightGradient: operands.weightGradient + firstRow * shape.outputPixelStride + channel))
    }
  }
}

/// The gradient to some rows of a run of weights.
private struct WeightGradientTiles<Row: Columns>: TileWork {
  let operands: ConvolutionWeightGradient
  /// What the run's first weight is multiplied by in the first image's first window.
  let values: Floats
  let outputGradient: Floats
  let weightGradient: MutableFloats

  @inline(__always)
  func compute<Rows: Tile>(_: Rows.Type, from index: Int) where Rows.Row == Row {
    let shape = operands.shape
    let valueStep = shape.stride * shape.inputPixelStride
    let gradientStep = shape.outputPixelStride
    let rowStep = shape.frameColumns * valueStep
    let target = weightGradient + index * shape.outputPixelStride
    var tile = Rows(operands.accumulation, target, stride: shape.outputPixelStride)
    for image in 0..<operands.images {
      var gradient = outputGradient + image * shape.outputImageStride
      let first = values + image * shape.inputImageStride + index
      for row in 0..<shape.outputRows {
        var value = first + row * rowStep
        let end = gradient + shape.outputColumns * gradientStep
        // Not `while`, here and above: for a loop that might run not at all, the compiler keeps a second set of
        // accumulators, which AVX2 has no registers for.
        repeat {
          tile.add(Rows.Row(loading: gradient), times: value, stride: 1)
          value += valueStep
          gradient += gradientStep
        } while gradient < end
      }
    }
    tile.store(to: target, stride: shape.outputPixelStride)
  }
}
