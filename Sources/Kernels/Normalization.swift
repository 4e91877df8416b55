// Batch normalisation. A shard gives its statistics, the whole batch's are merged elsewhere (Chan's formula, a
// fixed tree), then the shard is normalised. `pixels` counts an image's pixels; `channels` includes the padding,
// whose zeros stay zeros. Sums over a shard run per channel: within an image over its pixels in order from +0, then
// the images' sums in order.

/// mean = the shard's mean a channel; squares = the sum of squared deviations from it.
///
/// `scratch` holds `channels` floats.
public func normalizationStatistics(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: UnsafePointer<Float>,
  _ mean: UnsafeMutablePointer<Float>, _ squares: UnsafeMutablePointer<Float>,
  _ scratch: UnsafeMutablePointer<Float>
) {
  let count = Float(images * pixels)
  for channel in 0..<channels {
    mean[channel] = 0
    squares[channel] = 0
  }
  for image in 0..<images {
    for channel in 0..<channels { scratch[channel] = 0 }
    for pixel in 0..<pixels {
      let source = input + image * imageStride + pixel * channels
      for channel in 0..<channels { scratch[channel] += source[channel] }
    }
    for channel in 0..<channels { mean[channel] += scratch[channel] }
  }
  for channel in 0..<channels { mean[channel] /= count }
  for image in 0..<images {
    for channel in 0..<channels { scratch[channel] = 0 }
    for pixel in 0..<pixels {
      let source = input + image * imageStride + pixel * channels
      for channel in 0..<channels {
        let deviation = source[channel] - mean[channel]
        scratch[channel] = scratch[channel].addingProduct(deviation, deviation)
      }
    }
    for channel in 0..<channels { squares[channel] += scratch[channel] }
  }
}

/// output = (input - mean) · scale + shift, a channel's three numbers given; one fused multiply-add.
public func normalizationForward(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: UnsafePointer<Float>,
  _ mean: UnsafePointer<Float>, _ scale: UnsafePointer<Float>, _ shift: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  for image in 0..<images {
    for pixel in 0..<pixels {
      let offset = image * imageStride + pixel * channels
      for channel in 0..<channels {
        let deviation = input[offset + channel] - mean[channel]
        output[offset + channel] = shift[channel].addingProduct(deviation, scale[channel])
      }
    }
  }
}

/// The shard's sums for the backward pass: gradientSum = Σ g and productSum = Σ g · x̂, with
/// x̂ = (input - mean) · inverseDeviation and g the output's gradient.
///
/// `scratch` holds `2 * channels` floats.
public func normalizationGradientSums(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: UnsafePointer<Float>,
  _ mean: UnsafePointer<Float>, _ inverseDeviation: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ gradientSum: UnsafeMutablePointer<Float>,
  _ productSum: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
) {
  let products = scratch + channels
  for channel in 0..<channels {
    gradientSum[channel] = 0
    productSum[channel] = 0
  }
  for image in 0..<images {
    for channel in 0..<2 * channels { scratch[channel] = 0 }
    for pixel in 0..<pixels {
      let offset = image * imageStride + pixel * channels
      for channel in 0..<channels {
        let gradient = outputGradient[offset + channel]
        let normalized = (input[offset + channel] - mean[channel]) * inverseDeviation[channel]
        scratch[channel] += gradient
        products[channel] = products[channel].addingProduct(gradient, normalized)
      }
    }
    for channel in 0..<channels {
      gradientSum[channel] += scratch[channel]
      productSum[channel] += products[channel]
    }
  }
}

/// inputGradient = scale · (g - meanGradient - x̂ · meanProduct), with g and x̂ as in `normalizationGradientSums` and
/// the means over the whole batch.
public func normalizationBackward(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: UnsafePointer<Float>,
  _ mean: UnsafePointer<Float>, _ inverseDeviation: UnsafePointer<Float>, _ scale: UnsafePointer<Float>,
  _ meanGradient: UnsafePointer<Float>, _ meanProduct: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>
) {
  for image in 0..<images {
    for pixel in 0..<pixels {
      let offset = image * imageStride + pixel * channels
      for channel in 0..<channels {
        let normalized = (input[offset + channel] - mean[channel]) * inverseDeviation[channel]
        let centred = outputGradient[offset + channel] - meanGradient[channel]
        inputGradient[offset + channel] =
          scale[channel] * centred.addingProduct(-normalized, meanProduct[channel])
      }
    }
  }
}
