// A map's channels moved together, without their padding, and apart again. Whole vectors are copied; what of them reaches
// into the next pixel is written over with it.

/// output `[image][pixel · channels + channel]` = input `[image][pixel][channel]`, whose pixels are `pixelStride` floats
/// apart, a multiple of 16.
public func flattenPixels(
  _ images: Int, _ pixels: Int, _ channels: Int, _ pixelStride: Int, _ inputImageStride: Int,
  _ outputImageStride: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
  for image in 0..<images {
    var source = input + image * inputImageStride
    var target = output + image * outputImageStride
    var room = pixels * channels
    for _ in 0..<pixels {
      var channel = 0
      while channel < channels {
        if channel + lanes <= room {
          storeVector(loadVector(source + channel), target + channel)
        } else {
          for last in channel..<channels { target[last] = source[last] }
          break
        }
        channel += lanes
      }
      source += pixelStride
      target += channels
      room -= channels
    }
  }
}

/// output `[image][pixel][channel]` = input `[image][pixel · channels + channel]`, and zero in the channels' padding.
public func unflattenPixels(
  _ images: Int, _ pixels: Int, _ channels: Int, _ pixelStride: Int, _ inputImageStride: Int,
  _ outputImageStride: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
  var numbers = Bits()
  for lane in 0..<lanes { numbers[lane] = Int32(truncatingIfNeeded: lane) }
  for image in 0..<images {
    var source = input + image * inputImageStride
    var target = output + image * outputImageStride
    var rest = pixels * channels
    for _ in 0..<pixels {
      var channel = 0
      while channel < pixelStride {
        if channel + lanes <= rest {
          let channelsLeft = Bits(repeating: Int32(truncatingIfNeeded: channels - channel))
          storeVector(select(loadVector(source + channel), bits(numbers .< channelsLeft)), target + channel)
        } else {
          for last in channel..<channel + lanes { target[last] = last < channels ? source[last] : 0 }
        }
        channel += lanes
      }
      source += channels
      target += pixelStride
      rest -= channels
    }
  }
}
