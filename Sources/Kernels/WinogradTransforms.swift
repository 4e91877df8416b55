// Winograd's transforms in one dimension: products of a small matrix with a line of vectors (Lavin and Gray, 2016,
// "Fast algorithms for convolutional neural networks"). Every lane is independent. `a.addingProduct(b, c)` is a fused
// multiply-add, the other operations are rounded each; these expressions are the contract, so their twins in the tests
// have the same operations.

/// The transforms of F(m, r): m outputs of a filter with r taps by m + r - 1 products.
protocol WinogradTransforms {
  /// m vectors.
  associatedtype OutputLength: LineLength
  /// m + r - 1 vectors.
  associatedtype ProductLength: LineLength
  /// r vectors.
  associatedtype WeightLength: LineLength
  typealias Outputs = Line<OutputLength>
  typealias Products = Line<ProductLength>
  typealias Weights = Line<WeightLength>
  /// Bᵀ d, of a tile's inputs.
  static func inputs(_ d: Products) -> Products
  /// Aᵀ m, a tile's outputs.
  static func outputs(_ m: Products) -> Outputs
  /// A y, of the gradients of a tile's outputs.
  static func outputGradients(_ y: Outputs) -> Products
  /// B t, the gradients of a tile's inputs.
  static func inputGradients(_ t: Products) -> Products
  /// G g, of r weights.
  static func weights(_ g: Weights) -> Products
  /// Gᵀ u, the gradients of r weights.
  static func weightGradients(_ u: Products) -> Weights
}

/// sum + factor · value, rounded once.
@inline(__always)
func fused(_ sum: Vector, _ factor: Float, _ value: Vector) -> Vector {
  sum.addingProduct(Vector(repeating: factor), value)
}

/// Sums and differences of what belongs to the points 1, -1, 1/2, -1/2, 2 and -2, in this order: as pairs of opposites they share them.
@inline(__always)
func pairs(
  _ one: Vector, _ minusOne: Vector, _ half: Vector, _ minusHalf: Vector, _ two: Vector, _ minusTwo: Vector
) -> (Vector, Vector, Vector, Vector, Vector, Vector) {
  (
    one + minusOne, half + minusHalf, two + minusTwo, one - minusOne, half - minusHalf, two - minusTwo
  )
}

/// F(4, 3), of the points 0, 1, -1, 2, -2 and ∞.
enum FourOutputs: WinogradTransforms {
  /// Bᵀ d, of six inputs:
  ///
  ///     4 d0 - 5 d2 + d4
  ///     (d4 - 4 d2) + (d3 - 4 d1)
  ///     (d4 - 4 d2) - (d3 - 4 d1)
  ///     (d4 - d2) + 2 (d3 - d1)
  ///     (d4 - d2) - 2 (d3 - d1)
  ///     4 d1 - 5 d3 + d5
  @inline(__always)
  static func inputs(_ d: Line6) -> Line6 {
    let even = fused(d.v4, -4, d.v2)
    let odd = fused(d.v3, -4, d.v1)
    let outer = d.v4 - d.v2
    let inner = d.v3 - d.v1
    return Line6(
      fused(fused(d.v4, -5, d.v2), 4, d.v0), even + odd, even - odd, fused(outer, 2, inner),
      fused(outer, -2, inner), fused(fused(d.v5, -5, d.v3), 4, d.v1))
  }

  /// Aᵀ m, four outputs of six products:
  ///
  ///     m0 + (m1 + m2) + (m3 + m4)
  ///     (m1 - m2) + 2 (m3 - m4)
  ///     (m1 + m2) + 4 (m3 + m4)
  ///     (m1 - m2) + 8 (m3 - m4) + m5
  @inline(__always)
  static func outputs(_ m: Line6) -> Line4 {
    let near = m.v1 + m.v2
    let nearDifference = m.v1 - m.v2
    let far = m.v3 + m.v4
    let farDifference = m.v3 - m.v4
    return Line4(
      (m.v0 + near) + far, fused(nearDifference, 2, farDifference), fused(near, 4, far),
      fused(nearDifference, 8, farDifference) + m.v5)
  }

