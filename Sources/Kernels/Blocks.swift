import KernelShapes

// Kernels that read more than they compute, channel by channel over an image's pixels. They go through a map in blocks
// of 64 pixels (an image's last block may have fewer), which stay in the first-level cache for a second look. A block's
// sum, per channel, is four chains side by side, so that an addition need not wait for the one before: pixel p of the
// block adds to chain p mod 4, each chain starts at +0, and the sum is (chain 0 + chain 1) + (chain 2 + chain 3).

private let blockSize = 64

/// Neighbouring channels that are computed together.
protocol Channels {
  init(_ source: Floats)
  /// The same number for each.
  init(repeating value: Float)
  func store(_ target: MutableFloats)
  static func + (first: Self, second: Self) -> Self
  static func - (first: Self, second: Self) -> Self
  static func * (first: Self, second: Self) -> Self
  static func / (first: Self, second: Self) -> Self
  /// `self + first · second`, rounded once.
  func addingProduct(_ first: Self, _ second: Self) -> Self
  /// This where `sign` is above 0, else +0.
  func kept(wherePositive sign: Self) -> Self
}

/// The only channel of an image.
extension Float: Channels {
  @inline(__always)
  init(_ source: Floats) { self = source.pointee }
  @inline(__always)
  init(repeating value: Float) { self = value }
  @inline(__always)
  func store(_ target: MutableFloats) { target.pointee = self }
  @inline(__always)
  func kept(wherePositive sign: Float) -> Float { sign > 0 ? self : 0 }
}

extension Vector: Channels {
  @inline(__always)
  init(_ source: Floats) { self = loadVector(source) }
  @inline(__always)
  func store(_ target: MutableFloats) { storeVector(self, target) }
  @inline(__always)
  func kept(wherePositive sign: Self) -> Self { select(self, bits(sign .> Self())) }
}

/// Two vectors: AVX2's then take a cache line whole, and AVX-512's are 20 % faster this way.
struct TwoVectors: Channels {
  var first: Vector
  var second: Vector

  @inline(__always)
  init(_ first: Vector, _ second: Vector) {
    self.first = first
    self.second = second
  }
  @inline(__always)
  init(_ source: Floats) { self.init(loadVector(source), loadVector(source + lanes)) }
  @inline(__always)
  init(repeating value: Float) { self.init(Vector(repeating: value), Vector(repeating: value)) }
  @inline(__always)
  func store(_ target: MutableFloats) {
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
  @inline(__always)
  func kept(wherePositive sign: Self) -> Self {
    Self(first.kept(wherePositive: sign.first), second.kept(wherePositive: sign.second))
  }
}

/// What a kernel does with one block in some channels.
protocol BlockKernel {
  /// `offset` is the index of the block's first pixel in a map, at `channel`; `before` counts the shard's pixels before it.
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int)
}

@inline(__always)
func forEachBlock(_ extent: MapExtent, _ kernel: some BlockKernel) {
  let (pixels, channels) = (extent.pixels, extent.channels)
  for image in 0..<extent.images {
    var pixel = 0
    while pixel < pixels {
      let count = min(blockSize, pixels - pixel)
      let (before, offset) = (image * pixels + pixel, image * extent.imageStride + pixel * channels)
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
protocol Terms {
  associatedtype Group: Channels
  func added(to chain: Group, _ pixel: Int) -> Group
}

struct Values<Group: Channels>: Terms {
  let source: Floats
  let stride: Int

  @inline(__always)
  func added(to chain: Group, _ pixel: Int) -> Group { chain + Group(source + pixel * stride) }
}

@inline(__always)
func blockSum<Sum: Terms>(_ pixels: Int, _ terms: Sum) -> Sum.Group {
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
