import KernelShapes

// Winograd's transforms with eight products, of the points 0, 1, -1, 1/2, -1/2, 2, -2 and ∞; see `WinogradTransforms.swift`.

/// F(6, 3).
enum SixOutputs: WinogradTransforms {
  /// Bᵀ d, of eight inputs:
  ///
  ///     (d0 - d6) + 21/4 (d4 - d2)
  ///     (d2 + d6 - 17/4 d4) + (d1 + d5 - 17/4 d3)
  ///     (d2 + d6 - 17/4 d4) - (d1 + d5 - 17/4 d3)
  ///     (d6 - 5 d4 + 4 d2) + (d5 - 5 d3 + 4 d1) / 2
  ///     (d6 - 5 d4 + 4 d2) - (d5 - 5 d3 + 4 d1) / 2
  ///     (d6 - 5/4 d4 + d2 / 4) + 2 (d5 - 5/4 d3 + d1 / 4)
  ///     (d6 - 5/4 d4 + d2 / 4) - 2 (d5 - 5/4 d3 + d1 / 4)
  ///     (d7 - d1) + 21/4 (d3 - d5)
  @inline(__always)
  static func inputs(_ d: Line8) -> Line8 {
    let even = fused(d.v2 + d.v6, -4.25, d.v4)
    let odd = fused(d.v1 + d.v5, -4.25, d.v3)
    let halfEven = fused(fused(d.v6, -5, d.v4), 4, d.v2)
    let halfOdd = fused(fused(d.v5, -5, d.v3), 4, d.v1)
    let twiceEven = fused(fused(d.v6, -1.25, d.v4), 0.25, d.v2)
    let twiceOdd = fused(fused(d.v5, -1.25, d.v3), 0.25, d.v1)
    return Line8(
      fused(d.v0 - d.v6, 5.25, d.v4 - d.v2), even + odd, even - odd, fused(halfEven, 0.5, halfOdd),
      fused(halfEven, -0.5, halfOdd), fused(twiceEven, 2, twiceOdd), fused(twiceEven, -2, twiceOdd),
      fused(d.v7 - d.v1, 5.25, d.v3 - d.v5))
  }

  /// Aᵀ m, six outputs of eight products:
  ///
  ///     (m0 + (m1 + m2)) + ((m3 + m4) + (m5 + m6))
  ///     (m1 - m2) + (m3 - m4) / 2 + 2 (m5 - m6)
  ///     (m1 + m2) + (m3 + m4) / 4 + 4 (m5 + m6)
  ///     (m1 - m2) + (m3 - m4) / 8 + 8 (m5 - m6)
  ///     (m1 + m2) + (m3 + m4) / 16 + 16 (m5 + m6)
  ///     ((m1 - m2) + (m3 - m4) / 32 + 32 (m5 - m6)) + m7
  @inline(__always)
  static func outputs(_ m: Line8) -> Line6 {
    let (one, half, two, oneDifference, halfDifference, twoDifference) = pairs(
      m.v1, m.v2, m.v3, m.v4, m.v5, m.v6)
    return Line6(
      (m.v0 + one) + (half + two), fused(fused(oneDifference, 0.5, halfDifference), 2, twoDifference),
      fused(fused(one, 0.25, half), 4, two),
      fused(fused(oneDifference, 0.125, halfDifference), 8, twoDifference),
      fused(fused(one, 0.0625, half), 16, two),
      fused(fused(oneDifference, 0.03125, halfDifference), 32, twoDifference) + m.v7)
  }

  /// A y, of the gradients of six outputs:
  ///
  ///     y0
  ///     ((y0 + y2) + y4) + ((y1 + y3) + y5)
  ///     ((y0 + y2) + y4) - ((y1 + y3) + y5)
  ///     (y0 + y2 / 4 + y4 / 16) + (y1 + y3 / 4 + y5 / 16) / 2
  ///     (y0 + y2 / 4 + y4 / 16) - (y1 + y3 / 4 + y5 / 16) / 2
  ///     (y0 + 4 y2 + 16 y4) + 2 (y1 + 4 y3 + 16 y5)
  ///     (y0 + 4 y2 + 16 y4) - 2 (y1 + 4 y3 + 16 y5)
  ///     y5
  @inline(__always)
  static func outputGradients(_ y: Line6) -> Line8 {
    let even = (y.v0 + y.v2) + y.v4
    let odd = (y.v1 + y.v3) + y.v5
    let halfEven = fused(fused(y.v0, 0.25, y.v2), 0.0625, y.v4)
    let halfOdd = fused(fused(y.v1, 0.25, y.v3), 0.0625, y.v5)
    let twiceEven = fused(fused(y.v0, 4, y.v2), 16, y.v4)
    let twiceOdd = fused(fused(y.v1, 4, y.v3), 16, y.v5)
    return Line8(
      y.v0, even + odd, even - odd, fused(halfEven, 0.5, halfOdd), fused(halfEven, -0.5, halfOdd),
      fused(twiceEven, 2, twiceOdd), fused(twiceEven, -2, twiceOdd), y.v5)
  }

