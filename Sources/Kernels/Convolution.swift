import KernelShapes

// Convolution and its two gradients. A tile's rows are images of the shard in the first two kernels, so that every
// window position has the same products for all rows, whatever the kernel, the stride and the padding; in the
// third they are neighbouring weights. Sums are chains of fused multiply-adds, in the orders stated.

/// output = input ⊛ weights + bias, then ReLU if asked for (`x < 0 ? 0 : x`).
///
/// input `[image][frame row][frame column][channel]`, weights as `stripWeights` gives them from `[kernel row][kernel
/// column][input channel][output channel]`, bias `[output channel]`, output `[image][row][column][output channel]`.
/// Each output is one chain: bias, then kernel row, kernel column, input channel.
public func convolutionForward(
  _ shape: ConvolutionShape, _ images: Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ rectified: Bool
) {
  let depth = shape.kernelRows * shape.kernelColumns * shape.inputChannels
  var channel = 0
  while channel + Wide.width <= shape.outputPixelStride {
    forwardColumns(
      ImageTile<Wide>.self, shape, images, input, weights + channel * depth, bias + channel, output + channel,
      rectified)
    channel += Wide.width
  }
  while channel < shape.outputPixelStride {
    forwardColumns(
      NarrowImageTile<Narrow>.self, shape, images, input, weights + channel * depth, bias + channel,
      output + channel, rectified)
    channel += Narrow.width
  }
}

@inline(never)
private func forwardColumns<Tallest: Tile>(
  _: Tallest.Type, _ shape: ConvolutionShape, _ images: Int, _ input: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
  _ rectified: Bool
) {
  let start = Tallest.Row(loading: bias)
  for row in 0..<shape.outputRows {
    for column in 0..<shape.outputColumns {
      let window = input + (row * shape.frameColumns + column) * shape.stride * shape.inputPixelStride
      let target = output + (row * shape.outputColumns + column) * shape.outputPixelStride
      var image = 0
      while image + Tallest.height <= images {
        forwardTile(Tallest.self, shape, image, window, weights, start, target, rectified)
        image += Tallest.height
      }
      while image + Four<Tallest.Row>.height <= images {
        forwardTile(Four<Tallest.Row>.self, shape, image, window, weights, start, target, rectified)
        image += Four<Tallest.Row>.height
      }
      while image < images {
        forwardTile(One<Tallest.Row>.self, shape, image, window, weights, start, target, rectified)
        image += 1
      }
    }
  }
}

@inline(__always)
private func forwardTile<Rows: Tile>(
  _: Rows.Type, _ shape: ConvolutionShape, _ image: Int, _ window: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ start: Rows.Row, _ output: UnsafeMutablePointer<Float>, _ rectified: Bool
) {
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
  if rectified { tile = tile.rectified }
  tile.store(to: output + image * shape.outputImageStride, stride: shape.outputImageStride)
}

/// inputGradient = the gradient of the loss to the convolution's input.
///
/// outputGradient as the output; transposed as `transposeWeights` gives it in strips; inputGradient `[image][row][column]
/// [input channel]` without the frame's padding.
/// Each element is one chain: +0, then kernel row, kernel column, output channel, over the windows that hold it. Where the
/// shape pairs columns, a window that holds one of a pair (columns 0 and 1, 2 and 3, …) adds zero products to the other's.
public func convolutionInputGradient(
  _ shape: ConvolutionShape, _ images: Int, _ gradientPixelStride: Int,
  _ outputGradient: UnsafePointer<Float>, _ transposed: UnsafePointer<Float>,
  _ inputGradient: UnsafeMutablePointer<Float>
) {
  if shape.pairsColumns {
    pairGradient(shape, images, outputGradient, transposed, inputGradient)
    return
  }
  if gradientPixelStride == 1 {
    inputGradientColumns(
      ImageTile<Single>.self, shape, images, gradientPixelStride, outputGradient, transposed, inputGradient)
    return
  }
  let depth = shape.kernelRows * shape.kernelColumns * shape.outputChannels
  var channel = 0
  while channel + Wide.width <= gradientPixelStride {
    inputGradientColumns(
      ImageTile<Wide>.self, shape, images, gradientPixelStride, outputGradient, transposed + channel * depth,
      inputGradient + channel)
    channel += Wide.width
  }
  while channel < gradientPixelStride {
    inputGradientColumns(
      NarrowImageTile<Narrow>.self, shape, images, gradientPixelStride, outputGradient,
      transposed + channel * depth, inputGradient + channel)
    channel += Narrow.width
  }
}

