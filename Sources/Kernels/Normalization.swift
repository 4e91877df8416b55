import KernelShapes

// Batch normalization. A shard gives its statistics, the whole batch's are merged elsewhere (Chan's formula, a
// fixed tree), then the shard is normalized. The channels' padding is computed too; its zeros stay zeros. Blocks and
// their sums are those of `Blocks.swift`.

extension Level {
  /// mean = the shard's mean, channel by channel; squares = the sum of squared deviations from it.
  ///
  /// A block's mean is its sum divided by its pixels, its squares the sum of the fused products of its deviations from
  /// that. Block after block, they are merged as Chan, Golub and LeVeque do (1979): with n pixels before, m in the block,
  /// the weight w = m / (n + m) and d the block's mean less the mean so far,
  ///
  ///     mean ← mean + d · w        fused
  ///     squares ← (squares + the block's) + d² · (n · w)        fused
  func normalizationStatistics(_ operands: NormalizationStatistics) {
    for channel in 0..<operands.extent.channels {
      operands.mean[channel] = 0
      operands.squares[channel] = 0
    }
    forEachBlock(operands.extent, Statistics(operands: operands))
  }

  /// output = (input - mean) · scale + shift, a channel's three numbers given; one fused multiply-add. Winograd's
  /// convolution does the same to an input that it normalizes as it reads it.
  func normalizationForward(_ operands: NormalizationForward) {
    forEachBlock(operands.extent, Forward(operands: operands))
  }

  /// The shard's sums for the backward pass: gradientSum = Σ g and productSum = inverseDeviation · Σ g · (input - mean),
  /// with g the output's gradient: a block's sums (the second one's products fused), block after block from +0.
  func normalizationGradientSums(_ operands: NormalizationGradientSums) {
    let channels = operands.extent.channels
    for channel in 0..<channels {
      operands.gradientSum[channel] = 0
      operands.productSum[channel] = 0
    }
    forEachBlock(operands.extent, GradientSums(operands: operands))
    for channel in 0..<channels { operands.productSum[channel] *= operands.inverseDeviation[channel] }
  }

  /// inputGradient = scale · (g - meanGradient - x̂ · meanProduct), with g the output's gradient and x̂ = (input - mean) ·
  /// inverseDeviation; computed as
  ///
  ///     slope = 0 - (scale · inverseDeviation) · meanProduct
  ///     start = 0 - scale · meanGradient
  ///     inputGradient = (start + (input - mean) · slope) + g · scale        both sums fused
  func normalizationBackward(_ operands: NormalizationBackward) {
    forEachBlock(operands.extent, Backward(operands: operands))
  }
}

private struct SquaredDeviations<Group: Channels>: Terms {
  let source: Floats
  let stride: Int
  let center: Group

  @inline(__always)
  func added(to chain: Group, _ pixel: Int) -> Group {
    let deviation = Group(source + pixel * stride) - center
    return chain.addingProduct(deviation, deviation)
  }
}

private struct Products<Group: Channels>: Terms {
  let source: Floats
  let factors: Floats
  let stride: Int
  let center: Group

  @inline(__always)
  func added(to chain: Group, _ pixel: Int) -> Group {
    chain.addingProduct(Group(factors + pixel * stride), Group(source + pixel * stride) - center)
  }
}

private struct Statistics: BlockKernel {
  let operands: NormalizationStatistics

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let source = operands.input + offset
    let stride = operands.extent.channels
    let sum = blockSum(pixels, Values<Group>(source: source, stride: stride))
    let center = sum / Group(repeating: Float(pixels))
    let deviations = blockSum(
      pixels, SquaredDeviations<Group>(source: source, stride: stride, center: center))
    let (mean, squares) = (operands.mean + channel, operands.squares + channel)
    let weight = Float(pixels) / (Float(before) + Float(pixels))
    let delta = center - Group(mean)
    let merged = Group(squares) + deviations
    Group(mean).addingProduct(delta, Group(repeating: weight)).store(mean)
    merged.addingProduct(delta * delta, Group(repeating: Float(before) * weight)).store(squares)
  }
}

private struct Forward: BlockKernel {
  let operands: NormalizationForward

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let (source, target) = (operands.input + offset, operands.output + offset)
    let stride = operands.extent.channels
    let normalization = operands.normalization
    let (mean, scale) = (Group(normalization.mean + channel), Group(normalization.scale + channel))
    let shift = Group(normalization.shift + channel)
    for pixel in 0..<pixels {
      shift.addingProduct(Group(source + pixel * stride) - mean, scale).store(target + pixel * stride)
    }
  }
}

private struct GradientSums: BlockKernel {
  let operands: NormalizationGradientSums

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let gradient = operands.outputGradient + offset
    let stride = operands.extent.channels
    let sum = blockSum(pixels, Values<Group>(source: gradient, stride: stride))
    let products = blockSum(
      pixels,
      Products<Group>(
        source: operands.input + offset, factors: gradient, stride: stride,
        center: Group(operands.mean + channel)))
    let (gradientSum, productSum) = (operands.gradientSum + channel, operands.productSum + channel)
    (Group(gradientSum) + sum).store(gradientSum)
    (Group(productSum) + products).store(productSum)
  }
}

private struct Backward: BlockKernel {
  let operands: NormalizationBackward

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let (source, gradient) = (operands.input + offset, operands.outputGradient + offset)
    let target = operands.inputGradient + offset
    let stride = operands.extent.channels
    let (mean, scale) = (Group(operands.mean + channel), Group(operands.scale + channel))
    let zero = Group(repeating: 0)
    let inverseDeviation = Group(operands.inverseDeviation + channel)
    let slope = zero - scale * inverseDeviation * Group(operands.meanProduct + channel)
    let start = zero - scale * Group(operands.meanGradient + channel)
    for pixel in 0..<pixels {
      let line = start.addingProduct(Group(source + pixel * stride) - mean, slope)
      line.addingProduct(Group(gradient + pixel * stride), scale).store(target + pixel * stride)
    }
  }
}
