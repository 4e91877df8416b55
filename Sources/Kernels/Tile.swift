import CMachine
import KernelShapes

// The register tiles under every convolution: `height` rows of accumulators, each one or two vectors wide, which
// the compiler keeps in registers from the first product to the last. A tile is composed from halves, so any
// height is a type (`Pair<Four, Two>`) and its loop body is straight-line code without being written out. An
// array of accumulators would live in memory. Every method is inlined always: a call would spill the tile.

/// One row of a tile: neighbouring output channels.
protocol Columns {
  /// Floats in a row.
  static var width: Int { get }
  init()
  init(loading source: Floats)
  /// One link of the chain in every lane: a fused multiply-add of `weights · value`.
  mutating func add(_ weights: Self, times value: Float)
  func store(to target: MutableFloats)
  /// The row after a ReLU.
  var rectified: Self { get }
}

/// A row of one float, for the gradient to a map that has a single channel.
struct Single: Columns {
  var first: Float

  static var width: Int { @inline(__always) get { 1 } }

  @inline(__always)
  init() { first = 0 }

  @inline(__always)
  init(loading source: Floats) { first = source.pointee }

  @inline(__always)
  mutating func add(_ weights: Single, times value: Float) {
    first.addProduct(weights.first, value)
  }

  @inline(__always)
  func store(to target: MutableFloats) { target.pointee = first }

  var rectified: Single {
    @inline(__always) get {
      var result = self
      result.first = first < 0 ? 0 : first
      return result
    }
  }
}

/// A row of one vector.
struct Narrow: Columns {
  var first: Vector

  static var width: Int { @inline(__always) get { lanes } }

  @inline(__always)
  init() { first = Vector() }

  @inline(__always)
  init(loading source: Floats) { first = loadVector(source) }

  @inline(__always)
  mutating func add(_ weights: Narrow, times value: Float) {
    first.addProduct(weights.first, value)
  }

  @inline(__always)
  func store(to target: MutableFloats) { storeVector(first, target) }

  var rectified: Narrow {
    @inline(__always) get {
      var result = self
      result.first = rectify(first)
      return result
    }
  }
}

/// A row of two vectors.
struct Wide: Columns {
  var first: Vector
  var second: Vector

  static var width: Int { @inline(__always) get { 2 * lanes } }

  @inline(__always)
  init() {
    first = Vector()
    second = Vector()
  }

  @inline(__always)
  init(loading source: Floats) {
    first = loadVector(source)
    second = loadVector(source + lanes)
  }

  @inline(__always)
  mutating func add(_ weights: Wide, times value: Float) {
    first.addProduct(weights.first, value)
    second.addProduct(weights.second, value)
  }

  @inline(__always)
  func store(to target: MutableFloats) {
    storeVector(first, target)
    storeVector(second, target + lanes)
  }

  var rectified: Wide {
    @inline(__always) get {
      var result = self
      result.first = rectify(first)
      result.second = rectify(second)
      return result
    }
  }
}

/// A row of two halves side by side.
struct Beside<Half: Columns>: Columns {
  var left: Half
  var right: Half

  static var width: Int { @inline(__always) get { 2 * Half.width } }

  @inline(__always)
  init() {
    left = Half()
    right = Half()
  }

  @inline(__always)
  init(loading source: Floats) {
    left = Half(loading: source)
    right = Half(loading: source + Half.width)
  }

  @inline(__always)
  mutating func add(_ weights: Beside, times value: Float) {
    left.add(weights.left, times: value)
    right.add(weights.right, times: value)
  }

  @inline(__always)
  func store(to target: MutableFloats) {
    left.store(to: target)
    right.store(to: target + Half.width)
  }

  var rectified: Beside {
    @inline(__always) get {
      var result = self
      result.left = left.rectified
      result.right = right.rectified
      return result
    }
  }
}

/// `height` accumulator rows. What a row is, is the kernel's choice: an image, or a row of weights.
protocol Tile {
  associatedtype Row: Columns
  static var height: Int { get }
  /// Every row starts as `row`.
  init(repeating row: Row)
  /// Rows start as what is at `source`, `stride` floats apart.
  init(loading source: Floats, stride: Int)
  /// One link of every chain: row r adds `weights · values[r · stride]`.
  mutating func add(_ weights: Row, times values: Floats, stride: Int)
  func store(to target: MutableFloats, stride: Int)
  /// The tile after a ReLU.
  var rectified: Self { get }
}

extension Tile {
  /// Zeros, or what is there if it is `continuing`.
  @inline(__always)
  init(_ accumulation: Accumulation, _ source: Floats, stride: Int) {
    if case .continuing = accumulation {
      self.init(loading: source, stride: stride)
    } else {
      self.init(repeating: Row())
    }
  }
}

