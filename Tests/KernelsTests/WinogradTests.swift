import Compute
import Foundations
import Testing

/// Winograd's convolution equals its twin to the bit, and the direct one as well as float32 lets it.
@Suite struct WinogradTests {
  @Test(arguments: 0..<8) func drawnSizes(round: Int) {
    var random = RandomStream(Philox(seed: 60), .sample, image: round)
    for _ in 0..<4 {
      var drawn = WinogradCase()
      drawn.images = 1 + random.below(5)
      drawn.rows = 5 + random.below(12)
      drawn.columns = 5 + random.below(12)
      drawn.inputChannels = [1, 3, 16, 28, 33][random.below(5)]
      drawn.outputChannels = [1, 6, 16, 33, 48][random.below(5)]
      drawn.padding = [[0, 0, 0, 0], [1, 1, 1, 1], [0, 2, 1, 0]][random.below(3)]
      if random.below(3) == 0 {
        drawn.stride = 2
        drawn.kernel = 5 + random.below(2)
        drawn.rows += 4
        drawn.columns += 4
        drawn.inputChannels = 16
      }
      drawn.isPooled = random.below(2) == 0
      drawn.activation = random.below(2) == 0 ? .relu : .linear
      drawn.groupImages = 1 + random.below(4)
      let tiles = WinogradTile.allCases.filter { drawn.stride == 1 || $0.taps == 3 }
      drawn.tile = tiles[random.below(tiles.count)]
      if drawn.stride == 1 { drawn.kernel = drawn.tile.taps }
      drawn.isNormalized = random.below(2) == 0
      drawn.values = Values.allCases[random.below(Values.allCases.count)]
      drawn.compare(&random)
    }
  }

  /// As in the named networks.
  @Test(arguments: [
    WinogradCase(
      rows: 13, columns: 13, inputChannels: 32, outputChannels: 64, isPooled: true, activation: .relu,
      tile: .f53),
    WinogradCase(rows: 12, columns: 12, inputChannels: 32, outputChannels: 64, tile: .f53),
    WinogradCase(rows: 10, columns: 10, inputChannels: 64, outputChannels: 64, isNormalized: true),
    WinogradCase(rows: 7, columns: 7, inputChannels: 96, outputChannels: 112),
    WinogradCase(
      rows: 24, columns: 24, inputChannels: 32, outputChannels: 32, kernel: 5, stride: 2,
      padding: [1, 2, 1, 2]),
    WinogradCase(
      rows: 8, columns: 8, inputChannels: 64, outputChannels: 96, activation: .relu, tile: .f63,
      isNormalized: true),
    WinogradCase(
      rows: 24, columns: 24, inputChannels: 32, outputChannels: 32, kernel: 5, stride: 2,
      padding: [1, 2, 1, 2], tile: .f63),
    WinogradCase(
      rows: 12, columns: 12, inputChannels: 32, outputChannels: 64, kernel: 5, isPooled: true,
      activation: .relu, tile: .f45),
  ])
  func networkSizes(size: WinogradCase) {
    var random = RandomStream(Philox(seed: 61), .sample, image: size.rows)
    size.compare(&random)
  }

  /// A NaN or an infinity anywhere in a window reaches the output.
  @Test(arguments: WinogradTile.allCases) func notFinite(tile: WinogradTile) {
    var random = RandomStream(Philox(seed: 62), .sample)
    for isPooled in [false, true] {
      WinogradCase(
        images: 3, kernel: tile.taps, isPooled: isPooled, activation: .relu, values: .notFinite, tile: tile
      ).compare(&random)
    }
  }

  /// Padding, kernel, stride and tile.
  private static let nearCases: [([Int], Int, Int, WinogradTile)] = [
    ([0, 0, 0, 0], 3, 1, .f43), ([1, 1, 1, 1], 3, 1, .f53), ([1, 2, 1, 2], 5, 2, .f43),
    ([2, 2, 2, 1], 6, 2, .f53), ([0, 1, 1, 0], 3, 1, .f63), ([1, 2, 1, 2], 5, 2, .f63),
    ([0, 0, 0, 0], 5, 1, .f45), ([2, 2, 2, 2], 5, 1, .f45),
  ]

