import Foundations

enum DropoutTwin {
  static func draw(
    _ blocks: Int, _ key0: UInt32, _ key1: UInt32, _ image: UInt32, _ epoch: UInt32, _ purpose: UInt32,
    _ share: UInt32, _ kept: UnsafeMutablePointer<UInt64>
  ) {
    let digits = (0..<16).drop { share >> UInt32($0) & 1 == 0 }
    for word in 0..<16 * blocks {
      let (block, half, lane) = (word / 16, word % 16 / 8, word % 8)
      var dropped: UInt64 = 0
      for (number, digit) in digits.enumerated() {
        let words = Philox.words(
          counter: SIMD4(UInt32(8 * (digits.count * block + number) + lane), image, epoch, purpose),
          key: SIMD2(key0, key1))
        let drawn = UInt64(words[2 * half]) | UInt64(words[2 * half + 1]) << 32
        dropped = share >> UInt32(digit) & 1 == 1 ? dropped | drawn : dropped & drawn
      }
      kept[word] = ~dropped
    }
  }

  static func apply(
    _ count: Int, _ kept: UnsafePointer<UInt64>, _ scale: Float, _ value: Floats, _ result: MutableFloats
  ) {
    for index in 0..<count {
      result[index] = kept[index / 64] >> UInt64(index % 64) & 1 == 1 ? value[index] * scale : 0
    }
  }
}
