/// The inverse cosine transform of 8×8 coefficients, to the bit as libjpeg's `islow` computes it (Loeffler, Ligtenberg and
/// Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications", ICASSP 1989; 13-bit constants).
enum InverseDCT {
  private static let shiftOfConstants: Int32 = 13
  private static let shiftBetween: Int32 = 2

  /// The sample of a block that has only its first coefficient, the same everywhere.
  @inline(__always)
  static func flat(_ coefficient: Int32) -> UInt8 { sample((coefficient &<< shiftBetween &+ 16) >> 5) }

  /// Transforms a block of 64 coefficients, quantization taken back, in place: rows of samples from 0 to 255.
  static func transform(_ block: inout MutableSpan<Int32>) {
    for column in 0..<8 { columns(&block, column) }
    for row in 0..<8 { rows(&block, 8 * row) }
  }

  /// One column, with two more bits than the coefficients have.
  @inline(__always)
  private static func columns(_ block: inout MutableSpan<Int32>, _ column: Int) {
    let (c0, c1, c2, c3) = (block[column], block[column + 8], block[column + 16], block[column + 24])
    let (c4, c5, c6, c7) = (block[column + 32], block[column + 40], block[column + 48], block[column + 56])
    if c1 | c2 | c3 | c4 | c5 | c6 | c7 == 0 {
      let value = c0 &<< shiftBetween
      for row in 0..<8 { block[column + 8 * row] = value }
      return
    }
    let shift = shiftOfConstants - shiftBetween
    let (even, odd) = butterflies(c0, c1, c2, c3, c4, c5, c6, c7, rounding: 1 << (shift - 1))
    let (sum, difference) = ((even &+ odd) &>> shift, (even &- odd) &>> shift)
    for row in 0..<4 {
      block[column + 8 * row] = sum[row]
      block[column + 8 * (7 - row)] = difference[row]
    }
  }

  /// One row, down to samples.
  @inline(__always)
  private static func rows(_ block: inout MutableSpan<Int32>, _ start: Int) {
    let (c0, c1, c2, c3) = (block[start], block[start + 1], block[start + 2], block[start + 3])
    let (c4, c5, c6, c7) = (block[start + 4], block[start + 5], block[start + 6], block[start + 7])
    let shift = shiftOfConstants + shiftBetween + 3
    let (even, odd) = butterflies(c0, c1, c2, c3, c4, c5, c6, c7, rounding: 1 << (shift - 1))
    let (sum, difference) = ((even &+ odd) &>> shift, (even &- odd) &>> shift)
    for column in 0..<4 {
      block[start + column] = Int32(sample(sum[column]))
      block[start + 7 - column] = Int32(sample(difference[column]))
    }
  }

  /// The four sums of even coefficients and the four of odd ones whose sums and differences are the eight results.
  @inline(__always)
  private static func butterflies(
    _ c0: Int32, _ c1: Int32, _ c2: Int32, _ c3: Int32, _ c4: Int32, _ c5: Int32, _ c6: Int32, _ c7: Int32,
    rounding: Int32
  ) -> (even: SIMD4<Int32>, odd: SIMD4<Int32>) {
    // The constants are round(x · 2^13): sqrt(2) times sums of cosines.
    let middle = (c2 &+ c6) &* 4433
    let low = middle &- c6 &* 15137
    let high = middle &+ c2 &* 6270
    let sum = (c0 &+ c4) &<< shiftOfConstants &+ rounding
    let difference = (c0 &- c4) &<< shiftOfConstants &+ rounding
    let even = SIMD4(sum &+ high, difference &+ low, difference &- low, sum &- high)

    let z5 = (c7 &+ c3 &+ c5 &+ c1) &* 9633
    let z1 = (c7 &+ c1) &* -7373
    let z2 = (c5 &+ c3) &* -20995
    let z3 = (c7 &+ c3) &* -16069 &+ z5
    let z4 = (c5 &+ c1) &* -3196 &+ z5
    let odd = SIMD4(
      c1 &* 12299 &+ z1 &+ z4, c3 &* 25172 &+ z2 &+ z3, c5 &* 16819 &+ z2 &+ z4, c7 &* 2446 &+ z1 &+ z3)
    return (even, odd)
  }

  /// A sample from what the transform gives, which is around 0.
  @inline(__always)
  private static func sample(_ value: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(value &+ 128, 0), 255))
  }
}
