import Compute
import Foundations
import KernelShapes

/// A two-dimensional convolution (as everywhere in the field, a cross-correlation) with bias.
///
/// Input `[image][row][column][channel]`, weights `[kernel row][kernel column][input channel][filter]`, output
/// `[image][row][column][filter]`. Notation `32C3`: 32 filters of 3×3 with ReLU; `32C3x5` 3 rows by 5 columns,
/// `S2` behind it a stride, `p` same padding, `l` linear: `32C5S2pl`.
public struct Convolution: Layer, Equatable {
  /// What happens at the border.
  public enum Padding: Sendable, Equatable {
    /// Windows lie within the input: (size - kernel) / stride + 1 of them, rounded down.
    case valid
    /// Zeros around the input, as TensorFlow puts them: size / stride windows, rounded up; an odd zero at the end.
    case same
  }

  /// Filters, the output's channels.
  public let filters: Int
  /// Rows of the kernel.
  public let kernelRows: Int
  /// Columns of the kernel.
  public let kernelColumns: Int
  /// The step between windows.
  public let stride: Int
  /// What happens at the border.
  public let padding: Padding
  /// What is done to the sums.
  public let activation: Activation

  /// A convolution with a kernel of `kernel` rows and as many columns unless `kernelColumns` says otherwise.
  public init(
    filters: Int, kernel: Int, kernelColumns: Int? = nil, stride: Int = 1, padding: Padding = .valid,
    activation: Activation = .relu
  ) {
    self.filters = filters
    self.kernelRows = kernel
    self.kernelColumns = kernelColumns ?? kernel
    self.stride = stride
    self.padding = padding
    self.activation = activation
  }

  /// The layer in the notation of `Network`.
  public var notation: String {
    let kernel = kernelRows == kernelColumns ? "\(kernelRows)" : "\(kernelRows)x\(kernelColumns)"
    let step = stride == 1 ? "" : "S\(stride)"
    return "\(filters)C\(kernel)\(step)\(padding == .same ? "p" : "")\(activation == .linear ? "l" : "")"
  }

  /// The layer for inputs of a shape, at its place in the network.
  public func fitted(to input: MapShape, number: Int) throws(KitError) -> any FittedLayer {
    let rows = extent(input.rows, kernelRows)
    let columns = extent(input.columns, kernelColumns)
    guard rows.output > 0, columns.output > 0 else {
      throw KitError(
        .usage, "a \(kernelRows)×\(kernelColumns) kernel does not fit into a map of \(input)")
    }
    return FittedConvolution(layer: self, input: input, rows: rows, columns: columns)
  }

  /// In one direction: windows, zeros before and zeros behind.
  fileprivate typealias Extent = (output: Int, before: Int, behind: Int)

  private func extent(_ size: Int, _ kernel: Int) -> Extent {
    guard padding == .same else {
      return size < kernel ? (0, 0, 0) : ((size - kernel) / stride + 1, 0, 0)
    }
    let output = (size + stride - 1) / stride
    let zeros = max((output - 1) * stride + kernel - size, 0)
    return (output, zeros / 2, zeros - zeros / 2)
  }
}

private struct FittedConvolution: FittedLayer {
  let input: MapShape
  let output: MapShape
  let parameters: [ParameterShape]
  let multiplyAdds: Int
  private let rectified: Bool
  private let framed: Bool
  private let frameRows: Int
  private let shape: ConvolutionShape

  init(layer: Convolution, input: MapShape, rows: Convolution.Extent, columns: Convolution.Extent) {
    self.input = input
    output = MapShape(rows: rows.output, columns: columns.output, channels: layer.filters)
    rectified = layer.activation == .relu
    framed = rows.before + rows.behind + columns.before + columns.behind > 0
    frameRows = input.rows + rows.before + rows.behind
    let frameColumns = input.columns + columns.before + columns.behind
    shape = ConvolutionShape(
      frameColumns: frameColumns, inputChannels: input.channels, inputPixelStride: input.pixelStride,
      inputImageStride: imageStride(of: frameRows * frameColumns * input.pixelStride),
      kernelRows: layer.kernelRows, kernelColumns: layer.kernelColumns, stride: layer.stride,
      outputRows: output.rows, outputColumns: output.columns, outputChannels: output.channels,
      outputPixelStride: output.pixelStride, outputImageStride: output.imageStride,
      paddingTop: rows.before, paddingLeft: columns.before, inputRows: input.rows,
      inputColumns: input.columns,
      gradientImageStride: input.imageStride)
    let window = layer.kernelRows * layer.kernelColumns
    parameters = ConvolutionArithmetic.parameters(
      shape: [layer.kernelRows, layer.kernelColumns, input.channels, layer.filters], window: window)
    multiplyAdds = output.pixels * window * input.channels * layer.filters
  }

