// Lines of vectors, which Winograd's transforms turn into one another, and how a square of them is transformed.

/// Neighbouring vectors of a row or a column.
protocol Line {
  /// How many there are.
  static var count: Int { get }
  /// Reads them `stride` floats apart.
  init(loading source: UnsafePointer<Float>, stride: Int)
  /// Writes them `stride` floats apart.
  func store(to target: UnsafeMutablePointer<Float>, stride: Int)
  /// Each vector on its own.
  func map(_ body: (Vector) -> Vector) -> Self
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

  @inline(__always)
  func map(_ body: (Vector) -> Vector) -> Line3 {
    Line3(body(v0), body(v1), body(v2))
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

  @inline(__always)
  func map(_ body: (Vector) -> Vector) -> Line4 {
    Line4(body(v0), body(v1), body(v2), body(v3))
  }
}

struct Line5: Line {
  var v0, v1, v2, v3, v4: Vector

  static var count: Int { @inline(__always) get { 5 } }

  @inline(__always)
  init(_ v0: Vector, _ v1: Vector, _ v2: Vector, _ v3: Vector, _ v4: Vector) {
    (self.v0, self.v1, self.v2, self.v3, self.v4) = (v0, v1, v2, v3, v4)
  }

  @inline(__always)
  init(loading source: UnsafePointer<Float>, stride: Int) {
    self.init(
      loadVector(source), loadVector(source + stride), loadVector(source + 2 * stride),
      loadVector(source + 3 * stride), loadVector(source + 4 * stride))
  }

  @inline(__always)
  func store(to target: UnsafeMutablePointer<Float>, stride: Int) {
    storeVector(v0, target)
    storeVector(v1, target + stride)
    storeVector(v2, target + 2 * stride)
    storeVector(v3, target + 3 * stride)
    storeVector(v4, target + 4 * stride)
  }

  @inline(__always)
  func map(_ body: (Vector) -> Vector) -> Line5 {
    Line5(body(v0), body(v1), body(v2), body(v3), body(v4))
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

  @inline(__always)
  func map(_ body: (Vector) -> Vector) -> Line6 {
    Line6(body(v0), body(v1), body(v2), body(v3), body(v4), body(v5))
  }
}

struct Line7: Line {
  var v0, v1, v2, v3, v4, v5, v6: Vector

  static var count: Int { @inline(__always) get { 7 } }

  @inline(__always)
  init(_ v0: Vector, _ v1: Vector, _ v2: Vector, _ v3: Vector, _ v4: Vector, _ v5: Vector, _ v6: Vector) {
    (self.v0, self.v1, self.v2, self.v3, self.v4, self.v5, self.v6) = (v0, v1, v2, v3, v4, v5, v6)
  }

  @inline(__always)
  init(loading source: UnsafePointer<Float>, stride: Int) {
    self.init(
      loadVector(source), loadVector(source + stride), loadVector(source + 2 * stride),
      loadVector(source + 3 * stride), loadVector(source + 4 * stride), loadVector(source + 5 * stride),
      loadVector(source + 6 * stride))
  }

  @inline(__always)
  func store(to target: UnsafeMutablePointer<Float>, stride: Int) {
    storeVector(v0, target)
    storeVector(v1, target + stride)
    storeVector(v2, target + 2 * stride)
    storeVector(v3, target + 3 * stride)
    storeVector(v4, target + 4 * stride)
    storeVector(v5, target + 5 * stride)
    storeVector(v6, target + 6 * stride)
  }

  @inline(__always)
  func map(_ body: (Vector) -> Vector) -> Line7 {
    Line7(body(v0), body(v1), body(v2), body(v3), body(v4), body(v5), body(v6))
  }
}

/// A transform in two dimensions: along each column of a square of lines, then along each row.
///
/// `between` holds what the columns give, at most 49 vectors. Each result is given to `finish` before it is written.
/// `transform` is a local function of the caller's: one that is only referred to, as a protocol's, would be called.
@inline(__always)
func transformSquare<In: Line, Out: Line>(
  _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int, _ between: UnsafeMutablePointer<Float>,
  _ target: UnsafeMutablePointer<Float>, rowStride targetRow: Int, columnStride targetColumn: Int,
  _ transform: (In) -> Out, _ finish: (Vector) -> Vector = { $0 }
) {
  for column in 0..<In.count {
    transform(In(loading: source + column * columnStride, stride: rowStride))
      .store(to: between + column * lanes, stride: In.count * lanes)
  }
  for row in 0..<Out.count {
    transform(In(loading: between + row * In.count * lanes, stride: lanes)).map(finish)
      .store(to: target + row * targetRow, stride: targetColumn)
  }
}
