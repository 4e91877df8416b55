import CMachine

// The register tiles under every convolution: `height` rows of accumulators, each one or two vectors wide, which
// the compiler keeps in registers from the first product to the last. A tile is composed from halves, so any
// height is a type (`Pair<Four, Two>`) and its loop body is straight-line code without being written out. An
// array of accumulators would live in memory. Every method is inlined always: a call would spill the tile.

/// One row of a tile: neighbouring output channels.
protocol Columns {
  /// Floats in a row.
  static var width: Int { get }
  init()
  init(loading source: UnsafePointer<Float>)
  /// One link of the chain in every lane: a fused multiply-add of `weights · value`.
  mutating func add(_ weights: Self, times value: Float)
  func store(to target: UnsafeMutablePointer<Float>)
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
  init(loading source: UnsafePointer<Float>) { first = source.pointee }

  @inline(__always)
  mutating func add(_ weights: Single, times value: Float) {
    first.addProduct(weights.first, value)
  }

  @inline(__always)
  func store(to target: UnsafeMutablePointer<Float>) { target.pointee = first }

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
  init(loading source: UnsafePointer<Float>) { first = loadVector(source) }

  @inline(__always)
  mutating func add(_ weights: Narrow, times value: Float) {
    first.addProduct(weights.first, value)
  }

  @inline(__always)
  func store(to target: UnsafeMutablePointer<Float>) { storeVector(first, target) }

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
  init(loading source: UnsafePointer<Float>) {
    first = loadVector(source)
    second = loadVector(source + lanes)
  }

  @inline(__always)
  mutating func add(_ weights: Wide, times value: Float) {
    first.addProduct(weights.first, value)
    second.addProduct(weights.second, value)
  }

  @inline(__always)
  func store(to target: UnsafeMutablePointer<Float>) {
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

/// `height` accumulator rows. What a row stands for is the kernel's choice: an image, or a weight's row.
protocol Tile {
  associatedtype Row: Columns
  static var height: Int { get }
  /// Every row starts as `row`.
  init(repeating row: Row)
  /// Rows start as what is at `source`, `stride` floats apart.
  init(loading source: UnsafePointer<Float>, stride: Int)
  /// One link of every chain: row r adds `weights · values[r · stride]`.
  mutating func add(_ weights: Row, times values: UnsafePointer<Float>, stride: Int)
  func store(to target: UnsafeMutablePointer<Float>, stride: Int)
  /// The tile after a ReLU.
  var rectified: Self { get }
}

struct One<Row: Columns>: Tile {
  var row: Row

  static var height: Int { @inline(__always) get { 1 } }

  @inline(__always)
  init(repeating row: Row) { self.row = row }

  @inline(__always)
  init(loading source: UnsafePointer<Float>, stride: Int) { row = Row(loading: source) }

  @inline(__always)
  mutating func add(_ weights: Row, times values: UnsafePointer<Float>, stride: Int) {
    row.add(weights, times: values.pointee)
  }

  @inline(__always)
  func store(to target: UnsafeMutablePointer<Float>, stride: Int) { row.store(to: target) }

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
  init(loading source: UnsafePointer<Float>, stride: Int) {
    first = First(loading: source, stride: stride)
    second = Second(loading: source + First.height * stride, stride: stride)
  }

  @inline(__always)
  mutating func add(_ weights: First.Row, times values: UnsafePointer<Float>, stride: Int) {
    first.add(weights, times: values, stride: stride)
    second.add(weights, times: values + First.height * stride, stride: stride)
  }

  @inline(__always)
  func store(to target: UnsafeMutablePointer<Float>, stride: Int) {
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
  init(loading source: UnsafePointer<Float>, stride: Int) { halves = Pair(loading: source, stride: stride) }

  @inline(__always)
  mutating func add(_ weights: Half.Row, times values: UnsafePointer<Float>, stride: Int) {
    halves.first.add(weights, times: unrelated(values), stride: stride)
    halves.second.add(weights, times: unrelated(values + Half.height * stride), stride: stride)
  }

  @inline(__always)
  func store(to target: UnsafeMutablePointer<Float>, stride: Int) { halves.store(to: target, stride: stride) }

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

// The tallest tiles that leave registers for the weights and the value: AVX-512 has 32 of them, AVX2 16. Images come
// by 16.
#if AVX2
  typealias ImageTile<Row: Columns> = Pair<Four<Row>, Two<Row>>
  typealias NarrowImageTile<Row: Columns> = ImageTile<Row>
  typealias WeightTile<Row: Columns> = Pair<Four<Row>, Two<Row>>
#else
  typealias ImageTile<Row: Columns> = Apart<Four<Row>>
  typealias NarrowImageTile<Row: Columns> = Apart<Apart<Four<Row>>>
  typealias WeightTile<Row: Columns> = Pair<Four<Row>, Pair<Four<Row>, Four<Row>>>
#endif
