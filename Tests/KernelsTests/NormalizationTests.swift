import Compute
import Foundations
import Testing

/// Batch normalisation's kernels, the ReLU's gradient and the bias's equal their twins to the bit.
@Suite struct NormalizationTests {
  @Test(arguments: 1...17) func everyKernel(images: Int) {
    var random = RandomStream(Philox(seed: 20), .sample, image: images)
    for channels in [1, 16, 32, 48, 64] {
      for values in Values.allCases {
        compare(images, pixels: 1 + random.below(13), channels, values, &random)
        // Blocks have 64 pixels.
        if images < 5 { compare(images, pixels: 60 + random.below(75), channels, values, &random) }
      }
    }
  }

  private func compare(
    _ images: Int, pixels: Int, _ channels: Int, _ values: Values, _ random: inout RandomStream
  ) {
    let stride = imageStride(of: pixels * channels)
    func map() -> [Float] {
      drawImages(
        values, &random, images: images, imageStride: stride, pixels: pixels, pixelStride: channels,
        channels: channels, padding: 0)
    }
    func row() -> [Float] { draw(values, &random, channels) }
    let (input, gradient) = (map(), map())
    let (mean, scale, third, fourth, fifth) = (row(), row(), row(), row(), row())
    let result = [Float](repeating: canary, count: images * stride)
    let rowResult = [Float](repeating: canary, count: channels)
    let label = "\(images) images of \(pixels) pixels and \(channels) channels, \(values)"

    expectTwins([input, rowResult, rowResult], "statistics, \(label)") { kernels, operands in
      kernels.normalizationStatistics(
        images, pixels, channels, stride, operands[0], operands[1], operands[2])
    }
    expectTwins([input, mean, scale, third, result], "forward, \(label)") { kernels, operands in
      kernels.normalizationForward(
        images, pixels, channels, stride, operands[0], operands[1], operands[2], operands[3], operands[4])
    }
    expectTwins([input, mean, scale, gradient, rowResult, rowResult], "sums, \(label)") {
      kernels, operands in
      kernels.normalizationGradientSums(
        images, pixels, channels, stride, operands[0], operands[1], operands[2], operands[3], operands[4],
        operands[5])
    }
    expectTwins([input, mean, scale, third, fourth, fifth, gradient, result], "backward, \(label)") {
      kernels, operands in
      kernels.normalizationBackward(
        images, pixels, channels, stride, operands[0], operands[1], operands[2], operands[3], operands[4],
        operands[5], operands[6], operands[7])
    }
    // Its channels are always padded to 16.
    for rectified in [false, true] where channels % 16 == 0 {
      expectTwins([input, gradient, rowResult], "activation \(rectified), \(label)") {
        kernels, operands in
        kernels.activationGradient(
          images, pixels, channels, stride, operands[0], operands[1], operands[2], rectified)
      }
    }
  }
}
