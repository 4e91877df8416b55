import Compute

extension ScalarTwin {
  func maxPoolingForward(_ operands: MaxPoolingForward) {
    let input = operands.input
    forEachWindow(operands.shape, operands.images) { window, target, number in
      var best = 0
      for index in window.indices where input[window[index]] > input[window[best]] { best = index }
      operands.output[target] = input[window[best]]
      operands.positions[number] = UInt8(best)
    }
  }

  func maxPoolingBackward(_ operands: WindowGradient) {
    clear(operands.shape, operands.images, operands.inputGradient)
    forEachWindow(operands.shape, operands.images) { window, target, number in
      operands.inputGradient[window[Int(operands.positions[number])]] = operands.outputGradient[target]
    }
  }

  func averagePoolingForward(_ operands: AveragePoolingForward) {
    let (size, input) = (operands.shape.size, operands.input)
    forEachWindow(operands.shape, operands.images) { window, target, _ in
      let columns = (0..<size).map { column in
        (1..<size).reduce(input[window[column]]) { sum, row in sum + input[window[row * size + column]] }
      }
      operands.output[target] = columns.dropFirst().reduce(columns[0], +) * (1 / Float(window.count))
    }
  }

  func averagePoolingBackward(_ operands: AveragePoolingBackward) {
    clear(operands.shape, operands.images, operands.inputGradient)
    forEachWindow(operands.shape, operands.images) { window, target, _ in
      for element in window {
        operands.inputGradient[element] = operands.outputGradient[target] * (1 / Float(window.count))
      }
    }
  }

  func passedGradient(_ operands: WindowGradient) {
    clear(operands.shape, operands.images, operands.inputGradient)
    forEachWindow(operands.shape, operands.images) { window, target, number in
      for (bit, element) in window.enumerated() {
        let passes = operands.positions[number] >> bit & 1 == 1
        operands.inputGradient[element] = passes ? operands.outputGradient[target] : 0
      }
    }
  }

  /// Which elements of a 2×2 window let a gradient pass: those above zero after a ReLU, all if linear.
  func passing(
    _ shape: PoolingShape, _ images: Int, _ input: Floats, _ passing: UnsafeMutablePointer<UInt8>,
    _ activation: Activation
  ) {
    forEachWindow(shape, images) { window, _, number in
      passing[number] = window.enumerated().reduce(0) { set, element in
        set | (activation == .linear || input[element.element] > 0 ? 1 : 0) << UInt8(element.offset)
      }
    }
  }

  /// Calls `body` with the indices of a window's elements in one channel, rows before columns; of its output; and of its
  /// output without gaps between images.
  private func forEachWindow(
    _ shape: PoolingShape, _ images: Int, _ body: (_ window: [Int], _ output: Int, _ number: Int) -> Void
  ) {
    var number = 0
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
            body(window, image * shape.outputImageStride + pixel * shape.pixelStride + channel, number)
            number += 1
          }
        }
      }
    }
  }

  private func clear(_ shape: PoolingShape, _ images: Int, _ gradient: MutableFloats) {
    for image in 0..<images {
      for index in 0..<shape.inputRows * shape.inputColumns * shape.pixelStride {
        gradient[image * shape.inputImageStride + index] = 0
      }
    }
  }
}
