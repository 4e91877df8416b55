import Compute
import Foundations
import KernelShapes
import Testing

/// The kernels over neighbouring floats equal their twins to the bit, for every count up to a few vectors.
@Suite struct ElementwiseTests {
  @Test(arguments: Values.allCases) func addAndMultiply(values: Values) {
    var random = RandomStream(Philox(seed: 30), .sample)
    for count in Array(0...70) + [1000, 4097] {
      let operands = [
        draw(values, &random, count), draw(values, &random, count), [Float](repeating: canary, count: count),
      ]
      expectTwins(operands, "\(count) \(values)") { kernels, operands in
        kernels.multiply(count, operands[0], operands[1], operands[2])
        kernels.addInPlace(count, operands[0], operands[1])
      }
    }
  }

  @Test func scalePixels() {
    var random = RandomStream(Philox(seed: 34), .sample)
    for count in Array(0...70) + [256, 784] {
      let bytes = (0..<count).map { count == 256 ? UInt8($0) : UInt8(random.below(256)) }
      expectTwins([[Float](repeating: canary, count: count)], "\(count) bytes") { kernels, operands in
        bytes.withUnsafeBufferPointer { bytes in
          if let start = bytes.baseAddress { kernels.scalePixels(count, start, operands[0]) }
        }
      }
    }
  }

  @Test(arguments: Values.allCases) func adam(values: Values) {
    var random = RandomStream(Philox(seed: 31), .sample)
    for decay: Float in [1, 0.999_99] {
      let step = AdamStep(
        beta1: 0.9, beta2: 0.999, epsilon: 1e-8, stepSize: 0.003_162, secondCorrection: 0.0547, decay: decay)
      for count in Array(0...70) + [4097] {
        let operands = [
          draw(values, &random, count), draw(.ordinary, &random, count), draw(values, &random, count),
          draw(values, &random, count).map(\.magnitude),
        ]
        expectTwins(operands, "\(count) \(values) decay \(decay)") { kernels, operands in
          for _ in 0..<3 {
            kernels.adamUpdate(count, step, operands[0], operands[1], operands[2], operands[3])
          }
        }
      }
    }
  }

  @Test(arguments: Values.allCases) func nesterov(values: Values) {
    var random = RandomStream(Philox(seed: 32), .sample)
    for count in Array(0...70) + [4097] {
      let operands = [
        draw(values, &random, count), draw(values, &random, count), draw(values, &random, count),
      ]
      expectTwins(operands, "\(count) \(values)") { kernels, operands in
        for _ in 0..<3 {
          kernels.nesterovUpdate(count, 0.01, 0.9, operands[0], operands[1], operands[2])
        }
      }
    }
  }

  @Test(arguments: Values.allCases) func multiplyAddLimit(values: Values) {
    var random = RandomStream(Philox(seed: 35), .sample)
    for turns in [1, 2, 17] {
      let (factor, addend) = (values.draw(&random), values.draw(&random))
      expectTwins([draw(values, &random, 384)], "\(turns) turns \(values)") { kernels, operands in
        kernels.multiplyAddLimit(turns, factor, addend, operands[0])
      }
    }
  }

  /// The mask is `Philox.words` of Foundations, whatever stands in the counter.
  @Test func dropout() {
    var random = RandomStream(Philox(seed: 33), .sample)
    for groups in Array(0...9) + [70] {
      let (key0, key1, image, epoch) = (random.next(), random.next(), random.next(), random.next())
      let purpose = Philox.dropoutPurpose(layer: random.below(300))
      // Words that are drawn, too: one equal to the threshold is kept.
      let words = Philox.words(counter: SIMD4(5, image, epoch, purpose), key: SIMD2(key0, key1))
      for threshold in [0, 1, 0x4000_0000, .max, words.x, words.y, words.z, words.w] {
        expectTwins([[Float](repeating: canary, count: 64 * groups)], "\(groups) groups") {
          kernels, operands in
          kernels.dropoutFactors(
            groups, key0, key1, image, epoch, purpose, threshold, 1.25, operands[0])
        }
      }
    }
  }

  @Test func dropoutDropsItsShare() {
    let groups = 2000
    for kernels in InstructionSet.available {
      let factors = AlignedBuffer(count: 64 * groups)
      kernels.dropoutFactors(
        groups, 7, 0, 3, 1, Philox.dropoutPurpose(layer: 2), 0x4000_0000, 4 / 3, factors.pointer)
      let dropped = factors.array.filter { $0 == 0 }.count
      #expect(factors.array.allSatisfy { $0 == 0 || $0 == 4 / 3 })
      // 128,000 draws at a quarter: five standard deviations are 775.
      #expect((dropped - 32_000).magnitude < 775)
    }
  }
}
