import KernelShapes

// Pooling over non-overlapping windows. Every channel is on its own, so the inner loops run across channels and the
// compiler vectorises them.

/// output = the largest of each window; the first of equals, rows before columns. A NaN that is not a window's first
/// element is passed over.
public func maxPoolingForward(
  _ shape: PoolingShape, _ images: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
  forEachWindow(shape, images) { source, target in
    let best = output + target
    for channel in 0..<shape.pixelStride { best[channel] = input[source + channel] }
    for row in 0..<shape.size {
      for column in 0..<shape.size where row + column > 0 {
        let pixel = input + source + (row * shape.inputColumns + column) * shape.pixelStride
        for channel in 0..<shape.pixelStride {
          best[channel] = pixel[channel] > best[channel] ? pixel[channel] : best[channel]
        }
      }
    }
  }
}

/// inputGradient = each window's gradient at its first maximum, zero elsewhere.
///
/// The maximum is found again: it is the first element equal to the window's output.
/// `scratch` holds `pixelStride` floats.
public func maxPoolingBackward(
  _ shape: PoolingShape, _ images: Int, _ input: UnsafePointer<Float>, _ output: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>,
  _ scratch: UnsafeMutablePointer<Float>
) {
  clearDropped(shape, images, inputGradient)
  forEachWindow(shape, images) { source, target in
    // What is still to be given away: the gradient until the maximum is met, then zero.
    for channel in 0..<shape.pixelStride { scratch[channel] = outputGradient[target + channel] }
    for row in 0..<shape.size {
      for column in 0..<shape.size {
        let offset = source + (row * shape.inputColumns + column) * shape.pixelStride
        for channel in 0..<shape.pixelStride {
          let isMaximum = input[offset + channel] == output[target + channel]
          let left = scratch[channel]
          inputGradient[offset + channel] = isMaximum ? left : 0
          scratch[channel] = isMaximum ? 0 : left
        }
      }
    }
  }
}

/// output = each window's sum, added from +0 rows before columns, times 1 / size².
public func averagePoolingForward(
  _ shape: PoolingShape, _ images: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
  let share = 1 / Float(shape.size * shape.size)
  forEachWindow(shape, images) { source, target in
    let sum = output + target
    for channel in 0..<shape.pixelStride { sum[channel] = 0 }
    for row in 0..<shape.size {
      for column in 0..<shape.size {
        let pixel = input + source + (row * shape.inputColumns + column) * shape.pixelStride
        for channel in 0..<shape.pixelStride { sum[channel] += pixel[channel] }
      }
    }
    for channel in 0..<shape.pixelStride { sum[channel] *= share }
  }
}

/// inputGradient = each window's gradient times 1 / size² at each of its elements, zero where no window is.
public func averagePoolingBackward(
  _ shape: PoolingShape, _ images: Int, _ outputGradient: UnsafePointer<Float>,
  _ inputGradient: UnsafeMutablePointer<Float>
) {
  let share = 1 / Float(shape.size * shape.size)
  clearDropped(shape, images, inputGradient)
  forEachWindow(shape, images) { source, target in
    for row in 0..<shape.size {
      for column in 0..<shape.size {
        let offset = source + (row * shape.inputColumns + column) * shape.pixelStride
        for channel in 0..<shape.pixelStride {
          inputGradient[offset + channel] = outputGradient[target + channel] * share
        }
      }
    }
  }
}

/// Calls `body` with the offsets of each window's first input pixel and of its output pixel.
@inline(__always)
private func forEachWindow(_ shape: PoolingShape, _ images: Int, _ body: (Int, Int) -> Void) {
  for image in 0..<images {
    for row in 0..<shape.outputRows {
      for column in 0..<shape.outputColumns {
        let pixel = row * shape.size * shape.inputColumns + column * shape.size
        body(
          image * shape.inputImageStride + pixel * shape.pixelStride,
          image * shape.outputImageStride + (row * shape.outputColumns + column) * shape.pixelStride)
      }
    }
  }
}

/// Zeros the gradient of the rows and columns that fill no window.
@inline(__always)
private func clearDropped(
  _ shape: PoolingShape, _ images: Int, _ inputGradient: UnsafeMutablePointer<Float>
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
