import Compute
import Foundations
import Testing

/// A convolution of a certain size, for the twins.
struct ConvolutionCase: CustomStringConvertible {
  var images = 3
  var inputRows = 5
  var inputColumns = 6
  /// Channels of the input; nil for the image itself, which has one without padding.
  var inputChannels: Int? = 6
  var kernelRows = 3
  var kernelColumns = 3
  var stride = 1
  /// Zeros above, below, left and right of the input.
  var padding = [0, 0, 0, 0]
  var outputChannels = 16
  var activation = Activation.linear
  var values = Values.ordinary

  /// Drawn sizes, of which the work stays small enough for a plain loop.
  static func drawn(_ random: inout RandomStream) -> ConvolutionCase {
    while true {
      var drawn = ConvolutionCase()
      drawn.images = 1 + random.below(17)
      drawn.inputChannels = [nil, 1, 3, 6, 16, 28, 32, 33, 64][random.below(9)]
      drawn.kernelRows = 1 + random.below(7)
      drawn.kernelColumns = 1 + random.below(7)
      drawn.stride = 1 + random.below(3)
      drawn.inputRows = drawn.kernelRows + random.below(6)
      drawn.inputColumns = drawn.kernelColumns + random.below(6)
      if random.below(2) == 0 {
        drawn.padding = [
          random.below(drawn.kernelRows), random.below(drawn.kernelRows), random.below(drawn.kernelColumns),
          random.below(drawn.kernelColumns),
        ]
      }
      drawn.outputChannels = [1, 3, 6, 16, 28, 32, 33, 64][random.below(8)]
      drawn.activation = random.below(2) == 0 ? .relu : .linear
      drawn.values = Values.allCases[random.below(Values.allCases.count)]
      if drawn.work <= 400_000 { return drawn }
    }
  }

  private var pixelStride: Int { inputChannels.map { paddedTo16($0) } ?? 1 }
  private var frameRows: Int { inputRows + padding[0] + padding[1] }
  private var frameColumns: Int { inputColumns + padding[2] + padding[3] }
  private var outputRows: Int { (frameRows - kernelRows) / stride + 1 }
  private var outputColumns: Int { (frameColumns - kernelColumns) / stride + 1 }
  private var outputPixelStride: Int { paddedTo16(outputChannels) }
  private var window: Int { kernelRows * kernelColumns * (inputChannels ?? 1) }
  private var work: Int { images * outputRows * outputColumns * window * outputPixelStride }

  var shape: ConvolutionShape {
    ConvolutionShape(
      frameColumns: frameColumns, inputChannels: inputChannels ?? 1, inputPixelStride: pixelStride,
      inputImageStride: imageStride(of: frameRows * frameColumns * pixelStride), kernelRows: kernelRows,
      kernelColumns: kernelColumns, stride: stride, outputRows: outputRows, outputColumns: outputColumns,
      outputChannels: outputChannels, outputPixelStride: outputPixelStride,
      outputImageStride: imageStride(of: outputRows * outputColumns * outputPixelStride),
      paddingTop: padding[0], paddingLeft: padding[2], inputRows: inputRows, inputColumns: inputColumns,
      gradientImageStride: imageStride(of: inputRows * inputColumns * pixelStride))
  }

  var description: String {
    "\(images) images of \(inputRows)×\(inputColumns)×\(inputChannels.map { "\($0)" } ?? "grey"), kernel \(kernelRows)×\(kernelColumns), stride \(stride), padding \(padding), \(outputChannels) filters, \(values)"
  }

  /// The tiles that the gradient to the weights may have.
  private var weightGradientTiles: [WeightGradientTiles] {
    guard pixelStride == 1 else { return pixelStride == 16 ? [.channels, .lines] : [.channels] }
    return hasTaps ? [.channels, .taps] : [.channels]
  }
  private var hasTaps: Bool {
    inputChannels == nil && kernelRows == kernelColumns && (kernelRows == 3 || kernelRows == 5)
  }

