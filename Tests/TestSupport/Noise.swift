import Foundations

/// Random bytes, such as the pixels of images of noise.
public func noise(_ count: Int, seed: UInt64) -> [UInt8] {
  var stream = RandomStream(Philox(seed: seed), .sample)
  return (0..<count).map { _ in UInt8(stream.below(256)) }
}
