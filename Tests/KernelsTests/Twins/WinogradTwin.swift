import Compute

/// Winograd's convolution tile by tile, one channel at a time, with the transforms as their comments write them.
extension ScalarTwin {
  func winogradWeights(_ operands: WinogradWeights) {
    let lines = WinogradLines.of(operands.tile)
    let count = operands.rows * operands.columns
    for index in 0..<count {
      let square = (0..<operands.tile.weights).map { operands.weights[$0 * count + index] }
      for (number, value) in transform(square, lines.weights).enumerated() {
        operands.transformed[number * operands.plane + index] = value
      }
    }
  }

  func winogradForward(_ operands: WinogradForward) {
    let shape = operands.shape
    let pixel = shape.outputPixelStride
    let window = shape.isPooled ? [(0, 0), (0, 1), (1, 0), (1, 1)] : [(0, 0)]
    let size = shape.isPooled ? 2 : 1
    for image in 0..<operands.images {
      let input = operands.input + image * shape.inputImageStride
      let sums = sums(shape, input, operands.normalization, operands.weights, operands.bias)
      forEachOfMap(shape) { row, column, channel, place in
        let elements = window.map { sums[size * row + $0.0][size * column + $0.1][channel] }
        var position = 0
        for index in elements.indices where elements[index] > elements[position] { position = index }
        let value = elements[position]
        operands.map[image * shape.mapImageStride + place] =
          operands.activation == .relu && value < 0 ? 0 : value
        operands.positions?[image * shape.mapRows * shape.mapColumns * pixel + place] = UInt8(position)
      }
    }
  }

  /// An image's convolution with its bias, in whole tiles: `[row][column][channel]`.
  private func sums(
    _ shape: WinogradShape, _ input: Floats, _ normalization: ChannelNormalization?, _ weights: Floats,
    _ bias: Floats
  ) -> [[[Float]]] {
    let side = shape.tile.outputs
    let pixel = shape.outputPixelStride
    var sums = map(shape)
    forEachTile(shape) { tileRow, tileColumn in
      let inputs = inputs(shape, input, normalization, tileRow, tileColumn)
      for channel in 0..<pixel {
        let products = (0..<shape.tile.planes).map { plane in
          inputs.indices.reduce(Float(0)) { sum, inputChannel in
            sum.addingProduct(
              inputs[inputChannel][plane], weights[plane * shape.weightPlane + inputChannel * pixel + channel]
            )
          }
        }
        for (index, value) in transform(products, WinogradLines.of(shape.tile).outputs).enumerated() {
          sums[side * tileRow + index / side][side * tileColumn + index % side][channel] =
            value + bias[channel]
        }
      }
    }
    return sums
  }

  func winogradBackward(_ operands: WinogradBackward) {
    let shape = operands.shape
    let lines = WinogradLines.of(shape.tile)
    let (inputs, outputs) = (shape.depth, shape.outputPixelStride)
    let size = shape.isPooled ? 2 : 1
    var sums = [[Float]](
      repeating: [Float](repeating: 0, count: shape.tile.planes), count: inputs * outputs)
    clear(shape, operands.images, operands.inputGradient)
    for image in 0..<operands.images {
      var map = map(shape)
      forEachOfMap(shape) { row, column, channel, place in
        let position = operands.positions.map {
          Int($0[image * shape.mapRows * shape.mapColumns * outputs + place])
        }
        map[size * row + (position ?? 0) / 2][size * column + (position ?? 0) % 2][channel] =
          operands.mapGradient[image * shape.mapImageStride + place]
      }
      forEachTile(shape) { tileRow, tileColumn in
        let values = self.inputs(
          shape, operands.input + image * shape.inputImageStride, operands.normalization, tileRow, tileColumn)
        let gradients = (0..<outputs).map { channel in
          let side = shape.tile.outputs
          let square = (0..<side * side).map {
            map[side * tileRow + $0 / side][side * tileColumn + $0 % side][channel]
          }
          return transform(square, lines.outputGradients)
        }
        for inputChannel in 0..<inputs {
          for channel in 0..<outputs {
            for plane in 0..<shape.tile.planes {
              sums[inputChannel * outputs + channel][plane].addProduct(
                values[inputChannel][plane], gradients[channel][plane])
            }
          }
        }
        if let inputGradient = operands.inputGradient {
          addInputGradient(
            shape, tileRow, tileColumn, gradients, operands.transposed,
            inputGradient + image * shape.inputImageStride)
        }
      }
    }
    for (index, square) in sums.enumerated() {
      for (position, value) in transform(square, lines.weightGradients).enumerated() {
        operands.weightGradient[position * inputs * outputs + index] = value
      }
    }
  }

