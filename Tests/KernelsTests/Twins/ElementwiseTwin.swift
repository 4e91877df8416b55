enum ElementwiseTwin {
  static func activationGradient(
    _ images: Int, _ pixels: Int, _ channels: Int, _ imageStride: Int, _ output: Floats,
    _ gradient: MutableFloats,
    _ biasGradient: MutableFloats, _ scratch: MutableFloats, _ rectified: Bool
  ) {
    for channel in 0..<channels {
      biasGradient[channel] = sumOverImages(images, pixels) { sum, image, pixel in
        let index = image * imageStride + pixel * channels + channel
        if rectified { gradient[index] = output[index] > 0 ? gradient[index] : 0 }
        return sum + gradient[index]
      }
    }
  }

  static func scalePixels(_ count: Int, _ value: UnsafePointer<UInt8>, _ result: MutableFloats) {
    for index in 0..<count { result[index] = Float(value[index]) / 255 }
  }

  static func addInPlace(_ count: Int, _ sum: MutableFloats, _ addend: Floats) {
    for index in 0..<count { sum[index] = sum[index] + addend[index] }
  }

  static func multiplyAddLimit(_ turns: Int, _ factor: Float, _ addend: Float, _ values: MutableFloats) {
    for index in 0..<384 {
      for _ in 0..<turns { values[index] = addend.addingProduct(values[index], factor) }
    }
  }

  /// An image's pixels in order from +0, then the images' sums in order from +0.
  private static func sumOverImages(
    _ images: Int, _ pixels: Int, _ add: (_ sum: Float, _ image: Int, _ pixel: Int) -> Float
  ) -> Float {
    var total: Float = 0
    for image in 0..<images {
      var sum: Float = 0
      for pixel in 0..<pixels { sum = add(sum, image, pixel) }
      total += sum
    }
    return total
  }
}
