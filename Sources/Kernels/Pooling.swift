import KernelShapes

// Pooling over non-overlapping windows. Every channel is independent: vectors run across channels, and a scalar loop
// takes what is less than a vector, which is the image itself.

extension Level {
  /// output = the largest of each window; the first of equals, rows before columns. A NaN that is not a window's first
  /// element is passed over. positions get where it is: row · size + column within the window.
  func maxPoolingForward(_ operands: MaxPoolingForward) {
    let (shape, images) = (operands.shape, operands.images)
    let (input, output, positions) = (operands.input, operands.output, operands.positions)
    let (rowStep, pixel) = (shape.inputColumns * shape.pixelStride, shape.pixelStride)
    forEachWindow(shape, images) { source, target, window in
      var channel = 0
      while channel + lanes <= pixel {
        var best = loadVector(input + source + channel)
        var position = Bits()
        for row in 0..<shape.size {
          for column in 0..<shape.size {
            let value = loadVector(input + source + row * rowStep + column * pixel + channel)
            let isLarger = bits(value .> best)
            best = select(value, isLarger, else: best)
            position ^=
              (position ^ Bits(repeating: Int32(truncatingIfNeeded: row * shape.size + column))) & isLarger
          }
        }
        storeVector(best, output + target + channel)
        storePositions(position, positions + window + channel)
        channel += lanes
      }
      while channel < pixel {
        var best = input[source + channel]
        var position = 0
        for row in 0..<shape.size {
          for column in 0..<shape.size {
            let value = input[source + row * rowStep + column * pixel + channel]
            position = value > best ? row * shape.size + column : position
            best = value > best ? value : best
          }
        }
        output[target + channel] = best
        positions[window + channel] = UInt8(truncatingIfNeeded: position)
        channel += 1
      }
    }
  }

  /// inputGradient = each window's gradient at its maximum, zero elsewhere.
  func maxPoolingBackward(_ operands: WindowGradient) {
    let (shape, images) = (operands.shape, operands.images)
    let (positions, inputGradient) = (operands.positions, operands.inputGradient)
    let outputGradient = operands.outputGradient
    let (rowStep, pixel) = (shape.inputColumns * shape.pixelStride, shape.pixelStride)
    clearDropped(shape, images, inputGradient)
    forEachWindow(shape, images) { source, target, window in
      var channel = 0
      while channel + lanes <= pixel {
        let gradient = loadVector(outputGradient + target + channel)
        let position = loadPositions(positions + window + channel)
        for row in 0..<shape.size {
          for column in 0..<shape.size {
            storeVector(
              select(gradient, position, is: row * shape.size + column),
              inputGradient + source + row * rowStep + column * pixel + channel)
          }
        }
        channel += lanes
      }
      while channel < pixel {
        let position = Int(positions[window + channel])
        for row in 0..<shape.size {
          for column in 0..<shape.size {
            inputGradient[source + row * rowStep + column * pixel + channel] =
              position == row * shape.size + column ? outputGradient[target + channel] : 0
          }
        }
        channel += 1
      }
    }
  }

  /// output = each window's sum times 1 / size²: each column is summed downwards, then the columns' sums from the left.
  func averagePoolingForward(_ operands: AveragePoolingForward) {
    // Known as the code is compiled for the common window, so that its loops are none.
    if operands.shape.size == 2 {
      averageWindows(operands, size: 2)
    } else {
      averageWindows(operands, size: operands.shape.size)
    }
  }

  /// inputGradient = each window's gradient times 1 / size² at each of its elements, zero where no window is.
  func averagePoolingBackward(_ operands: AveragePoolingBackward) {
    clearDropped(operands.shape, operands.images, operands.inputGradient)
    if operands.shape.size == 2 {
      spreadWindows(operands, size: 2)
    } else {
      spreadWindows(operands, size: operands.shape.size)
    }
  }