  private func addInputGradient(
    _ shape: WinogradShape, _ tileRow: Int, _ tileColumn: Int, _ gradients: [[Float]],
    _ transposed: Floats, _ inputGradient: MutableFloats
  ) {
    for channel in 0..<shape.inputRow {
      let products = (0..<shape.tile.planes).map { plane in
        (0..<shape.outputChannels).reduce(Float(0)) { sum, output in
          sum.addingProduct(
            gradients[output][plane],
            transposed[plane * shape.transposedPlane + output * shape.inputRow + channel])
        }
      }
      let square = transform(products, WinogradLines.of(shape.tile).inputGradients)
      for (index, value) in square.enumerated() {
        if let element = inputElement(shape, tileRow, tileColumn, index, channel) {
          inputGradient[element] += value
        }
      }
    }
  }

  private func clear(_ shape: WinogradShape, _ images: Int, _ inputGradient: MutableFloats?) {
    for image in 0..<images {
      for index in 0..<shape.inputRows * shape.inputColumns * shape.inputPixelStride {
        inputGradient?[image * shape.inputImageStride + index] = 0
      }
    }
  }

  /// Zeros for an image's convolution in whole tiles.
  private func map(_ shape: WinogradShape) -> [[[Float]]] {
    let pixel = [Float](repeating: 0, count: shape.outputPixelStride)
    let row = [[Float]](repeating: pixel, count: shape.tile.outputs * shape.tileColumns)
    return [[[Float]]](repeating: row, count: shape.tile.outputs * shape.tileRows)
  }

  private func forEachTile(_ shape: WinogradShape, _ body: (Int, Int) -> Void) {
    for row in 0..<shape.tileRows { for column in 0..<shape.tileColumns { body(row, column) } }
  }

  /// Calls `body` with the row, column, channel and place of each element of an image's map that is written.
  private func forEachOfMap(_ shape: WinogradShape, _ body: (Int, Int, Int, Int) -> Void) {
    let pixel = shape.outputPixelStride
    for row in 0..<shape.mapRows {
      for column in 0..<shape.mapColumns {
        for channel in 0..<pixel {
          body(row, column, channel, (row * shape.mapColumns + column) * pixel + channel)
        }
      }
    }
  }

  /// A tile's transformed inputs, normalized first if asked, channel by channel of each phase; zeros where the input has
  /// none.
  private func inputs(
    _ shape: WinogradShape, _ input: Floats, _ normalization: ChannelNormalization?, _ tileRow: Int,
    _ tileColumn: Int
  ) -> [[Float]] {
    (0..<shape.depth).map { channel in
      let square = (0..<shape.tile.planes).map { index in
        guard let place = inputElement(shape, tileRow, tileColumn, index, channel) else { return Float(0) }
        guard let normalization else { return input[place] }
        return normalized(input[place], channel % shape.inputPixelStride, normalization)
      }
      return transform(square, WinogradLines.of(shape.tile).inputs)
    }
  }

  /// The index of an element of a tile's square in an image's input, nil if it is padding. Channels count through the phases.
  private func inputElement(
    _ shape: WinogradShape, _ tileRow: Int, _ tileColumn: Int, _ index: Int, _ channel: Int
  ) -> Int? {
    let side = shape.tile.side
    let (stride, pixel) = (shape.stride, shape.inputPixelStride)
    let (phase, phaseChannel) = channel.quotientAndRemainder(dividingBy: pixel)
    let row = stride * (shape.tile.outputs * tileRow + index / side) + phase / stride - shape.paddingTop
    let column =
      stride * (shape.tile.outputs * tileColumn + index % side) + phase % stride - shape.paddingLeft
    guard (0..<shape.inputRows).contains(row), (0..<shape.inputColumns).contains(column) else {
      return nil
    }
    return (row * shape.inputColumns + column) * pixel + phaseChannel
  }

  /// A square, rows before columns: `line` along each column, then along each row.
  private func transform(_ square: [Float], _ line: ([Float]) -> [Float]) -> [Float] {
    let side = (3...8).first { $0 * $0 == square.count } ?? 0
    let columns = (0..<side).map { column in line((0..<side).map { square[$0 * side + column] }) }
    return columns[0].indices.flatMap { row in line(columns.map { $0[row] }) }
  }
}

/// The transforms in one dimension, of one size of tile.
private struct WinogradLines {
  typealias Line = @Sendable ([Float]) -> [Float]

  let inputs: Line
  let outputs: Line
  let outputGradients: Line
  let inputGradients: Line
  let weights: Line
  let weightGradients: Line