  /// The transforms' rounding: Winograd's results are near the direct ones, relative to the largest.
  @Test(arguments: nearCases)
  func nearTheDirectWay(padding: [Int], kernel: Int, stride: Int, tile: WinogradTile) throws {
    var random = RandomStream(Philox(seed: 63), .sample)
    let size = WinogradCase(
      images: 4, rows: 13, columns: 11, inputChannels: 32, outputChannels: 64, kernel: kernel,
      stride: stride, padding: padding, tile: tile)
    let directCase = ConvolutionCase(
      images: 4, inputRows: 13, inputColumns: 11, inputChannels: 32, kernelRows: kernel,
      kernelColumns: kernel, stride: stride, padding: padding, outputChannels: 64)
    let direct = directCase.shape
    let input = size.drawInput(&random)
    let weights = draw(.ordinary, &random, kernel * kernel * 32 * 64)
    let phased = phased(weights, kernel, stride, tile)
    let bias = draw(.ordinary, &random, 64)
    let gradient = draw(.ordinary, &random, size.images * direct.outputImageStride)
    let kernels = try #require(InstructionSets.available.first)
    let rows = kernel * kernel * 32
    let zeros = [Float](repeating: 0, count: input.count)
    let (inputs, biases, gradients) = (buffer(input), buffer(bias), buffer(gradient))
    let (frame, directWeights) = (
      buffer(framed(input, direct, images: size.images, padding)), buffer(weights)
    )
    let (phasedWeights, phasedTransposed) = (buffer(phased), buffer(size.transposed(phased)))
    let (strips, transposed) = (buffer(weights), buffer(weights))
    // Winograd's results, and the direct ones.
    let (outputs, weightGradients, inputGradients) = (buffer(gradient), buffer(phased), buffer(zeros))
    let (directOutputs, directWeightGradients) = (buffer(gradient), buffer(weights))
    let directInputGradients = buffer(zeros)
    kernels.stripWeights(
      StripWeights(
        rows: rows, columns: 64, firstRow: 0, rowCount: rows, weights: directWeights.pointer,
        strips: strips.pointer))
    kernels.transposeWeights(
      directCase.transposition(.strips, directWeights.pointer, transposed.pointer))
    kernels.convolutionForward(
      ConvolutionForward(
        shape: direct, images: size.images, input: frame.pointer, weights: strips.pointer,
        bias: biases.pointer, output: directOutputs.pointer, activation: .linear))
    kernels.convolutionWeightGradient(
      ConvolutionWeightGradient(
        shape: direct, images: size.images, input: frame.pointer, outputGradient: gradients.pointer,
        weightGradient: directWeightGradients.pointer, accumulation: .fromZero, tiles: .channels))
    kernels.convolutionInputGradient(
      ConvolutionInputGradient(
        shape: direct, images: size.images, outputGradient: gradients.pointer, layout: .strips,
        transposed: transposed.pointer, inputGradient: directInputGradients.pointer))
    size.forward(
      kernels, inputs.pointer, phasedWeights.pointer, biases.pointer, outputs.pointer, nil)
    size.backward(
      kernels, inputs.pointer, gradients.pointer, nil, phasedTransposed.pointer, weightGradients.pointer,
      inputGradients.pointer)
    // What the kernel has no position for is no weight.
    let weightGradient = unphased(weightGradients.array, kernel, stride, tile)
    for (name, mine, direct, bound) in [
      // Eight products round most: 1.2e-5 was seen.
      ("output", outputs.array, directOutputs.array, Float(tile.side == 8 ? 2e-5 : 1e-5)),
      ("weights", weightGradient, directWeightGradients.array, 3e-5),
      ("inputs", inputGradients.array, directInputGradients.array, 3e-5),
    ] {
      let largest = direct.reduce(0) { max($0, $1.magnitude) }
      let error = zip(mine, direct).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
      #expect(error < bound * largest, "\(name): \(error / largest)")
      #expect(error > 0, "\(name): as if it were the direct way")
    }
  }
}

/// Weights by phases: `[tap][tap][phase][32][64]` from `[kernel][kernel][32][64]`, zeros where the kernel has no position.
private func phased(_ weights: [Float], _ kernel: Int, _ stride: Int, _ tile: WinogradTile) -> [Float] {
  phasePositions(kernel, stride, tile.taps).flatMap { position in
    position.map { Array(weights[$0 * 2048..<($0 + 1) * 2048]) } ?? [Float](repeating: 0, count: 2048)
  }
}

/// The way back.
private func unphased(_ phased: [Float], _ kernel: Int, _ stride: Int, _ tile: WinogradTile) -> [Float] {
  var weights = [Float](repeating: 0, count: kernel * kernel * 2048)
  for (block, position) in phasePositions(kernel, stride, tile.taps).enumerated() {
    guard let position else { continue }
    for index in 0..<2048 { weights[position * 2048 + index] = phased[block * 2048 + index] }
  }
  return weights
}

/// The kernel's position of each of the weights by phases, nil where it has none.
private func phasePositions(_ kernel: Int, _ stride: Int, _ taps: Int) -> [Int?] {
  (0..<taps * taps).flatMap { position in
    (0..<stride * stride).map { phase in
      let row = stride * (position / taps) + phase / stride
      let column = stride * (position % taps) + phase % stride
      return row < kernel && column < kernel ? row * kernel + column : nil
    }
  }
}

