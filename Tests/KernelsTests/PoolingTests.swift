import Compute
import Foundations
import Testing

/// The pooling kernels equal their twins to the bit.
@Suite struct PoolingTests {
  @Test(arguments: 1...4) func sizesAndDroppedRows(size: Int) {
    var random = RandomStream(Philox(seed: 10), .sample, image: size)
    for extraRows in 0..<size {
      for extraColumns in 0..<size {
        for values in Values.allCases {
          let images = 1 + random.below(5)
          let pixelStride = [1, 16, 32, 48][random.below(4)]
          compare(
            size, rows: size * (1 + random.below(3)) + extraRows,
            columns: size * (1 + random.below(3)) + extraColumns, images, pixelStride, values, &random)
        }
      }
    }
  }

  /// A byte holds every position of the largest window.
  @Test func largestWindow() {
    var random = RandomStream(Philox(seed: 12), .sample)
    for pixelStride in [1, 16] { compare(16, rows: 33, columns: 16, 2, pixelStride, .ordinary, &random) }
  }

  @Test(arguments: 1...17) func imageCounts(images: Int) {
    var random = RandomStream(Philox(seed: 11), .sample, image: images)
    compare(2, rows: 5, columns: 4, images, 16, .rectified, &random)
  }

  private func compare(
    _ size: Int, rows: Int, columns: Int, _ images: Int, _ pixelStride: Int, _ values: Values,
    _ random: inout RandomStream
  ) {
    let shape = PoolingShape(
      size: size, inputRows: rows, inputColumns: columns,
      inputImageStride: imageStride(of: rows * columns * pixelStride), outputRows: rows / size,
      outputColumns: columns / size,
      outputImageStride: imageStride(of: rows / size * (columns / size) * pixelStride),
      pixelStride: pixelStride)
    let input = drawImages(
      values, &random, images: images, imageStride: shape.inputImageStride, pixels: rows * columns,
      pixelStride: pixelStride, channels: pixelStride, padding: 0)
    let outputGradient = drawImages(
      values, &random, images: images, imageStride: shape.outputImageStride,
      pixels: shape.outputRows * shape.outputColumns, pixelStride: pixelStride, channels: pixelStride,
      padding: 0)
    let output = [Float](repeating: canary, count: images * shape.outputImageStride)
    let inputGradient = [Float](repeating: canary, count: images * shape.inputImageStride)
    let label = "size \(size), \(images) images of \(rows)×\(columns)×\(pixelStride), \(values)"
    let windows = images * shape.outputRows * shape.outputColumns * pixelStride
    let positions = [Float](repeating: canary, count: (windows + 3) / 4)
    expectTwins([input, output, positions, outputGradient, inputGradient], "maximum, \(label)") {
      kernels, operands in
      let positions = UnsafeMutableRawPointer(operands[2]).assumingMemoryBound(to: UInt8.self)
      kernels.maxPoolingForward(
        MaxPoolingForward(
          shape: shape, images: images, input: operands[0], output: operands[1], positions: positions))
      kernels.maxPoolingBackward(
        WindowGradient(
          shape: shape, images: images, positions: positions, outputGradient: operands[3],
          inputGradient: operands[4]))
    }
    if size == 2 && pixelStride > 1 {
      let passing = positions.map { _ in
        Float(bitPattern: (0..<4).reduce(0) { bits, _ in bits << 8 | UInt32(random.below(16)) })
      }
      let biasGradient = [Float](repeating: canary, count: pixelStride)
      expectTwins([passing, outputGradient, inputGradient, biasGradient], "averaged gradient, \(label)") {
        kernels, operands in
        let passing = UnsafeMutableRawPointer(operands[0]).assumingMemoryBound(to: UInt8.self)
        kernels.passedGradient(
          WindowGradient(
            shape: shape, images: images, positions: passing, outputGradient: operands[1],
            inputGradient: operands[2]))
        kernels.averagedActivationGradient(
          AveragedActivationGradient(
            extent: MapExtent(
              images: images, pixels: shape.outputRows * shape.outputColumns, channels: pixelStride,
              imageStride: shape.outputImageStride),
            passing: passing, gradient: operands[1], biasGradient: operands[3]))
      }
    }
    expectTwins([input, output, outputGradient, inputGradient], "average, \(label)") { kernels, operands in
      kernels.averagePoolingForward(
        AveragePoolingForward(shape: shape, images: images, input: operands[0], output: operands[1]))
      kernels.averagePoolingBackward(
        AveragePoolingBackward(
          shape: shape, images: images, outputGradient: operands[2], inputGradient: operands[3]))
    }
  }
}
