import Foundations
import Testing

@Suite struct PhiloxTests {
  /// Random123's kat_vectors for philox4x32 with 10 rounds.
  @Test func knownAnswers() {
    let answers: [(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, words: SIMD4<UInt32>)] = [
      (
        SIMD4(repeating: 0), SIMD2(repeating: 0),
        SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
      ),
      (
        SIMD4(repeating: .max), SIMD2(repeating: .max),
        SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
      ),
      (
        SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), SIMD2(0xa409_3822, 0x299f_31d0),
        SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
      ),
    ]
    for answer in answers {
      #expect(Philox.words(counter: answer.counter, key: answer.key) == answer.words)
    }
  }

  @Test func seedIsTheKeyLowHalfFirst() {
    let philox = Philox(seed: 0x299f_31d0_a409_3822)
    let words = philox.words(
      purpose: 0x0370_7344, epoch: 0x1319_8a2e, image: 0x85a3_08d3, index: 0x243f_6a88)
    #expect(words == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func dropoutPurposesDifferByLayerAndFromTheRest() {
    let layers = (0..<300).map { Philox.dropoutPurpose(layer: $0) }
    let others = (1...8).map { UInt32($0) }
    #expect(Set(layers + others).count == layers.count + others.count)
  }

  @Test func streamIsTheCountersWordsInOrder() {
    let philox = Philox(seed: 9)
    var stream = RandomStream(philox, .shuffle, epoch: 3, image: 4)
    for index in 0..<5 {
      let words = philox.words(
        purpose: Philox.Purpose.shuffle.rawValue, epoch: 3, image: 4, index: UInt32(index))
      for lane in 0..<4 { #expect(stream.next() == words[lane]) }
    }
  }

  @Test func uniformStaysInItsRange() {
    var stream = RandomStream(Philox(seed: 1), .augmentation)
    var sum = 0.0
    for _ in 0..<20_000 {
      let draw = stream.uniform()
      #expect(draw >= 0 && draw < 1)
      #expect(draw * 0x1p53 == (draw * 0x1p53).rounded())
      sum += draw
      let other = stream.uniform(-3, -1)
      #expect(other >= -3 && other <= -1)
    }
    #expect((sum / 20_000 - 0.5).magnitude < 0.01)
  }

  @Test(arguments: [1, 2, 3, 7, 10, 784]) func belowIsInRangeAndEven(count: Int) {
    var stream = RandomStream(Philox(seed: 2), .split, image: count)
    var counts = [Int](repeating: 0, count: count)
    let draws = 200 * count
    for _ in 0..<draws { counts[stream.below(count)] += 1 }
    // Pearson's statistic has mean count - 1 and variance 2 (count - 1): five standard deviations above.
    let statistic = counts.reduce(0.0) { $0 + (Double($1) - 200) * (Double($1) - 200) / 200 }
    let degrees = Double(count - 1)
    #expect(statistic <= degrees + 5 * (2 * degrees).squareRoot())
  }

  /// For three quarters of the range, multiplication without rejection favours every third number.
  @Test func belowHasNoBias() {
    let bound = 3 << 30
    var stream = RandomStream(Philox(seed: 3), .split)
    var counts = [0, 0, 0]
    for _ in 0..<30_000 { counts[stream.below(bound) % 3] += 1 }
    // Without rejection: 15,000 of one, 7,500 of the others.
    for count in counts { #expect((Double(count) - 10_000).magnitude < 500) }
    #expect(stream.below(Int(UInt32.max)) < Int(UInt32.max))
  }

  @Test(arguments: [0, 1, 2, 3, 100, 4211]) func permutationHasEachNumberOnce(count: Int) {
    var stream = RandomStream(Philox(seed: 7), .shuffle, image: count)
    let order = stream.permutation(count)
    #expect(order.sorted() == Array(0..<count))
    if count >= 100 { #expect(order != Array(0..<count)) }
    var same = RandomStream(Philox(seed: 7), .shuffle, image: count)
    #expect(same.permutation(count) == order)
    if count >= 100 {
      var otherEpoch = RandomStream(Philox(seed: 7), .shuffle, epoch: 1, image: count)
      #expect(otherEpoch.permutation(count) != order)
    }
  }

  @Test func allOrdersOfThreeAreEquallyLikely() {
    var stream = RandomStream(Philox(seed: 8), .shuffle)
    var counts = [Int](repeating: 0, count: 27)
    for _ in 0..<6000 {
      let order = stream.permutation(3)
      counts[order[0] * 9 + order[1] * 3 + order[2]] += 1
    }
    let seen = counts.filter { $0 > 0 }
    #expect(seen.count == 6)
    for count in seen { #expect((count - 1000).magnitude < 150) }
  }
}