  /// The orders of transposed weights that the gradient to the input may take.
  private var transposedLayouts: [TransposedLayout] {
    let channels = inputChannels ?? 16
    return channels <= 8 && stride == 1 && kernelColumns > 1 ? [.strips, .pairs] : [.strips]
  }

  /// Runs the kernels on drawn operands beside their twins.
  ///
  /// What the contract keeps out of a chain (the channels' padding of the values) is a NaN here; what is computed
  /// and thrown away (a padded filter) has zeros, as in a network.
  func compare(_ random: inout RandomStream) {
    let shape = shape
    var frame = drawImages(
      values, &random, images: images, imageStride: shape.inputImageStride, pixels: frameRows * frameColumns,
      pixelStride: pixelStride, channels: shape.inputChannels, padding: canary)
    clearFrame(&frame)
    let weights = drawImages(
      values, &random, images: 1, imageStride: window * outputPixelStride, pixels: window,
      pixelStride: outputPixelStride, channels: outputChannels, padding: 0)
    let bias = drawImages(
      values, &random, images: 1, imageStride: outputPixelStride, pixels: 1, pixelStride: outputPixelStride,
      channels: outputChannels, padding: 0)
    let output = [Float](repeating: canary, count: images * shape.outputImageStride)
    expectTwins([frame, weights, bias, output], "forward \(self)") { kernels, operands in
      let strips = AlignedBuffer(count: window * outputPixelStride)
      // In two parts, as a dense layer's.
      for rows in [0..<window / 2, window / 2..<window] {
        kernels.stripWeights(
          StripWeights(
            rows: window, columns: outputPixelStride, firstRow: rows.lowerBound, rowCount: rows.count,
            weights: operands[1], strips: strips.pointer))
      }
      kernels.convolutionForward(
        ConvolutionForward(
          shape: shape, images: images, input: operands[0], weights: strips.pointer, bias: operands[2],
          output: operands[3], activation: activation))
    }

    if outputRows >= 2 && outputColumns >= 2 {
      for pooling in [PoolingMethod.maximum, .average] {
        comparePooled(&random, frame, weights, bias, pooling)
      }
    }

    let gradient = drawImages(
      values, &random, images: images, imageStride: shape.outputImageStride,
      pixels: outputRows * outputColumns,
      pixelStride: outputPixelStride, channels: outputChannels, padding: 0)
    let weightGradient = [Float](repeating: canary, count: window * outputPixelStride)
    for tiles in weightGradientTiles {
      expectTwins([frame, gradient, weightGradient], "gradient to the weights, \(tiles), \(self)") {
        kernels, operands in
        // In two parts, of which the second continues the chains.
        let part = images / 2
        kernels.convolutionWeightGradient(
          ConvolutionWeightGradient(
            shape: shape, images: part, input: operands[0], outputGradient: operands[1],
            weightGradient: operands[2], accumulation: .fromZero, tiles: tiles))
        kernels.convolutionWeightGradient(
          ConvolutionWeightGradient(
            shape: shape, images: images - part, input: operands[0] + part * shape.inputImageStride,
            outputGradient: operands[1] + part * shape.outputImageStride, weightGradient: operands[2],
            accumulation: .continuing, tiles: tiles))
      }
    }
    compareInputGradient(gradient, weights)
  }

