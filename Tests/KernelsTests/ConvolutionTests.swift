import Compute
import Foundations
import Testing

/// Convolution and its gradients equal their twins to the bit.
@Suite struct ConvolutionTests {
  @Test(arguments: 0..<8) func drawnSizes(round: Int) {
    var random = RandomStream(Philox(seed: 1), .sample, image: round)
    for _ in 0..<12 { ConvolutionCase.drawn(&random).compare(&random) }
  }

  /// Every split of the images into tiles of 8 (or 6), 4 and 1.
  @Test(arguments: 1...17) func imageCounts(images: Int) {
    var random = RandomStream(Philox(seed: 2), .sample, image: images)
    ConvolutionCase(images: images, inputChannels: 3, outputChannels: 48).compare(&random)
    ConvolutionCase(images: images, inputChannels: nil, kernelColumns: 4, outputChannels: 16).compare(&random)
  }

  @Test(arguments: [nil, 1, 3, 6, 16, 28, 32, 33, 64]) func channelCounts(inputChannels: Int?) {
    var random = RandomStream(Philox(seed: 3), .sample, image: inputChannels ?? 0)
    for outputChannels in [1, 3, 6, 16, 28, 32, 33, 64] {
      ConvolutionCase(
        images: 2, inputRows: 3, inputColumns: 4, inputChannels: inputChannels, kernelRows: 2,
        kernelColumns: 3,
        outputChannels: outputChannels, activation: .relu
      ).compare(&random)
    }
  }

  @Test(arguments: 1...7) func kernelsAndStrides(kernelRows: Int) {
    var random = RandomStream(Philox(seed: 4), .sample, image: kernelRows)
    for kernelColumns in 1...7 {
      for stride in 1...3 {
        let channels = [nil, 1, 3][(kernelRows + kernelColumns + stride) % 3]
        ConvolutionCase(
          images: 2, inputRows: kernelRows + 3, inputColumns: kernelColumns + 4, inputChannels: channels,
          kernelRows: kernelRows, kernelColumns: kernelColumns, stride: stride,
          padding: [(kernelRows - 1) / 2, kernelRows / 2, (kernelColumns - 1) / 2, kernelColumns / 2],
          outputChannels: 5
        ).compare(&random)
      }
    }
  }

  /// All positions of a kernel in one tile, with filters for whole and half tiles.
  @Test(arguments: [3, 5]) func kernelsOverTheImage(kernel: Int) {
    var random = RandomStream(Philox(seed: 7), .sample, image: kernel)
    for outputChannels in [6, 32, 48] {
      for stride in 1...2 {
        for values in Values.allCases {
          ConvolutionCase(
            images: 3, inputRows: 9, inputColumns: 21, inputChannels: nil, kernelRows: kernel,
            kernelColumns: kernel, stride: stride, padding: [1, 2, 1, 2], outputChannels: outputChannels,
            values: values
          ).compare(&random)
        }
      }
    }
  }

  /// Whole images and the map in front of the last convolutions, as in real networks.
  @Test func networkSizes() {
    var random = RandomStream(Philox(seed: 5), .sample)
    ConvolutionCase(images: 1, inputRows: 28, inputColumns: 28, inputChannels: nil, outputChannels: 32)
      .compare(&random)
    ConvolutionCase(
      images: 1, inputRows: 10, inputColumns: 10, inputChannels: 32, kernelRows: 5, kernelColumns: 5,
      stride: 2,
      padding: [1, 2, 1, 2], outputChannels: 32
    ).compare(&random)
    // A dense layer of 200 inputs and an output for each class.
    for classes in [10, 2, 26, 47, 62] {
      ConvolutionCase(
        images: 16, inputRows: 1, inputColumns: 1, inputChannels: 200, kernelRows: 1, kernelColumns: 1,
        outputChannels: classes
      ).compare(&random)
    }
  }

  /// A dense layer's weights, for every height of a tile and for columns that leave a narrow one.
  @Test(arguments: Values.allCases) func denseWeights(values: Values) {
    var random = RandomStream(Philox(seed: 8), .sample)
    for rows in Array(1...14) + [24, 49] {
      for (columns, images) in [(16, 1), (32, 17), (48, 33)] {
        let inputStride = imageStride(of: rows)
        let inputs = drawImages(
          values, &random, images: images, imageStride: inputStride, pixels: 1, pixelStride: rows,
          channels: rows, padding: 0)
        // Rows of the gradient that are longer than those of the weights.
        let outputGradient = drawImages(
          values, &random, images: images, imageStride: columns + 16, pixels: 1, pixelStride: columns,
          channels: columns, padding: 0)
        let weightGradient = [Float](repeating: canary, count: rows * columns)
        expectTwins(
          [inputs, outputGradient, weightGradient], "\(rows)×\(columns), \(images) images, \(values)"
        ) { kernels, operands in
          kernels.denseWeightGradient(
            DenseWeightGradient(
              rows: rows, columns: columns, images: images, inputs: operands[0], inputStride: inputStride,
              outputGradient: operands[1], outputStride: columns + 16, weightGradient: operands[2]))
        }
      }
    }
  }

  @Test(arguments: Values.allCases) func values(values: Values) {
    var random = RandomStream(Philox(seed: 6), .sample)
    for images in [1, 5, 16] {
      for activation in [Activation.linear, .relu] {
        ConvolutionCase(
          images: images, inputChannels: 3, outputChannels: 33, activation: activation, values: values
        )
        .compare(&random)
      }
    }
  }

  /// `x < 0 ? 0 : x` keeps NaN.
  @Test func rectifierKeepsNaN() {
    let shape = ConvolutionCase(
      images: 1, inputRows: 1, inputColumns: 1, inputChannels: 1, kernelRows: 1, kernelColumns: 1,
      outputChannels: 6
    ).shape
    let zeros = [Float](repeating: 0, count: 16)
    let bias: [Float] = [.nan, -.infinity, .infinity, -1, -.leastNonzeroMagnitude, 2] + zeros[6...]
    for kernels in comparedSets {
      let output = withBuffers(of: kernels) {
        let (input, weights, bias, result) = (buffer(zeros), buffer(zeros), buffer(bias), buffer(zeros))
        kernels.convolutionForward(
          ConvolutionForward(
            shape: shape, images: 1, input: input.pointer, weights: weights.pointer, bias: bias.pointer,
            output: result.pointer, activation: .relu))
        return result.array
      }
      #expect(output[0].isNaN, "\(kernels.name)")
      #expect(output[1...] == [0, .infinity, 0, 0, 2] + zeros[6...], "\(kernels.name)")
    }
  }
}
