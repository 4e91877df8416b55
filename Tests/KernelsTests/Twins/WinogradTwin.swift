import KernelShapes

/// Winograd's convolution for one tile, one channel at a time, with the transforms as their comments write them.
enum WinogradTwin {
  static func weights(
    _ rows: Int, _ columns: Int, _ weights: Floats, _ plane: Int, _ transformed: MutableFloats,
    _ scratch: MutableFloats
  ) {
    for index in 0..<rows * columns {
      let square = (0..<9).map { weights[$0 * rows * columns + index] }
      for (number, value) in transform(square, weightLine).enumerated() {
        transformed[number * plane + index] = value
      }
    }
  }

  static func forward(
    _ shape: WinogradShape, _ images: Int, _ input: Floats, _ weights: Floats, _ bias: Floats,
    _ scratch: MutableFloats, _ output: MutableFloats, _ positions: UnsafeMutablePointer<UInt8>?,
    _ rectified: Bool
  ) {
    let convolution = shape.convolution
    let pixel = convolution.outputPixelStride
    forEachTile(shape, images) { image, tileRow, tileColumn in
      let inputs = (0..<shape.depth).map {
        transform(inputSquare(shape, input, image, tileRow, tileColumn, $0), inputLine)
      }
      for channel in 0..<pixel {
        let products = (0..<36).map { plane in
          inputs.indices.reduce(Float(0)) { sum, inputChannel in
            sum.addingProduct(
              inputs[inputChannel][plane], weights[plane * shape.weightPlane + inputChannel * pixel + channel]
            )
          }
        }
        let sums = transform(products, outputLine).map { $0 + bias[channel] }
        func rectify(_ value: Float) -> Float { rectified && value < 0 ? 0 : value }
        forEachOfMap(shape, tileRow, tileColumn) { row, column, window in
          var largest = window[0]
          for element in window where sums[element] > sums[largest] { largest = element }
          let place = (row * shape.mapColumns + column) * pixel + channel
          output[image * shape.mapImageStride + place] = rectify(sums[largest])
          if let position = window.firstIndex(of: largest) {
            positions?[image * shape.mapRows * shape.mapColumns * pixel + place] = UInt8(position)
          }
        }
      }
    }
  }

  static func backward(
    _ shape: WinogradShape, _ images: Int, _ input: Floats, _ outputGradient: Floats,
    _ positions: UnsafePointer<UInt8>?, _ transposed: Floats, _ scratch: MutableFloats,
    _ weightGradient: MutableFloats, _ inputGradient: MutableFloats?
  ) {
    let convolution = shape.convolution
    let (inputs, outputs) = (shape.depth, convolution.outputPixelStride)
    var sums = [[Float]](repeating: [Float](repeating: 0, count: 36), count: inputs * outputs)
    clear(shape, images, inputGradient)
    forEachTile(shape, images) { image, tileRow, tileColumn in
      let values = (0..<inputs).map {
        transform(inputSquare(shape, input, image, tileRow, tileColumn, $0), inputLine)
      }
      let gradients = (0..<outputs).map { channel in
        var square = [Float](repeating: 0, count: 16)
        forEachOfMap(shape, tileRow, tileColumn) { row, column, window in
          let place = (row * shape.mapColumns + column) * outputs + channel
          let position = positions.map {
            Int($0[image * shape.mapRows * shape.mapColumns * outputs + place])
          }
          square[window[position ?? 0]] = outputGradient[image * shape.mapImageStride + place]
        }
        return transform(square, outputGradientLine)
      }
      for inputChannel in 0..<inputs {
        for channel in 0..<outputs {
          for plane in 0..<36 {
            sums[inputChannel * outputs + channel][plane].addProduct(
              values[inputChannel][plane], gradients[channel][plane])
          }
        }
      }
      if let inputGradient {
        addInputGradient(shape, image, tileRow, tileColumn, gradients, transposed, inputGradient)
      }
    }
    for (index, square) in sums.enumerated() {
      for (position, value) in transform(square, weightGradientLine).enumerated() {
        weightGradient[position * inputs * outputs + index] = value
      }
    }
  }

  private static func addInputGradient(
    _ shape: WinogradShape, _ image: Int, _ tileRow: Int, _ tileColumn: Int, _ gradients: [[Float]],
    _ transposed: Floats, _ inputGradient: MutableFloats
  ) {
    for channel in 0..<shape.inputRow {
      let products = (0..<36).map { plane in
        (0..<shape.convolution.outputChannels).reduce(Float(0)) { sum, output in
          sum.addingProduct(
            gradients[output][plane],
            transposed[plane * shape.transposedPlane + output * shape.inputRow + channel])
        }
      }
      for (index, value) in transform(products, inputGradientLine).enumerated() {
        if let element = inputElement(shape, image, tileRow, tileColumn, index, channel) {
          inputGradient[element] += value
        }
      }
    }
  }

  private static func clear(_ shape: WinogradShape, _ images: Int, _ inputGradient: MutableFloats?) {
    let convolution = shape.convolution
    for image in 0..<images {
      for index in 0..<convolution.inputRows * convolution.inputColumns * convolution.inputPixelStride {
        inputGradient?[image * convolution.gradientImageStride + index] = 0
      }
    }
  }

  private static func forEachTile(_ shape: WinogradShape, _ images: Int, _ body: (Int, Int, Int) -> Void) {
    for image in 0..<images {
      for row in 0..<shape.tileRows { for column in 0..<shape.tileColumns { body(image, row, column) } }
    }
  }

