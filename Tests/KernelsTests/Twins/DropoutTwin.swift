import Compute
import Foundations

extension ScalarTwin {
  func dropoutDraw(_ operands: DropoutDraw) {
    let share = operands.share
    let digits = (0..<16).drop { share >> UInt32($0) & 1 == 0 }
    for word in 0..<16 * operands.blocks {
      let (block, half, lane) = (word / 16, word % 16 / 8, word % 8)
      var dropped: UInt64 = 0
      for (number, digit) in digits.enumerated() {
        let index = UInt32(8 * (digits.count * block + number) + lane)
        let words = Philox.words(
          counter: SIMD4(index, operands.image, operands.epoch, operands.purpose), key: operands.key)
        let drawn = UInt64(words[2 * half]) | UInt64(words[2 * half + 1]) << 32
        dropped = share >> UInt32(digit) & 1 == 1 ? dropped | drawn : dropped & drawn
      }
      operands.kept[word] = ~dropped
    }
  }

  func dropoutApply(_ operands: DropoutApply) {
    for index in 0..<operands.count {
      let isKept = operands.kept[index / 64] >> UInt64(index % 64) & 1 == 1
      operands.result[index] = isKept ? operands.values[index] * operands.scale : 0
    }
  }
}
