import Compute
import Foundations
import KernelShapes

/// A layer as a paper writes it: a value without shapes or weights.
///
/// What it takes to add one: a file in `Layers/` with this value, its shaped counterpart and its token; its
/// kernels; a line in `Notation.swift`; and, for the tests, its definition in `Tests/NeuralNetworksTests/Layers` and a
/// network with it in `smallNetworks`.
public protocol Layer: Sendable {
  /// The layer in the notation of `Network`, such as `32C3`.
  var notation: String { get }
  /// Whether its input is one row of features, into which a map is flattened first.
  var takesFeatures: Bool { get }
  /// What of its input one of its outputs depends on, and how far apart the windows of neighbours are.
  var window: LayerWindow { get }
  /// The layer for inputs of a shape.
  ///
  /// - Throws: `usage` with what does not fit; the caller says where in the network.
  func shaped(for input: MapShape) throws(KitError) -> any ShapedLayer
}

extension Layer {
  /// It takes maps.
  public var takesFeatures: Bool { false }
  /// Each pixel on its own.
  public var window: LayerWindow { LayerWindow(rows: 1, columns: 1, stride: 1) }
}

/// What of a layer's input one of its outputs depends on.
public struct LayerWindow: Sendable, Equatable {
  /// Rows.
  public let rows: Int
  /// Columns.
  public let columns: Int
  /// Rows and columns between the windows of neighbouring outputs.
  public let stride: Int
}

/// One tensor of a layer's weights.
public struct ParameterShape: Sendable, Equatable {
  /// Its name within the layer: `weight`, `bias`, `gamma`, ….
  public let name: String
  /// Its shape as Keras has it. In memory the last dimension is padded to a multiple of 16 with zeros.
  public let shape: [Int]
  /// Its initial values.
  public let initializer: Initializer

  /// Rows in memory: the product of all dimensions but the last.
  public var rows: Int { shape.dropLast().reduce(1, *) }
  /// The last dimension.
  public var columns: Int { shape.last ?? 1 }
  /// Floats in memory, padding included.
  public var storedCount: Int { rows * paddedTo16(columns) }
  /// Numbers without the padding.
  public var count: Int { rows * columns }
}

/// A layer that knows its shapes, ready to compute. It holds no numbers: a pass says where they are.
///
/// Only shapes, `forward` and `backward` are required; everything else says "none" unless a layer declares
/// it.
public protocol ShapedLayer: Sendable {
  /// The input's shape.
  var input: MapShape { get }
  /// The output's shape.
  var output: MapShape { get }
  /// What the optimizer changes.
  var parameters: [ParameterShape] { get }
  /// What is kept with the weights but not trained: running statistics.
  var statistics: [ParameterShape] { get }
  /// Multiplications with addition for one image, forward.
  var multiplyAdds: Int { get }
  /// The memory that it needs beside weights and maps.
  var memory: LayerMemory { get }
  /// What it does to each channel where that is all it does, so that the layer after it may do it as it reads; nil for
  /// other layers.
  var channelNormalization: (@Sendable (ShardPass) -> ChannelNormalization)? { get }
  /// Whether it takes such a layer's input and does to it what that layer does: see `ShardPass.normalization`.
  var normalizesInput: Bool { get }
  /// Whether output and input are the same memory, and so are their gradients: `forward` overwrites the
  /// input, and `backward` the gradient of the output.
  var worksInPlace: Bool { get }
  /// Into how many pieces `derive` is cut, which threads share out.
  var derivations: Int { get }
  /// How parameters get their gradient from the whole batch at once, where shard by shard costs more.
  var batchGradient: BatchGradient? { get }
  /// What is computed over the whole batch in training before the shards continue.
  var batchStatistics: BatchStatistics? { get }
  /// The pooling that this layer is, for the layer before it, which may compute both at once.
  var pooling: Pooling? { get }
  /// This layer and the next as one that computes both faster and has this one's parameters; nil if there is
  /// none.
  func joined(with next: any ShapedLayer) -> (any ShapedLayer)?
  /// Writes the regions of lifetime `derived`: what `forward` and `backward` need of the weights in another
  /// form.
  ///
  /// Called after the weights change, once for each piece from 0 to `derivations - 1`, on any thread and in
  /// any order.
  func derive(_ pass: WeightsPass, piece: Int)
  /// Writes a shard's output from its input.
  func forward(_ pass: ShardPass)
  /// Writes the parameters' gradient, and the input's if it is wanted, from the output's.
  func backward(_ pass: ShardPass, _ gradients: ShardGradients)
}

