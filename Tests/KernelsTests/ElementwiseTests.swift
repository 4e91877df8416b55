import Compute
import Foundations
import Testing

/// The kernels over neighbouring floats equal their twins to the bit, for every count up to a few vectors.
@Suite struct ElementwiseTests {
  @Test(arguments: Values.allCases) func add(values: Values) {
    var random = RandomStream(Philox(seed: 30), .sample)
    for count in Array(0...70) + [1000, 4097] {
      let operands = [draw(values, &random, count), draw(values, &random, count)]
      expectTwins(operands, "\(count) \(values)") { kernels, operands in
        kernels.addInPlace(AddInPlace(count: count, addend: operands[1], sum: operands[0]))
      }
    }
  }

  @Test(arguments: [1, 5, 8, 15, 17, 28, 31, 33, 60]) func flatten(channels: Int) {
    var random = RandomStream(Philox(seed: 36), .sample, image: channels)
    let pixelStride = paddedTo16(channels)
    for pixels in [1, 2, 3, 16, 49] {
      for images in 1...3 {
        let mapStride = imageStride(of: pixels * pixelStride)
        let rowStride = imageStride(of: pixels * channels)
        let map = drawImages(
          .wild, &random, images: images, imageStride: mapStride, pixels: pixels, pixelStride: pixelStride,
          channels: channels, padding: canary)
        let row = drawImages(
          .wild, &random, images: images, imageStride: rowStride, pixels: 1, pixelStride: pixels * channels,
          channels: pixels * channels, padding: 0)
        let mapOutput = [Float](repeating: canary, count: map.count)
        let rowOutput = [Float](repeating: canary, count: row.count)
        expectTwins([map, rowOutput, row, mapOutput], "\(images) images of \(pixels)×\(channels)") {
          kernels, operands in
          kernels.flattenPixels(
            PixelCopy(
              images: images, pixels: pixels, channels: channels, pixelStride: pixelStride,
              inputImageStride: mapStride, outputImageStride: rowStride, input: operands[0],
              output: operands[1]))
          kernels.unflattenPixels(
            PixelCopy(
              images: images, pixels: pixels, channels: channels, pixelStride: pixelStride,
              inputImageStride: rowStride, outputImageStride: mapStride, input: operands[2],
              output: operands[3]))
        }
      }
    }
  }

  @Test(arguments: Values.allCases) func moveTowards(values: Values) {
    var random = RandomStream(Philox(seed: 37), .sample)
    for count in Array(0...70) + [4097] {
      let operands = [draw(values, &random, count), draw(values, &random, count)]
      expectTwins(operands, "\(count) \(values)") { kernels, operands in
        for share: Float in [0.001, 0.5, 1] {
          kernels.moveTowards(
            MoveTowards(count: count, share: share, value: operands[0], average: operands[1]))
        }
      }
    }
  }

  @Test func scalePixels() {
    var random = RandomStream(Philox(seed: 34), .sample)
    for count in Array(0...70) + [256, 784] {
      let bytes = (0..<count).map { count == 256 ? UInt8($0) : UInt8(random.below(256)) }
      expectTwins([[Float](repeating: canary, count: count)], "\(count) bytes") { kernels, operands in
        withCopy(of: bytes) { bytes in
          if let start = bytes.baseAddress {
            kernels.scalePixels(ScalePixels(count: count, pixels: start, result: operands[0]))
          }
        }
      }
    }
  }

  @Test(arguments: Values.allCases) func adam(values: Values) {
    var random = RandomStream(Philox(seed: 31), .sample)
    for decay: Float in [1, 0.999_99] {
      let step = AdamStep(
        beta1: 0.9, beta2: 0.999, epsilon: 3e-9, stepSize: 0.003_162, decay: decay)
      for count in Array(0...70) + [4097] {
        let operands = [
          draw(values, &random, count), draw(.ordinary, &random, count), draw(values, &random, count),
          draw(values, &random, count).map(\.magnitude),
        ]
        expectTwins(operands, "\(count) \(values) decay \(decay)") { kernels, operands in
          for _ in 0..<3 {
            kernels.adamUpdate(
              AdamUpdate(
                step: step, count: count, gradient: operands[0], parameters: operands[1],
                firstMoment: operands[2], secondMoment: operands[3]))
          }
        }
      }
    }
  }

  @Test(arguments: Values.allCases) func nesterov(values: Values) {
    var random = RandomStream(Philox(seed: 32), .sample)
    for count in Array(0...70) + [4097] {
      let operands = [
        draw(values, &random, count), draw(values, &random, count), draw(values, &random, count),
      ]
      expectTwins(operands, "\(count) \(values)") { kernels, operands in
        for _ in 0..<3 {
          kernels.nesterovUpdate(
            NesterovUpdate(
              count: count, learningRate: 0.01, momentum: 0.9, gradient: operands[0],
              parameters: operands[1], velocity: operands[2]))
        }
      }
    }
  }

  @Test(arguments: Values.allCases) func multiplyAddLimit(values: Values) {
    var random = RandomStream(Philox(seed: 35), .sample)
    for turns in [1, 2, 17] {
      let (factor, addend) = (values.draw(&random), values.draw(&random))
      expectTwins([draw(values, &random, 384)], "\(turns) turns \(values)") { kernels, operands in
        kernels.multiplyAddLimit(
          MultiplyAddLimit(turns: turns, factor: factor, addend: addend, values: operands[0]))
      }
    }
  }
}
