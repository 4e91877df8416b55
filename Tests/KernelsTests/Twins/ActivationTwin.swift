import Compute

extension ScalarTwin {
  func activationGradient(_ operands: ActivationGradient) {
    let (extent, gradient) = (operands.extent, operands.gradient)
    for channel in 0..<extent.channels {
      operands.biasGradient[channel] = 0
      forEachBlock(extent) { image, block in
        operands.biasGradient[channel] += blockSum(block) { sum, pixel in
          let index = extent.index(image, pixel, channel)
          if operands.activation == .relu {
            gradient[index] = operands.output[index] > 0 ? gradient[index] : 0
          }
          return sum + gradient[index]
        }
      }
    }
  }

  func averagedActivationGradient(_ operands: AveragedActivationGradient) {
    let (extent, gradient) = (operands.extent, operands.gradient)
    for channel in 0..<extent.channels {
      operands.biasGradient[channel] = 0
      for image in 0..<extent.images {
        var sum: Float = 0
        for pixel in 0..<extent.pixels {
          let index = extent.index(image, pixel, channel)
          gradient[index] *= 0.25
          let place = (image * extent.pixels + pixel) * extent.channels + channel
          sum = sum.addingProduct(gradient[index], Float((operands.passing[place] & 15).nonzeroBitCount))
        }
        operands.biasGradient[channel] += sum
      }
    }
  }

  /// The images' blocks of up to 64 pixels, in order.
  func forEachBlock(_ extent: MapExtent, _ body: (_ image: Int, Range<Int>) -> Void) {
    for image in 0..<extent.images {
      for start in stride(from: 0, to: extent.pixels, by: 64) {
        body(image, start..<min(start + 64, extent.pixels))
      }
    }
  }

  /// The sum of a block as `Blocks.swift` makes it: four chains that take the pixels in turn, added in pairs.
  func blockSum(_ block: Range<Int>, _ add: (_ chain: Float, _ pixel: Int) -> Float) -> Float {
    var chains: [Float] = [0, 0, 0, 0]
    for (number, pixel) in block.enumerated() { chains[number % 4] = add(chains[number % 4], pixel) }
    return (chains[0] + chains[1]) + (chains[2] + chains[3])
  }
}

extension MapExtent {
  /// The index of a channel of a pixel.
  func index(_ image: Int, _ pixel: Int, _ channel: Int) -> Int {
    image * imageStride + pixel * channels + channel
  }
}
