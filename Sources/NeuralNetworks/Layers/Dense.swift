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
  public func fitted(to input: MapShape, number: Int) throws(KitError) -> any FittedLayer {
    FittedDense(layer: self, input: input)
  }
}

private struct FittedDense: FittedLayer {
  let input: MapShape
  let output: MapShape
  let parameters: [ParameterShape]
  private let arithmetic: ConvolutionArithmetic

  init(layer: Dense, input: MapShape) {
    precondition(input.pixels == 1, "Network flattens maps before a dense layer")
    self.input = input
    output = MapShape(rows: 1, columns: 1, channels: layer.units)
    let shape = ConvolutionShape(
      frameColumns: 1, inputChannels: input.channels, inputPixelStride: input.pixelStride,
      inputImageStride: input.imageStride, kernelRows: 1, kernelColumns: 1, stride: 1,
      outputRows: 1, outputColumns: 1, outputChannels: layer.units, outputPixelStride: output.pixelStride,
      outputImageStride: output.imageStride, paddingTop: 0, paddingLeft: 0, inputRows: 1, inputColumns: 1,
      gradientImageStride: input.imageStride)
    arithmetic = ConvolutionArithmetic(
      shape: shape, gradientPixelStride: input.pixelStride, rectified: layer.activation == .relu)
    parameters = ConvolutionArithmetic.parameters(
      shape: [input.channels, layer.units], window: 1)
  }

  var multiplyAdds: Int { input.channels * output.channels }
  var preparedCount: Int { arithmetic.transposedCount }
  func workspaceCount(training: Bool) -> Int { output.pixelStride }

  func prepare(_ weights: LayerWeights, _ kernels: InstructionSet, training: Bool) {
    if training { arithmetic.transpose(weights, kernels) }
  }

  func forward(_ pass: ShardPass) { arithmetic.forward(pass, input: pass.input) }

  func backward(_ pass: ShardPass) { arithmetic.backward(pass, input: pass.input, pixels: 1) }
}
