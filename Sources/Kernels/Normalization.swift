// Batch normalisation. A shard gives its statistics, the whole batch's are merged elsewhere (Chan's formula, a
// fixed tree), then the shard is normalised. `pixels` counts an image's pixels; `channels` includes the padding,
// whose zeros stay zeros, and is 1 or a multiple of 16. Blocks and their sums are those of `Blocks.swift`.

private struct SquaredDeviations<Group: Channels>: Terms {
  let source: UnsafePointer<Float>
  let stride: Int
  let center: Group

  @inline(__always)
  func added(to chain: Group, _ pixel: Int) -> Group {
    let deviation = Group(source + pixel * stride) - center
    return chain.addingProduct(deviation, deviation)
  }
}

private struct Products<Group: Channels>: Terms {
  let source: UnsafePointer<Float>
  let factors: UnsafePointer<Float>
  let stride: Int
  let center: Group

  @inline(__always)
  func added(to chain: Group, _ pixel: Int) -> Group {
    chain.addingProduct(Group(factors + pixel * stride), Group(source + pixel * stride) - center)
  }
}

/// mean = the shard's mean a channel; squares = the sum of squared deviations from it.
///
/// A block's mean is its sum divided by its pixels, its squares the sum of the fused products of its deviations from
/// that. Block after block, they are merged as Chan, Golub and LeVeque do (1979): with n pixels before, m in the block,
/// the weight w = m / (n + m) and d the block's mean less the mean so far,
///
///     mean ← mean + d · w        fused
///     squares ← (squares + the block's) + d² · (n · w)        fused
public func normalizationStatistics(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: UnsafePointer<Float>,
  _ mean: UnsafeMutablePointer<Float>, _ squares: UnsafeMutablePointer<Float>
) {
  for channel in 0..<channels {
    mean[channel] = 0
    squares[channel] = 0
  }
  forEachBlock(
    images, pixels, channels, imageStride,
    Statistics(input: input, stride: channels, mean: mean, squares: squares))
}

private struct Statistics: BlockKernel {
  let input: UnsafePointer<Float>
  let stride: Int
  let mean: UnsafeMutablePointer<Float>
  let squares: UnsafeMutablePointer<Float>

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let source = input + offset
    let sum = blockSum(pixels, Values<Group>(source: source, stride: stride))
    let center = sum / Group(repeating: Float(pixels))
    let deviations = blockSum(
      pixels, SquaredDeviations<Group>(source: source, stride: stride, center: center))
    let (mean, squares) = (mean + channel, squares + channel)
    let weight = Float(pixels) / (Float(before) + Float(pixels))
    let delta = center - Group(mean)
    let merged = Group(squares) + deviations
    Group(mean).addingProduct(delta, Group(repeating: weight)).store(mean)
    merged.addingProduct(delta * delta, Group(repeating: Float(before) * weight)).store(squares)
  }
}

/// output = (input - mean) · scale + shift, a channel's three numbers given; one fused multiply-add.
public func normalizationForward(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: UnsafePointer<Float>,
  _ mean: UnsafePointer<Float>, _ scale: UnsafePointer<Float>, _ shift: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  forEachBlock(
    images, pixels, channels, imageStride,
    Forward(input: input, stride: channels, mean: mean, scale: scale, shift: shift, output: output))
}

private struct Forward: BlockKernel {
  let input: UnsafePointer<Float>
  let stride: Int
  let mean: UnsafePointer<Float>
  let scale: UnsafePointer<Float>
  let shift: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let (source, target) = (input + offset, output + offset)
    let (mean, scale, shift) = (Group(mean + channel), Group(scale + channel), Group(shift + channel))
    for pixel in 0..<pixels {
      shift.addingProduct(Group(source + pixel * stride) - mean, scale).store(target + pixel * stride)
    }
  }
}

/// The shard's sums for the backward pass: gradientSum = Σ g and productSum = inverseDeviation · Σ g · (input - mean),
/// with g the output's gradient: a block's sums (the second one's products fused), block after block from +0.
public func normalizationGradientSums(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: UnsafePointer<Float>,
  _ mean: UnsafePointer<Float>, _ inverseDeviation: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ gradientSum: UnsafeMutablePointer<Float>,
  _ productSum: UnsafeMutablePointer<Float>
) {
  for channel in 0..<channels {
    gradientSum[channel] = 0
    productSum[channel] = 0
  }
  forEachBlock(
    images, pixels, channels, imageStride,
    GradientSums(
      input: input, stride: channels, mean: mean, outputGradient: outputGradient, gradientSum: gradientSum,
      productSum: productSum))
  for channel in 0..<channels { productSum[channel] *= inverseDeviation[channel] }
}

private struct GradientSums: BlockKernel {
  let input: UnsafePointer<Float>
  let stride: Int
  let mean: UnsafePointer<Float>
  let outputGradient: UnsafePointer<Float>
  let gradientSum: UnsafeMutablePointer<Float>
  let productSum: UnsafeMutablePointer<Float>

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let gradient = outputGradient + offset
    let sum = blockSum(pixels, Values<Group>(source: gradient, stride: stride))
    let products = blockSum(
      pixels,
      Products<Group>(
        source: input + offset, factors: gradient, stride: stride, center: Group(mean + channel)))
    let (gradientSum, productSum) = (gradientSum + channel, productSum + channel)
    (Group(gradientSum) + sum).store(gradientSum)
    (Group(productSum) + products).store(productSum)
  }
}

/// inputGradient = scale · (g - meanGradient - x̂ · meanProduct), with g the output's gradient, x̂ = (input - mean) ·
/// inverseDeviation, and the means over the whole batch; computed as
///
///     slope = 0 - (scale · inverseDeviation) · meanProduct
///     start = 0 - scale · meanGradient
///     inputGradient = (start + (input - mean) · slope) + g · scale        both sums fused
public func normalizationBackward(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ input: UnsafePointer<Float>,
  _ mean: UnsafePointer<Float>, _ inverseDeviation: UnsafePointer<Float>, _ scale: UnsafePointer<Float>,
  _ meanGradient: UnsafePointer<Float>, _ meanProduct: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>
) {
  forEachBlock(
    images, pixels, channels, imageStride,
    Backward(
      input: input, stride: channels, mean: mean, inverseDeviation: inverseDeviation, scale: scale,
      meanGradient: meanGradient, meanProduct: meanProduct, outputGradient: outputGradient,
      inputGradient: inputGradient))
}

private struct Backward: BlockKernel {
  let input: UnsafePointer<Float>
  let stride: Int
  let mean: UnsafePointer<Float>
  let inverseDeviation: UnsafePointer<Float>
  let scale: UnsafePointer<Float>
  let meanGradient: UnsafePointer<Float>
  let meanProduct: UnsafePointer<Float>
  let outputGradient: UnsafePointer<Float>
  let inputGradient: UnsafeMutablePointer<Float>

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let (source, gradient, target) = (input + offset, outputGradient + offset, inputGradient + offset)
    let (mean, scale, zero) = (Group(mean + channel), Group(scale + channel), Group(repeating: 0))
    let slope = zero - scale * Group(inverseDeviation + channel) * Group(meanProduct + channel)
    let start = zero - scale * Group(meanGradient + channel)
    for pixel in 0..<pixels {
      let line = start.addingProduct(Group(source + pixel * stride) - mean, slope)
      line.addingProduct(Group(gradient + pixel * stride), scale).store(target + pixel * stride)
    }
  }
}
