// Loops over neighbouring floats; each element is on its own, so the compiler vectorises them as it likes.

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
