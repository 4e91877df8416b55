import Compute

extension ScalarTwin {
  func flattenPixels(_ operands: PixelCopy) {
    let (pixels, channels) = (operands.pixels, operands.channels)
    for image in 0..<operands.images {
      for pixel in 0..<pixels {
        for channel in 0..<channels {
          operands.output[image * operands.outputImageStride + pixel * channels + channel] =
            operands.input[image * operands.inputImageStride + pixel * operands.pixelStride + channel]
        }
      }
    }
  }

  func unflattenPixels(_ operands: PixelCopy) {
    let (pixels, channels) = (operands.pixels, operands.channels)
    for image in 0..<operands.images {
      for pixel in 0..<pixels {
        for channel in 0..<operands.pixelStride {
          let source = image * operands.inputImageStride + pixel * channels + channel
          operands.output[image * operands.outputImageStride + pixel * operands.pixelStride + channel] =
            channel < channels ? operands.input[source] : 0
        }
      }
    }
  }

  func addInPlace(_ operands: AddInPlace) {
    for index in 0..<operands.count { operands.sum[index] = operands.sum[index] + operands.addend[index] }
  }

  func moveTowards(_ operands: MoveTowards) {
    let average = operands.average
    for index in 0..<operands.count {
      let distance = operands.value[index] - average[index]
      average[index] = average[index].addingProduct(operands.share, distance)
    }
  }

  func multiplyAddLimit(_ operands: MultiplyAddLimit) {
    for index in 0..<384 {
      for _ in 0..<operands.turns {
        operands.values[index] = operands.addend.addingProduct(operands.values[index], operands.factor)
      }
    }
  }
}
