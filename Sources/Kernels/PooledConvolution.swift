import KernelShapes

// A convolution and the 2×2 max pooling behind it in one pass: the larger map in between is never written. A tile is a
// row of windows, each with four accumulators that see the same weights.

/// output = the largest of each 2×2 window of input ⊛ weights + bias, then ReLU if asked for (`x < 0 ? 0 : x`).
///
/// Shapes as in `convolutionForward`, but for the weights, `[kernel row][kernel column][input channel][output channel]` as
/// they are, and the output, `[image][row / 2][column / 2][output channel]`, images `mapImageStride` floats apart. Each sum
/// is the chain of `convolutionForward`. positions, as many as outputs but without gaps between images, get where the
/// maximum stood, as `largest` numbers them.
///
/// If it `averages`, the output is the window's average after the ReLU instead, as `averagePoolingForward` has it; and
/// positions get which elements let a gradient pass, those above zero or all without a ReLU: bit 0 to 3, numbered likewise.
public func convolutionPooledForward(
  _ shape: ConvolutionShape, _ mapImageStride: Int, _ images: Int, _ input: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
  _ positions: UnsafeMutablePointer<UInt8>, _ rectified: Bool, _ averages: Bool
) {
  var channel = 0
  while channel + WideWindows.Row.width <= shape.outputPixelStride {
    pooledColumns(
      WideWindows.self, shape, mapImageStride, images, input, weights + channel, bias + channel,
      output + channel, positions + channel, rectified, averages)
    channel += WideWindows.Row.width
  }
  while channel < shape.outputPixelStride {
    pooledColumns(
      NarrowWindows.self, shape, mapImageStride, images, input, weights + channel, bias + channel,
      output + channel, positions + channel, rectified, averages)
    channel += Narrow.width
  }
}

@inline(never)
private func pooledColumns<Windows: WindowTile>(
  _: Windows.Type, _ shape: ConvolutionShape, _ mapImageStride: Int, _ images: Int,
  _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>, _ rectified: Bool,
  _ averages: Bool
) {
  let (rows, columns) = (shape.outputRows / 2, shape.outputColumns / 2)
  let pixel = shape.outputPixelStride
  let start = Windows.Row(loading: bias)
  let windowStep = 2 * shape.stride * shape.inputPixelStride
  // Known as the code is compiled for the image itself, so that its elements need no address each.
  let isGrey = shape.stride == 1 && shape.inputPixelStride == 1
  var line = 0
  for image in 0..<images {
    for row in 0..<rows {
      let first = input + image * shape.inputImageStride + row * windowStep * shape.frameColumns
      let target = output + image * mapImageStride + row * columns * pixel
      let place = positions + line * columns * pixel
      var column = 0
      while column < columns {
        let (value, result, position) = (
          first + column * windowStep, target + column * pixel, place + column * pixel
        )
        if column + Windows.count <= columns {
          if isGrey {
            windowTile(Windows.self, shape, 1, value, weights, start, result, position, rectified, averages)
          } else {
            let step = shape.stride * shape.inputPixelStride
            windowTile(
              Windows.self, shape, step, value, weights, start, result, position, rectified, averages)
          }
          column += Windows.count
          continue
        }
        let step = shape.stride * shape.inputPixelStride
        if column + 2 <= columns {
          windowTile(
            TwoWindows<Windows.Row>.self, shape, step, value, weights, start, result, position, rectified,
            averages)
          column += 2
        } else {
          windowTile(
            Window<Windows.Row>.self, shape, step, value, weights, start, result, position, rectified,
            averages)
          column += 1
        }
      }
      line += 1
    }
  }
}

@inline(__always)
private func windowTile<Windows: WindowTile>(
  _: Windows.Type, _ shape: ConvolutionShape, _ columnStep: Int, _ first: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ start: Windows.Row, _ output: UnsafeMutablePointer<Float>,
  _ positions: UnsafeMutablePointer<UInt8>, _ rectified: Bool, _ averages: Bool
) {
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
  windows.store(
    to: output, positions, stride: shape.outputPixelStride, rectified: rectified, averages: averages)
}

/// A row of neighbouring output channels that can be pooled.
private protocol PooledColumns: Columns {
  /// Writes the largest of four rows, and where it stands.
  static func storeLargest(
    _ first: Self, _ second: Self, _ third: Self, _ fourth: Self, rectified: Bool,
    to target: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>)
  /// Writes the average of four rows, and which of them let a gradient pass.
  static func storeAverage(
    _ first: Self, _ second: Self, _ third: Self, _ fourth: Self, rectified: Bool,
    to target: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>)
}

extension Narrow: PooledColumns {
  @inline(__always)
  static func storeLargest(
    _ first: Narrow, _ second: Narrow, _ third: Narrow, _ fourth: Narrow, rectified: Bool,
    to target: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>
  ) {
    let (value, position) = largest(
      first.first, second.first, third.first, fourth.first, rectified: rectified)
    storeVector(value, target)
    storePositions(position, positions)
  }

  @inline(__always)
  static func storeAverage(
    _ first: Narrow, _ second: Narrow, _ third: Narrow, _ fourth: Narrow, rectified: Bool,
    to target: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>
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
    to target: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>
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
    to target: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>
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
  mutating func add(_ weights: Row, times values: UnsafePointer<Float>, rowStep: Int, columnStep: Int)
  func store(
    to target: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>, stride: Int,
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
  mutating func add(_ weights: Row, times values: UnsafePointer<Float>, rowStep: Int, columnStep: Int) {
    first.add(weights, times: values[0])
    second.add(weights, times: values[columnStep])
    third.add(weights, times: values[rowStep])
    fourth.add(weights, times: values[rowStep + columnStep])
  }

  @inline(__always)
  func store(
    to target: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>, stride: Int,
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
    _ weights: First.Row, times values: UnsafePointer<Float>, rowStep: Int, columnStep: Int
  ) {
    first.add(weights, times: values, rowStep: rowStep, columnStep: columnStep)
    second.add(
      weights, times: values + 2 * First.count * columnStep, rowStep: rowStep, columnStep: columnStep)
  }

  @inline(__always)
  func store(
    to target: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>, stride: Int,
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