@inline(never)
private func inputGradientColumns<Tallest: Tile>(
  _: Tallest.Type, _ shape: ConvolutionShape, _ images: Int, _ gradientPixelStride: Int,
  _ outputGradient: UnsafePointer<Float>, _ transposed: UnsafePointer<Float>,
  _ inputGradient: UnsafeMutablePointer<Float>
) {
  for row in 0..<shape.inputRows {
    for column in 0..<shape.inputColumns {
      let target = inputGradient + (row * shape.inputColumns + column) * gradientPixelStride
      var image = 0
      while image + Tallest.height <= images {
        inputGradientTile(
          Tallest.self, shape, image, gradientPixelStride, row, column, outputGradient, transposed,
          target)
        image += Tallest.height
      }
      while image + Four<Tallest.Row>.height <= images {
        inputGradientTile(
          Four<Tallest.Row>.self, shape, image, gradientPixelStride, row, column, outputGradient, transposed,
          target)
        image += Four<Tallest.Row>.height
      }
      while image < images {
        inputGradientTile(
          One<Tallest.Row>.self, shape, image, gradientPixelStride, row, column, outputGradient, transposed,
          target)
        image += 1
      }
    }
  }
}

@inline(__always)
private func inputGradientTile<Rows: Tile>(
  _: Rows.Type, _ shape: ConvolutionShape, _ image: Int, _ gradientPixelStride: Int, _ row: Int,
  _ column: Int,
  _ outputGradient: UnsafePointer<Float>, _ transposed: UnsafePointer<Float>,
  _ inputGradient: UnsafeMutablePointer<Float>
) {
  let imageStride = shape.outputImageStride
  let first = outputGradient + image * imageStride
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

/// weightGradient = the gradient of the loss to the weights, over the images.
///
/// Shapes as in `convolutionForward`, weightGradient `[kernel row][kernel column][input channel][output channel]`. Each
/// element is one chain: +0, or what is there where it `continues`, then image, output row, output column.
public func convolutionWeightGradient(
  _ shape: ConvolutionShape, _ images: Int, _ input: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ weightGradient: UnsafeMutablePointer<Float>, _ continues: Bool
) {
  if hasTapTiles(shape) {
    tapGradient(shape, images, input, outputGradient, nil, weightGradient, continues)
    return
  }
  if hasLineTiles(shape) {
    lineGradient(shape, images, input, outputGradient, weightGradient, continues)
    return
  }
  var channel = 0
  while channel + Wide.width <= shape.outputPixelStride {
    weightGradientColumns(
      Wide.self, shape, images, input, outputGradient + channel, weightGradient + channel,
      continues)
    channel += Wide.width
  }
  while channel < shape.outputPixelStride {
    weightGradientColumns(
      Narrow.self, shape, images, input, outputGradient + channel, weightGradient + channel,
      continues)
    channel += Narrow.width
  }
}

@inline(never)
private func weightGradientColumns<Row: Columns>(
  _: Row.Type, _ shape: ConvolutionShape, _ images: Int, _ input: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ weightGradient: UnsafeMutablePointer<Float>, _ continues: Bool
) {
  let contiguous = shape.inputChannels == shape.inputPixelStride
  let runs = contiguous ? 1 : shape.kernelColumns
  let runLength = contiguous ? shape.kernelColumns * shape.inputChannels : shape.inputChannels
  for kernelRow in 0..<shape.kernelRows {
    for run in 0..<runs {
      let values = input + (kernelRow * shape.frameColumns + run) * shape.inputPixelStride
      let firstRow = kernelRow * shape.kernelColumns * shape.inputChannels + run * runLength
      let target = weightGradient + firstRow * shape.outputPixelStride
      var index = 0
      while index + WeightTile<Row>.height <= runLength {
        weightGradientTile(
          WeightTile<Row>.self, shape, images, index, values, outputGradient, target, continues)
        index += WeightTile<Row>.height
      }
      while index + Three<Row>.height <= runLength {
        weightGradientTile(
          Three<Row>.self, shape, images, index, values, outputGradient, target, continues)
        index += Three<Row>.height
      }
      while index < runLength {
        weightGradientTile(
          One<Row>.self, shape, images, index, values, outputGradient, target, continues)
        index += 1
      }
    }
  }
}

@inline(__always)
private func weightGradientTile<Rows: Tile>(
  _: Rows.Type, _ shape: ConvolutionShape, _ images: Int, _ index: Int, _ values: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ weightGradient: UnsafeMutablePointer<Float>, _ continues: Bool
) {
  let valueStep = shape.stride * shape.inputPixelStride
  let gradientStep = shape.outputPixelStride
  let rowStep = shape.frameColumns * valueStep
  let target = weightGradient + index * shape.outputPixelStride
  var tile =
    continues ? Rows(loading: target, stride: shape.outputPixelStride) : Rows(repeating: Rows.Row())
  for image in 0..<images {
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