  private func comparePooled(
    _ random: inout RandomStream, _ frame: [Float], _ weights: [Float], _ bias: [Float],
    _ pooling: PoolingMethod
  ) {
    let shape = shape
    let (rows, columns) = (outputRows / 2, outputColumns / 2)
    let mapImageStride = imageStride(of: rows * columns * outputPixelStride)
    let output = [Float](repeating: canary, count: images * mapImageStride)
    let positions = [Float](repeating: canary, count: images * rows * columns * outputPixelStride / 4)
    expectTwins([frame, weights, bias, output, positions], "pooled forward \(self)") { kernels, operands in
      kernels.pooledConvolutionForward(
        PooledConvolutionForward(
          shape: shape, pooling: pooling, images: images, input: operands[0], weights: operands[1],
          bias: operands[2], map: operands[3], mapImageStride: mapImageStride,
          positions: bytes(operands[4]), activation: activation))
    }
    guard hasTaps else { return }
    let gradient = drawImages(
      values, &random, images: images, imageStride: mapImageStride, pixels: rows * columns,
      pixelStride: outputPixelStride, channels: outputChannels, padding: 0)
    let drawn = positions.map { _ in
      Float(
        bitPattern: (0..<4).reduce(0) { bits, _ in
          bits << 8 | UInt32(random.below(pooling == .average ? 16 : 4))
        })
    }
    let weightGradient = [Float](repeating: canary, count: window * outputPixelStride)
    expectTwins([frame, gradient, drawn, weightGradient], "pooled gradient to the weights \(self)") {
      kernels, operands in
      kernels.pooledConvolutionWeightGradient(
        PooledConvolutionWeightGradient(
          shape: shape, pooling: pooling, images: images, input: operands[0], mapGradient: operands[1],
          mapImageStride: mapImageStride, positions: bytes(operands[2]), weightGradient: operands[3]))
    }
  }

  private func bytes(_ floats: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(floats).assumingMemoryBound(to: UInt8.self)
  }

  private func compareInputGradient(_ outputGradient: [Float], _ weights: [Float]) {
    let shape = shape
    var gradient = outputGradient
    for pixel in 0..<images * outputRows * outputColumns {
      let (image, place) = pixel.quotientAndRemainder(dividingBy: outputRows * outputColumns)
      let start = image * shape.outputImageStride + place * outputPixelStride
      for channel in outputChannels..<outputPixelStride { gradient[start + channel] = canary }
    }
    // An offset more for pairs of columns, whose strips are the same for all; others' are each instruction set's own.
    let transposed = [Float](
      repeating: 0, count: kernelRows * (kernelColumns + 1) * outputChannels * pixelStride)
    for layout in [.rows] + transposedLayouts where layout != .strips {
      expectTwins([weights, transposed], "transposed weights in \(layout), \(self)") { kernels, operands in
        kernels.transposeWeights(transposition(layout, operands[0], operands[1]))
      }
    }
    let inputGradient = [Float](repeating: canary, count: images * shape.gradientImageStride)
    for layout in transposedLayouts {
      expectTwins([gradient, weights, inputGradient], "gradient to the input by \(layout), \(self)") {
        kernels, operands in
        let copy = AlignedBuffer(count: transposed.count)
        kernels.transposeWeights(transposition(layout, operands[1], copy.pointer))
        kernels.convolutionInputGradient(
          ConvolutionInputGradient(
            shape: shape, images: images, outputGradient: operands[0], layout: layout,
            transposed: copy.pointer, inputGradient: operands[2]))
      }
    }
  }

  /// Operands that transpose the convolution's weights.
  func transposition(
    _ layout: TransposedLayout, _ weights: Floats, _ transposed: MutableFloats
  ) -> TransposeWeights {
    TransposeWeights(
      layout: layout, kernelRows: kernelRows, kernelColumns: kernelColumns, inputChannels: inputChannels ?? 1,
      outputChannels: outputChannels, weightStride: outputPixelStride, transposedStride: pixelStride,
      weights: weights, transposed: transposed)
  }

  /// The padding around the input holds zeros, in all channels.
  private func clearFrame(_ frame: inout [Float]) {
    for image in 0..<images {
      for row in 0..<frameRows {
        for column in 0..<frameColumns {
          let isInput =
            row >= padding[0] && row < padding[0] + inputRows && column >= padding[2]
            && column < padding[2] + inputColumns
          if isInput { continue }
          let start = image * shape.inputImageStride + (row * frameColumns + column) * pixelStride
          for channel in 0..<shape.inputChannels { frame[start + channel] = 0 }
        }
      }
    }
  }
}
