import KernelShapes

// A convolution and the 2×2 pooling after it in one pass: the larger map in between is never written. A tile is a
// row of windows, each with four accumulators that see the same weights.

extension Level {
  /// map = the largest of each 2×2 window of input ⊛ weights + bias, then the activation.
  ///
  /// Each sum is the chain of `convolutionForward`; the weights are not in strips. positions get where the maximum is, as
  /// `largest` numbers the window's elements.
  ///
  /// For `.average` the map has the windows' averages after the activation instead, as `averagePoolingForward` computes
  /// them; and positions get which elements let a gradient pass, those above zero or, if linear, all: bits 0 to 3, numbered
  /// likewise.
  func pooledConvolutionForward(_ operands: PooledConvolutionForward) {
    let columns = operands.shape.outputPixelStride
    var channel = 0
    while channel + WideWindows.Row.width <= columns {
      pooledColumns(WideWindows.self, operands, channel)
      channel += WideWindows.Row.width
    }
    while channel < columns {
      pooledColumns(NarrowWindows.self, operands, channel)
      channel += Narrow.width
    }
  }
}

/// A tile's output channels, from `channel` on, of all images.
@inline(never)
private func pooledColumns<Windows: WindowTile>(
  _: Windows.Type, _ operands: PooledConvolutionForward, _ channel: Int
) {
  let shape = operands.shape
  let (rows, columns) = (shape.outputRows / 2, shape.outputColumns / 2)
  let pixel = shape.outputPixelStride
  let windowStep = 2 * shape.stride * shape.inputPixelStride
  let tile = WindowTiles<Windows.Row>(
    operands: operands, weights: operands.weights + channel,
    start: Windows.Row(loading: operands.bias + channel))
  // Known as the code is compiled for the image itself, so that its elements need no address each.
  let isGrey = shape.stride == 1 && shape.inputPixelStride == 1
  let step = shape.stride * shape.inputPixelStride
  var line = 0
  for image in 0..<operands.images {
    for row in 0..<rows {
      let first = operands.input + image * shape.inputImageStride + row * windowStep * shape.frameColumns
      let target = operands.map + channel + image * operands.mapImageStride + row * columns * pixel
      let place = operands.positions + channel + line * columns * pixel
      var column = 0
      while column < columns {
        let (value, result, position) = (
          first + column * windowStep, target + column * pixel, place + column * pixel
        )
        if column + Windows.count <= columns {
          if isGrey {
            tile.compute(Windows.self, columnStep: 1, value, result, position)
          } else {
            tile.compute(Windows.self, columnStep: step, value, result, position)
          }
          column += Windows.count
        } else if column + 2 <= columns {
          tile.compute(TwoWindows<Windows.Row>.self, columnStep: step, value, result, position)
          column += 2
        } else {
          tile.compute(Window<Windows.Row>.self, columnStep: step, value, result, position)
          column += 1
        }
      }
      line += 1
    }
  }
}

/// Neighbouring windows, in some output channels.
private struct WindowTiles<Row: PooledColumns> {
  let operands: PooledConvolutionForward
  let weights: Floats
  let start: Row

  @inline(__always)
  func compute<Windows: WindowTile>(
    _: Windows.Type, columnStep: Int, _ first: Floats, _ map: MutableFloats,
    _ positions: UnsafeMutablePointer<UInt8>
  ) where Windows.Row == Row {
    let shape = operands.shape
    // Without channel padding the window's row is one run over kernel column and channel.
    let contiguous = shape.inputChannels == shape.inputPixelStride
    let runs = contiguous ? 1 : shape.kernelColumns
    let runLength = contiguous ? shape.kernelColumns * shape.inputChannels : shape.inputChannels
    let rowStep = columnStep * shape.frameColumns
    var weight = weights
    var windows = Windows(repeating: start)
    for kernelRow in 0..<shape.kernelRows {
      for run in 0..<runs {
        var value = first + (kernelRow * shape.frameColumns + run) * shape.inputPixelStride
        let end = value + runLength
        repeat {
          windows.add(
            Windows.Row(loading: weight), times: value, rowStep: rowStep, columnStep: columnStep)
          value += 1
          weight += shape.outputPixelStride
        } while value < end
      }
    }
    var rectified = false
    if case .relu = operands.activation { rectified = true }
    var averages = false
    if case .average = operands.pooling { averages = true }
    windows.store(
      to: map, positions, stride: shape.outputPixelStride, rectified: rectified, averages: averages)
  }
}

/// A row of neighbouring output channels that can be pooled.
private protocol PooledColumns: Columns {
  /// Writes the largest of four rows, and which one it is.
  static func storeLargest(
    _ first: Self, _ second: Self, _ third: Self, _ fourth: Self, rectified: Bool,
    to target: MutableFloats, _ positions: UnsafeMutablePointer<UInt8>)
  /// Writes the average of four rows, and which of them let a gradient pass.
  static func storeAverage(
    _ first: Self, _ second: Self, _ third: Self, _ fourth: Self, rectified: Bool,
    to target: MutableFloats, _ positions: UnsafeMutablePointer<UInt8>)
}

