// Dropout: which elements of an image are kept is drawn as one bit an element, and applied to the values and, from
// the same bits, to their gradient.

#if AVX512
  private typealias Words = SIMD8<UInt64>
#elseif AVX2
  private typealias Words = SIMD4<UInt64>
#else
  private typealias Words = SIMD2<UInt64>
#endif

/// kept = one bit an element, 0 with probability `share` / 65,536, for `blocks` times 1,024 elements.
///
/// A coin is tossed for each binary digit of the share, so that a quarter costs two random bits an element and a half
/// costs one. An element starts as kept; from the share's lowest digit that is 1 to its highest, ½, it becomes dropped
/// where the digit is 1 and a random bit is 1, and kept where the digit is 0 and the random bit is 0. (Each digit
/// halves the probability of being dropped and, if 1, adds ½.)
///
/// With n digits so used, the bit for digit d = 0…n-1 of element 1024·b + 512·h + 64·l + j is bit j of word 2h (from
/// j = 32 on bit j - 32 of word 2h + 1) of Philox4x32-10 at counter (8·(n·b + d) + l, `image`, `epoch`, `purpose`).
/// (The same function as `Philox.words` in Foundations; the kernels import nothing.) Element e's bit in `kept` is bit
/// e mod 64 of word e / 64.
public func dropoutDraw(
  _ blocks: Int, _ key0: UInt32, _ key1: UInt32, _ image: UInt32, _ epoch: UInt32, _ purpose: UInt32,
  _ share: UInt32, _ kept: UnsafeMutablePointer<UInt64>
) {
  let width = Words.scalarCount
  let first = share == 0 ? 16 : share.trailingZeroBitCount
  var counter: UInt32 = 0
  var steps = Words()
  for lane in 0..<width { steps[lane] = UInt64(lane) }
  for block in 0..<blocks {
    let target = UnsafeMutableRawPointer(kept + 16 * block)
    for lane in stride(from: 0, to: 8, by: width) {
      var low = Words()
      var high = Words()
      var digit = first
      var index = counter + UInt32(lane)
      while digit < 16 {
        let drawn = philox(Words(repeating: UInt64(index)) &+ steps, key0, key1, image, epoch, purpose)
        // dropped | drawn where the digit is 1, else dropped & drawn.
        let isOne = Words(repeating: 0 &- UInt64(share &>> UInt32(digit) & 1))
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

/// Words 0 and 1, and words 2 and 3, of Philox4x32-10, as many counters side by side as a vector has lanes of 64 bits.
///
/// A lane's lower half is the word; what is in its upper half does not count, since a multiplication of lower halves is
/// one instruction, and the shift takes the product's upper half.
@inline(__always)
private func philox(
  _ counter: Words, _ key0: UInt32, _ key1: UInt32, _ image: UInt32, _ epoch: UInt32, _ purpose: UInt32
) -> (low: Words, high: Words) {
  let half = Words(repeating: 0xFFFF_FFFF)
  var x0 = counter
  var x1 = Words(repeating: UInt64(image))
  var x2 = Words(repeating: UInt64(epoch))
  var x3 = Words(repeating: UInt64(purpose))
  var k0 = Words(repeating: UInt64(key0))
  var k1 = Words(repeating: UInt64(key1))
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

/// result = value · scale where the element's bit in `kept` is 1, +0 elsewhere; `result` may be `value`.
public func dropoutApply(
  _ count: Int, _ kept: UnsafePointer<UInt64>, _ scale: Float, _ value: UnsafePointer<Float>,
  _ result: UnsafeMutablePointer<Float>
) {
  let factor = Vector(repeating: scale)
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
    result[index] = isKept ? value[index] * scale : 0
    index += 1
  }
}

/// A vector's step of `dropoutApply` with the lowest bits of `word`; `places` has the lane's bit in each lane.
@inline(__always)
private func applyVector(
  _ word: UInt64, _ places: Bits, _ factor: Vector, _ value: UnsafePointer<Float>,
  _ result: UnsafeMutablePointer<Float>
) {
  let mask = bits((Bits(repeating: Int32(truncatingIfNeeded: word)) & places) .== places)
  storeVector(select(loadVector(value) * factor, mask), result)
}