  static func of(_ tile: WinogradTile) -> WinogradLines {
    switch tile {
    case .f43: four
    case .f53: five
    case .f63: six
    case .f45: fourOfFiveTaps
    }
  }

  private static func fused(_ sum: Float, _ factor: Float, _ value: Float) -> Float {
    sum.addingProduct(factor, value)
  }

  private static let four = WinogradLines(
    inputs: { d in
      let (even, odd) = (fused(d[4], -4, d[2]), fused(d[3], -4, d[1]))
      return [
        fused(fused(d[4], -5, d[2]), 4, d[0]), even + odd, even - odd,
        fused(d[4] - d[2], 2, d[3] - d[1]), fused(d[4] - d[2], -2, d[3] - d[1]),
        fused(fused(d[5], -5, d[3]), 4, d[1]),
      ]
    },
    outputs: { m in
      [
        m[0] + (m[1] + m[2]) + (m[3] + m[4]), fused(m[1] - m[2], 2, m[3] - m[4]),
        fused(m[1] + m[2], 4, m[3] + m[4]), fused(m[1] - m[2], 8, m[3] - m[4]) + m[5],
      ]
    },
    outputGradients: { y in
      let (even, odd) = (fused(y[0], 4, y[2]), fused(y[1], 4, y[3]))
      return [
        y[0], (y[0] + y[2]) + (y[1] + y[3]), (y[0] + y[2]) - (y[1] + y[3]), fused(even, 2, odd),
        fused(even, -2, odd), y[3],
      ]
    },
    inputGradients: { t in
      let (near, nearDifference) = (t[1] + t[2], t[1] - t[2])
      let (far, farDifference) = (t[3] + t[4], t[3] - t[4])
      return [
        4 * t[0], fused(4 * (t[5] - nearDifference), -2, farDifference),
        fused(fused(-far, -4, near), -5, t[0]), fused(fused(nearDifference, 2, farDifference), -5, t[5]),
        t[0] + near + far, t[5],
      ]
    },
    weights: { g in
      let even = g[0] + g[2]
      let far = fused(g[2] * (1 / 6), 1 / 24, g[0])
      return [
        0.25 * g[0], -1 / 6 * (even + g[1]), -1 / 6 * (even - g[1]), fused(far, 1 / 12, g[1]),
        fused(far, -1 / 12, g[1]), g[2],
      ]
    },
    weightGradients: { u in
      let (near, far) = (u[1] + u[2], u[3] + u[4])
      return [
        fused(fused(0.25 * u[0], -1 / 6, near), 1 / 24, far),
        fused((u[2] - u[1]) * (1 / 6), 1 / 12, u[3] - u[4]), fused(fused(u[5], -1 / 6, near), 1 / 6, far),
      ]
    })

