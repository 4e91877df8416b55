import KernelShapes

// The gradient to an input of up to eight channels: two neighbouring columns share a row of 16 floats, so that half the
// lanes do not compute what is thrown away.

/// From a pixel to the next, in floats.
private let pixelStep = 16
/// The first of a pair's second column.
private let half = 8

/// The weights for `pairGradient`: `[kernel row][offset 0…kernel columns][output channel][column][input channel]`, where
/// a pair's first column takes the weights at kernel column offset - 1, its second those at offset. What is behind the
/// input channels or outside the kernel is not written: it holds zeros from the start.
@inline(__always)
func pairWeights(
  _ shape: ConvolutionShape, _ weights: UnsafePointer<Float>, _ transposed: UnsafeMutablePointer<Float>
) {
  for kernelRow in 0..<shape.kernelRows {
    for kernelColumn in 0..<shape.kernelColumns {
      let position = kernelRow * shape.kernelColumns + kernelColumn
      let source = weights + position * shape.inputChannels * shape.outputPixelStride
      let row = kernelRow * (shape.kernelColumns + 1) + kernelColumn
      let second = transposed + row * shape.outputChannels * pixelStep + half
      let first = transposed + (row + 1) * shape.outputChannels * pixelStep
      for input in 0..<shape.inputChannels {
        for output in 0..<shape.outputChannels {
          let weight = source[input * shape.outputPixelStride + output]
          first[output * pixelStep + input] = weight
          second[output * pixelStep + input] = weight
        }
      }
    }
  }
}

/// The gradient to the input as `convolutionInputGradient` has it, where the shape pairs columns.
@inline(__always)
func pairGradient(
  _ shape: ConvolutionShape, _ images: Int, _ outputGradient: UnsafePointer<Float>,
  _ transposed: UnsafePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>
) {
  var lane = 0
  while lane < pixelStep {
    if Wide.width <= pixelStep {
      pairColumns(
        ImageTile<Wide>.self, shape, images, outputGradient, transposed + lane, inputGradient + lane)
      lane += Wide.width
    } else {
      pairColumns(
        NarrowImageTile<Narrow>.self, shape, images, outputGradient, transposed + lane, inputGradient + lane)
      lane += Narrow.width
    }
  }
  separatePairs(shape, images, inputGradient)
}

/// Every pair's gradient, as a row of 16 floats where its first column has its channels.
@inline(never)
private func pairColumns<Tallest: Tile>(
  _: Tallest.Type, _ shape: ConvolutionShape, _ images: Int, _ outputGradient: UnsafePointer<Float>,
  _ transposed: UnsafePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>
) {
  for row in 0..<shape.inputRows {
    var column = 0
    while column < shape.inputColumns {
      let target = inputGradient + (row * shape.inputColumns + column) * pixelStep
      var image = 0
      while image + Tallest.height <= images {
        pairTile(Tallest.self, shape, image, row, column, outputGradient, transposed, target)
        image += Tallest.height
      }
      while image + Four<Tallest.Row>.height <= images {
        pairTile(Four<Tallest.Row>.self, shape, image, row, column, outputGradient, transposed, target)
        image += Four<Tallest.Row>.height
      }
      while image < images {
        pairTile(One<Tallest.Row>.self, shape, image, row, column, outputGradient, transposed, target)
        image += 1
      }
      column += 2
    }
  }
}

@inline(__always)
private func pairTile<Rows: Tile>(
  _: Rows.Type, _ shape: ConvolutionShape, _ image: Int, _ row: Int, _ column: Int,
  _ outputGradient: UnsafePointer<Float>, _ transposed: UnsafePointer<Float>,
  _ inputGradient: UnsafeMutablePointer<Float>
) {
  let imageStride = shape.outputImageStride
  let first = outputGradient + image * imageStride
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
  tile.store(to: inputGradient + image * shape.gradientImageStride, stride: shape.gradientImageStride)
}

/// Moves each pair's second column to its own place, and zeros what is behind the eight channels of both.
@inline(__always)
private func separatePairs(
  _ shape: ConvolutionShape, _ images: Int, _ inputGradient: UnsafeMutablePointer<Float>
) {
  for image in 0..<images {
    for row in 0..<shape.inputRows {
      var target = UnsafeMutableRawPointer(
        inputGradient + image * shape.gradientImageStride + row * shape.inputColumns * pixelStep + half)
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