extension Narrow: PooledColumns {
  @inline(__always)
  static func storeLargest(
    _ first: Narrow, _ second: Narrow, _ third: Narrow, _ fourth: Narrow, rectified: Bool,
    to target: MutableFloats, _ positions: UnsafeMutablePointer<UInt8>
  ) {
    let (value, position) = largest(
      first.first, second.first, third.first, fourth.first, rectified: rectified)
    storeVector(value, target)
    storePositions(position, positions)
  }

  @inline(__always)
  static func storeAverage(
    _ first: Narrow, _ second: Narrow, _ third: Narrow, _ fourth: Narrow, rectified: Bool,
    to target: MutableFloats, _ positions: UnsafeMutablePointer<UInt8>
  ) {
    let (value, passing) = average(
      first.first, second.first, third.first, fourth.first, rectified: rectified)
    storeVector(value, target)
    storePositions(passing, positions)
  }
}

extension Wide: PooledColumns {
  @inline(__always)
  static func storeLargest(
    _ first: Wide, _ second: Wide, _ third: Wide, _ fourth: Wide, rectified: Bool,
    to target: MutableFloats, _ positions: UnsafeMutablePointer<UInt8>
  ) {
    let left = largest(first.first, second.first, third.first, fourth.first, rectified: rectified)
    let right = largest(first.second, second.second, third.second, fourth.second, rectified: rectified)
    storeVector(left.value, target)
    storeVector(right.value, target + lanes)
    storePositions(left.position, positions)
    storePositions(right.position, positions + lanes)
  }

  @inline(__always)
  static func storeAverage(
    _ first: Wide, _ second: Wide, _ third: Wide, _ fourth: Wide, rectified: Bool,
    to target: MutableFloats, _ positions: UnsafeMutablePointer<UInt8>
  ) {
    let left = average(first.first, second.first, third.first, fourth.first, rectified: rectified)
    let right = average(first.second, second.second, third.second, fourth.second, rectified: rectified)
    storeVector(left.value, target)
    storeVector(right.value, target + lanes)
    storePositions(left.passing, positions)
    storePositions(right.passing, positions + lanes)
  }
}

/// Accumulators of neighbouring windows.
private protocol WindowTile {
  associatedtype Row: PooledColumns
  static var count: Int { get }
  init(repeating row: Row)
  /// One link of every chain, for the element of each window's input that `values` is for the first's.
  mutating func add(_ weights: Row, times values: Floats, rowStep: Int, columnStep: Int)
  func store(
    to target: MutableFloats, _ positions: UnsafeMutablePointer<UInt8>, stride: Int,
    rectified: Bool, averages: Bool)
}

private struct Window<Row: PooledColumns>: WindowTile {
  var first, second, third, fourth: Row

  static var count: Int { @inline(__always) get { 1 } }

  @inline(__always)
  init(repeating row: Row) {
    first = row
    second = row
    third = row
    fourth = row
  }

  @inline(__always)
  mutating func add(_ weights: Row, times values: Floats, rowStep: Int, columnStep: Int) {
    first.add(weights, times: values[0])
    second.add(weights, times: values[columnStep])
    third.add(weights, times: values[rowStep])
    fourth.add(weights, times: values[rowStep + columnStep])
  }

  @inline(__always)
  func store(
    to target: MutableFloats, _ positions: UnsafeMutablePointer<UInt8>, stride: Int,
    rectified: Bool, averages: Bool
  ) {
    if averages {
      Row.storeAverage(first, second, third, fourth, rectified: rectified, to: target, positions)
    } else {
      Row.storeLargest(first, second, third, fourth, rectified: rectified, to: target, positions)
    }
  }
}

private struct WindowPair<First: WindowTile, Second: WindowTile>: WindowTile where First.Row == Second.Row {
  var first: First
  var second: Second

  static var count: Int { @inline(__always) get { First.count + Second.count } }

  @inline(__always)
  init(repeating row: First.Row) {
    first = First(repeating: row)
    second = Second(repeating: row)
  }

  @inline(__always)
  mutating func add(
    _ weights: First.Row, times values: Floats, rowStep: Int, columnStep: Int
  ) {
    first.add(weights, times: values, rowStep: rowStep, columnStep: columnStep)
    second.add(
      weights, times: values + 2 * First.count * columnStep, rowStep: rowStep, columnStep: columnStep)
  }

  @inline(__always)
  func store(
    to target: MutableFloats, _ positions: UnsafeMutablePointer<UInt8>, stride: Int,
    rectified: Bool, averages: Bool
  ) {
    first.store(to: target, positions, stride: stride, rectified: rectified, averages: averages)
    second.store(
      to: target + First.count * stride, positions + First.count * stride, stride: stride,
      rectified: rectified, averages: averages)
  }
}

// Three windows are twelve accumulator rows. AVX-512's 32 registers hold them with two vectors a row, or six windows
// with one; AVX2's 16 registers hold three windows with one.
private typealias TwoWindows<Row: PooledColumns> = WindowPair<Window<Row>, Window<Row>>
private typealias ThreeWindows<Row: PooledColumns> = WindowPair<TwoWindows<Row>, Window<Row>>
#if AVX2
  private typealias WideWindows = ThreeWindows<Narrow>
  private typealias NarrowWindows = ThreeWindows<Narrow>
#else
  private typealias WideWindows = ThreeWindows<Wide>
  private typealias NarrowWindows = WindowPair<ThreeWindows<Narrow>, ThreeWindows<Narrow>>
#endif
