import Compute
import Foundations
import KernelShapes

/// A fully connected layer with bias: every output is a weighted sum of all inputs.
///
/// Input `[image][feature]` (a map is flattened first, row by row, channels innermost), weights `[feature][unit]`,
/// output `[image][unit]`. Notation `128N`: 128 units with ReLU; `128Nl` linear.
public struct Dense: Layer, Equatable {
  /// Units, the output's channels.
  public let units: Int
  /// What is done to the sums.
  public let activation: Activation

  /// A layer of `units` units.
  public init(units: Int, activation: Activation = .relu) {
    self.units = units
    self.activation = activation
  }

  /// The layer in the notation of `Network`.
  public var notation: String { "\(units)N\(activation == .linear ? "l" : "")" }

  /// The layer for inputs of a shape, at its place in the network.
  public func shaped(for input: MapShape, number: Int) throws(KitError) -> any ShapedLayer {
    ShapedDense(layer: self, input: input)
  }
}

/// To the kernels a convolution of a 1×1 map with a 1×1 kernel.
private struct ShapedDense: BatchGradientLayer {
  let input: MapShape
  let output: MapShape
  private let activation: Activation
  private let shape: ConvolutionShape
  /// The inputs whose weights are prepared in one piece.
  private static let pieceInputs = 512

  init(layer: Dense, input: MapShape) {
    precondition(input.pixels == 1, "Network flattens maps before a dense layer")
    self.input = input
    output = MapShape(rows: 1, columns: 1, channels: layer.units)
    activation = layer.activation
    shape = ConvolutionShape(
      frameColumns: 1, inputChannels: input.channels, inputPixelStride: input.pixelStride,
      inputImageStride: input.imageStride, kernelRows: 1, kernelColumns: 1, stride: 1,
      outputRows: 1, outputColumns: 1, outputChannels: output.channels, outputPixelStride: output.pixelStride,
      outputImageStride: output.imageStride, paddingTop: 0, paddingLeft: 0, inputRows: 1, inputColumns: 1,
      gradientImageStride: input.imageStride)
  }

  var parameters: [ParameterShape] {
    [
      ParameterShape(
        name: "weight", shape: [input.channels, output.channels],
        initializer: .weights(fanIn: input.channels, fanOut: output.channels)),
      ParameterShape(name: "bias", shape: [output.channels], initializer: .zeros),
    ]
  }

  var multiplyAdds: Int { input.channels * output.channels }
  /// The weights in strips; for the backward pass those of the transposed ones.
  func preparedCount(training: Bool) -> Int {
    batchGradientCount + (training ? output.channels * input.pixelStride : 0)
  }

  var preparationPieces: Int { (input.channels + Self.pieceInputs - 1) / Self.pieceInputs }

  func prepare(_ weights: LayerWeights, _ kernels: InstructionSet, training: Bool, piece: Int) {
    let first = piece * Self.pieceInputs
    let inputs = min(Self.pieceInputs, input.channels - first)
    kernels.stripWeights(
      StripWeights(
        rows: input.channels, columns: output.pixelStride, firstRow: first, rowCount: inputs,
        weights: weights.parameters, strips: weights.prepared))
    if !training { return }
    // Strips of inputs are whole in a piece, and a piece's come after those of the pieces before.
    kernels.transposeWeights(
      TransposeWeights(
        layout: .strips, kernelRows: 1, kernelColumns: 1, inputChannels: inputs,
        outputChannels: output.channels, weightStride: output.pixelStride,
        transposedStride: min(Self.pieceInputs, input.pixelStride - first),
        weights: weights.parameters + first * output.pixelStride,
        transposed: weights.prepared + batchGradientCount + first * output.channels))
  }

  func forward(_ pass: ShardPass) {
    pass.kernels.convolutionForward(
      ConvolutionForward(
        shape: shape, images: pass.images, input: pass.input, weights: pass.weights.prepared,
        bias: pass.weights.parameters + batchGradientCount, output: pass.output, activation: activation))
  }

  func backward(_ pass: ShardPass) {
    pass.kernels.activationGradient(
      ActivationGradient(
        extent: MapExtent(
          images: pass.images, pixels: 1, channels: output.pixelStride, imageStride: output.imageStride),
        output: pass.output, gradient: pass.outputGradient, biasGradient: pass.parameterGradient,
        activation: activation))
    if let inputGradient = pass.inputGradient {
      pass.kernels.convolutionInputGradient(
        ConvolutionInputGradient(
          shape: shape, images: pass.images, outputGradient: pass.outputGradient,
          transposed: pass.weights.prepared + batchGradientCount, inputGradient: inputGradient))
    }
  }

  var batchGradientCount: Int { input.channels * output.pixelStride }
  var batchGradientRow: Int { output.pixelStride }
  /// A multiple of the heights of all tiles, and about 6,000 weights.
  var batchGradientRows: Int { max(1, 6144 / (24 * output.pixelStride)) * 24 }

  func batchGradient(
    rows: Range<Int>, images: Int, inputs: UnsafePointer<Float>, outputGradients: UnsafePointer<Float>,
    _ kernels: InstructionSet, _ gradient: UnsafeMutablePointer<Float>
  ) {
    kernels.denseWeightGradient(
      DenseWeightGradient(
        rows: rows.count, columns: output.pixelStride, images: images, inputs: inputs + rows.lowerBound,
        inputStride: input.imageStride, outputGradient: outputGradients, outputStride: output.imageStride,
        weightGradient: gradient))
  }
}
