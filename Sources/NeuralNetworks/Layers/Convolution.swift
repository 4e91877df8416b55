import Compute
import Foundations
import KernelShapes

/// A two-dimensional convolution (as everywhere in the field, a cross-correlation) with bias.
///
/// Input `[image][row][column][channel]`, weights `[kernel row][kernel column][input channel][filter]`,
/// output `[image][row][column][filter]`. Notation `32C3`: 32 filters of 3×3 with ReLU; `32C3x5` 3 rows by 5
/// columns, `S2` after it a stride, `p` same padding, `l` linear: `32C5S2pl`.
public struct Convolution: Layer, Equatable {
  /// What happens at the border.
  public enum Padding: Sendable, Equatable {
    /// Windows lie within the input: (size - kernel) / stride + 1 of them, rounded down.
    case valid
    /// Zeros around the input, as TensorFlow puts them: size / stride windows, rounded up; an odd zero at the
    /// end.
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

  /// The kernel's.
  public var window: LayerWindow { LayerWindow(rows: kernelRows, columns: kernelColumns, stride: stride) }

  /// The layer for inputs of a shape.
  public func shaped(for input: MapShape) throws(KitError) -> any ShapedLayer {
    let rows = extent(input.rows, kernelRows)
    let columns = extent(input.columns, kernelColumns)
    guard rows.output > 0, columns.output > 0 else {
      throw KitError(
        .usage, "a \(kernelRows)×\(kernelColumns) kernel does not fit into a map of \(input)")
    }
    let geometry = ConvolutionGeometry(layer: self, input: input, rows: rows, columns: columns)
    return shapedConvolution(geometry, ConvolutionAlgorithm(geometry))
  }

  /// The zeros around an input: rows above and below, columns to the left and to the right.
  public func padding(of input: MapShape) -> (top: Int, bottom: Int, left: Int, right: Int) {
    let (rows, columns) = (extent(input.rows, kernelRows), extent(input.columns, kernelColumns))
    return (rows.before, rows.after, columns.before, columns.after)
  }

  /// In one direction: windows, zeros before and zeros after.
  typealias Extent = (output: Int, before: Int, after: Int)

  private func extent(_ size: Int, _ kernel: Int) -> Extent {
    guard padding == .same else {
      return size < kernel ? (0, 0, 0) : ((size - kernel) / stride + 1, 0, 0)
    }
    let output = (size + stride - 1) / stride
    let zeros = max((output - 1) * stride + kernel - size, 0)
    return (output, zeros / 2, zeros - zeros / 2)
  }
}

extension Convolution {
  static let token = Token(
    example: "32C3", meaning: "32 filters of 3×3, ReLU; S2 stride, p same padding, l linear"
  ) { (scanner) throws(KitError) in
    guard scanner.rest.contains("C"), let filters = try scanner.number("filters", 1...4096),
      scanner.take("C"),
      let rows = try scanner.number("the kernel's size", 1...28)
    else { return nil }
    var columns: Int?
    if scanner.take("x") {
      columns = try scanner.number("the kernel's size", 1...28)
      if columns == nil { return nil }
    }
    var stride = 1
    if scanner.take("S") {
      guard let number = try scanner.number("stride", 1...28) else { return nil }
      stride = number
    }
    let padding: Padding = scanner.take("p") ? .same : .valid
    return Convolution(
      filters: filters, kernel: rows, kernelColumns: columns, stride: stride, padding: padding,
      activation: scanner.take("l") ? .linear : .relu)
  }
}

/// A convolution that knows its shapes, whatever the algorithm.
protocol ShapedConvolution: ShapedLayer {
  var geometry: ConvolutionGeometry { get }
  /// How it is computed.
  var algorithm: ConvolutionAlgorithm { get }
}

extension ShapedConvolution {
  var input: MapShape { geometry.input }
  var output: MapShape { geometry.output }
  var parameters: [ParameterShape] { geometry.parameters }
  var multiplyAdds: Int { geometry.multiplyAdds }

