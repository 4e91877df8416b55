enum NormalizationTwin {
  static func statistics(
    _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: Floats, _ mean: MutableFloats,
    _ squares: MutableFloats, _ scratch: MutableFloats
  ) {
    for channel in 0..<channels {
      let center =
        sumOverImages(images, pixels) { sum, image, pixel in
          sum + input[image * imageStride + pixel * channels + channel]
        } / Float(images * pixels)
      mean[channel] = center
      squares[channel] = sumOverImages(images, pixels) { sum, image, pixel in
        let deviation = input[image * imageStride + pixel * channels + channel] - center
        return sum.addingProduct(deviation, deviation)
      }
    }
  }

  static func forward(
    _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: Floats, _ mean: Floats,
    _ scale: Floats, _ shift: Floats, _ output: MutableFloats
  ) {
    forEachElement(images, pixels, channels, imageStride) { index, channel in
      output[index] = shift[channel].addingProduct(input[index] - mean[channel], scale[channel])
    }
  }

  static func gradientSums(
    _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: Floats, _ mean: Floats,
    _ inverseDeviation: Floats, _ outputGradient: Floats, _ gradientSum: MutableFloats,
    _ productSum: MutableFloats, _ scratch: MutableFloats
  ) {
    for channel in 0..<channels {
      gradientSum[channel] = sumOverImages(images, pixels) { sum, image, pixel in
        sum + outputGradient[image * imageStride + pixel * channels + channel]
      }
      productSum[channel] = sumOverImages(images, pixels) { sum, image, pixel in
        let index = image * imageStride + pixel * channels + channel
        return sum.addingProduct(
          outputGradient[index], (input[index] - mean[channel]) * inverseDeviation[channel])
      }
    }
  }

  static func backward(
    _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: Floats, _ mean: Floats,
    _ inverseDeviation: Floats, _ scale: Floats, _ meanGradient: Floats, _ meanProduct: Floats,
    _ outputGradient: Floats, _ inputGradient: MutableFloats
  ) {
    forEachElement(images, pixels, channels, imageStride) { index, channel in
      let normalized = (input[index] - mean[channel]) * inverseDeviation[channel]
      let centred = outputGradient[index] - meanGradient[channel]
      inputGradient[index] = scale[channel] * centred.addingProduct(-normalized, meanProduct[channel])
    }
  }

  /// An image's pixels in order from +0, then the images' sums in order from +0.
  static func sumOverImages(
    _ images: Int, _ pixels: Int, _ add: (_ sum: Float, _ image: Int, _ pixel: Int) -> Float
  ) -> Float {
    var total: Float = 0
    for image in 0..<images {
      var sum: Float = 0
      for pixel in 0..<pixels { sum = add(sum, image, pixel) }
      total += sum
    }
    return total
  }

  private static func forEachElement(
    _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int,
    _ body: (_ index: Int, _ channel: Int) -> Void
  ) {
    for image in 0..<images {
      for pixel in 0..<pixels {
        for channel in 0..<channels { body(image * imageStride + pixel * channels + channel, channel) }
      }
    }
  }
}
