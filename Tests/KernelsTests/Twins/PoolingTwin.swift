import KernelShapes

enum PoolingTwin {
  static func maxForward(
    _ shape: PoolingShape, _ images: Int, _ input: Floats, _ output: MutableFloats,
    _ positions: UnsafeMutablePointer<UInt8>
  ) {
    var number = 0
    forEachWindow(shape, images) { window, target in
      var best = 0
      for index in window.indices where input[window[index]] > input[window[best]] { best = index }
      output[target] = input[window[best]]
      positions[number] = UInt8(best)
      number += 1
    }
  }

  static func maxBackward(
    _ shape: PoolingShape, _ images: Int, _ positions: UnsafePointer<UInt8>, _ outputGradient: Floats,
    _ inputGradient: MutableFloats
  ) {
    clear(shape, images, inputGradient)
    var number = 0
    forEachWindow(shape, images) { window, target in
      inputGradient[window[Int(positions[number])]] = outputGradient[target]
      number += 1
    }
  }

  static func averageForward(_ shape: PoolingShape, _ images: Int, _ input: Floats, _ output: MutableFloats) {
    forEachWindow(shape, images) { window, target in
      let columns = (0..<shape.size).map { column in
        (1..<shape.size).reduce(input[window[column]]) { sum, row in
          sum + input[window[row * shape.size + column]]
        }
      }
      output[target] = columns.dropFirst().reduce(columns[0], +) * (1 / Float(window.count))
    }
  }

  static func averageBackward(
    _ shape: PoolingShape, _ images: Int, _ outputGradient: Floats, _ inputGradient: MutableFloats
  ) {
    clear(shape, images, inputGradient)
    forEachWindow(shape, images) { window, target in
      for element in window { inputGradient[element] = outputGradient[target] * (1 / Float(window.count)) }
    }
  }

  /// Which elements of a rectified 2×2 window let a gradient pass.
  static func passing(
    _ shape: PoolingShape, _ images: Int, _ input: Floats, _ passing: UnsafeMutablePointer<UInt8>,
    _ rectified: Bool
  ) {
    forEachWindow(shape, images) { window, target in
      let (image, place) = target.quotientAndRemainder(dividingBy: shape.outputImageStride)
      passing[image * shape.outputRows * shape.outputColumns * shape.pixelStride + place] =
        window.enumerated().reduce(0) { set, element in
          set | (!rectified || input[element.element] > 0 ? 1 : 0) << UInt8(element.offset)
        }
    }
  }

  static func averagedGradient(
    _ shape: PoolingShape, _ images: Int, _ passing: UnsafePointer<UInt8>, _ outputGradient: Floats,
    _ inputGradient: MutableFloats
  ) {
    clear(shape, images, inputGradient)
    forEachWindow(shape, images) { window, target in
      let (image, place) = target.quotientAndRemainder(dividingBy: shape.outputImageStride)
      let set = passing[image * shape.outputRows * shape.outputColumns * shape.pixelStride + place]
      for (number, element) in window.enumerated() {
        inputGradient[element] = set >> number & 1 == 1 ? outputGradient[target] : 0
      }
    }
  }

  /// Calls `body` with the indices of a window's elements in one channel, rows before columns, and of its output.
  private static func forEachWindow(_ shape: PoolingShape, _ images: Int, _ body: ([Int], Int) -> Void) {
    for image in 0..<images {
      for row in 0..<shape.outputRows {
        for column in 0..<shape.outputColumns {
          for channel in 0..<shape.pixelStride {
            var window: [Int] = []
            for inputRow in row * shape.size..<(row + 1) * shape.size {
              for inputColumn in column * shape.size..<(column + 1) * shape.size {
                let pixel = inputRow * shape.inputColumns + inputColumn
                window.append(image * shape.inputImageStride + pixel * shape.pixelStride + channel)
              }
            }
            let pixel = row * shape.outputColumns + column
            body(window, image * shape.outputImageStride + pixel * shape.pixelStride + channel)
          }
        }
      }
    }
  }

  private static func clear(_ shape: PoolingShape, _ images: Int, _ gradient: MutableFloats) {
    for image in 0..<images {
      for index in 0..<shape.inputRows * shape.inputColumns * shape.pixelStride {
        gradient[image * shape.inputImageStride + index] = 0
      }
    }
  }
}