  /// With a pooling, where one algorithm does both.
  func joined(with next: any ShapedLayer) -> (any ShapedLayer)? {
    guard geometry.pooling == nil, let pooling = next.pooling else { return nil }
    let pooled = geometry.pooled(by: pooling)
    return algorithm.joined(with: pooling, geometry: pooled).map { shapedConvolution(pooled, $0) }
  }
}

private func shapedConvolution(
  _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm
) -> any ShapedLayer {
  switch algorithm {
  case .winograd(let tiling): WinogradConvolution(geometry, tiling)
  case .direct(let kernels): DirectConvolution(geometry, kernels)
  }
}

/// The shapes of a convolution, with the pooling after it if one algorithm computes both.
struct ConvolutionGeometry: Sendable {
  let input: MapShape
  /// The convolution's own output.
  let sums: MapShape
  let shape: ConvolutionShape
  let activation: Activation
  /// The pooling of the sums.
  private(set) var pooling: Pooling?

  init(layer: Convolution, input: MapShape, rows: Convolution.Extent, columns: Convolution.Extent) {
    self.input = input
    sums = MapShape(rows: rows.output, columns: columns.output, channels: layer.filters)
    activation = layer.activation
    let frameRows = input.rows + rows.before + rows.after
    let frameColumns = input.columns + columns.before + columns.after
    shape = ConvolutionShape(
      frameColumns: frameColumns, inputChannels: input.channels, inputPixelStride: input.pixelStride,
      inputImageStride: imageStride(of: frameRows * frameColumns * input.pixelStride),
      kernelRows: layer.kernelRows, kernelColumns: layer.kernelColumns, stride: layer.stride,
      outputRows: sums.rows, outputColumns: sums.columns, outputChannels: sums.channels,
      outputPixelStride: sums.pixelStride, outputImageStride: sums.imageStride,
      paddingTop: rows.before, paddingLeft: columns.before, inputRows: input.rows,
      inputColumns: input.columns, gradientImageStride: input.imageStride)
    isFramed = frameRows > input.rows || frameColumns > input.columns
  }

  /// Whether `same` padding puts zeros around the input.
  let isFramed: Bool

  /// The same with a pooling after it.
  func pooled(by pooling: Pooling) -> ConvolutionGeometry {
    var result = self
    result.pooling = pooling
    return result
  }

  /// What is written: the sums, or what the pooling makes of them.
  var output: MapShape { pooling.map { sums.pooled($0.shape) } ?? sums }

  private var window: Int { shape.kernelRows * shape.kernelColumns }
  var multiplyAdds: Int { sums.pixels * window * input.channels * sums.channels }
  /// Floats of the weights, padding included; the bias follows them.
  var weightCount: Int { window * input.channels * sums.pixelStride }
  /// Bytes for an element of a shard's pooled map each: where the maximum was, or which of the averaged
  /// elements let a gradient pass. None without a pooling.
  var positionBytes: Int { pooling == nil ? 0 : shardSize * positionsOfImage }
  /// Bytes for an element of an image's pooled map each.
  var positionsOfImage: Int { output.pixels * output.pixelStride }

  /// The weights and the bias.
  var parameters: [ParameterShape] {
    [
      ParameterShape(
        name: "weight", shape: [shape.kernelRows, shape.kernelColumns, input.channels, sums.channels],
        initializer: .weights(fanIn: window * input.channels, fanOut: window * sums.channels)),
      ParameterShape(name: "bias", shape: [sums.channels], initializer: .zeros),
    ]
  }

  /// The gradient before the ReLU, in place, and the bias's.
  func activationGradient(_ pass: ShardPass, _ gradients: ShardGradients) {
    pass.kernels.activationGradient(
      ActivationGradient(
        extent: output.extent(images: pass.images), output: pass.output, gradient: gradients.output,
        biasGradient: gradients.parameters + weightCount, activation: activation))
  }
}
