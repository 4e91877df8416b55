import KernelShapes

// The weights' gradient where the input is the image itself: a kernel's position is then a single number, and all 9 or
// 25 positions together make a tile, so that each gradient is read once.

extension Level {
  /// The weights' gradient as `convolutionWeightGradient` has it, through a 2×2 pooling after the convolution.
  ///
  /// Each element is one chain: +0, then image, window row, window column, and the four of a window, rows before columns,
  /// of which those are zero that are not the maximum, or that let no gradient of an average pass.
  func pooledConvolutionWeightGradient(_ operands: PooledConvolutionWeightGradient) {
    let pooling = Pooling(
      method: operands.pooling, positions: operands.positions, imageStride: operands.mapImageStride)
    TapGradient(
      shape: operands.shape, images: operands.images, input: operands.input,
      outputGradient: operands.mapGradient, pooling: pooling, weightGradient: operands.weightGradient,
      accumulation: .fromZero
    ).compute()
  }
}

/// The weights' gradient as `convolutionWeightGradient` has it, with tiles of `taps`.
@inline(__always)
func tapGradient(_ operands: ConvolutionWeightGradient) {
  TapGradient(
    shape: operands.shape, images: operands.images, input: operands.input,
    outputGradient: operands.outputGradient, pooling: nil, weightGradient: operands.weightGradient,
    accumulation: operands.accumulation
  ).compute()
}

/// A pooling between the convolution and the gradient.
private struct Pooling {
  let method: PoolingMethod
  let positions: UnsafePointer<UInt8>
  /// The stride between images of the pooled map's gradient.
  let imageStride: Int
}

/// The gradient of all positions, pooled or not.
private struct TapGradient {
  let shape: ConvolutionShape
  let images: Int
  let input: Floats
  let outputGradient: Floats
  let pooling: Pooling?
  let weightGradient: MutableFloats
  let accumulation: Accumulation

  @inline(__always)
  func compute() {
    var channel = 0
    while channel < shape.outputPixelStride {
      if shape.kernelRows == 3 {
        if channel + TapRow.width <= shape.outputPixelStride {
          tapColumns(ThreeTapLines<TapRow>.self, self, 0, channel)
          channel += TapRow.width
        } else {
          tapColumns(ThreeTapLines<Narrow>.self, self, 0, channel)
          channel += Narrow.width
        }
      } else {
        var line = 0
        while line + FiveTapLines.height <= 5 {
          tapColumns(FiveTapLines.self, self, line, channel)
          line += FiveTapLines.height
        }
        while line < 5 {
          tapColumns(TapLine<Five<Narrow>>.self, self, line, channel)
          line += 1
        }
        channel += Narrow.width
      }
    }
  }
}

/// The gradient of the kernel's lines from `line` on, as many as the tile has, in a tile's output channels.
@inline(never)
private func tapColumns<Lines: Tile>(_: Lines.Type, _ taps: TapGradient, _ line: Int, _ channel: Int)
where Lines.Row: UnpooledColumns {
  let shape = taps.shape
  let pixel = shape.outputPixelStride
  let frame = shape.frameColumns
  let lineStride = shape.kernelColumns * pixel
  let target = taps.weightGradient + line * lineStride + channel
  let first = taps.input + line * frame
  let outputGradient = taps.outputGradient + channel
  var tile = Lines(taps.accumulation, target, stride: lineStride)
  if let pooling = taps.pooling {
    if case .average = pooling.method {
      pooledTaps(&tile, taps, pooling, averages: true, first, channel)
    } else {
      pooledTaps(&tile, taps, pooling, averages: false, first, channel)
    }
  } else {
    for image in 0..<taps.images {
      var gradient = outputGradient + image * shape.outputImageStride
      for row in 0..<shape.outputRows {
        var value = first + image * shape.inputImageStride + row * shape.stride * frame
        let end = gradient + shape.outputColumns * pixel
        repeat {
          tile.add(Lines.Row(loading: gradient), times: value, stride: frame)
          value += shape.stride
          gradient += pixel
        } while gradient < end
      }
    }
  }
  tile.store(to: target, stride: lineStride)
}

