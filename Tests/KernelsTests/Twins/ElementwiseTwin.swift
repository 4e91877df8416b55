enum ElementwiseTwin {
  static func activationGradient(
    _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ output: Floats,
    _ gradient: MutableFloats, _ biasGradient: MutableFloats, _ rectified: Bool
  ) {
    for channel in 0..<channels {
      biasGradient[channel] = 0
      BlocksTwin.forEachBlock(images, pixels) { image, block in
        biasGradient[channel] += BlocksTwin.blockSum(block) { sum, pixel in
          let index = image * imageStride + pixel * channels + channel
          if rectified { gradient[index] = output[index] > 0 ? gradient[index] : 0 }
          return sum + gradient[index]
        }
      }
    }
  }

  static func averagedActivationGradient(
    _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ passing: UnsafePointer<UInt8>,
    _ gradient: MutableFloats, _ biasGradient: MutableFloats
  ) {
    for channel in 0..<channels {
      biasGradient[channel] = 0
      for image in 0..<images {
        var sum: Float = 0
        for pixel in 0..<pixels {
          let index = image * imageStride + pixel * channels + channel
          gradient[index] *= 0.25
          let elements = (passing[(image * pixels + pixel) * channels + channel] & 15).nonzeroBitCount
          sum = sum.addingProduct(gradient[index], Float(elements))
        }
        biasGradient[channel] += sum
      }
    }
  }

  static func scalePixels(_ count: Int, _ value: UnsafePointer<UInt8>, _ result: MutableFloats) {
    for index in 0..<count { result[index] = Float(value[index]) / 255 }
  }

  static func flatten(
    _ images: Int, _ pixels: Int, _ channels: Int, _ pixelStride: Int, _ inputImageStride: Int,
    _ outputImageStride: Int, _ input: Floats, _ output: MutableFloats
  ) {
    for image in 0..<images {
      for pixel in 0..<pixels {
        for channel in 0..<channels {
          output[image * outputImageStride + pixel * channels + channel] =
            input[image * inputImageStride + pixel * pixelStride + channel]
        }
      }
    }
  }

  static func unflatten(
    _ images: Int, _ pixels: Int, _ channels: Int, _ pixelStride: Int, _ inputImageStride: Int,
    _ outputImageStride: Int, _ input: Floats, _ output: MutableFloats
  ) {
    for image in 0..<images {
      for pixel in 0..<pixels {
        for channel in 0..<pixelStride {
          output[image * outputImageStride + pixel * pixelStride + channel] =
            channel < channels ? input[image * inputImageStride + pixel * channels + channel] : 0
        }
      }
    }
  }

  static func addInPlace(_ count: Int, _ sum: MutableFloats, _ addend: Floats) {
    for index in 0..<count { sum[index] = sum[index] + addend[index] }
  }

  static func moveTowards(_ count: Int, _ share: Float, _ value: Floats, _ average: MutableFloats) {
    for index in 0..<count {
      let distance = value[index] - average[index]
      average[index] = average[index].addingProduct(share, distance)
    }
  }

  static func multiplyAddLimit(_ turns: Int, _ factor: Float, _ addend: Float, _ values: MutableFloats) {
    for index in 0..<384 {
      for _ in 0..<turns { values[index] = addend.addingProduct(values[index], factor) }
    }
  }
}
