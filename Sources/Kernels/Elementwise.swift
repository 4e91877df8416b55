// Loops over neighbouring floats; each element is on its own, so the compiler vectorises them as it likes.

/// The gradient before a ReLU with an average pooling of 2×2 behind it, and the bias's: gradient = ¼ · gradient, the
/// gradient of each of a window's elements that let it pass; biasGradient = the sum of these over the shard, per channel:
/// images in order, an image's windows in order within it, each by one fused multiply-add of gradient · elements.
///
/// passing as `convolutionPooledForward` gives it. `channels` is a multiple of 16.
public func averagedActivationGradient(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ passing: UnsafePointer<UInt8>,
  _ gradient: UnsafeMutablePointer<Float>, _ biasGradient: UnsafeMutablePointer<Float>
) {
  var channel = 0
  while channel < channels {
    var sum = Vector()
    for image in 0..<images {
      var imageSum = Vector()
      var place = gradient + image * imageStride + channel
      var elements = passing + image * pixels * channels + channel
      for _ in 0..<pixels {
        let value = loadVector(place) * 0.25
        storeVector(value, place)
        imageSum.addProduct(value, countedElements(loadPositions(elements)))
        place += channels
        elements += channels
      }
      sum += imageSum
    }
    storeVector(sum, biasGradient + channel)
    channel += lanes
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

/// sum += addend.
public func addInPlace(_ count: Int, _ sum: UnsafeMutablePointer<Float>, _ addend: UnsafePointer<Float>) {
  for index in 0..<count { sum[index] += addend[index] }
}

/// average ← average + share · (value - average), the last two in one fused multiply-add: a running average's step.
public func moveTowards(
  _ count: Int, _ share: Float, _ value: UnsafePointer<Float>, _ average: UnsafeMutablePointer<Float>
) {
  for index in 0..<count {
    average[index] = average[index].addingProduct(share, value[index] - average[index])
  }
}

/// result = value / 255: an image's bytes as the networks take them.
public func scalePixels(
  _ count: Int, _ value: UnsafePointer<UInt8>, _ result: UnsafeMutablePointer<Float>
) {
  for index in 0..<count { result[index] = Float(value[index]) / 255 }
}