/// Adds to the tile what comes through a pooling.
@inline(__always)
private func pooledTaps<Lines: Tile>(
  _ tile: inout Lines, _ taps: TapGradient, _ pooling: Pooling, averages: Bool, _ first: Floats,
  _ channel: Int
) where Lines.Row: UnpooledColumns {
  let shape = taps.shape
  let pixel = shape.outputPixelStride
  let frame = shape.frameColumns
  let (rows, columns) = (shape.outputRows / 2, shape.outputColumns / 2)
  var position = pooling.positions + channel
  for image in 0..<taps.images {
    var gradient = taps.outputGradient + channel + image * pooling.imageStride
    for row in 0..<rows {
      var value = first + image * shape.inputImageStride + 2 * row * shape.stride * frame
      let end = gradient + columns * pixel
      repeat {
        let window = Lines.Row.unpooled(gradient, position, averages: averages)
        tile.add(window.first, times: value, stride: frame)
        tile.add(window.second, times: value + shape.stride, stride: frame)
        tile.add(window.third, times: value + shape.stride * frame, stride: frame)
        tile.add(window.fourth, times: value + shape.stride * (frame + 1), stride: frame)
        value += 2 * shape.stride
        gradient += pixel
        position += pixel
      } while gradient < end
    }
  }
}

/// A line of a kernel as one row of a tile of lines: `stride` is from a line to the next.
private struct TapLine<Taps: Tile>: Tile {
  var taps: Taps

  static var height: Int { @inline(__always) get { 1 } }

  @inline(__always)
  init(repeating row: Taps.Row) { taps = Taps(repeating: row) }

  @inline(__always)
  init(loading source: Floats, stride: Int) {
    taps = Taps(loading: source, stride: stride / Taps.height)
  }

  @inline(__always)
  mutating func add(_ weights: Taps.Row, times values: Floats, stride: Int) {
    taps.add(weights, times: values, stride: 1)
  }

  @inline(__always)
  func store(to target: MutableFloats, stride: Int) {
    taps.store(to: target, stride: stride / Taps.height)
  }

  var rectified: TapLine {
    @inline(__always) get {
      var result = self
      result.taps = taps.rectified
      return result
    }
  }
}

/// A row of output channels whose gradient can be sent back through a pooling.
private protocol UnpooledColumns: Columns {
  /// The gradients of a window's four elements: not zero at the position, or at those that let it pass.
  static func unpooled(
    _ gradient: Floats, _ position: UnsafePointer<UInt8>, averages: Bool
  ) -> (first: Self, second: Self, third: Self, fourth: Self)
}

extension Narrow: UnpooledColumns {
  @inline(__always)
  static func unpooled(
    _ gradient: Floats, _ position: UnsafePointer<UInt8>, averages: Bool
  ) -> (first: Narrow, second: Narrow, third: Narrow, fourth: Narrow) {
    let (value, place) = (loadVector(gradient), loadPositions(position))
    @inline(__always)
    func element(_ index: Int) -> Narrow {
      Narrow(averages ? select(value, place, has: index) : select(value, place, is: index))
    }
    return (element(0), element(1), element(2), element(3))
  }

  @inline(__always)
  fileprivate init(_ vector: Vector) { first = vector }
}

extension Wide: UnpooledColumns {
  @inline(__always)
  static func unpooled(
    _ gradient: Floats, _ position: UnsafePointer<UInt8>, averages: Bool
  ) -> (first: Wide, second: Wide, third: Wide, fourth: Wide) {
    let left = Narrow.unpooled(gradient, position, averages: averages)
    let right = Narrow.unpooled(gradient + lanes, position + lanes, averages: averages)
    return (
      Wide(left.first, right.first), Wide(left.second, right.second), Wide(left.third, right.third),
      Wide(left.fourth, right.fourth)
    )
  }

  @inline(__always)
  private init(_ left: Narrow, _ right: Narrow) {
    first = left.first
    second = right.first
  }
}

private typealias Five<Row: Columns> = Pair<Four<Row>, One<Row>>
private typealias ThreeTapLines<Row: Columns> = Pair<
  Pair<TapLine<Three<Row>>, TapLine<Three<Row>>>, TapLine<Three<Row>>
>
// Nine positions of two vectors, or 25 of one, fit AVX-512's 32 registers; AVX2's 16 hold nine or ten of one. So do NEON's
// here, although they are 32: with twice as many, the gradients of a pooling's four elements push some onto the stack.
#if AVX512
  private typealias TapRow = Wide
  private typealias TwoTapLines = Pair<TapLine<Five<Narrow>>, TapLine<Five<Narrow>>>
  private typealias FiveTapLines = Pair<TwoTapLines, Pair<TwoTapLines, TapLine<Five<Narrow>>>>
#else
  private typealias TapRow = Narrow
  private typealias FiveTapLines = Pair<TapLine<Five<Narrow>>, TapLine<Five<Narrow>>>
#endif
