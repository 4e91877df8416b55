import Compute
import Foundations
import KernelShapes

/// A fully connected layer with bias: every output is a weighted sum of all inputs.
///
/// Input `[image][feature]` (a map is flattened first, row by row, channels innermost), weights
/// `[feature][unit]`, output `[image][unit]`. Notation `128N`: 128 units with ReLU; `128Nl` linear.
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

  /// It takes one row of features.
  public var takesFeatures: Bool { true }

  /// The layer for inputs of a shape.
  public func shaped(for input: MapShape) throws(KitError) -> any ShapedLayer {
    ShapedDense(layer: self, input: input)
  }
}

extension Dense {
  static let token = Token(
    example: "128N", meaning: "dense layer of 128 units, ReLU; l linear"
  ) { (scanner) throws(KitError) in
    guard scanner.rest.contains("N"), let units = try scanner.number("units", 1...65536), scanner.take("N")
    else { return nil }
    return Dense(units: units, activation: scanner.take("l") ? .linear : .relu)
  }
}

/// To the kernels a convolution of a 1×1 map with a 1×1 kernel.
private struct ShapedDense: ShapedLayer {
  let input: MapShape
  let output: MapShape
  let memory: LayerMemory
  private let activation: Activation
  private let shape: ConvolutionShape
  /// The weights in strips of units, as the forward kernel reads them.
  private let strips: Region
  /// The transposed weights in strips of inputs, as the input gradient's kernel reads them.
  private let transposed: Region
  /// Inputs whose weights are derived in one piece.
  private static let pieceInputs = 512

  init(layer: Dense, input: MapShape) {
    precondition(input.pixels == 1, "ShapedNetwork flattens maps before a dense layer")
    self.input = input
    output = MapShape(rows: 1, columns: 1, channels: layer.units)
    activation = layer.activation
    shape = ConvolutionShape(
      frameColumns: 1, inputChannels: input.channels, inputPixelStride: input.pixelStride,
      inputImageStride: input.imageStride, kernelRows: 1, kernelColumns: 1, stride: 1,
      outputRows: 1, outputColumns: 1, outputChannels: output.channels, outputPixelStride: output.pixelStride,
      outputImageStride: output.imageStride, paddingTop: 0, paddingLeft: 0, inputRows: 1, inputColumns: 1,
      gradientImageStride: input.imageStride)
    var memory = LayerMemory()
    strips = memory.region(input.channels * output.pixelStride, .derived)
    transposed = memory.region(output.channels * input.pixelStride, .derived, onlyInTraining: true)
    self.memory = memory
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
  /// Floats of the weights, padding included; the bias follows them.
  private var weightCount: Int { input.channels * output.pixelStride }

  var derivations: Int { (input.channels + Self.pieceInputs - 1) / Self.pieceInputs }

  func derive(_ pass: WeightsPass, piece: Int) {
    let first = piece * Self.pieceInputs
    let inputs = min(Self.pieceInputs, input.channels - first)
    pass.kernels.stripWeights(
      StripWeights(
        rows: input.channels, columns: output.pixelStride, firstRow: first, rowCount: inputs,
        weights: pass.parameters, strips: pass.memory[strips]))
    if !pass.isTraining { return }
    // Strips of inputs are whole in a piece, and a piece's come after those of the pieces before.
    pass.kernels.transposeWeights(
      TransposeWeights(
        layout: .strips, kernelRows: 1, kernelColumns: 1, inputChannels: inputs,
        outputChannels: output.channels, weightStride: output.pixelStride,
        transposedStride: min(Self.pieceInputs, input.pixelStride - first),
        weights: pass.parameters + first * output.pixelStride,
        transposed: pass.memory[transposed] + first * output.channels))
  }

  func forward(_ pass: ShardPass) {
    pass.kernels.convolutionForward(
      ConvolutionForward(
        shape: shape, images: pass.images, input: pass.input, weights: pass.memory[strips],
        bias: pass.parameters + weightCount, output: pass.output, activation: activation))
  }

  func backward(_ pass: ShardPass, _ gradients: ShardGradients) {
    pass.kernels.activationGradient(
      ActivationGradient(
        extent: output.extent(images: pass.images), output: pass.output, gradient: gradients.output,
        biasGradient: gradients.parameters, activation: activation))
    if let inputGradient = gradients.input {
      pass.kernels.convolutionInputGradient(
        ConvolutionInputGradient(
          shape: shape, images: pass.images, outputGradient: gradients.output, layout: .strips,
          transposed: pass.memory[transposed], inputGradient: inputGradient))
    }
  }

  /// The weights' gradient; the bias's is each shard's.
  var batchGradient: BatchGradient? {
    // A multiple of the heights of all tiles, and about 6,000 weights.
    let rowsTogether = max(1, 6144 / (24 * output.pixelStride)) * 24
    return BatchGradient(
      rows: input.channels, rowCount: output.pixelStride, rowsTogether: rowsTogether
    ) { [input, output] pass in
      pass.kernels.denseWeightGradient(
        DenseWeightGradient(
          rows: pass.rows.count, columns: output.pixelStride, images: pass.images,
          inputs: pass.inputs + pass.rows.lowerBound, inputStride: input.imageStride,
          outputGradient: pass.outputGradients, outputStride: output.imageStride,
          weightGradient: pass.gradient))
    }
  }
}