  private var arithmetic: ConvolutionArithmetic {
    ConvolutionArithmetic(shape: shape, gradientPixelStride: input.pixelStride, rectified: rectified)
  }

  var preparedCount: Int { arithmetic.transposedCount }

  /// The frame of a padded convolution, whose border stays zero, behind a row of scratch.
  func workspaceCount(training: Bool) -> Int {
    output.pixelStride + (framed ? 16 * shape.inputImageStride : 0)
  }

  func prepare(_ weights: LayerWeights, _ kernels: InstructionSet, training: Bool) {
    if training { arithmetic.transpose(weights, kernels) }
  }

  func forward(_ pass: ShardPass) {
    if framed { fillFrame(pass) }
    arithmetic.forward(pass, input: frame(pass))
  }

  func backward(_ pass: ShardPass) {
    arithmetic.backward(pass, input: frame(pass), pixels: output.pixels)
  }

  private func frame(_ pass: ShardPass) -> UnsafeMutablePointer<Float> {
    framed ? pass.workspace + output.pixelStride : pass.input
  }

  private func fillFrame(_ pass: ShardPass) {
    let width = input.columns * input.pixelStride
    for image in 0..<pass.images {
      for row in 0..<input.rows {
        let line = (row + shape.paddingTop) * shape.frameColumns + shape.paddingLeft
        (frame(pass) + image * shape.inputImageStride + line * input.pixelStride)
          .update(from: pass.input + image * input.imageStride + row * width, count: width)
      }
    }
  }
}

/// The passes of a convolution over a frame, which a dense layer shares: there the map and the kernel are 1×1.
struct ConvolutionArithmetic {
  let shape: ConvolutionShape
  let gradientPixelStride: Int
  let rectified: Bool

  /// The weights and the bias; `window` counts the kernel's positions.
  static func parameters(shape: [Int], window: Int) -> [ParameterShape] {
    let inputs = shape[shape.count - 2]
    let outputs = shape[shape.count - 1]
    return [
      ParameterShape(
        name: "weight", shape: shape,
        initializer: .weights(fanIn: window * inputs, fanOut: window * outputs)),
      ParameterShape(name: "bias", shape: [outputs], initializer: .zeros),
    ]
  }

  private var weightCount: Int {
    shape.kernelRows * shape.kernelColumns * shape.inputChannels * shape.outputPixelStride
  }

  /// Floats of the transposed weights.
  var transposedCount: Int {
    shape.kernelRows * shape.kernelColumns * shape.outputChannels * gradientPixelStride
  }

  func transpose(_ weights: LayerWeights, _ kernels: InstructionSet) {
    kernels.transposeWeights(shape, gradientPixelStride, weights.parameters, weights.prepared)
  }

  func forward(_ pass: ShardPass, input: UnsafeMutablePointer<Float>) {
    let weights = pass.weights.parameters
    pass.kernels.convolutionForward(
      shape, pass.images, input, weights, weights + weightCount, pass.output, rectified)
  }

  func backward(_ pass: ShardPass, input: UnsafeMutablePointer<Float>, pixels: Int) {
    pass.kernels.activationGradient(
      pass.images, pixels, shape.outputPixelStride, shape.outputImageStride, pass.output, pass.outputGradient,
      pass.parameterGradient + weightCount, pass.workspace, rectified)
    pass.kernels.convolutionWeightGradient(
      shape, pass.images, input, pass.outputGradient, pass.parameterGradient)
    if let inputGradient = pass.inputGradient {
      pass.kernels.convolutionInputGradient(
        shape, pass.images, gradientPixelStride, pass.outputGradient, pass.weights.prepared, inputGradient)
    }
  }
}
