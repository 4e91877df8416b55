import Compute
import Foundations

/// A layer as a paper writes it: a value without shapes or weights.
public protocol Layer: Sendable {
  /// The layer in the notation of `Network`, such as `32C3`.
  var notation: String { get }
  /// The layer for inputs of a shape, at its place in the network as written, from 0; throws what does not fit, without
  /// saying where.
  func shaped(for input: MapShape, number: Int) throws(KitError) -> any ShapedLayer
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
  /// Whether the output stands where the input did, and the gradient to the input where that to the output did.
  var worksInPlace: Bool { get }
  /// Floats derived from the weights before each step, see `prepare`.
  func preparedCount(training: Bool) -> Int
  /// Floats a shard keeps from its forward to its backward pass; zeros at first.
  func workspaceCount(training: Bool) -> Int
  /// Floats needed while a shard is computed, with whatever another layer left in them.
  func scratchCount(training: Bool) -> Int
  /// In how many pieces `prepare` works, side by side.
  var preparationPieces: Int { get }
  /// Derives what the passes need from the weights, once a step.
  func prepare(_ weights: LayerWeights, _ kernels: InstructionSet, training: Bool, piece: Int)
  /// This layer and the next as one that computes both faster, with this one's parameters, if there is such a one.
  func joined(with next: any ShapedLayer) -> (any ShapedLayer)?
  /// Output from input.
  func forward(_ pass: ShardPass)
  /// Parameter gradients, and the input's gradient if wanted, from the output's.
  func backward(_ pass: ShardPass)
}

extension ShapedLayer {
  /// None.
  public var parameters: [ParameterShape] { [] }
  /// None.
  public var statistics: [ParameterShape] { [] }
  /// None.
  public var multiplyAdds: Int { 0 }
  /// The output has memory of its own.
  public var worksInPlace: Bool { false }
  /// None.
  public func preparedCount(training: Bool) -> Int { 0 }
  /// None.
  public func workspaceCount(training: Bool) -> Int { 0 }
  /// None.
  public func scratchCount(training: Bool) -> Int { 0 }
  /// One.
  public var preparationPieces: Int { 1 }
  /// Nothing to derive.
  public func prepare(_ weights: LayerWeights, _ kernels: InstructionSet, training: Bool, piece: Int) {}
  /// None.
  public func joined(with next: any ShapedLayer) -> (any ShapedLayer)? { nil }
  /// Floats of all parameters, padding included.
  var parameterCount: Int { parameters.reduce(0) { $0 + $1.storedCount } }
}

/// A layer whose first parameters have their gradient summed over the whole batch at once, by rows of parameters,
/// instead of shard by shard: a few images would not be worth reading and writing so many sums.
public protocol BatchGradientLayer: ShapedLayer {
  /// Floats of the parameters that are summed so; the others' gradients are each shard's.
  var batchGradientCount: Int { get }
  /// Floats of a row of these, the least that is computed on its own.
  var batchGradientRow: Int { get }
  /// Rows that are well computed together.
  var batchGradientRows: Int { get }
  /// The gradient of some rows from the batch's inputs and the gradients to its outputs, image behind image.
  func batchGradient(
    rows: Range<Int>, images: Int, inputs: UnsafePointer<Float>, outputGradients: UnsafePointer<Float>,
    _ kernels: InstructionSet, _ gradient: UnsafeMutablePointer<Float>)
}

/// A layer whose training needs numbers from the whole batch: each shard gives its part, the parts are merged in a
/// fixed tree, then the shards go on.
public protocol BatchwideLayer: ShapedLayer {
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
  /// The thread's memory, in which every layer works.
  public let scratch: UnsafeMutablePointer<Float>
  /// The layer's memory for the batch.
  public let shared: UnsafeMutablePointer<Float>
  /// The shard's gradient of the parameters, laid out as they are without those that a `BatchGradientLayer` sums over
  /// the batch; written whole by `backward`.
  public let parameterGradient: UnsafeMutablePointer<Float>
  /// The gradient of the loss to the output. `backward` may overwrite it.
  public let outputGradient: UnsafeMutablePointer<Float>
  /// Where `backward` puts the gradient to the input; nil if nobody wants it.
  public let inputGradient: UnsafeMutablePointer<Float>?
  /// The share of a step's statistics in the running ones.
  public let statisticsShare: Float
  /// What dropout draws from.
  public let random: Philox
  /// The epoch, counted from 0.
  public let epoch: UInt32
  /// Each image's row in the table, which with the epoch names its draws.
  public let imageNumbers: UnsafePointer<UInt32>
}