  private static let five = WinogradLines(
    inputs: { d in
      let (even, odd) = (fused(d[0] + d[4], -4.25, d[2]), fused(d[1] + d[5], -4.25, d[3]))
      func quarters(_ whole: Float, _ middle: Float, _ quarter: Float) -> Float {
        fused(fused(whole, -1.25, middle), 0.25, quarter)
      }
      let (halfEven, halfOdd) = (quarters(d[0], d[2], d[4]), quarters(d[1], d[3], d[5]))
      let (twiceEven, twiceOdd) = (quarters(d[4], d[2], d[0]), quarters(d[5], d[3], d[1]))
      return [
        even + odd, even - odd, fused(halfEven, 2, halfOdd), fused(halfEven, -2, halfOdd),
        fused(twiceOdd, 2, twiceEven), fused(twiceOdd, -2, twiceEven), fused(d[6] - d[0], 5.25, d[2] - d[4]),
      ]
    },
    outputs: { m in
      let (one, half, two) = (m[0] + m[1], m[2] + m[3], m[4] + m[5])
      let (oneDifference, halfDifference, twoDifference) = (m[0] - m[1], m[2] - m[3], m[4] - m[5])
      return [
        (one + half) + two, fused(fused(oneDifference, 0.5, halfDifference), 2, twoDifference),
        fused(fused(one, 0.25, half), 4, two),
        fused(fused(oneDifference, 0.125, halfDifference), 8, twoDifference),
        fused(fused(one, 0.0625, half), 16, two) + m[6],
      ]
    },
    outputGradients: { y in
      let (even, odd) = ((y[0] + y[2]) + y[4], y[1] + y[3])
      let (halfEven, halfOdd) = (fused(fused(y[0], 0.25, y[2]), 0.0625, y[4]), fused(y[1], 0.25, y[3]))
      let (twiceEven, twiceOdd) = (fused(fused(y[0], 4, y[2]), 16, y[4]), fused(y[1], 4, y[3]))
      return [
        even + odd, even - odd, fused(halfEven, 0.5, halfOdd), fused(halfEven, -0.5, halfOdd),
        fused(twiceEven, 2, twiceOdd), fused(twiceEven, -2, twiceOdd), y[4],
      ]
    },
    inputGradients: { t in
      let (one, half, two) = (t[0] + t[1], t[2] + t[3], t[4] + t[5])
      let (oneDifference, halfDifference, twoDifference) = (t[0] - t[1], t[2] - t[3], t[4] - t[5])
      return [
        fused((one + half) - t[6], 0.5, twoDifference),
        fused(fused(oneDifference, 2, halfDifference), 0.25, two),
        fused(fused(fused(-4.25 * one, -1.25, half), -2.5, twoDifference), 5.25, t[6]),
        fused(fused(-4.25 * oneDifference, -2.5, halfDifference), -1.25, two),
        fused(fused(fused(one, 0.25, half), 2, twoDifference), -5.25, t[6]),
        fused(oneDifference + two, 0.5, halfDifference), t[6],
      ]
    },
    weights: { g in
      let (one, half, two) = (g[0] + g[2], fused(g[2], 4, g[0]), fused(g[0], 4, g[2]))
      return [
        -2 / 9 * (one + g[1]), -2 / 9 * (one - g[1]), 8 / 45 * fused(half, 2, g[1]),
        8 / 45 * fused(half, -2, g[1]), 1 / 45 * fused(two, 2, g[1]), -1 / 45 * fused(two, -2, g[1]), g[2],
      ]
    },
    weightGradients: { u in
      let (one, half, two) = (u[0] + u[1], u[2] + u[3], u[4] - u[5])
      return [
        fused(fused(-2 / 9 * one, 32 / 45, half), 1 / 45, two),
        fused(fused(-2 / 9 * (u[0] - u[1]), 16 / 45, u[2] - u[3]), 2 / 45, u[4] + u[5]),
        fused(fused(fused(u[6], -2 / 9, one), 8 / 45, half), 4 / 45, two),
      ]
    })