  /// Calls `body` with each element of the map that the tile gives, and the tile's outputs it is made of.
  private static func forEachOfMap(
    _ shape: WinogradShape, _ tileRow: Int, _ tileColumn: Int, _ body: (Int, Int, [Int]) -> Void
  ) {
    let size = shape.pooled ? 2 : 1
    for row in stride(from: 0, to: 4, by: size) {
      for column in stride(from: 0, to: 4, by: size) {
        let mapRow = (4 * tileRow + row) / size
        let mapColumn = (4 * tileColumn + column) / size
        guard mapRow < shape.mapRows, mapColumn < shape.mapColumns else { continue }
        let window = (0..<size * size).map { (row + $0 / size) * 4 + column + $0 % size }
        body(mapRow, mapColumn, window)
      }
    }
  }

  /// A tile's inputs in one channel of one phase; zeros where the input has none.
  private static func inputSquare(
    _ shape: WinogradShape, _ input: Floats, _ image: Int, _ tileRow: Int, _ tileColumn: Int, _ channel: Int
  ) -> [Float] {
    (0..<36).map { index in
      inputElement(shape, image, tileRow, tileColumn, index, channel).map { input[$0] } ?? 0
    }
  }

  /// Where an element of a tile's square stands in the input, nil if it is padding. Channels count through the phases.
  private static func inputElement(
    _ shape: WinogradShape, _ image: Int, _ tileRow: Int, _ tileColumn: Int, _ index: Int, _ channel: Int
  ) -> Int? {
    let convolution = shape.convolution
    let (stride, pixel) = (convolution.stride, convolution.inputPixelStride)
    let (phase, phaseChannel) = channel.quotientAndRemainder(dividingBy: pixel)
    let row = stride * (4 * tileRow + index / 6) + phase / stride - convolution.paddingTop
    let column = stride * (4 * tileColumn + index % 6) + phase % stride - convolution.paddingLeft
    guard (0..<convolution.inputRows).contains(row), (0..<convolution.inputColumns).contains(column) else {
      return nil
    }
    let place = row * convolution.inputColumns + column
    return image * convolution.gradientImageStride + place * pixel + phaseChannel
  }

  /// A square, rows before columns: `line` along each column, then along each row.
  private static func transform(_ square: [Float], _ line: ([Float]) -> [Float]) -> [Float] {
    let side = square.count == 9 ? 3 : square.count == 16 ? 4 : 6
    let columns = (0..<side).map { column in line((0..<side).map { square[$0 * side + column] }) }
    return columns[0].indices.flatMap { row in line(columns.map { $0[row] }) }
  }

  private static func fused(_ sum: Float, _ factor: Float, _ value: Float) -> Float {
    sum.addingProduct(factor, value)
  }

  private static func inputLine(_ d: [Float]) -> [Float] {
    let (even, odd) = (fused(d[4], -4, d[2]), fused(d[3], -4, d[1]))
    return [
      fused(fused(d[4], -5, d[2]), 4, d[0]), even + odd, even - odd,
      fused(d[4] - d[2], 2, d[3] - d[1]), fused(d[4] - d[2], -2, d[3] - d[1]),
      fused(fused(d[5], -5, d[3]), 4, d[1]),
    ]
  }

  private static func outputLine(_ m: [Float]) -> [Float] {
    [
      m[0] + (m[1] + m[2]) + (m[3] + m[4]), fused(m[1] - m[2], 2, m[3] - m[4]),
      fused(m[1] + m[2], 4, m[3] + m[4]), fused(m[1] - m[2], 8, m[3] - m[4]) + m[5],
    ]
  }

  private static func outputGradientLine(_ y: [Float]) -> [Float] {
    let (even, odd) = (fused(y[0], 4, y[2]), fused(y[1], 4, y[3]))
    return [
      y[0], (y[0] + y[2]) + (y[1] + y[3]), (y[0] + y[2]) - (y[1] + y[3]), fused(even, 2, odd),
      fused(even, -2, odd), y[3],
    ]
  }

  private static func inputGradientLine(_ t: [Float]) -> [Float] {
    let (near, nearDifference) = (t[1] + t[2], t[1] - t[2])
    let (far, farDifference) = (t[3] + t[4], t[3] - t[4])
    return [
      4 * t[0], fused(4 * (t[5] - nearDifference), -2, farDifference),
      fused(fused(-far, -4, near), -5, t[0]), fused(fused(nearDifference, 2, farDifference), -5, t[5]),
      t[0] + near + far, t[5],
    ]
  }

  private static func weightLine(_ g: [Float]) -> [Float] {
    let even = g[0] + g[2]
    let far = fused(g[2] * (1 / 6), 1 / 24, g[0])
    return [
      0.25 * g[0], -1 / 6 * (even + g[1]), -1 / 6 * (even - g[1]), fused(far, 1 / 12, g[1]),
      fused(far, -1 / 12, g[1]), g[2],
    ]
  }

  private static func weightGradientLine(_ u: [Float]) -> [Float] {
    let (near, far) = (u[1] + u[2], u[3] + u[4])
    return [
      fused(fused(0.25 * u[0], -1 / 6, near), 1 / 24, far),
      fused((u[2] - u[1]) * (1 / 6), 1 / 12, u[3] - u[4]), fused(fused(u[5], -1 / 6, near), 1 / 6, far),
    ]
  }
}
