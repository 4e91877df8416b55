// Loops over neighbouring floats; each element is on its own, so the compiler vectorises them as it likes.

/// The gradient before a ReLU and the bias's: gradient = output > 0 ? gradient : 0 where `rectified`, and
/// biasGradient = the sum over the shard, per channel: images in order, an image's pixels in order within it.
///
/// `channels` is a multiple of 16; `scratch` holds as many floats.
public func activationGradient(
  _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ output: UnsafePointer<Float>,
  _ gradient: UnsafeMutablePointer<Float>, _ biasGradient: UnsafeMutablePointer<Float>,
  _ scratch: UnsafeMutablePointer<Float>, _ rectified: Bool
) {
  for channel in 0..<channels { biasGradient[channel] = 0 }
  for image in 0..<images {
    for channel in 0..<channels { scratch[channel] = 0 }
    for pixel in 0..<pixels {
      let values = output + image * imageStride + pixel * channels
      let gradients = gradient + image * imageStride + pixel * channels
      var channel = 0
      while channel + lanes <= channels {
        var value = loadVector(gradients + channel)
        if rectified {
          value = select(value, bits(loadVector(values + channel) .> Vector()))
          storeVector(value, gradients + channel)
        }
        storeVector(loadVector(scratch + channel) + value, scratch + channel)
        channel += lanes
      }
    }
    for channel in 0..<channels { biasGradient[channel] += scratch[channel] }
  }
}

/// sum += addend.
public func addInPlace(_ count: Int, _ sum: UnsafeMutablePointer<Float>, _ addend: UnsafePointer<Float>) {
  for index in 0..<count { sum[index] += addend[index] }
}

/// result = value / 255: an image's bytes as the networks take them.
public func scalePixels(
  _ count: Int, _ value: UnsafePointer<UInt8>, _ result: UnsafeMutablePointer<Float>
) {
  for index in 0..<count { result[index] = Float(value[index]) / 255 }
}
