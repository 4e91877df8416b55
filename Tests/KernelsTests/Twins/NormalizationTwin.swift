enum NormalizationTwin {
  static func statistics(
    _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: Floats, _ mean: MutableFloats,
    _ squares: MutableFloats
  ) {
    for channel in 0..<channels {
      mean[channel] = 0
      squares[channel] = 0
      var before: Float = 0
      BlocksTwin.forEachBlock(images, pixels) { image, block in
        let value = { input[image * imageStride + $0 * channels + channel] }
        let count = Float(block.count)
        let center = BlocksTwin.blockSum(block) { $0 + value($1) } / count
        let deviations = BlocksTwin.blockSum(block) {
          $0.addingProduct(value($1) - center, value($1) - center)
        }
        let weight = count / (before + count)
        let delta = center - mean[channel]
        mean[channel] = mean[channel].addingProduct(delta, weight)
        squares[channel] = (squares[channel] + deviations).addingProduct(delta * delta, before * weight)
        before += count
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
    _ productSum: MutableFloats
  ) {
    for channel in 0..<channels {
      gradientSum[channel] = 0
      var products: Float = 0
      BlocksTwin.forEachBlock(images, pixels) { image, block in
        let index = { image * imageStride + $0 * channels + channel }
        gradientSum[channel] += BlocksTwin.blockSum(block) { $0 + outputGradient[index($1)] }
        products += BlocksTwin.blockSum(block) {
          $0.addingProduct(outputGradient[index($1)], input[index($1)] - mean[channel])
        }
      }
      productSum[channel] = products * inverseDeviation[channel]
    }
  }

  static func backward(
    _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: Floats, _ mean: Floats,
    _ inverseDeviation: Floats, _ scale: Floats, _ meanGradient: Floats, _ meanProduct: Floats,
    _ outputGradient: Floats, _ inputGradient: MutableFloats
  ) {
    forEachElement(images, pixels, channels, imageStride) { index, channel in
      let slope = 0 - scale[channel] * inverseDeviation[channel] * meanProduct[channel]
      let start = 0 - scale[channel] * meanGradient[channel]
      inputGradient[index] = start.addingProduct(input[index] - mean[channel], slope)
        .addingProduct(outputGradient[index], scale[channel])
    }
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