  /// A y, of the gradients of four outputs:
  ///
  ///     y0
  ///     (y0 + y2) + (y1 + y3)
  ///     (y0 + y2) - (y1 + y3)
  ///     (y0 + 4 y2) + 2 (y1 + 4 y3)
  ///     (y0 + 4 y2) - 2 (y1 + 4 y3)
  ///     y3
  @inline(__always)
  static func outputGradients(_ y: Line4) -> Line6 {
    let even = y.v0 + y.v2
    let odd = y.v1 + y.v3
    let farEven = fused(y.v0, 4, y.v2)
    let farOdd = fused(y.v1, 4, y.v3)
    return Line6(
      y.v0, even + odd, even - odd, fused(farEven, 2, farOdd), fused(farEven, -2, farOdd), y.v3)
  }

  /// B t, the gradients of six inputs:
  ///
  ///     4 t0
  ///     4 (t5 - (t1 - t2)) - 2 (t3 - t4)
  ///     -(t3 + t4) - 4 (t1 + t2) - 5 t0
  ///     (t1 - t2) + 2 (t3 - t4) - 5 t5
  ///     (t0 + (t1 + t2)) + (t3 + t4)
  ///     t5
  @inline(__always)
  static func inputGradients(_ t: Line6) -> Line6 {
    let near = t.v1 + t.v2
    let nearDifference = t.v1 - t.v2
    let far = t.v3 + t.v4
    let farDifference = t.v3 - t.v4
    let four = Vector(repeating: 4)
    return Line6(
      four * t.v0, fused(four * (t.v5 - nearDifference), -2, farDifference),
      fused(fused(-far, -4, near), -5, t.v0), fused(fused(nearDifference, 2, farDifference), -5, t.v5),
      (t.v0 + near) + far, t.v5)
  }

  /// G g, of three weights:
  ///
  ///     g0 / 4
  ///     -((g0 + g2) + g1) / 6
  ///     -((g0 + g2) - g1) / 6
  ///     (g0 / 24 + g2 / 6) + g1 / 12
  ///     (g0 / 24 + g2 / 6) - g1 / 12
  ///     g2
  @inline(__always)
  static func weights(_ g: Line3) -> Line6 {
    let even = g.v0 + g.v2
    let sixth = Vector(repeating: -1 / 6)
    let far = fused(g.v2 * Vector(repeating: 1 / 6), 1 / 24, g.v0)
    return Line6(
      Vector(repeating: 0.25) * g.v0, sixth * (even + g.v1), sixth * (even - g.v1), fused(far, 1 / 12, g.v1),
      fused(far, -1 / 12, g.v1), g.v2)
  }

  /// Gᵀ u, the gradients of three weights:
  ///
  ///     (u0 / 4 - (u1 + u2) / 6) + (u3 + u4) / 24
  ///     (u2 - u1) / 6 + (u3 - u4) / 12
  ///     (u5 - (u1 + u2) / 6) + (u3 + u4) / 6
  @inline(__always)
  static func weightGradients(_ u: Line6) -> Line3 {
    let near = u.v1 + u.v2
    let far = u.v3 + u.v4
    let middle = (u.v2 - u.v1) * Vector(repeating: 1 / 6)
    return Line3(
      fused(fused(Vector(repeating: 0.25) * u.v0, -1 / 6, near), 1 / 24, far),
      fused(middle, 1 / 12, u.v3 - u.v4),
      fused(fused(u.v5, -1 / 6, near), 1 / 6, far))
  }
}