/// Images of 32 channels in a frame of zeros.
private func framed(_ input: [Float], _ shape: ConvolutionShape, images: Int, _ padding: [Int]) -> [Float] {
  let frameRows = shape.inputRows + padding[0] + padding[1]
  var frame = [Float](repeating: 0, count: images * shape.inputImageStride)
  for image in 0..<images {
    for row in 0..<shape.inputRows {
      for index in 0..<shape.inputColumns * 32 {
        let line = (row + padding[0]) * shape.frameColumns + padding[2]
        frame[image * shape.inputImageStride + line * 32 + index] =
          input[image * shape.gradientImageStride + row * shape.inputColumns * 32 + index]
      }
    }
  }
  precondition(frameRows * shape.frameColumns * 32 <= shape.inputImageStride)
  return frame
}

/// A convolution of a certain size, for Winograd's way and its twin: with stride 2, 3×3 weights for each of four phases.
struct WinogradCase: CustomStringConvertible, Sendable {
  var images = 2
  var rows = 8
  var columns = 9
  var inputChannels = 16
  var outputChannels = 16
  /// The tile's taps with stride 1, 5 or 6 with stride 2.
  var kernel = 3
  var stride = 1
  /// Zeros above, below, left and right of the input.
  var padding = [0, 0, 0, 0]
  var isPooled = false
  var activation = Activation.linear
  var groupImages = 2
  var values = Values.ordinary
  var tile = WinogradTile.f43
  /// Whether the input is normalized first.
  var isNormalized = false

  private var planes: Int { tile.planes }
  private var depth: Int { stride * stride * inputChannels }

  var shape: WinogradShape {
    let (input, output) = (paddedTo16(inputChannels), paddedTo16(outputChannels))
    let (frameRows, frameColumns) = (rows + padding[0] + padding[1], columns + padding[2] + padding[3])
    let (outputRows, outputColumns) = (
      (frameRows - kernel) / stride + 1, (frameColumns - kernel) / stride + 1
    )
    let (mapRows, mapColumns) =
      isPooled ? (outputRows / 2, outputColumns / 2) : (outputRows, outputColumns)
    func tilesOver(_ extent: Int) -> Int {
      ((isPooled ? 2 : 1) * extent + tile.outputs - 1) / tile.outputs
    }
    let (tileRows, tileColumns) = (tilesOver(mapRows), tilesOver(mapColumns))
    let tiles = groupImages * tileRows * tileColumns
    let inputRow = stride * stride * input
    return WinogradShape(
      stride: stride, paddingTop: padding[0], paddingLeft: padding[2], inputRows: rows, inputColumns: columns,
      inputPixelStride: input, inputImageStride: imageStride(of: rows * columns * input),
      outputChannels: outputChannels, outputPixelStride: output, isPooled: isPooled, mapRows: mapRows,
      mapColumns: mapColumns, mapImageStride: imageStride(of: mapRows * mapColumns * output),
      tile: tile, tileRows: tileRows, tileColumns: tileColumns, depth: depth, inputRow: inputRow,
      groupImages: groupImages,
      inputPlane: tiles * inputRow + 16, outputPlane: tiles * output + 16, weightPlane: depth * output + 16,
      transposedPlane: outputChannels * inputRow + 16)
  }

  var description: String {
    "\(images) images of \(rows)×\(columns)×\(inputChannels), kernel \(kernel), stride \(stride), padding \(padding), \(outputChannels) filters, pooled \(isPooled), \(activation), groups of \(groupImages), tiles of \(tile), normalized \(isNormalized), \(values)"
  }

  /// Images with NaNs in the channels' padding.
  func drawInput(_ random: inout RandomStream) -> [Float] {
    drawImages(
      values, &random, images: images, imageStride: shape.inputImageStride,
      pixels: rows * columns, pixelStride: paddedTo16(inputChannels), channels: inputChannels, padding: canary
    )
  }

  /// Weights by phases, transposed: `[tap][tap][output channel][phase][input channel]`.
  func transposed(_ weights: [Float]) -> [Float] {
    let output = paddedTo16(outputChannels)
    let inputRow = shape.inputRow
    return (0..<tile.weights * outputChannels * inputRow).map { index in
      let (position, rest) = index.quotientAndRemainder(dividingBy: outputChannels * inputRow)
      let (channel, input) = rest.quotientAndRemainder(dividingBy: inputRow)
      return input < depth ? weights[(position * depth + input) * output + channel] : 0
    }
  }

