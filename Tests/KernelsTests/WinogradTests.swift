import Compute
import Foundations
import KernelShapes
import Testing

/// Winograd's convolution equals its twin to the bit, and the direct one as well as float32 lets it.
@Suite struct WinogradTests {
  @Test(arguments: 0..<8) func drawnSizes(round: Int) {
    var random = RandomStream(Philox(seed: 60), .sample, image: round)
    for _ in 0..<4 {
      var drawn = WinogradCase()
      drawn.images = 1 + random.below(5)
      drawn.rows = 4 + random.below(12)
      drawn.columns = 4 + random.below(12)
      drawn.inputChannels = [1, 3, 16, 28, 33][random.below(5)]
      drawn.outputChannels = [1, 6, 16, 33, 48][random.below(5)]
      drawn.padding = [[0, 0, 0, 0], [1, 1, 1, 1], [0, 2, 1, 0]][random.below(3)]
      drawn.pooled = random.below(2) == 0
      drawn.rectified = random.below(2) == 0
      drawn.groupImages = 1 + random.below(4)
      drawn.values = Values.allCases[random.below(Values.allCases.count)]
      drawn.compare(&random)
    }
  }

  /// As in the named networks.
  @Test(arguments: [(13, 32, 64, true), (12, 32, 64, false), (10, 64, 64, false)])
  func networkSizes(side: Int, inputChannels: Int, outputChannels: Int, pooled: Bool) {
    var random = RandomStream(Philox(seed: 61), .sample, image: side)
    WinogradCase(
      images: 2, rows: side, columns: side, inputChannels: inputChannels, outputChannels: outputChannels,
      pooled: pooled, rectified: pooled, groupImages: 2
    ).compare(&random)
  }

  /// A NaN or an infinity anywhere in a window reaches the output.
  @Test func notFinite() {
    var random = RandomStream(Philox(seed: 62), .sample)
    for pooled in [false, true] {
      WinogradCase(images: 3, pooled: pooled, rectified: true, values: .notFinite).compare(&random)
    }
  }

  /// The transforms' rounding: Winograd's results are near the direct ones, relative to the largest.
  @Test(arguments: [[0, 0, 0, 0], [1, 1, 1, 1]]) func nearTheDirectWay(padding: [Int]) throws {
    var random = RandomStream(Philox(seed: 63), .sample)
    let size = WinogradCase(
      images: 4, rows: 13, columns: 11, inputChannels: 32, outputChannels: 64, padding: padding)
    let convolution = size.shape.convolution
    let frame = size.drawFrame(&random)
    let weights = draw(.ordinary, &random, 9 * 32 * 64)
    let bias = draw(.ordinary, &random, 64)
    let gradient = draw(.ordinary, &random, size.images * convolution.outputImageStride)
    let kernels = try #require(InstructionSet.available.first)
    var (output, directOutput) = (gradient, gradient)
    var (weightGradient, directWeights) = (weights, weights)
    var inputs = [Float](repeating: 0, count: size.images * convolution.gradientImageStride)
    var directInputs = inputs
    var transposed = [Float](repeating: 0, count: 9 * 64 * 32)
    kernels.transposeWeights(convolution, 32, weights, &transposed)
    kernels.convolutionForward(convolution, size.images, frame, weights, bias, &directOutput, false)
    kernels.convolutionWeightGradient(convolution, size.images, frame, gradient, &directWeights, false)
    kernels.convolutionInputGradient(convolution, size.images, 32, gradient, transposed, &directInputs)
    size.forward(kernels, frame, weights, bias, &output, nil)
    size.backward(kernels, frame, gradient, nil, transposed, &weightGradient, &inputs)
    for (name, mine, direct, bound) in [
      ("output", output, directOutput, Float(1e-5)), ("weights", weightGradient, directWeights, 3e-5),
      ("inputs", inputs, directInputs, 3e-5),
    ] {
      let largest = direct.reduce(0) { max($0, $1.magnitude) }
      let error = zip(mine, direct).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
      #expect(error < bound * largest, "\(name): \(error / largest)")
      #expect(error > 0, "\(name): as if it were the direct way")
    }
  }
}

/// A convolution of a certain size, for Winograd's way and its twin.
struct WinogradCase: CustomStringConvertible {
  var images = 2
  var rows = 8
  var columns = 9
  var inputChannels = 16
  var outputChannels = 16
  /// Zeros above, below, left and right of the input.
  var padding = [0, 0, 0, 0]
  var pooled = false
  var rectified = false
  var groupImages = 2
  var values = Values.ordinary

  private var frameRows: Int { rows + padding[0] + padding[1] }
  private var frameColumns: Int { columns + padding[2] + padding[3] }

  var shape: WinogradShape {
    let (input, output) = (paddedTo16(inputChannels), paddedTo16(outputChannels))
    let (outputRows, outputColumns) = (frameRows - 2, frameColumns - 2)
    let convolution = ConvolutionShape(
      frameColumns: frameColumns, inputChannels: inputChannels, inputPixelStride: input,
      inputImageStride: imageStride(of: frameRows * frameColumns * input), kernelRows: 3, kernelColumns: 3,
      stride: 1, outputRows: outputRows, outputColumns: outputColumns, outputChannels: outputChannels,
      outputPixelStride: output, outputImageStride: imageStride(of: outputRows * outputColumns * output),
      paddingTop: padding[0], paddingLeft: padding[2], inputRows: rows, inputColumns: columns,
      gradientImageStride: imageStride(of: rows * columns * input))
    let (mapRows, mapColumns) =
      pooled ? (outputRows / 2, outputColumns / 2) : (outputRows, outputColumns)
    let (tileRows, tileColumns) =
      pooled ? ((mapRows + 1) / 2, (mapColumns + 1) / 2) : ((mapRows + 3) / 4, (mapColumns + 3) / 4)
    let tiles = groupImages * tileRows * tileColumns
    return WinogradShape(
      convolution: convolution, frameRows: frameRows, pooled: pooled, mapRows: mapRows,
      mapColumns: mapColumns, mapImageStride: imageStride(of: mapRows * mapColumns * output),
      tileRows: tileRows, tileColumns: tileColumns, groupImages: groupImages, inputPlane: tiles * input + 16,
      outputPlane: tiles * output + 16, weightPlane: inputChannels * output + 16,
      transposedPlane: outputChannels * input + 16)
  }

