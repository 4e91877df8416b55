// Winograd's transforms in one dimension: products of a small matrix with a line of vectors (Lavin and Gray, 2016,
// "Fast algorithms for convolutional neural networks", F(4, 3)). Every lane is on its own. `a.addingProduct(b, c)` is a
// fused multiply-add, the other operations are rounded each; these expressions are the contract, so their twins in
// the tests have the same operations.

/// Neighbouring vectors of a row or a column.
protocol Line {
  /// How many there are.
  static var count: Int { get }
  /// Reads them `stride` floats apart.
  init(loading source: UnsafePointer<Float>, stride: Int)
  /// Writes them `stride` floats apart.
  func store(to target: UnsafeMutablePointer<Float>, stride: Int)
}

struct Line3: Line {
  var v0, v1, v2: Vector

  static var count: Int { @inline(__always) get { 3 } }

  @inline(__always)
  init(_ v0: Vector, _ v1: Vector, _ v2: Vector) { (self.v0, self.v1, self.v2) = (v0, v1, v2) }

  @inline(__always)
  init(loading source: UnsafePointer<Float>, stride: Int) {
    self.init(loadVector(source), loadVector(source + stride), loadVector(source + 2 * stride))
  }

  @inline(__always)
  func store(to target: UnsafeMutablePointer<Float>, stride: Int) {
    storeVector(v0, target)
    storeVector(v1, target + stride)
    storeVector(v2, target + 2 * stride)
  }
}

struct Line4: Line {
  var v0, v1, v2, v3: Vector

  static var count: Int { @inline(__always) get { 4 } }

  @inline(__always)
  init(_ v0: Vector, _ v1: Vector, _ v2: Vector, _ v3: Vector) {
    (self.v0, self.v1, self.v2, self.v3) = (v0, v1, v2, v3)
  }

  @inline(__always)
  init(loading source: UnsafePointer<Float>, stride: Int) {
    self.init(
      loadVector(source), loadVector(source + stride), loadVector(source + 2 * stride),
      loadVector(source + 3 * stride))
  }

  @inline(__always)
  func store(to target: UnsafeMutablePointer<Float>, stride: Int) {
    storeVector(v0, target)
    storeVector(v1, target + stride)
    storeVector(v2, target + 2 * stride)
    storeVector(v3, target + 3 * stride)
  }
}

struct Line6: Line {
  var v0, v1, v2, v3, v4, v5: Vector

  static var count: Int { @inline(__always) get { 6 } }

  @inline(__always)
  init(_ v0: Vector, _ v1: Vector, _ v2: Vector, _ v3: Vector, _ v4: Vector, _ v5: Vector) {
    (self.v0, self.v1, self.v2, self.v3, self.v4, self.v5) = (v0, v1, v2, v3, v4, v5)
  }

  @inline(__always)
  init(loading source: UnsafePointer<Float>, stride: Int) {
    self.init(
      loadVector(source), loadVector(source + stride), loadVector(source + 2 * stride),
      loadVector(source + 3 * stride), loadVector(source + 4 * stride), loadVector(source + 5 * stride))
  }

  @inline(__always)
  func store(to target: UnsafeMutablePointer<Float>, stride: Int) {
    storeVector(v0, target)
    storeVector(v1, target + stride)
    storeVector(v2, target + 2 * stride)
    storeVector(v3, target + 3 * stride)
    storeVector(v4, target + 4 * stride)
    storeVector(v5, target + 5 * stride)
  }
}

@inline(__always)
private func fused(_ sum: Vector, _ factor: Float, _ value: Vector) -> Vector {
  sum.addingProduct(Vector(repeating: factor), value)
}

/// Bᵀ d, of six inputs:
///
///     4 d0 - 5 d2 + d4
///     (d4 - 4 d2) + (d3 - 4 d1)
///     (d4 - 4 d2) - (d3 - 4 d1)
///     (d4 - d2) + 2 (d3 - d1)
///     (d4 - d2) - 2 (d3 - d1)
///     4 d1 - 5 d3 + d5
@inline(__always)
func inputTransform(_ d: Line6) -> Line6 {
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
func outputTransform(_ m: Line6) -> Line4 {
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
func outputGradientTransform(_ y: Line4) -> Line6 {
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
func inputGradientTransform(_ t: Line6) -> Line6 {
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
func weightTransform(_ g: Line3) -> Line6 {
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
func weightGradientTransform(_ u: Line6) -> Line3 {
  let near = u.v1 + u.v2
  let far = u.v3 + u.v4
  let middle = (u.v2 - u.v1) * Vector(repeating: 1 / 6)
  return Line3(
    fused(fused(Vector(repeating: 0.25) * u.v0, -1 / 6, near), 1 / 24, far),
    fused(middle, 1 / 12, u.v3 - u.v4),
    fused(fused(u.v5, -1 / 6, near), 1 / 6, far))
}

/// A transform in two dimensions: along each column of a square of lines, then along each row.
///
/// `between` holds what the columns give, at most 36 vectors.
@inline(__always)
func transformSquare<In: Line, Out: Line>(
  _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int, _ between: UnsafeMutablePointer<Float>,
  _ target: UnsafeMutablePointer<Float>, rowStride targetRow: Int, columnStride targetColumn: Int,
  _ transform: (In) -> Out
) {
  for column in 0..<In.count {
    transform(In(loading: source + column * columnStride, stride: rowStride))
      .store(to: between + column * lanes, stride: In.count * lanes)
  }
  for row in 0..<Out.count {
    transform(In(loading: between + row * In.count * lanes, stride: lanes))
      .store(to: target + row * targetRow, stride: targetColumn)
  }
}