/// F(5, 3), of the points 1, -1, 1/2, -1/2, 2, -2 and ∞.
///
/// Of the sets of points that were tried these round least (their products' greatest factors are small), and as pairs
/// of opposites they share their sums.
enum FiveOutputs: WinogradTransforms {
  /// Bᵀ d, of seven inputs:
  ///
  ///     (d0 + d4 - 17/4 d2) + (d1 + d5 - 17/4 d3)
  ///     (d0 + d4 - 17/4 d2) - (d1 + d5 - 17/4 d3)
  ///     (d0 - 5/4 d2 + d4 / 4) + 2 (d1 - 5/4 d3 + d5 / 4)
  ///     (d0 - 5/4 d2 + d4 / 4) - 2 (d1 - 5/4 d3 + d5 / 4)
  ///     (d5 - 5/4 d3 + d1 / 4) + 2 (d4 - 5/4 d2 + d0 / 4)
  ///     (d5 - 5/4 d3 + d1 / 4) - 2 (d4 - 5/4 d2 + d0 / 4)
  ///     (d6 - d0) + 21/4 (d2 - d4)
  @inline(__always)
  static func inputs(_ d: Line7) -> Line7 {
    let even = fused(d.v0 + d.v4, -4.25, d.v2)
    let odd = fused(d.v1 + d.v5, -4.25, d.v3)
    let halfEven = fused(fused(d.v0, -1.25, d.v2), 0.25, d.v4)
    let halfOdd = fused(fused(d.v1, -1.25, d.v3), 0.25, d.v5)
    let twiceEven = fused(fused(d.v4, -1.25, d.v2), 0.25, d.v0)
    let twiceOdd = fused(fused(d.v5, -1.25, d.v3), 0.25, d.v1)
    return Line7(
      even + odd, even - odd, fused(halfEven, 2, halfOdd), fused(halfEven, -2, halfOdd),
      fused(twiceOdd, 2, twiceEven), fused(twiceOdd, -2, twiceEven), fused(d.v6 - d.v0, 5.25, d.v2 - d.v4))
  }

  /// Aᵀ m, five outputs of seven products:
  ///
  ///     ((m0 + m1) + (m2 + m3)) + (m4 + m5)
  ///     (m0 - m1) + (m2 - m3) / 2 + 2 (m4 - m5)
  ///     (m0 + m1) + (m2 + m3) / 4 + 4 (m4 + m5)
  ///     (m0 - m1) + (m2 - m3) / 8 + 8 (m4 - m5)
  ///     ((m0 + m1) + (m2 + m3) / 16 + 16 (m4 + m5)) + m6
  @inline(__always)
  static func outputs(_ m: Line7) -> Line5 {
    let (one, half, two, oneDifference, halfDifference, twoDifference) = pairs(
      m.v0, m.v1, m.v2, m.v3, m.v4, m.v5)
    return Line5(
      (one + half) + two, fused(fused(oneDifference, 0.5, halfDifference), 2, twoDifference),
      fused(fused(one, 0.25, half), 4, two),
      fused(fused(oneDifference, 0.125, halfDifference), 8, twoDifference),
      fused(fused(one, 0.0625, half), 16, two) + m.v6)
  }

  /// A y, of the gradients of five outputs:
  ///
  ///     ((y0 + y2) + y4) + (y1 + y3)
  ///     ((y0 + y2) + y4) - (y1 + y3)
  ///     (y0 + y2 / 4 + y4 / 16) + (y1 + y3 / 4) / 2
  ///     (y0 + y2 / 4 + y4 / 16) - (y1 + y3 / 4) / 2
  ///     (y0 + 4 y2 + 16 y4) + 2 (y1 + 4 y3)
  ///     (y0 + 4 y2 + 16 y4) - 2 (y1 + 4 y3)
  ///     y4
  @inline(__always)
  static func outputGradients(_ y: Line5) -> Line7 {
    let even = (y.v0 + y.v2) + y.v4
    let odd = y.v1 + y.v3
    let halfEven = fused(fused(y.v0, 0.25, y.v2), 0.0625, y.v4)
    let halfOdd = fused(y.v1, 0.25, y.v3)
    let twiceEven = fused(fused(y.v0, 4, y.v2), 16, y.v4)
    let twiceOdd = fused(y.v1, 4, y.v3)
    return Line7(
      even + odd, even - odd, fused(halfEven, 0.5, halfOdd), fused(halfEven, -0.5, halfOdd),
      fused(twiceEven, 2, twiceOdd), fused(twiceEven, -2, twiceOdd), y.v4)
  }

