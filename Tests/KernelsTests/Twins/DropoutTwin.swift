import Foundations

enum DropoutTwin {
  static func factors(
    _ groups: Int, _ key0: UInt32, _ key1: UInt32, _ image: UInt32, _ epoch: UInt32, _ purpose: UInt32,
    _ threshold: UInt32, _ scale: Float, _ factors: MutableFloats
  ) {
    for element in 0..<64 * groups {
      let (group, word, lane) = (element / 64, element % 64 / 16, element % 16)
      let words = Philox.words(
        counter: SIMD4(UInt32(16 * group + lane), image, epoch, purpose), key: SIMD2(key0, key1))
      factors[element] = words[word] >= threshold ? scale : 0
    }
  }
}
