import Compute
import Foundations
import Testing

/// Batch normalization's kernels, the ReLU's gradient and the bias's equal their twins to the bit.
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
    let extent = MapExtent(images: images, pixels: pixels, channels: channels, imageStride: stride)
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
        NormalizationStatistics(
          extent: extent, input: operands[0], mean: operands[1], squares: operands[2]))
    }
    expectTwins([input, mean, scale, third, result], "forward, \(label)") { kernels, operands in
      kernels.normalizationForward(
        NormalizationForward(
          extent: extent, input: operands[0],
          normalization: ChannelNormalization(mean: operands[1], scale: operands[2], shift: operands[3]),
          output: operands[4]))
    }
    expectTwins([input, mean, scale, gradient, rowResult, rowResult], "sums, \(label)") {
      kernels, operands in
      kernels.normalizationGradientSums(
        NormalizationGradientSums(
          extent: extent, input: operands[0], mean: operands[1], inverseDeviation: operands[2],
          outputGradient: operands[3], gradientSum: operands[4], productSum: operands[5]))
    }
    expectTwins([input, mean, scale, third, fourth, fifth, gradient, result], "backward, \(label)") {
      kernels, operands in
      kernels.normalizationBackward(
        NormalizationBackward(
          extent: extent, input: operands[0], mean: operands[1], inverseDeviation: operands[2],
          scale: operands[3], meanGradient: operands[4], meanProduct: operands[5],
          outputGradient: operands[6], inputGradient: operands[7]))
    }
    // Its channels are always padded to 16.
    for activation in [Activation.linear, .relu] where channels % 16 == 0 {
      expectTwins([input, gradient, rowResult], "activation \(activation), \(label)") {
        kernels, operands in
        kernels.activationGradient(
          ActivationGradient(
            extent: extent, output: operands[0], gradient: operands[1], biasGradient: operands[2],
            activation: activation))
      }
    }
  }
}
