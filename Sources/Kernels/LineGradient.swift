import KernelShapes

// The weights' gradient where the input has few channels: those of one kernel position are too few for a tile, so a tile
// takes them from neighbouring positions of the kernel's row, its lines.

/// The weights' gradient as `convolutionWeightGradient` has it, with tiles of `lines`.
@inline(__always)
func lineGradient(_ operands: ConvolutionWeightGradient) {
  let inputs = operands.shape.inputChannels
  var channel = 0
  while channel < inputs {
    // Blocks of up to six channels, as equal as they can be.
    let rest = inputs - channel
    let blocks = (rest + 5) / 6
    let height = (rest + blocks - 1) / blocks
    switch height {
    case 6: lineColumns(LongLines<Pair<Four<Narrow>, Two<Narrow>>>.self, operands, channel)
    case 5: lineColumns(LongLines<Pair<Four<Narrow>, One<Narrow>>>.self, operands, channel)
    case 4: lineColumns(ThreeLines<Four<Narrow>>.self, operands, channel)
    case 3: lineColumns(ThreeLines<Three<Narrow>>.self, operands, channel)
    case 2: lineColumns(ThreeLines<Two<Narrow>>.self, operands, channel)
    default: lineColumns(ThreeLines<One<Narrow>>.self, operands, channel)
    }
    channel += height
  }
}

/// The gradient of a block of input channels, from `channel` on, for all positions of the kernel.
@inline(never)
private func lineColumns<Tallest: ChannelTile>(
  _: Tallest.Type, _ operands: ConvolutionWeightGradient, _ channel: Int
) {
  typealias OneLine = ChannelLine<Tallest.Taps>
  let shape = operands.shape
  let lineStride = shape.inputChannels * shape.outputPixelStride
  for kernelRow in 0..<shape.kernelRows {
    var column = 0
    while column < shape.kernelColumns {
      let rest = shape.kernelColumns - column
      let values = operands.input + (kernelRow * shape.frameColumns + column) * pixelStep + channel
      let target =
        operands.weightGradient + (kernelRow * shape.kernelColumns + column) * lineStride
        + channel * shape.outputPixelStride
      // Four are better taken by two and two.
      if rest >= Tallest.count && (rest != 4 || Tallest.count < 3) {
        lineTiles(Tallest.self, operands, values, target)
        column += Tallest.count
      } else if rest >= 2 {
        lineTiles(LinePair<OneLine, OneLine>.self, operands, values, target)
        column += 2
      } else {
        lineTiles(OneLine.self, operands, values, target)
        column += 1
      }
    }
  }
}

@inline(__always)
private func lineTiles<Lines: ChannelTile>(
  _: Lines.Type, _ operands: ConvolutionWeightGradient, _ values: Floats, _ weightGradient: MutableFloats
) {
  let shape = operands.shape
  let valueStep = shape.stride * pixelStep
  let pixel = shape.outputPixelStride
  let lineStride = shape.inputChannels * pixel
  var channel = 0
  while channel < pixel {
    let target = weightGradient + channel
    var lines: Lines
    if case .continuing = operands.accumulation {
      lines = Lines(loading: target, lineStride: lineStride, stride: pixel)
    } else {
      lines = Lines(repeating: Lines.Taps.Row())
    }
    for image in 0..<operands.images {
      var gradient = operands.outputGradient + image * shape.outputImageStride + channel
      let first = values + image * shape.inputImageStride
      for row in 0..<shape.outputRows {
        var value = first + row * shape.frameColumns * valueStep
        let end = gradient + shape.outputColumns * pixel
        repeat {
          lines.add(Lines.Taps.Row(loading: gradient), times: value)
          value += valueStep
          gradient += pixel
        } while gradient < end
      }
    }
    lines.store(to: target, lineStride: lineStride, stride: pixel)
    channel += Lines.Taps.Row.width
  }
}

/// Accumulators of neighbouring positions in a kernel's row, some input channels each.
private protocol ChannelTile {
  associatedtype Taps: Tile
  static var count: Int { get }
  init(repeating row: Taps.Row)
  init(loading source: Floats, lineStride: Int, stride: Int)
  mutating func add(_ gradient: Taps.Row, times values: Floats)
  func store(to target: MutableFloats, lineStride: Int, stride: Int)
}

private struct ChannelLine<Taps: Tile>: ChannelTile {
  var taps: Taps

  static var count: Int { @inline(__always) get { 1 } }

  @inline(__always)
  init(repeating row: Taps.Row) { taps = Taps(repeating: row) }

  @inline(__always)
  init(loading source: Floats, lineStride: Int, stride: Int) {
    taps = Taps(loading: source, stride: stride)
  }

  @inline(__always)
  mutating func add(_ gradient: Taps.Row, times values: Floats) {
    taps.add(gradient, times: values, stride: 1)
  }

  @inline(__always)
  func store(to target: MutableFloats, lineStride: Int, stride: Int) {
    taps.store(to: target, stride: stride)
  }
}

private struct LinePair<First: ChannelTile, Second: ChannelTile>: ChannelTile
where First.Taps == Second.Taps {
  typealias Taps = First.Taps
  var first: First
  var second: Second

  static var count: Int { @inline(__always) get { First.count + Second.count } }

  @inline(__always)
  init(repeating row: Taps.Row) {
    first = First(repeating: row)
    second = Second(repeating: row)
  }

  @inline(__always)
  init(loading source: Floats, lineStride: Int, stride: Int) {
    first = First(loading: source, lineStride: lineStride, stride: stride)
    second = Second(loading: source + First.count * lineStride, lineStride: lineStride, stride: stride)
  }

  @inline(__always)
  mutating func add(_ gradient: Taps.Row, times values: Floats) {
    first.add(gradient, times: values)
    second.add(gradient, times: values + First.count * pixelStep)
  }

  @inline(__always)
  func store(to target: MutableFloats, lineStride: Int, stride: Int) {
    first.store(to: target, lineStride: lineStride, stride: stride)
    second.store(to: target + First.count * lineStride, lineStride: lineStride, stride: stride)
  }
}

private typealias ThreeLines<Taps: Tile> = LinePair<
  LinePair<ChannelLine<Taps>, ChannelLine<Taps>>, ChannelLine<Taps>
>
// Three lines of six channels fit AVX-512's 32 registers, two AVX2's 16.
#if AVX2
  private typealias LongLines<Taps: Tile> = LinePair<ChannelLine<Taps>, ChannelLine<Taps>>
#else
  private typealias LongLines<Taps: Tile> = ThreeLines<Taps>
#endif