  /// B t, the gradients of eight inputs:
  ///
  ///     t0
  ///     ((t1 - t2) - t7) + 2 (t3 - t4) + (t5 - t6) / 2
  ///     (t1 + t2) + 4 (t3 + t4) + (t5 + t6) / 4 - 21/4 t0
  ///     -17/4 (t1 - t2) - 5/2 (t3 - t4) - 5/2 (t5 - t6) + 21/4 t7
  ///     -17/4 (t1 + t2) - 5 (t3 + t4) - 5/4 (t5 + t6) + 21/4 t0
  ///     (t1 - t2) + (t3 - t4) / 2 + 2 (t5 - t6) - 21/4 t7
  ///     ((t1 + t2) - t0) + ((t3 + t4) + (t5 + t6))
  ///     t7
  @inline(__always)
  static func inputGradients(_ t: Line8) -> Line8 {
    let (one, half, two, oneDifference, halfDifference, twoDifference) = pairs(
      t.v1, t.v2, t.v3, t.v4, t.v5, t.v6)
    let middle = Vector(repeating: -4.25)
    return Line8(
      t.v0, fused(fused(oneDifference - t.v7, 2, halfDifference), 0.5, twoDifference),
      fused(fused(fused(one, 4, half), 0.25, two), -5.25, t.v0),
      fused(fused(fused(middle * oneDifference, -2.5, halfDifference), -2.5, twoDifference), 5.25, t.v7),
      fused(fused(fused(middle * one, -5, half), -1.25, two), 5.25, t.v0),
      fused(fused(fused(oneDifference, 0.5, halfDifference), 2, twoDifference), -5.25, t.v7),
      (one - t.v0) + (half + two), t.v7)
  }

  /// G g, of three weights:
  ///
  ///     g0
  ///     -2/9 ((g0 + g2) + g1)
  ///     -2/9 ((g0 + g2) - g1)
  ///     8/45 ((g2 + 4 g0) + 2 g1)
  ///     8/45 ((g2 + 4 g0) - 2 g1)
  ///     1/90 ((g0 + 4 g2) + 2 g1)
  ///     1/90 ((g0 + 4 g2) - 2 g1)
  ///     g2
  @inline(__always)
  static func weights(_ g: Line3) -> Line8 {
    let one = g.v0 + g.v2
    let half = fused(g.v2, 4, g.v0)
    let two = fused(g.v0, 4, g.v2)
    let oneFactor = Vector(repeating: -2 / 9)
    let halfFactor = Vector(repeating: 8 / 45)
    let twoFactor = Vector(repeating: 1 / 90)
    return Line8(
      g.v0, oneFactor * (one + g.v1), oneFactor * (one - g.v1), halfFactor * fused(half, 2, g.v1),
      halfFactor * fused(half, -2, g.v1), twoFactor * fused(two, 2, g.v1), twoFactor * fused(two, -2, g.v1),
      g.v2)
  }

  /// Gᵀ u, the gradients of three weights:
  ///
  ///     (u0 - 2/9 (u1 + u2)) + 32/45 (u3 + u4) + (u5 + u6) / 90
  ///     -2/9 (u1 - u2) + 16/45 (u3 - u4) + (u5 - u6) / 45
  ///     (u7 - 2/9 (u1 + u2)) + 8/45 (u3 + u4) + 2/45 (u5 + u6)
  @inline(__always)
  static func weightGradients(_ u: Line8) -> Line3 {
    let one = u.v1 + u.v2
    let half = u.v3 + u.v4
    let two = u.v5 + u.v6
    let factor = Vector(repeating: -2 / 9)
    return Line3(
      fused(fused(fused(u.v0, -2 / 9, one), 32 / 45, half), 1 / 90, two),
      fused(fused(factor * (u.v1 - u.v2), 16 / 45, u.v3 - u.v4), 1 / 45, u.v5 - u.v6),
      fused(fused(fused(u.v7, -2 / 9, one), 8 / 45, half), 2 / 45, two))
  }
}

/// F(4, 5). As many products as F(6, 3) has, of the same points, so the inputs' transforms are the same.
enum FourOutputsOfFiveTaps: WinogradTransforms {
  /// Bᵀ d, of eight inputs: F(6, 3)'s.
  @inline(__always)
  static func inputs(_ d: Line8) -> Line8 { SixOutputs.inputs(d) }

  /// Aᵀ m, four outputs of eight products:
  ///
  ///     (m0 + (m1 + m2)) + ((m3 + m4) + (m5 + m6))
  ///     (m1 - m2) + (m3 - m4) / 2 + 2 (m5 - m6)
  ///     (m1 + m2) + (m3 + m4) / 4 + 4 (m5 + m6)
  ///     ((m1 - m2) + (m3 - m4) / 8 + 8 (m5 - m6)) + m7
  @inline(__always)
  static func outputs(_ m: Line8) -> Line4 {
    let (one, half, two, oneDifference, halfDifference, twoDifference) = pairs(
      m.v1, m.v2, m.v3, m.v4, m.v5, m.v6)
    return Line4(
      (m.v0 + one) + (half + two), fused(fused(oneDifference, 0.5, halfDifference), 2, twoDifference),
      fused(fused(one, 0.25, half), 4, two),
      fused(fused(oneDifference, 0.125, halfDifference), 8, twoDifference) + m.v7)
  }

