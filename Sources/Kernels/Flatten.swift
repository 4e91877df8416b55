import KernelShapes

// A map's channels moved together, without their padding, and apart again. Whole vectors are copied; what of them reaches
// into the next pixel is written over with it.

extension Level {
  /// output `[image][pixel · channels + channel]` = input `[image][pixel][channel]`.
  func flattenPixels(_ operands: PixelCopy) {
    let (pixels, channels, pixelStride) = (operands.pixels, operands.channels, operands.pixelStride)
    for image in 0..<operands.images {
      var source = operands.input + image * operands.inputImageStride
      var target = operands.output + image * operands.outputImageStride
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
  func unflattenPixels(_ operands: PixelCopy) {
    let (pixels, channels, pixelStride) = (operands.pixels, operands.channels, operands.pixelStride)
    var numbers = Bits()
    for lane in 0..<lanes { numbers[lane] = Int32(truncatingIfNeeded: lane) }
    for image in 0..<operands.images {
      var source = operands.input + image * operands.inputImageStride
      var target = operands.output + image * operands.outputImageStride
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
}