  /// B t, the gradients of seven inputs:
  ///
  ///     (((t0 + t1) + (t2 + t3)) - t6) + (t4 - t5) / 2
  ///     (t0 - t1) + 2 (t2 - t3) + (t4 + t5) / 4
  ///     -17/4 (t0 + t1) - 5/4 (t2 + t3) - 5/2 (t4 - t5) + 21/4 t6
  ///     -17/4 (t0 - t1) - 5/2 (t2 - t3) - 5/4 (t4 + t5)
  ///     (t0 + t1) + (t2 + t3) / 4 + 2 (t4 - t5) - 21/4 t6
  ///     ((t0 - t1) + (t4 + t5)) + (t2 - t3) / 2
  ///     t6
  @inline(__always)
  static func inputGradients(_ t: Line7) -> Line7 {
    let (one, half, two, oneDifference, halfDifference, twoDifference) = pairs(
      t.v0, t.v1, t.v2, t.v3, t.v4, t.v5)
    let middle = Vector(repeating: -4.25)
    return Line7(
      fused((one + half) - t.v6, 0.5, twoDifference),
      fused(fused(oneDifference, 2, halfDifference), 0.25, two),
      fused(fused(fused(middle * one, -1.25, half), -2.5, twoDifference), 5.25, t.v6),
      fused(fused(middle * oneDifference, -2.5, halfDifference), -1.25, two),
      fused(fused(fused(one, 0.25, half), 2, twoDifference), -5.25, t.v6),
      fused(oneDifference + two, 0.5, halfDifference), t.v6)
  }

  /// G g, of three weights:
  ///
  ///     -2/9 ((g0 + g2) + g1)
  ///     -2/9 ((g0 + g2) - g1)
  ///     8/45 ((g2 + 4 g0) + 2 g1)
  ///     8/45 ((g2 + 4 g0) - 2 g1)
  ///     1/45 ((g0 + 4 g2) + 2 g1)
  ///     -1/45 ((g0 + 4 g2) - 2 g1)
  ///     g2
  @inline(__always)
  static func weights(_ g: Line3) -> Line7 {
    let one = g.v0 + g.v2
    let half = fused(g.v2, 4, g.v0)
    let two = fused(g.v0, 4, g.v2)
    let oneFactor = Vector(repeating: -2 / 9)
    let halfFactor = Vector(repeating: 8 / 45)
    let twoFactor = Vector(repeating: 1 / 45)
    return Line7(
      oneFactor * (one + g.v1), oneFactor * (one - g.v1), halfFactor * fused(half, 2, g.v1),
      halfFactor * fused(half, -2, g.v1), twoFactor * fused(two, 2, g.v1),
      Vector(repeating: -1 / 45) * fused(two, -2, g.v1),
      g.v2)
  }

  /// Gᵀ u, the gradients of three weights:
  ///
  ///     -2/9 (u0 + u1) + 32/45 (u2 + u3) + (u4 - u5) / 45
  ///     -2/9 (u0 - u1) + 16/45 (u2 - u3) + 2/45 (u4 + u5)
  ///     (u6 - 2/9 (u0 + u1)) + 8/45 (u2 + u3) + 4/45 (u4 - u5)
  @inline(__always)
  static func weightGradients(_ u: Line7) -> Line3 {
    let one = u.v0 + u.v1
    let half = u.v2 + u.v3
    let two = u.v4 - u.v5
    let factor = Vector(repeating: -2 / 9)
    return Line3(
      fused(fused(factor * one, 32 / 45, half), 1 / 45, two),
      fused(fused(factor * (u.v0 - u.v1), 16 / 45, u.v2 - u.v3), 2 / 45, u.v4 + u.v5),
      fused(fused(fused(u.v6, -2 / 9, one), 8 / 45, half), 4 / 45, two))
  }
}