/// What is computed for some rows of a tile's sort at once.
protocol TileWork<Row> {
  associatedtype Row: Columns
  /// Computes the rows from `first` on, as many as the tile has.
  func compute<Rows: Tile>(_: Rows.Type, from first: Int) where Rows.Row == Row
}

/// Computes `count` rows: by the tallest tile while it fits, then by a middle one, then one by one.
@inline(__always)
func forEachTile<Tallest: Tile, Middle: Tile>(
  _: Tallest.Type, _: Middle.Type, _ count: Int, _ work: some TileWork<Tallest.Row>
) where Middle.Row == Tallest.Row {
  var first = 0
  while first + Tallest.height <= count {
    work.compute(Tallest.self, from: first)
    first += Tallest.height
  }
  while first + Middle.height <= count {
    work.compute(Middle.self, from: first)
    first += Middle.height
  }
  while first < count {
    work.compute(One<Tallest.Row>.self, from: first)
    first += 1
  }
}

struct One<Row: Columns>: Tile {
  var row: Row

  static var height: Int { @inline(__always) get { 1 } }

  @inline(__always)
  init(repeating row: Row) { self.row = row }

  @inline(__always)
  init(loading source: Floats, stride: Int) { row = Row(loading: source) }

  @inline(__always)
  mutating func add(_ weights: Row, times values: Floats, stride: Int) {
    row.add(weights, times: values.pointee)
  }

  @inline(__always)
  func store(to target: MutableFloats, stride: Int) { row.store(to: target) }

  var rectified: One { @inline(__always) get { One(repeating: row.rectified) } }
}

struct Pair<First: Tile, Second: Tile>: Tile where First.Row == Second.Row {
  var first: First
  var second: Second

  static var height: Int { @inline(__always) get { First.height + Second.height } }

  @inline(__always)
  init(repeating row: First.Row) {
    first = First(repeating: row)
    second = Second(repeating: row)
  }

  @inline(__always)
  init(loading source: Floats, stride: Int) {
    first = First(loading: source, stride: stride)
    second = Second(loading: source + First.height * stride, stride: stride)
  }

  @inline(__always)
  mutating func add(_ weights: First.Row, times values: Floats, stride: Int) {
    first.add(weights, times: values, stride: stride)
    second.add(weights, times: values + First.height * stride, stride: stride)
  }

  @inline(__always)
  func store(to target: MutableFloats, stride: Int) {
    first.store(to: target, stride: stride)
    second.store(to: target + First.height * stride, stride: stride)
  }

  var rectified: Pair {
    @inline(__always) get {
      var result = self
      result.first = first.rectified
      result.second = second.rectified
      return result
    }
  }
}

/// Two tiles whose rows' values are far from each other, as images are: each has an address of its own.
struct Apart<Half: Tile>: Tile {
  var halves: Pair<Half, Half>

  static var height: Int { @inline(__always) get { 2 * Half.height } }

  @inline(__always)
  init(repeating row: Half.Row) { halves = Pair(repeating: row) }

  @inline(__always)
  init(loading source: Floats, stride: Int) { halves = Pair(loading: source, stride: stride) }

  @inline(__always)
  mutating func add(_ weights: Half.Row, times values: Floats, stride: Int) {
    halves.first.add(weights, times: unrelated(values), stride: stride)
    halves.second.add(weights, times: unrelated(values + Half.height * stride), stride: stride)
  }

  @inline(__always)
  func store(to target: MutableFloats, stride: Int) { halves.store(to: target, stride: stride) }

  var rectified: Apart {
    @inline(__always) get {
      var result = self
      result.halves = halves.rectified
      return result
    }
  }
}

typealias Two<Row: Columns> = Pair<One<Row>, One<Row>>
typealias Three<Row: Columns> = Pair<Two<Row>, One<Row>>
typealias Four<Row: Columns> = Pair<Two<Row>, Two<Row>>

// The tallest tiles that leave registers for the weights and the value: AVX-512 has 32 of them, NEON too, AVX2 16. Images
// come by 16. NEON's registers are a quarter as wide: four make a row, which is all channels that a map has at least, so
// that six values and four vectors are loaded for 24 multiply-adds; with two in a row and 12 values it would be 14 loads.
#if NEON
  typealias WideRow = Beside<Wide>
#else
  typealias WideRow = Wide
#endif
#if AVX512
  typealias ImageTile<Row: Columns> = Apart<Four<Row>>
  typealias NarrowImageTile<Row: Columns> = Apart<Apart<Four<Row>>>
  typealias WeightTile<Row: Columns> = Pair<Four<Row>, Pair<Four<Row>, Four<Row>>>
#else
  typealias ImageTile<Row: Columns> = Pair<Four<Row>, Two<Row>>
  typealias NarrowImageTile<Row: Columns> = ImageTile<Row>
  typealias WeightTile<Row: Columns> = Pair<Four<Row>, Two<Row>>
#endif
