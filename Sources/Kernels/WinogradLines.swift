import KernelShapes

// Lines of vectors, which Winograd's transforms turn into one another, and how a square of them is transformed.

/// How many vectors a line has: 3 to 8.
protocol LineLength {
  static var count: Int { get }
}

enum Length3: LineLength { static var count: Int { @inline(__always) get { 3 } } }
enum Length4: LineLength { static var count: Int { @inline(__always) get { 4 } } }
enum Length5: LineLength { static var count: Int { @inline(__always) get { 5 } } }
enum Length6: LineLength { static var count: Int { @inline(__always) get { 6 } } }
enum Length7: LineLength { static var count: Int { @inline(__always) get { 7 } } }
enum Length8: LineLength { static var count: Int { @inline(__always) get { 8 } } }

typealias Line3 = Line<Length3>
typealias Line4 = Line<Length4>
typealias Line5 = Line<Length5>
typealias Line6 = Line<Length6>
typealias Line7 = Line<Length7>
typealias Line8 = Line<Length8>

/// What is done to an element when it is read. A type rather than a closure, which would be called.
protocol Preparation {
  func callAsFunction(_ element: Vector) -> Vector
}

/// Nothing is done.
struct AsItIs: Preparation {
  @inline(__always)
  func callAsFunction(_ element: Vector) -> Vector { element }
}

/// Neighbouring vectors of a row or a column. Those from the length on are zeros that nobody reads, for which the
/// compiler makes no code.
struct Line<Length: LineLength> {
  var v0, v1, v2, v3, v4, v5, v6, v7: Vector

  static var count: Int { @inline(__always) get { Length.count } }

  @inline(__always)
  init(
    _ v0: Vector, _ v1: Vector, _ v2: Vector, _ v3: Vector = Vector(), _ v4: Vector = Vector(),
    _ v5: Vector = Vector(), _ v6: Vector = Vector(), _ v7: Vector = Vector()
  ) {
    (self.v0, self.v1, self.v2, self.v3) = (v0, v1, v2, v3)
    (self.v4, self.v5, self.v6, self.v7) = (v4, v5, v6, v7)
  }

  /// Reads them `stride` floats apart, each as `prepare` makes it.
  @inline(__always)
  init(loading source: Floats, stride: Int, _ prepare: some Preparation = AsItIs()) {
    self.init(
      prepare(loadVector(source)), prepare(loadVector(source + stride)),
      prepare(loadVector(source + 2 * stride)))
    if Self.count > 3 { v3 = prepare(loadVector(source + 3 * stride)) }
    if Self.count > 4 { v4 = prepare(loadVector(source + 4 * stride)) }
    if Self.count > 5 { v5 = prepare(loadVector(source + 5 * stride)) }
    if Self.count > 6 { v6 = prepare(loadVector(source + 6 * stride)) }
    if Self.count > 7 { v7 = prepare(loadVector(source + 7 * stride)) }
  }

  /// Writes what `finish` makes of each, `stride` floats apart.
  @inline(__always)
  func store(to target: MutableFloats, stride: Int, _ finish: (Vector) -> Vector = { $0 }) {
    storeVector(finish(v0), target)
    storeVector(finish(v1), target + stride)
    storeVector(finish(v2), target + 2 * stride)
    if Self.count > 3 { storeVector(finish(v3), target + 3 * stride) }
    if Self.count > 4 { storeVector(finish(v4), target + 4 * stride) }
    if Self.count > 5 { storeVector(finish(v5), target + 5 * stride) }
    if Self.count > 6 { storeVector(finish(v6), target + 6 * stride) }
    if Self.count > 7 { storeVector(finish(v7), target + 7 * stride) }
  }
}

/// A transform in two dimensions: along each column of a square of lines, then along each row.
///
/// `between` holds what the columns give, at most 64 vectors. Each element is given to `prepare` when it is read, each result to
/// `finish` before it is written.
/// `transform` is a local function of the caller's: one that is only referred to, as a protocol's, would be called.
@inline(__always)
func transformSquare<In: LineLength, Out: LineLength>(
  _ source: Floats, rowStride: Int, columnStride: Int, preparing prepare: some Preparation = AsItIs(),
  _ between: MutableFloats, _ target: MutableFloats, rowStride targetRow: Int, columnStride targetColumn: Int,
  _ transform: (Line<In>) -> Line<Out>, _ finish: (Vector) -> Vector = { $0 }
) {
  for column in 0..<In.count {
    transform(Line(loading: source + column * columnStride, stride: rowStride, prepare))
      .store(to: between + column * lanes, stride: In.count * lanes)
  }
  for row in 0..<Out.count {
    transform(Line(loading: between + row * In.count * lanes, stride: lanes))
      .store(to: target + row * targetRow, stride: targetColumn, finish)
  }
}
