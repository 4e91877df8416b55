import Compute
import Foundations

/// A layer as a paper writes it: a value without shapes or weights.
public protocol Layer: Sendable {
  /// The layer in the notation of `Network`, such as `32C3`.
  var notation: String { get }
  /// The layer for inputs of a shape, at its place in the network as written, from 0; throws what does not fit, without
  /// saying where.
  func fitted(to input: MapShape, number: Int) throws(KitError) -> any FittedLayer
}

/// What is done to a layer's sums.
public enum Activation: Sendable, Equatable {
  /// Nothing.
  case linear
  /// `x < 0 ? 0 : x`, so that NaN stays NaN.
  case relu
}

/// One tensor of a layer's weights.
public struct ParameterShape: Sendable, Equatable {
  /// Its name within the layer: `weight`, `bias`, `gamma`, ….
  public let name: String
  /// Its shape as Keras has it. In memory the last dimension is padded to a multiple of 16 with zeros.
  public let shape: [Int]
  /// How it starts.
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

/// A layer that knows its shapes, ready to compute. It holds no numbers: those are in the `ShardPass`.
public protocol FittedLayer: Sendable {
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
  /// Floats derived from the weights before each step, see `prepare`.
  var preparedCount: Int { get }
  /// Floats a shard keeps from its forward to its backward pass, or needs meanwhile; zeros at first.
  func workspaceCount(training: Bool) -> Int
  /// Derives what the passes need from the weights, once a step.
  func prepare(_ weights: LayerWeights, _ kernels: InstructionSet, training: Bool)
  /// Output from input.
  func forward(_ pass: ShardPass)
  /// Parameter gradients, and the input's gradient if wanted, from the output's.
  func backward(_ pass: ShardPass)
}

extension FittedLayer {
  /// None.
  public var parameters: [ParameterShape] { [] }
  /// None.
  public var statistics: [ParameterShape] { [] }
  /// None.
  public var multiplyAdds: Int { 0 }
  /// None.
  public var preparedCount: Int { 0 }
  /// None.
  public func workspaceCount(training: Bool) -> Int { 0 }
  /// Nothing to derive.
  public func prepare(_ weights: LayerWeights, _ kernels: InstructionSet, training: Bool) {}
}

/// A layer whose training needs numbers from the whole batch: each shard gives its part, the parts are merged in a
/// fixed tree, then the shards go on.
public protocol BatchwideLayer: FittedLayer {
  /// Floats that the shards share.
  var sharedCount: Int { get }
  /// The shard's part of what `forward` needs.
  func gather(_ pass: ShardPass)
  /// Merges the shards' parts. Called by one thread.
  func merge(_ passes: [ShardPass])
  /// The shard's part of what `backward` needs.
  func gatherGradient(_ pass: ShardPass)
  /// Merges the shards' parts. Called by one thread.
  func mergeGradient(_ passes: [ShardPass])
}

/// Where a layer's numbers stand, whatever the shard.
public struct LayerWeights {
  /// The layer's parameters, one tensor behind the other.
  public let parameters: UnsafeMutablePointer<Float>
  /// The layer's statistics, likewise.
  public let statistics: UnsafeMutablePointer<Float>
  /// What `prepare` derived.
  public let prepared: UnsafeMutablePointer<Float>
}

/// What a layer is given to compute one shard: up to 16 images of a batch.
public struct ShardPass {
  /// The kernels of the instruction set in use.
  public let kernels: InstructionSet
  /// How many images the shard has.
  public let images: Int
  /// Whether dropout drops and batch normalisation takes the batch's statistics.
  public let training: Bool
  /// The layer's weights.
  public let weights: LayerWeights
  /// `[image][row][column][channel]`, as the layer's input shape says.
  public let input: UnsafeMutablePointer<Float>
  /// Likewise for the output.
  public let output: UnsafeMutablePointer<Float>
  /// The layer's own memory for this shard.
  public let workspace: UnsafeMutablePointer<Float>
  /// The layer's memory for the batch.
  public let shared: UnsafeMutablePointer<Float>
  /// The shard's gradient of the parameters, laid out as they are; written whole by `backward`.
  public let parameterGradient: UnsafeMutablePointer<Float>
  /// The gradient of the loss to the output. `backward` may overwrite it.
  public let outputGradient: UnsafeMutablePointer<Float>
  /// Where `backward` puts the gradient to the input; nil if nobody wants it.
  public let inputGradient: UnsafeMutablePointer<Float>?
  /// What dropout draws from.
  public let random: Philox
  /// The epoch, counted from 0.
  public let epoch: UInt32
  /// Each image's row in the table, which with the epoch names its draws.
  public let imageNumbers: UnsafePointer<UInt32>
}