  /// A y, of the gradients of four outputs:
  ///
  ///     y0
  ///     (y0 + y2) + (y1 + y3)
  ///     (y0 + y2) - (y1 + y3)
  ///     (y0 + y2 / 4) + (y1 + y3 / 4) / 2
  ///     (y0 + y2 / 4) - (y1 + y3 / 4) / 2
  ///     (y0 + 4 y2) + 2 (y1 + 4 y3)
  ///     (y0 + 4 y2) - 2 (y1 + 4 y3)
  ///     y3
  @inline(__always)
  static func outputGradients(_ y: Line4) -> Line8 {
    let even = y.v0 + y.v2
    let odd = y.v1 + y.v3
    let halfEven = fused(y.v0, 0.25, y.v2)
    let halfOdd = fused(y.v1, 0.25, y.v3)
    let twiceEven = fused(y.v0, 4, y.v2)
    let twiceOdd = fused(y.v1, 4, y.v3)
    return Line8(
      y.v0, even + odd, even - odd, fused(halfEven, 0.5, halfOdd), fused(halfEven, -0.5, halfOdd),
      fused(twiceEven, 2, twiceOdd), fused(twiceEven, -2, twiceOdd), y.v3)
  }

  /// B t, the gradients of eight inputs: F(6, 3)'s.
  @inline(__always)
  static func inputGradients(_ t: Line8) -> Line8 { SixOutputs.inputGradients(t) }

  /// G g, of five weights:
  ///
  ///     g0
  ///     -2/9 (((g0 + g2) + g4) + (g1 + g3))
  ///     -2/9 (((g0 + g2) + g4) - (g1 + g3))
  ///     2/45 ((g4 + 4 g2 + 16 g0) + 2 (g3 + 4 g1))
  ///     2/45 ((g4 + 4 g2 + 16 g0) - 2 (g3 + 4 g1))
  ///     1/90 ((g0 + 4 g2 + 16 g4) + 2 (g1 + 4 g3))
  ///     1/90 ((g0 + 4 g2 + 16 g4) - 2 (g1 + 4 g3))
  ///     g4
  @inline(__always)
  static func weights(_ g: Line5) -> Line8 {
    let even = (g.v0 + g.v2) + g.v4
    let odd = g.v1 + g.v3
    let halfEven = fused(fused(g.v4, 4, g.v2), 16, g.v0)
    let halfOdd = fused(g.v3, 4, g.v1)
    let twiceEven = fused(fused(g.v0, 4, g.v2), 16, g.v4)
    let twiceOdd = fused(g.v1, 4, g.v3)
    let oneFactor = Vector(repeating: -2 / 9)
    let halfFactor = Vector(repeating: 2 / 45)
    let twoFactor = Vector(repeating: 1 / 90)
    return Line8(
      g.v0, oneFactor * (even + odd), oneFactor * (even - odd), halfFactor * fused(halfEven, 2, halfOdd),
      halfFactor * fused(halfEven, -2, halfOdd), twoFactor * fused(twiceEven, 2, twiceOdd),
      twoFactor * fused(twiceEven, -2, twiceOdd), g.v4)
  }

  /// Gᵀ u, the gradients of five weights:
  ///
  ///     (u0 - 2/9 (u1 + u2)) + 32/45 (u3 + u4) + (u5 + u6) / 90
  ///     -2/9 (u1 - u2) + 16/45 (u3 - u4) + (u5 - u6) / 45
  ///     -2/9 (u1 + u2) + 8/45 (u3 + u4) + 2/45 (u5 + u6)
  ///     -2/9 (u1 - u2) + 4/45 (u3 - u4) + 4/45 (u5 - u6)
  ///     (u7 - 2/9 (u1 + u2)) + 2/45 (u3 + u4) + 8/45 (u5 + u6)
  @inline(__always)
  static func weightGradients(_ u: Line8) -> Line5 {
    let (one, half, two, oneDifference, halfDifference, twoDifference) = pairs(
      u.v1, u.v2, u.v3, u.v4, u.v5, u.v6)
    let factor = Vector(repeating: -2 / 9)
    return Line5(
      fused(fused(fused(u.v0, -2 / 9, one), 32 / 45, half), 1 / 90, two),
      fused(fused(factor * oneDifference, 16 / 45, halfDifference), 1 / 45, twoDifference),
      fused(fused(factor * one, 8 / 45, half), 2 / 45, two),
      fused(fused(factor * oneDifference, 4 / 45, halfDifference), 4 / 45, twoDifference),
      fused(fused(fused(u.v7, -2 / 9, one), 2 / 45, half), 8 / 45, two))
  }
}
