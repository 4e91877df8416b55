import KernelShapes

// Dropout: which elements of an image are kept is drawn as one bit an element, and applied to the values and, from
// the same bits, to their gradient.

#if AVX512
  private typealias Words = SIMD8<UInt64>
#elseif AVX2
  private typealias Words = SIMD4<UInt64>
#else
  private typealias Words = SIMD2<UInt64>
#endif

extension Level {
  /// kept = one bit an element, 0 with probability `share` / 65,536, for `blocks` times 1,024 elements.
  ///
  /// A coin is tossed for each binary digit of the share, so that a quarter costs two random bits an element and a half
  /// costs one. An element starts as kept; from the share's lowest digit that is 1 to its highest, ½, it becomes dropped
  /// where the digit is 1 and a random bit is 1, and kept where the digit is 0 and the random bit is 0. (Each digit
  /// halves the probability of being dropped and, if 1, adds ½.)
  ///
  /// With n digits so used, the bit for digit d = 0…n-1 of element 1024·b + 512·h + 64·l + j is bit j of word 2h (from
  /// j = 32 on bit j - 32 of word 2h + 1) of Philox4x32-10 at counter (8·(n·b + d) + l, `image`, `epoch`, `purpose`).
  /// It is the same function as `Philox.words` in Foundations, which the kernels do not import: they use nothing that
  /// is not compiled for their instruction set.
  func dropoutDraw(_ operands: DropoutDraw) {
    let width = Words.scalarCount
    let first = operands.share == 0 ? 16 : operands.share.trailingZeroBitCount
    var counter: UInt32 = 0
    var steps = Words()
    for lane in 0..<width { steps[lane] = UInt64(lane) }
    for block in 0..<operands.blocks {
      let target = UnsafeMutableRawPointer(operands.kept + 16 * block)
      for lane in stride(from: 0, to: 8, by: width) {
        var low = Words()
        var high = Words()
        var digit = first
        var index = counter + UInt32(lane)
        while digit < 16 {
          let drawn = philox(Words(repeating: UInt64(index)) &+ steps, operands)
          // dropped | drawn where the digit is 1, else dropped & drawn.
          let isOne = Words(repeating: 0 &- UInt64(operands.share &>> UInt32(digit) & 1))
          low = (low & drawn.low) | ((low | drawn.low) & isOne)
          high = (high & drawn.high) | ((high | drawn.high) & isOne)
          digit += 1
          index += 8
        }
        target.storeBytes(of: ~low, toByteOffset: 8 * lane, as: Words.self)
        target.storeBytes(of: ~high, toByteOffset: 64 + 8 * lane, as: Words.self)
      }
      counter += 8 * UInt32(16 - first)
    }
  }

  /// result = value · scale where the element's bit in `kept` is 1, +0 elsewhere.
  func dropoutApply(_ operands: DropoutApply) {
    let (count, kept, value, result) = (operands.count, operands.kept, operands.values, operands.result)
    let factor = Vector(repeating: operands.scale)
    var places = Bits()
    for lane in 0..<lanes { places[lane] = 1 &<< Int32(lane) }
    var index = 0
    while index + 64 <= count {
      let word = kept[index / 64]
      for start in stride(from: 0, to: 64, by: lanes) {
        applyVector(word &>> UInt64(start), places, factor, value + index + start, result + index + start)
      }
      index += 64
    }
    while index + lanes <= count {
      applyVector(kept[index / 64] &>> UInt64(index % 64), places, factor, value + index, result + index)
      index += lanes
    }
    while index < count {
      let isKept = kept[index / 64] &>> UInt64(index % 64) & 1 == 1
      result[index] = isKept ? value[index] * operands.scale : 0
      index += 1
    }
  }
}

/// Words 0 and 1, and words 2 and 3, of Philox4x32-10, as many counters side by side as a vector has lanes of 64 bits.
///
/// A lane's lower half is the word; what is in its upper half does not count, since a multiplication of lower halves is
/// one instruction, and the shift takes the product's upper half.
@inline(__always)
private func philox(_ counter: Words, _ operands: DropoutDraw) -> (low: Words, high: Words) {
  let half = Words(repeating: 0xFFFF_FFFF)
  var x0 = counter
  var x1 = Words(repeating: UInt64(operands.image))
  var x2 = Words(repeating: UInt64(operands.epoch))
  var x3 = Words(repeating: UInt64(operands.purpose))
  var k0 = Words(repeating: UInt64(operands.key.x))
  var k1 = Words(repeating: UInt64(operands.key.y))
  for _ in 0..<10 {
    let p0 = (x0 & half) &* Words(repeating: 0xD251_1F53)
    let p1 = (x2 & half) &* Words(repeating: 0xCD9E_8D57)
    x0 = (p1 &>> 32) ^ x1 ^ k0
    x1 = p1
    x2 = (p0 &>> 32) ^ x3 ^ k1
    x3 = p0
    k0 &+= Words(repeating: 0x9E37_79B9)
    k1 &+= Words(repeating: 0xBB67_AE85)
  }
  return ((x0 & half) | (x1 &<< 32), (x2 & half) | (x3 &<< 32))
}

/// A vector's step of `dropoutApply` with the lowest bits of `word`; `places` has 1 << lane in each lane.
@inline(__always)
private func applyVector(
  _ word: UInt64, _ places: Bits, _ factor: Vector, _ value: Floats,
  _ result: MutableFloats
) {
  let mask = bits((Bits(repeating: Int32(truncatingIfNeeded: word)) & places) .== places)
  storeVector(select(loadVector(value) * factor, mask), result)
}
