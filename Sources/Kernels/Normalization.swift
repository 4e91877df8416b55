// Batch normalisation. A shard gives its statistics, the whole batch's are merged elsewhere (Chan's formula, a
// fixed tree), then the shard is normalised. `pixels` counts an image's pixels; `channels` includes the padding,
// whose zeros stay zeros, and is 1 or a multiple of 16.
//
// These kernels read more than they compute. So they go through the data in blocks of 64 pixels (an image's last block
// may have fewer), which stay in the first-level cache for a second look. A block's sum, per channel, is four chains
// side by side, so that an addition need not wait for the one before: pixel p of the block adds to chain p mod 4, each
// chain starts at +0, and the sum is (chain 0 + chain 1) + (chain 2 + chain 3).

private let blockSize = 64

/// Neighbouring channels that are computed together.
private protocol Channels {
  init(_ source: UnsafePointer<Float>)
  /// The same number for each.
  init(repeating value: Float)
  func store(_ target: UnsafeMutablePointer<Float>)
  static func + (first: Self, second: Self) -> Self
  static func - (first: Self, second: Self) -> Self
  static func * (first: Self, second: Self) -> Self
  static func / (first: Self, second: Self) -> Self
  /// `self + first · second`, rounded once.
  func addingProduct(_ first: Self, _ second: Self) -> Self
}

/// The only channel of an image.
extension Float: Channels {
  @inline(__always)
  fileprivate init(_ source: UnsafePointer<Float>) { self = source.pointee }
  @inline(__always)
  fileprivate init(repeating value: Float) { self = value }
  @inline(__always)
  fileprivate func store(_ target: UnsafeMutablePointer<Float>) { target.pointee = self }
}

extension Vector: Channels {
  @inline(__always)
  fileprivate init(_ source: UnsafePointer<Float>) { self = loadVector(source) }
  @inline(__always)
  fileprivate func store(_ target: UnsafeMutablePointer<Float>) { storeVector(self, target) }
}

/// Two vectors: AVX2's then take a cache line whole, and AVX-512's are a fifth faster so.
private struct TwoVectors: Channels {
  var first: Vector
  var second: Vector

  @inline(__always)
  init(_ first: Vector, _ second: Vector) {
    self.first = first
    self.second = second
  }
  @inline(__always)
  init(_ source: UnsafePointer<Float>) { self.init(loadVector(source), loadVector(source + lanes)) }
  @inline(__always)
  init(repeating value: Float) { self.init(Vector(repeating: value), Vector(repeating: value)) }
  @inline(__always)
  func store(_ target: UnsafeMutablePointer<Float>) {
    storeVector(first, target)
    storeVector(second, target + lanes)
  }
  @inline(__always)
  static func + (a: Self, b: Self) -> Self { Self(a.first + b.first, a.second + b.second) }
  @inline(__always)
  static func - (a: Self, b: Self) -> Self { Self(a.first - b.first, a.second - b.second) }
  @inline(__always)
  static func * (a: Self, b: Self) -> Self { Self(a.first * b.first, a.second * b.second) }
  @inline(__always)
  static func / (a: Self, b: Self) -> Self { Self(a.first / b.first, a.second / b.second) }
  @inline(__always)
  func addingProduct(_ a: Self, _ b: Self) -> Self {
    Self(first.addingProduct(a.first, b.first), second.addingProduct(a.second, b.second))
  }
}

/// What a kernel does with one block in some channels.
private protocol BlockKernel {
  /// `offset` is where the block's first pixel stands in a map, at `channel`; `before` counts the shard's pixels before.
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int)
}

@inline(__always)
private func forEachBlock(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ kernel: some BlockKernel
) {
  for image in 0..<images {
    var pixel = 0
    while pixel < pixels {
      let count = min(blockSize, pixels - pixel)
      let (before, offset) = (image * pixels + pixel, image * imageStride + pixel * channels)
      var channel = 0
      while channel + 2 * lanes <= channels {
        kernel.compute(TwoVectors.self, count, before: before, offset + channel, channel)
        channel += 2 * lanes
      }
      while channel + lanes <= channels {
        kernel.compute(Vector.self, count, before: before, offset + channel, channel)
        channel += lanes
      }
      while channel < channels {
        kernel.compute(Float.self, count, before: before, offset + channel, channel)
        channel += 1
      }
      pixel += count
    }
  }
}

/// What each of a block's pixels adds to a sum; `stride` floats from a pixel to the next.
private protocol Terms {
  associatedtype Group: Channels
  func added(to chain: Group, _ pixel: Int) -> Group
}

private struct Values<Group: Channels>: Terms {
  let source: UnsafePointer<Float>
  let stride: Int

  @inline(__always)
  func added(to chain: Group, _ pixel: Int) -> Group { chain + Group(source + pixel * stride) }
}

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

@inline(__always)
private func blockSum<Sum: Terms>(_ pixels: Int, _ terms: Sum) -> Sum.Group {
  let zero = Sum.Group(repeating: 0)
  var (first, second, third, fourth) = (zero, zero, zero, zero)
  var pixel = 0
  while pixel + 4 <= pixels {
    first = terms.added(to: first, pixel)
    second = terms.added(to: second, pixel + 1)
    third = terms.added(to: third, pixel + 2)
    fourth = terms.added(to: fourth, pixel + 3)
    pixel += 4
  }
  if pixel < pixels { first = terms.added(to: first, pixel) }
  if pixel + 1 < pixels { second = terms.added(to: second, pixel + 1) }
  if pixel + 2 < pixels { third = terms.added(to: third, pixel + 2) }
  return (first + second) + (third + fourth)
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
