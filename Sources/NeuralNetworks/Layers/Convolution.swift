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
  public func shaped(for input: MapShape, number: Int) throws(KitError) -> any ShapedLayer {
    let rows = extent(input.rows, kernelRows)
    let columns = extent(input.columns, kernelColumns)
    guard rows.output > 0, columns.output > 0 else {
      throw KitError(
        .usage, "a \(kernelRows)×\(kernelColumns) kernel does not fit into a map of \(input)")
    }
    return ConvolutionGeometry(layer: self, input: input, rows: rows, columns: columns).shaped
  }

  /// In one direction: windows, zeros before and zeros behind.
  typealias Extent = (output: Int, before: Int, behind: Int)

  private func extent(_ size: Int, _ kernel: Int) -> Extent {
    guard padding == .same else {
      return size < kernel ? (0, 0, 0) : ((size - kernel) / stride + 1, 0, 0)
    }
    let output = (size + stride - 1) / stride
    let zeros = max((output - 1) * stride + kernel - size, 0)
    return (output, zeros / 2, zeros - zeros / 2)
  }
}

/// What a convolution's ways of computing have in common: its shapes and its input's frame.
struct ConvolutionGeometry: Sendable {
  let input: MapShape
  /// The convolution's own output.
  let sums: MapShape
  /// What is written: the sums, or what a pooling makes of them.
  private(set) var output: MapShape
  let shape: ConvolutionShape
  let isFramed: Bool
  let activation: Activation
  /// The pooling behind it, over the sums.
  private(set) var pooling: PoolingShape?
  /// Whether that is an average, of 2×2.
  private(set) var averages = false

  init(layer: Convolution, input: MapShape, rows: Convolution.Extent, columns: Convolution.Extent) {
    self.input = input
    sums = MapShape(rows: rows.output, columns: columns.output, channels: layer.filters)
    output = sums
    activation = layer.activation
    isFramed = rows.before + rows.behind + columns.before + columns.behind > 0
    let frameRows = input.rows + rows.before + rows.behind
    let frameColumns = input.columns + columns.before + columns.behind
    shape = ConvolutionShape(
      frameColumns: frameColumns, inputChannels: input.channels, inputPixelStride: input.pixelStride,
      inputImageStride: imageStride(of: frameRows * frameColumns * input.pixelStride),
      kernelRows: layer.kernelRows, kernelColumns: layer.kernelColumns, stride: layer.stride,
      outputRows: sums.rows, outputColumns: sums.columns, outputChannels: sums.channels,
      outputPixelStride: sums.pixelStride, outputImageStride: sums.imageStride,
      paddingTop: rows.before, paddingLeft: columns.before, inputRows: input.rows,
      inputColumns: input.columns, gradientImageStride: input.imageStride)
  }

  /// The same with a pooling behind it.
  func pooled(by pooling: PoolingShape, averages: Bool = false) -> ConvolutionGeometry {
    var result = self
    result.output = sums.resized(rows: pooling.outputRows, columns: pooling.outputColumns)
    result.pooling = pooling
    result.averages = averages
    return result
  }

  /// The layer, computed in the way that does less.
  var shaped: any ShapedLayer {
    if let winograd = WinogradConvolution(self) { return winograd }
    return DirectConvolution(self)
  }

  private var window: Int { shape.kernelRows * shape.kernelColumns }
  var multiplyAdds: Int { sums.pixels * window * input.channels * sums.channels }
  /// Floats of the weights, padding included.
  var weightCount: Int { window * input.channels * sums.pixelStride }
  /// Floats of the transposed weights.
  var transposedCount: Int {
    let columns = shape.kernelColumns + (shape.pairsColumns ? 1 : 0)
    return shape.kernelRows * columns * sums.channels * input.pixelStride
  }

  /// The weights and the bias.
  var parameters: [ParameterShape] {
    [
      ParameterShape(
        name: "weight", shape: [shape.kernelRows, shape.kernelColumns, input.channels, sums.channels],
        initializer: .weights(fanIn: window * input.channels, fanOut: window * sums.channels)),
      ParameterShape(name: "bias", shape: [sums.channels], initializer: .zeros),
    ]
  }

  /// Floats that hold a shard's input in its frame, unless it has none.
  var frameCount: Int { isFramed ? Backpropagation.shardSize * shape.inputImageStride : 0 }
  /// Floats that hold where each maximum of a shard's pooling stood, or which elements of an average let a gradient pass.
  var positionCount: Int { pooling == nil ? 0 : Backpropagation.shardSize * positionsOfImage / 4 }
  /// Bytes of an image's positions.
  var positionsOfImage: Int { output.pixels * output.pixelStride }

  /// The input in its frame, whose border is zero from the start.
  func frame(_ pass: ShardPass) -> UnsafeMutablePointer<Float> { isFramed ? pass.workspace : pass.input }

  /// Where each maximum stood, nil without a pooling; at `start`.
  func positions(_ start: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<UInt8>? {
    pooling == nil ? nil : UnsafeMutableRawPointer(start).assumingMemoryBound(to: UInt8.self)
  }

  func fillFrame(_ pass: ShardPass) {
    if !isFramed { return }
    let width = input.columns * input.pixelStride
    for image in 0..<pass.images {
      for row in 0..<input.rows {
        let line = (row + shape.paddingTop) * shape.frameColumns + shape.paddingLeft
        (frame(pass) + image * shape.inputImageStride + line * input.pixelStride)
          .update(from: pass.input + image * input.imageStride + row * width, count: width)
      }
    }
  }

  /// The gradient before the ReLU, in place, and the bias's.
  func activationGradient(_ pass: ShardPass) {
    let biasGradient = pass.parameterGradient + weightCount
    let extent = MapExtent(
      images: pass.images, pixels: output.pixels, channels: output.pixelStride,
      imageStride: output.imageStride)
    if averages, let passing = positions(pass.workspace + frameCount) {
      pass.kernels.averagedActivationGradient(
        AveragedActivationGradient(
          extent: extent, passing: passing, gradient: pass.outputGradient, biasGradient: biasGradient))
    } else {
      pass.kernels.activationGradient(
        ActivationGradient(
          extent: extent, output: pass.output, gradient: pass.outputGradient, biasGradient: biasGradient,
          activation: activation))
    }
  }
}
