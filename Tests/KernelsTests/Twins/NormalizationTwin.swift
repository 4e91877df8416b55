import Compute

extension ScalarTwin {
  func normalizationStatistics(_ operands: NormalizationStatistics) {
    let (extent, mean, squares) = (operands.extent, operands.mean, operands.squares)
    for channel in 0..<extent.channels {
      mean[channel] = 0
      squares[channel] = 0
      var before: Float = 0
      forEachBlock(extent) { image, block in
        let value = { operands.input[extent.index(image, $0, channel)] }
        let count = Float(block.count)
        let center = blockSum(block) { $0 + value($1) } / count
        let deviations = blockSum(block) { $0.addingProduct(value($1) - center, value($1) - center) }
        let weight = count / (before + count)
        let delta = center - mean[channel]
        mean[channel] = mean[channel].addingProduct(delta, weight)
        squares[channel] = (squares[channel] + deviations).addingProduct(delta * delta, before * weight)
        before += count
      }
    }
  }

  func normalizationForward(_ operands: NormalizationForward) {
    forEachElement(operands.extent) { index, channel in
      operands.output[index] = normalized(operands.input[index], channel, operands.normalization)
    }
  }

  /// A channel's element as a batch normalization makes it.
  func normalized(_ element: Float, _ channel: Int, _ normalization: ChannelNormalization) -> Float {
    normalization.shift[channel].addingProduct(
      element - normalization.mean[channel], normalization.scale[channel])
  }

  func normalizationGradientSums(_ operands: NormalizationGradientSums) {
    let (extent, gradient) = (operands.extent, operands.outputGradient)
    for channel in 0..<extent.channels {
      operands.gradientSum[channel] = 0
      var products: Float = 0
      forEachBlock(extent) { image, block in
        let index = { extent.index(image, $0, channel) }
        operands.gradientSum[channel] += blockSum(block) { $0 + gradient[index($1)] }
        products += blockSum(block) {
          $0.addingProduct(gradient[index($1)], operands.input[index($1)] - operands.mean[channel])
        }
      }
      operands.productSum[channel] = products * operands.inverseDeviation[channel]
    }
  }

  func normalizationBackward(_ operands: NormalizationBackward) {
    forEachElement(operands.extent) { index, channel in
      let scale = operands.scale[channel]
      let slope = 0 - scale * operands.inverseDeviation[channel] * operands.meanProduct[channel]
      let start = 0 - scale * operands.meanGradient[channel]
      operands.inputGradient[index] = start.addingProduct(
        operands.input[index] - operands.mean[channel], slope
      ).addingProduct(operands.outputGradient[index], scale)
    }
  }

  private func forEachElement(_ extent: MapExtent, _ body: (_ index: Int, _ channel: Int) -> Void) {
    for image in 0..<extent.images {
      for pixel in 0..<extent.pixels {
        for channel in 0..<extent.channels { body(extent.index(image, pixel, channel), channel) }
      }
    }
  }
}
