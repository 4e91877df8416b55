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
  private let isRectified: Bool
  private let shape: ConvolutionShape
  /// The inputs whose weights are prepared in one piece.
  private static let pieceInputs = 512

  init(layer: Dense, input: MapShape) {
    precondition(input.pixels == 1, "Network flattens maps before a dense layer")
    self.input = input
    output = MapShape(rows: 1, columns: 1, channels: layer.units)
    isRectified = layer.activation == .relu
    shape = Self.shape(input, inputs: input.channels, output)
  }

  /// The product of a number of the inputs.
  private static func shape(_ input: MapShape, inputs: Int, _ output: MapShape) -> ConvolutionShape {
    ConvolutionShape(
      frameColumns: 1, inputChannels: inputs, inputPixelStride: input.pixelStride,
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
      input.channels, output.pixelStride, first, inputs, weights.parameters, weights.prepared)
    if !training { return }
    // Strips of inputs are whole in a piece, and a piece's stand behind those of the pieces before.
    kernels.transposeWeights(
      Self.shape(input, inputs: inputs, output), min(Self.pieceInputs, input.pixelStride - first),
      weights.parameters + first * output.pixelStride,
      weights.prepared + batchGradientCount + first * output.channels, true)
  }

  func forward(_ pass: ShardPass) {
    pass.kernels.convolutionForward(
      shape, pass.images, pass.input, pass.weights.prepared, pass.weights.parameters + batchGradientCount,
      pass.output, isRectified)
  }

  func backward(_ pass: ShardPass) {
    pass.kernels.activationGradient(
      pass.images, 1, output.pixelStride, output.imageStride, pass.output, pass.outputGradient,
      pass.parameterGradient, isRectified)
    if let inputGradient = pass.inputGradient {
      pass.kernels.convolutionInputGradient(
        shape, pass.images, input.pixelStride, pass.outputGradient,
        pass.weights.prepared + batchGradientCount, inputGradient)
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
      rows.count, images, output.pixelStride, inputs + rows.lowerBound, input.imageStride, outputGradients,
      output.imageStride, gradient)
  }
}