  private static let six = WinogradLines(
    inputs: { d in
      let (even, odd) = (fused(d[2] + d[6], -4.25, d[4]), fused(d[1] + d[5], -4.25, d[3]))
      func sum(_ first: Int, _ middle: Float, _ last: Float) -> Float {
        fused(fused(d[first], middle, d[first - 2]), last, d[first - 4])
      }
      let (halfEven, halfOdd) = (sum(6, -5, 4), sum(5, -5, 4))
      let (twiceEven, twiceOdd) = (sum(6, -1.25, 0.25), sum(5, -1.25, 0.25))
      return [
        fused(d[0] - d[6], 5.25, d[4] - d[2]), even + odd, even - odd, fused(halfEven, 0.5, halfOdd),
        fused(halfEven, -0.5, halfOdd), fused(twiceEven, 2, twiceOdd), fused(twiceEven, -2, twiceOdd),
        fused(d[7] - d[1], 5.25, d[3] - d[5]),
      ]
    },
    outputs: { m in
      let (one, half, two) = (m[1] + m[2], m[3] + m[4], m[5] + m[6])
      let (oneDifference, halfDifference, twoDifference) = (m[1] - m[2], m[3] - m[4], m[5] - m[6])
      func odd(_ factor: Float) -> Float {
        fused(fused(oneDifference, 1 / factor, halfDifference), factor, twoDifference)
      }
      func even(_ factor: Float) -> Float { fused(fused(one, 1 / factor, half), factor, two) }
      return [(m[0] + one) + (half + two), odd(2), even(4), odd(8), even(16), odd(32) + m[7]]
    },
    outputGradients: { y in
      let (even, odd) = ((y[0] + y[2]) + y[4], (y[1] + y[3]) + y[5])
      func sum(_ first: Int, _ factor: Float) -> Float {
        fused(fused(y[first], factor, y[first + 2]), factor * factor, y[first + 4])
      }
      return [
        y[0], even + odd, even - odd, fused(sum(0, 0.25), 0.5, sum(1, 0.25)),
        fused(sum(0, 0.25), -0.5, sum(1, 0.25)), fused(sum(0, 4), 2, sum(1, 4)),
        fused(sum(0, 4), -2, sum(1, 4)), y[5],
      ]
    },
    inputGradients: { t in
      let (one, half, two) = (t[1] + t[2], t[3] + t[4], t[5] + t[6])
      let (oneDifference, halfDifference, twoDifference) = (t[1] - t[2], t[3] - t[4], t[5] - t[6])
      return [
        t[0], fused(fused(oneDifference - t[7], 2, halfDifference), 0.5, twoDifference),
        fused(fused(fused(one, 4, half), 0.25, two), -5.25, t[0]),
        fused(fused(fused(-4.25 * oneDifference, -2.5, halfDifference), -2.5, twoDifference), 5.25, t[7]),
        fused(fused(fused(-4.25 * one, -5, half), -1.25, two), 5.25, t[0]),
        fused(fused(fused(oneDifference, 0.5, halfDifference), 2, twoDifference), -5.25, t[7]),
        (one - t[0]) + (half + two), t[7],
      ]
    },
    weights: { g in
      let (one, half, two) = (g[0] + g[2], fused(g[2], 4, g[0]), fused(g[0], 4, g[2]))
      return [
        g[0], -2 / 9 * (one + g[1]), -2 / 9 * (one - g[1]), 8 / 45 * fused(half, 2, g[1]),
        8 / 45 * fused(half, -2, g[1]), 1 / 90 * fused(two, 2, g[1]), 1 / 90 * fused(two, -2, g[1]), g[2],
      ]
    },
    weightGradients: { u in
      let (one, half, two) = (u[1] + u[2], u[3] + u[4], u[5] + u[6])
      return [
        fused(fused(fused(u[0], -2 / 9, one), 32 / 45, half), 1 / 90, two),
        fused(fused(-2 / 9 * (u[1] - u[2]), 16 / 45, u[3] - u[4]), 1 / 45, u[5] - u[6]),
        fused(fused(fused(u[7], -2 / 9, one), 8 / 45, half), 2 / 45, two),
      ]
    })
  private static let fourOfFiveTaps = WinogradLines(
    inputs: six.inputs,
    outputs: { m in
      let (one, half, two) = (m[1] + m[2], m[3] + m[4], m[5] + m[6])
      let (oneDifference, halfDifference, twoDifference) = (m[1] - m[2], m[3] - m[4], m[5] - m[6])
      func odd(_ factor: Float) -> Float {
        fused(fused(oneDifference, 1 / factor, halfDifference), factor, twoDifference)
      }
      return [(m[0] + one) + (half + two), odd(2), fused(fused(one, 0.25, half), 4, two), odd(8) + m[7]]
    },
    outputGradients: { y in
      let (even, odd) = (y[0] + y[2], y[1] + y[3])
      let (halfEven, halfOdd) = (fused(y[0], 0.25, y[2]), fused(y[1], 0.25, y[3]))
      let (twiceEven, twiceOdd) = (fused(y[0], 4, y[2]), fused(y[1], 4, y[3]))
      return [
        y[0], even + odd, even - odd, fused(halfEven, 0.5, halfOdd), fused(halfEven, -0.5, halfOdd),
        fused(twiceEven, 2, twiceOdd), fused(twiceEven, -2, twiceOdd), y[3],
      ]
    },
    inputGradients: six.inputGradients,
    weights: { g in
      let (even, odd) = ((g[0] + g[2]) + g[4], g[1] + g[3])
      let (halfEven, halfOdd) = (fused(fused(g[4], 4, g[2]), 16, g[0]), fused(g[3], 4, g[1]))
      let (twiceEven, twiceOdd) = (fused(fused(g[0], 4, g[2]), 16, g[4]), fused(g[1], 4, g[3]))
      return [
        g[0], -2 / 9 * (even + odd), -2 / 9 * (even - odd), 2 / 45 * fused(halfEven, 2, halfOdd),
        2 / 45 * fused(halfEven, -2, halfOdd), 1 / 90 * fused(twiceEven, 2, twiceOdd),
        1 / 90 * fused(twiceEven, -2, twiceOdd), g[4],
      ]
    },
    weightGradients: { u in
      let (one, half, two) = (u[1] + u[2], u[3] + u[4], u[5] + u[6])
      let (oneDifference, halfDifference, twoDifference) = (u[1] - u[2], u[3] - u[4], u[5] - u[6])
      return [
        fused(fused(fused(u[0], -2 / 9, one), 32 / 45, half), 1 / 90, two),
        fused(fused(-2 / 9 * oneDifference, 16 / 45, halfDifference), 1 / 45, twoDifference),
        fused(fused(-2 / 9 * one, 8 / 45, half), 2 / 45, two),
        fused(fused(-2 / 9 * oneDifference, 4 / 45, halfDifference), 4 / 45, twoDifference),
        fused(fused(fused(u[7], -2 / 9, one), 2 / 45, half), 8 / 45, two),
      ]
    })
}
