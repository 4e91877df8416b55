import Compute
import Foundations
import Testing

/// Dropout's bits and what is made of them equal their twins to the bit.
@Suite struct DropoutTests {
  /// Shares with one digit, with all of them, and those of whole percents.
  private static let shares: [UInt32] = [0, 1, 0x8000, 0x4000, 0xC000, 0x6666, 0xFFFF, 655, 64_881]

  /// The bits are drawn by `Philox.words` of Foundations, whatever the counter holds.
  @Test(arguments: shares) func bits(share: UInt32) {
    var random = RandomStream(Philox(seed: 33), .sample)
    for blocks in [0, 1, 2, 5, 12] {
      let key = SIMD2(random.next(), random.next())
      let (image, epoch) = (random.next(), random.next())
      let purpose = Philox.dropoutPurpose(layer: random.below(300))
      func drawn(_ kernels: any InstructionSet) -> [UInt64] {
        // A word after the last tells whether anything was written past it.
        let guarded = [UInt64](repeating: 0x0123_4567_89AB_CDEF, count: 16 * blocks + 1)
        return withBuffers(of: kernels) {
          withCopy(of: guarded) { words in
            guard let kept = words.baseAddress else { return [] }
            kernels.dropoutDraw(
              DropoutDraw(
                blocks: blocks, key: key, image: image, epoch: epoch, purpose: purpose, share: share,
                kept: kept))
            return Array(words)
          }
        }
      }
      let expected = drawn(ScalarTwin())
      for kernels in comparedSets {
        #expect(drawn(kernels) == expected, "\(kernels.name), \(blocks) blocks")
      }
    }
  }

  @Test(arguments: Values.allCases) func applied(values: Values) {
    var random = RandomStream(Philox(seed: 36), .sample)
    for count in Array(0...140) + [1000, 1024, 4097] {
      let kept = (0...count / 64).map { _ in random.next64() }
      let operands = [draw(values, &random, count), [Float](repeating: canary, count: count)]
      expectTwins(operands, "\(count) \(values)") { kernels, operands in
        withCopy(of: kept) { kept in
          guard let kept = kept.baseAddress else { return }
          // To another place, and in place.
          for (scale, result): (Float, MutableFloats) in [(1.25, operands[1]), (4 / 3, operands[0])] {
            kernels.dropoutApply(
              DropoutApply(count: count, kept: kept, scale: scale, values: operands[0], result: result))
          }
        }
      }
    }
  }

  @Test(arguments: shares) func dropsItsShare(share: UInt32) {
    let blocks = 128
    for kernels in InstructionSets.available {
      var kept = [UInt64](repeating: 0, count: 16 * blocks)
      kept.withUnsafeMutableBufferPointer { kept in
        guard let kept = kept.baseAddress else { return }
        kernels.dropoutDraw(
          DropoutDraw(
            blocks: blocks, key: SIMD2(7, 0), image: 3, epoch: 1, purpose: Philox.dropoutPurpose(layer: 2),
            share: share, kept: kept))
      }
      let dropped = kept.reduce(0) { $0 + (~$1).nonzeroBitCount }
      let probability = Double(share) / 65536
      let expected = 131_072 * probability
      let deviation = (expected * (1 - probability)).squareRoot()
      #expect((Double(dropped) - expected).magnitude <= 5 * deviation)
      // Neighbours are independent: both of two are dropped in the square of the share.
      let pairs = kept.reduce(0) { $0 + (~$1 & ~$1 >> 1 & 0x5555_5555_5555_5555).nonzeroBitCount }
      let square = 65_536 * probability * probability
      #expect((Double(pairs) - square).magnitude <= 5 * square.squareRoot())
    }
  }
}
