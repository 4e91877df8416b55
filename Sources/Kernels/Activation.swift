/// The gradient before a ReLU and the bias's: gradient = output > 0 ? gradient : 0 where `rectified`, and
/// biasGradient = the sum over the shard, per channel: a block's sum, block after block from +0 (see `Blocks.swift`).
///
/// `channels` is a multiple of 16.
public func activationGradient(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ output: UnsafePointer<Float>,
  _ gradient: UnsafeMutablePointer<Float>, _ biasGradient: UnsafeMutablePointer<Float>, _ rectified: Bool
) {
  for channel in 0..<channels { biasGradient[channel] = 0 }
  if rectified {
    forEachBlock(
      images, pixels, channels, imageStride,
      Rectified(output: output, stride: channels, gradient: gradient, biasGradient: biasGradient))
  } else {
    forEachBlock(
      images, pixels, channels, imageStride,
      Linear(stride: channels, gradient: gradient, biasGradient: biasGradient))
  }
}

private struct Rectified: BlockKernel {
  let output: UnsafePointer<Float>
  let stride: Int
  let gradient: UnsafeMutablePointer<Float>
  let biasGradient: UnsafeMutablePointer<Float>

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let sum = blockSum(
      pixels, PositiveOnes<Group>(output: output + offset, gradient: gradient + offset, stride: stride))
    (Group(biasGradient + channel) + sum).store(biasGradient + channel)
  }
}

private struct Linear: BlockKernel {
  let stride: Int
  let gradient: UnsafeMutablePointer<Float>
  let biasGradient: UnsafeMutablePointer<Float>

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let sum = blockSum(pixels, Values<Group>(source: gradient + offset, stride: stride))
    (Group(biasGradient + channel) + sum).store(biasGradient + channel)
  }
}

/// The gradients where the output is above 0; the others are set to 0 on the way.
private struct PositiveOnes<Group: Channels>: Terms {
  let output: UnsafePointer<Float>
  let gradient: UnsafeMutablePointer<Float>
  let stride: Int

  @inline(__always)
  func added(to chain: Group, _ pixel: Int) -> Group {
    let place = gradient + pixel * stride
    let value = Group(place).kept(wherePositive: Group(output + pixel * stride))
    value.store(place)
    return chain + value
  }
}