extension ShapedLayer {
  /// None.
  public var parameters: [ParameterShape] { [] }
  /// None.
  public var statistics: [ParameterShape] { [] }
  /// None.
  public var multiplyAdds: Int { 0 }
  /// None.
  public var memory: LayerMemory { LayerMemory() }
  /// It does something else.
  public var channelNormalization: (@Sendable (ShardPass) -> ChannelNormalization)? { nil }
  /// It reads its input as it is.
  public var normalizesInput: Bool { false }
  /// The output has memory of its own.
  public var worksInPlace: Bool { false }
  /// Nothing is derived.
  public var derivations: Int { 0 }
  /// Each shard computes the gradient of all parameters.
  public var batchGradient: BatchGradient? { nil }
  /// Every image is computed on its own.
  public var batchStatistics: BatchStatistics? { nil }
  /// It is not a pooling.
  public var pooling: Pooling? { nil }
  /// None.
  public func joined(with next: any ShapedLayer) -> (any ShapedLayer)? { nil }
  /// Nothing is derived.
  public func derive(_ pass: WeightsPass, piece: Int) {}
  /// Floats of all parameters, padding included.
  var parameterCount: Int { parameters.reduce(0) { $0 + $1.storedCount } }
}

extension [any ShapedLayer] {
  /// Whether a layer computes nothing forward, since the next one does it as it reads. The layer's output is then its
  /// input, whose place it shares.
  func isNormalizedByNext(_ index: Int) -> Bool {
    index + 1 < count && self[index].channelNormalization != nil && self[index + 1].normalizesInput
  }
}

/// The gradient of a layer's first parameters, summed over the whole batch row by row instead of over each
/// shard.
///
/// Each sum is read and written once a batch then. Where a layer has many more parameters than a shard of 16
/// images has products for, that saves most of the time.
public struct BatchGradient: Sendable {
  /// Where the batch's numbers are. Images are `ShapedLayer.input.imageStride` and `output.imageStride`
  /// floats apart.
  public struct Pass {
    /// The kernels of the instruction set in use.
    public let kernels: any InstructionSet
    /// Images of the batch.
    public let images: Int
    /// The rows that are wanted.
    public let rows: Range<Int>
    /// The layer's inputs.
    public let inputs: UnsafePointer<Float>
    /// The gradients of its outputs, before the activation.
    public let outputGradients: UnsafePointer<Float>
    /// Where the gradient is written: `rows.count` · `rowCount` floats.
    public let gradient: UnsafeMutablePointer<Float>
  }

  /// Rows of parameters that are summed so, from the layer's first parameter on.
  public let rows: Int
  /// Floats of a row.
  public let rowCount: Int
  /// Rows that are computed together.
  public let rowsTogether: Int
  /// Computes some rows.
  public let compute: @Sendable (Pass) -> Void

  /// Floats of the parameters that are summed so.
  var count: Int { rows * rowCount }
}

/// What a layer computes over the whole batch in training: each shard gathers its part, one thread merges the
/// parts, and then the shards continue.
public struct BatchStatistics: Sendable {
  /// Gathers a shard's part of what `forward` needs, from the input.
  public let gather: @Sendable (ShardPass) -> Void
  /// Merges the parts.
  public let merge: @Sendable (BatchPass) -> Void
  /// Gathers a shard's part of what `backward` needs, from the gradient of the output, and writes the
  /// parameters' gradient.
  public let gatherGradient: @Sendable (ShardPass, ShardGradients) -> Void
  /// Merges the parts.
  public let mergeGradient: @Sendable (BatchPass) -> Void
}