  /// inputGradient = each 2×2 window's gradient at those of its elements that let it pass, zero elsewhere: a bit each, as
  /// `pooledConvolutionForward` gives them for averages. The gradient is already that of each element of the window, ¼ of
  /// the average's; the channels are a multiple of 16.
  func passedGradient(_ operands: WindowGradient) {
    let (shape, images) = (operands.shape, operands.images)
    let (passing, inputGradient) = (operands.positions, operands.inputGradient)
    let outputGradient = operands.outputGradient
    let (rowStep, pixel) = (shape.inputColumns * shape.pixelStride, shape.pixelStride)
    clearDropped(shape, images, inputGradient)
    forEachWindow(shape, images) { source, target, window in
      var channel = 0
      while channel + lanes <= pixel {
        let gradient = loadVector(outputGradient + target + channel)
        let elements = loadPositions(passing + window + channel)
        let first = inputGradient + source + channel
        storeVector(select(gradient, elements, has: 0), first)
        storeVector(select(gradient, elements, has: 1), first + pixel)
        storeVector(select(gradient, elements, has: 2), first + rowStep)
        storeVector(select(gradient, elements, has: 3), first + rowStep + pixel)
        channel += lanes
      }
    }
  }
}

@inline(__always)
private func averageWindows(_ operands: AveragePoolingForward, size: Int) {
  let (shape, images) = (operands.shape, operands.images)
  let (input, output) = (operands.input, operands.output)
  let (rowStep, pixel) = (shape.inputColumns * shape.pixelStride, shape.pixelStride)
  let share = 1 / Float(size * size)
  forEachWindow(shape, images) { source, target, _ in
    var channel = 0
    while channel + lanes <= pixel {
      let first = input + source + channel
      var sum = loadVector(first)
      for row in 1..<size { sum += loadVector(first + row * rowStep) }
      for column in 1..<size {
        let top = first + column * pixel
        var columnSum = loadVector(top)
        for row in 1..<size { columnSum += loadVector(top + row * rowStep) }
        sum += columnSum
      }
      storeVector(sum * share, output + target + channel)
      channel += lanes
    }
    while channel < pixel {
      let first = input + source + channel
      var sum = first[0]
      for row in 1..<size { sum += first[row * rowStep] }
      for column in 1..<size {
        var columnSum = first[column * pixel]
        for row in 1..<size { columnSum += first[column * pixel + row * rowStep] }
        sum += columnSum
      }
      output[target + channel] = sum * share
      channel += 1
    }
  }
}

@inline(__always)
private func spreadWindows(_ operands: AveragePoolingBackward, size: Int) {
  let (shape, images) = (operands.shape, operands.images)
  let (outputGradient, inputGradient) = (operands.outputGradient, operands.inputGradient)
  let (rowStep, pixel) = (shape.inputColumns * shape.pixelStride, shape.pixelStride)
  let share = 1 / Float(size * size)
  forEachWindow(shape, images) { source, target, _ in
    var channel = 0
    while channel + lanes <= pixel {
      let gradient = loadVector(outputGradient + target + channel) * share
      for row in 0..<size {
        for column in 0..<size {
          storeVector(gradient, inputGradient + source + row * rowStep + column * pixel + channel)
        }
      }
      channel += lanes
    }
    while channel < pixel {
      let gradient = outputGradient[target + channel] * share
      for row in 0..<size {
        for column in 0..<size { inputGradient[source + row * rowStep + column * pixel + channel] = gradient }
      }
      channel += 1
    }
  }
}

/// Calls `body` with the offsets of each window's first input pixel, of its output pixel, and of that without gaps
/// between images.
@inline(__always)
private func forEachWindow(
  _ shape: PoolingShape, _ images: Int, _ body: (_ source: Int, _ target: Int, _ window: Int) -> Void
) {
  var window = 0
  for image in 0..<images {
    for row in 0..<shape.outputRows {
      for column in 0..<shape.outputColumns {
        let pixel = row * shape.size * shape.inputColumns + column * shape.size
        body(
          image * shape.inputImageStride + pixel * shape.pixelStride,
          image * shape.outputImageStride + (row * shape.outputColumns + column) * shape.pixelStride, window)
        window += shape.pixelStride
      }
    }
  }
}

/// Zeros the gradient of the rows and columns that fill no window.
@inline(__always)
private func clearDropped(
  _ shape: PoolingShape, _ images: Int, _ inputGradient: MutableFloats
) {
  let rows = shape.outputRows * shape.size
  let columns = shape.outputColumns * shape.size
  for image in 0..<images {
    let start = inputGradient + image * shape.inputImageStride
    for row in 0..<shape.inputRows {
      let first = (row < rows ? columns : 0) * shape.pixelStride
      let line = start + row * shape.inputColumns * shape.pixelStride
      for index in first..<shape.inputColumns * shape.pixelStride { line[index] = 0 }
    }
  }
}