  /// Calls `body` with memory to work in, which holds canaries; what it holds afterwards is nobody's concern.
  private func withScratch(_ body: (WinogradScratch) -> Void) {
    let shape = shape
    let pixels = isPooled ? shape.tileRows * shape.tileColumns * tile.outputs * tile.outputs : 0
    let counts = [
      planes * shape.inputPlane, planes * shape.outputPlane, planes * 16, planes * 16,
      pixels * shape.outputPixelStride, planes * shape.weightPlane,
    ]
    let buffers = counts.map { buffer([Float](repeating: canary, count: $0)) }
    let parts = buffers.map(\.pointer)
    withExtendedLifetime(buffers) {
      body(
        WinogradScratch(
          inputs: parts[0], outputs: parts[1], square: parts[2], between: parts[3], map: parts[4],
          weightGradient: parts[5]))
    }
  }

  func forward(
    _ kernels: any InstructionSet, _ input: Floats, _ weights: Floats, _ bias: Floats,
    _ output: MutableFloats, _ positions: MutableFloats?, normalization: Floats? = nil
  ) {
    let shape = shape
    let transformed = AlignedBuffer(count: planes * shape.weightPlane)
    withScratch { scratch in
      kernels.winogradWeights(
        WinogradWeights(
          tile: tile, rows: depth, columns: shape.outputPixelStride, weights: weights,
          transformed: transformed.pointer, plane: shape.weightPlane, scratch: scratch.square))
      kernels.winogradForward(
        WinogradForward(
          shape: shape, images: images, input: input, normalization: channels(normalization),
          weights: transformed.pointer, bias: bias, scratch: scratch, map: output,
          positions: bytes(positions), activation: activation, isTraining: values == .ordinary))
    }
  }

  func backward(
    _ kernels: any InstructionSet, _ input: Floats, _ gradient: Floats, _ positions: MutableFloats?,
    _ transposed: Floats, _ weightGradient: MutableFloats, _ inputGradient: MutableFloats?,
    normalization: Floats? = nil
  ) {
    let shape = shape
    let transformed = AlignedBuffer(count: planes * shape.transposedPlane)
    withScratch { scratch in
      kernels.winogradWeights(
        WinogradWeights(
          tile: tile, rows: outputChannels, columns: shape.inputRow, weights: transposed,
          transformed: transformed.pointer, plane: shape.transposedPlane, scratch: scratch.square))
      kernels.winogradBackward(
        WinogradBackward(
          shape: shape, images: images, input: input, normalization: channels(normalization),
          mapGradient: gradient,
          positions: bytes(positions).map { UnsafePointer($0) }, transposed: transformed.pointer,
          scratch: scratch, weightGradient: weightGradient, inputGradient: inputGradient))
    }
  }

  /// Three rows of a number for each channel.
  private func channels(_ rows: Floats?) -> ChannelNormalization? {
    rows.map {
      let count = paddedTo16(inputChannels)
      return ChannelNormalization(mean: $0, scale: $0 + count, shift: $0 + 2 * count)
    }
  }

  private func bytes(_ positions: MutableFloats?) -> UnsafeMutablePointer<UInt8>? {
    positions.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt8.self) }
  }

  /// Runs forward and backward on drawn operands beside the twin.
  func compare(_ random: inout RandomStream) {
    let shape = shape
    let output = shape.outputPixelStride
    let weights = drawImages(
      values, &random, images: 1, imageStride: tile.weights * depth * output,
      pixels: tile.weights * depth, pixelStride: output,
      channels: outputChannels, padding: 0)
    let transposed = drawImages(
      values, &random, images: 1, imageStride: tile.weights * outputChannels * shape.inputRow,
      pixels: tile.weights * outputChannels, pixelStride: shape.inputRow, channels: depth, padding: 0)
    let bias = drawImages(
      values, &random, images: 1, imageStride: output, pixels: 1, pixelStride: output,
      channels: outputChannels, padding: 0)
    let elements = shape.mapRows * shape.mapColumns
    let gradient = drawImages(
      values, &random, images: images, imageStride: shape.mapImageStride, pixels: elements,
      pixelStride: output, channels: outputChannels, padding: 0)
    func canaries(_ count: Int) -> [Float] { [Float](repeating: canary, count: count) }
    let operands = [
      drawInput(&random), weights, transposed, bias, gradient, canaries(images * shape.mapImageStride),
      canaries(images * elements * output / 4), canaries(tile.weights * depth * output),
      canaries(images * shape.inputImageStride), draw(values, &random, 3 * paddedTo16(inputChannels)),
    ]
    for hasInputGradient in [true, false] {
      expectTwins(operands, "the inputs' gradient \(hasInputGradient), \(self)") { kernels, operands in
        let positions = isPooled ? operands[6] : nil
        let normalization = isNormalized ? operands[9] : nil
        forward(
          kernels, operands[0], operands[1], operands[3], operands[5], positions, normalization: normalization
        )
        backward(
          kernels, operands[0], operands[4], positions, operands[2], operands[7],
          hasInputGradient ? operands[8] : nil, normalization: normalization)
      }
    }
  }
}