  var description: String {
    "\(images) images of \(rows)×\(columns)×\(inputChannels), padding \(padding), \(outputChannels) filters, pooled \(pooled), rectified \(rectified), groups of \(groupImages), \(values)"
  }

  /// Images in their frames of zeros; NaNs in the channels' padding.
  func drawFrame(_ random: inout RandomStream) -> [Float] {
    let convolution = shape.convolution
    let pixel = convolution.inputPixelStride
    var frame = drawImages(
      values, &random, images: images, imageStride: convolution.inputImageStride,
      pixels: frameRows * frameColumns, pixelStride: pixel, channels: inputChannels, padding: canary)
    for index in 0..<images * frameRows * frameColumns {
      let (image, place) = index.quotientAndRemainder(dividingBy: frameRows * frameColumns)
      let (row, column) = place.quotientAndRemainder(dividingBy: frameColumns)
      if (padding[0]..<padding[0] + rows).contains(row), (padding[2]..<padding[2] + columns).contains(column)
      {
        continue
      }
      for channel in 0..<inputChannels {
        frame[image * convolution.inputImageStride + place * pixel + channel] = 0
      }
    }
    return frame
  }

  /// Memory for a call; what it holds is nobody's concern.
  private var scratch: AlignedBuffer {
    let shape = shape
    let buffer = AlignedBuffer(
      count: 36 * (shape.inputPlane + shape.outputPlane + shape.weightPlane) + 2 * 36 * 16)
    buffer.assign([Float](repeating: canary, count: buffer.count))
    return buffer
  }

  func forward(
    _ kernels: InstructionSet, _ frame: Floats, _ weights: Floats, _ bias: Floats, _ output: MutableFloats,
    _ positions: MutableFloats?
  ) {
    let (shape, scratch) = (shape, scratch)
    let transformed = AlignedBuffer(count: 36 * shape.weightPlane)
    kernels.winogradWeights(
      inputChannels, shape.convolution.outputPixelStride, weights, shape.weightPlane, transformed.pointer,
      scratch.pointer)
    kernels.winogradForward(
      shape, images, frame, transformed.pointer, bias, scratch.pointer, output, bytes(positions), rectified)
  }

  func backward(
    _ kernels: InstructionSet, _ frame: Floats, _ gradient: Floats, _ positions: MutableFloats?,
    _ transposed: Floats, _ weightGradient: MutableFloats, _ inputGradient: MutableFloats?
  ) {
    let (shape, scratch) = (shape, scratch)
    let transformed = AlignedBuffer(count: 36 * shape.transposedPlane)
    kernels.winogradWeights(
      outputChannels, shape.convolution.inputPixelStride, transposed, shape.transposedPlane,
      transformed.pointer, scratch.pointer)
    kernels.winogradBackward(
      shape, images, frame, gradient, bytes(positions).map { UnsafePointer($0) }, transformed.pointer,
      scratch.pointer, weightGradient, inputGradient)
  }

  private func bytes(_ positions: MutableFloats?) -> UnsafeMutablePointer<UInt8>? {
    positions.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt8.self) }
  }

  /// Runs forward and backward on drawn operands beside the twin.
  func compare(_ random: inout RandomStream) {
    let shape = shape
    let output = shape.convolution.outputPixelStride
    let weights = drawImages(
      values, &random, images: 1, imageStride: 9 * inputChannels * output, pixels: 9 * inputChannels,
      pixelStride: output, channels: outputChannels, padding: 0)
    let transposed = drawImages(
      values, &random, images: 1, imageStride: 9 * outputChannels * shape.convolution.inputPixelStride,
      pixels: 9 * outputChannels, pixelStride: shape.convolution.inputPixelStride, channels: inputChannels,
      padding: 0)
    let bias = drawImages(
      values, &random, images: 1, imageStride: output, pixels: 1, pixelStride: output,
      channels: outputChannels, padding: 0)
    let elements = shape.mapRows * shape.mapColumns
    let gradient = drawImages(
      values, &random, images: images, imageStride: shape.mapImageStride, pixels: elements,
      pixelStride: output, channels: outputChannels, padding: 0)
    func canaries(_ count: Int) -> [Float] { [Float](repeating: canary, count: count) }
    let operands = [
      drawFrame(&random), weights, transposed, bias, gradient, canaries(images * shape.mapImageStride),
      canaries(images * elements * output / 4), canaries(9 * inputChannels * output),
      canaries(images * shape.convolution.gradientImageStride),
    ]
    expectTwins(operands, "\(self)") { kernels, operands in
      let positions = pooled ? operands[6] : nil
      forward(kernels, operands[0], operands[1], operands[3], operands[5], positions)
      backward(
        kernels, operands[0], operands[4], positions, operands[2], operands[7], operands[8])
    }
    expectTwins(operands, "without the inputs' gradient, \(self)") { kernels, operands in
      let positions = pooled ? operands[6] : nil
      forward(kernels, operands[0], operands[1], operands[3], operands[5], positions)
      backward(kernels, operands[0], operands[4], positions, operands[2], operands[7], nil)
    }
  }
}
