import KernelShapes

// Gradients before an activation, and the bias's with them.

extension Level {
  /// gradient = output > 0 ? gradient : 0 for a ReLU, unchanged if linear; biasGradient = the sum over the shard, channel by
  /// channel: a block's sum, block after block from +0 (see `Blocks.swift`).
  func activationGradient(_ operands: ActivationGradient) {
    for channel in 0..<operands.extent.channels { operands.biasGradient[channel] = 0 }
    switch operands.activation {
    case .relu: forEachBlock(operands.extent, Rectified(operands: operands))
    case .linear: forEachBlock(operands.extent, Linear(operands: operands))
    }
  }

  /// gradient = ¼ · gradient, the gradient of each of a window's elements that let it pass; biasGradient = the sum of these
  /// over the shard, channel by channel: images in order, each image's sum from +0 over its windows in order, each by one
  /// fused multiply-add of gradient · elements.
  func averagedActivationGradient(_ operands: AveragedActivationGradient) {
    let (pixels, channels) = (operands.extent.pixels, operands.extent.channels)
    var channel = 0
    while channel < channels {
      var sum = Vector()
      for image in 0..<operands.extent.images {
        var imageSum = Vector()
        var place = operands.gradient + image * operands.extent.imageStride + channel
        var elements = operands.passing + image * pixels * channels + channel
        for _ in 0..<pixels {
          let value = loadVector(place) * 0.25
          storeVector(value, place)
          imageSum.addProduct(value, countedElements(loadPositions(elements)))
          place += channels
          elements += channels
        }
        sum += imageSum
      }
      storeVector(sum, operands.biasGradient + channel)
      channel += lanes
    }
  }
}

private struct Rectified: BlockKernel {
  let operands: ActivationGradient

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let terms = PositiveOnes<Group>(
      output: operands.output + offset, gradient: operands.gradient + offset,
      stride: operands.extent.channels)
    let place = operands.biasGradient + channel
    (Group(place) + blockSum(pixels, terms)).store(place)
  }
}

private struct Linear: BlockKernel {
  let operands: ActivationGradient

  @inline(__always)
  func compute<Group: Channels>(
    _ group: Group.Type, _ pixels: Int, before: Int, _ offset: Int, _ channel: Int
  ) {
    let terms = Values<Group>(source: operands.gradient + offset, stride: operands.extent.channels)
    let place = operands.biasGradient + channel
    (Group(place) + blockSum(pixels, terms)).store(place)
  }
}

/// The gradients where the output is above 0; the others are set to 0 on the way.
private struct PositiveOnes<Group: Channels>: Terms {
  let output: Floats
  let gradient: MutableFloats
  let stride: Int

  @inline(__always)
  func added(to chain: Group, _ pixel: Int) -> Group {
    let place = gradient + pixel * stride
    let value = Group(place).kept(wherePositive: Group(output + pixel * stride))
    value.store(place)
    return chain + value
  }
}

/// How many of the bits 0 to 3 are set.
///
/// A number below 2²³ is the lower bits of the float 2²³ + number. (Sums of selected ones end up lane by lane.)
@inline(__always)
private func countedElements(_ passing: Bits) -> Vector {
  let pairs = passing &- ((passing &>> Bits(repeating: 1)) & Bits(repeating: 5))
  let count = (pairs & Bits(repeating: 3)) &+ (pairs &>> Bits(repeating: 2))
  return unsafeBitCast(count | Bits(repeating: 0x4B00_0000), to: Vector.self) - Vector(repeating: 8_388_608)
}
