import Compute
import Foundations
import KernelShapes

// What a layer is given: weights to derive from, a shard to compute, or the batch to merge.

/// The weights of a layer, which `derive` reads.
public struct WeightsPass {
  /// The kernels of the instruction set in use.
  public let kernels: any InstructionSet
  /// Whether what only the backward pass needs is wanted too.
  public let isTraining: Bool
  /// The layer's parameters, one tensor after another, each `storedCount` floats.
  public let parameters: UnsafePointer<Float>
  /// The layer's statistics, likewise.
  public let statistics: UnsafePointer<Float>
  /// The layer's regions, without a workspace.
  public let memory: RegionMemory
}

/// What a layer is given to compute one shard: up to 16 images of a batch.
public struct ShardPass {
  /// The kernels of the instruction set in use.
  public let kernels: any InstructionSet
  /// How many images the shard has, from 1 to 16.
  public let images: Int
  /// What names the random draws in training; nil in prediction.
  public let draws: Draws?
  /// The layer's parameters, one tensor after another, each `storedCount` floats.
  public let parameters: UnsafePointer<Float>
  /// The layer's statistics, likewise.
  public let statistics: UnsafePointer<Float>
  /// `[image][row][column][channel]`: `images` times `input.imageStride` floats.
  public let input: UnsafePointer<Float>
  /// What the layer does to its input first; nil for nothing, as always where `normalizesInput` is false.
  public let normalization: ChannelNormalization?
  /// Likewise, `images` times `output.imageStride` floats.
  public let output: UnsafeMutablePointer<Float>
  /// The layer's regions.
  public let memory: RegionMemory

  /// Whether dropout drops and batch normalization takes the batch's statistics.
  public var isTraining: Bool { draws != nil }
}

/// What names a layer's random draws for a shard: they depend on nothing else.
public struct Draws {
  /// The generator, keyed by the seed.
  public let random: Philox
  /// The layer's place in the network as written, from 0.
  public let layer: Int
  /// The epoch, from 0.
  public let epoch: UInt32
  /// Each image's row in the table of images: as many as the shard has images.
  public let rows: UnsafePointer<UInt32>
}

/// The gradients of the loss that a layer's backward pass reads and writes for one shard.
public struct ShardGradients {
  /// The parameters' gradient over the shard, laid out like the parameters, less those that have a
  /// `BatchGradient`. It is written whole.
  public let parameters: UnsafeMutablePointer<Float>
  /// The output's gradient, `images` times `output.imageStride` floats. The layer may overwrite it.
  public let output: UnsafeMutablePointer<Float>
  /// Where the input's gradient goes, `images` times `input.imageStride` floats; nil if it is not needed.
  public let input: UnsafeMutablePointer<Float>?
}

/// What a layer is given to merge the shards' parts: called on one thread while the others wait.
public struct BatchPass {
  /// Images of the batch.
  public let images: Int
  /// The layer's parameters, one tensor after another, each `storedCount` floats.
  public let parameters: UnsafePointer<Float>
  /// The layer's statistics, likewise.
  public let statistics: UnsafeMutablePointer<Float>
  /// The share of this batch in the running statistics, from 0 to 1.
  public let statisticsShare: Float
  /// The layer's regions, without a workspace.
  public let memory: RegionMemory
  /// The start of each shard's slot.
  let slots: [AlignedBuffer]
  /// Where the layer's workspace starts in a slot.
  let workspace: Int

  /// How many shards the batch has.
  public var shards: Int { shardCount(of: images) }

  /// A shard's workspace region: its first float; `region.count` floats follow.
  public subscript(region: Region, ofShard shard: Int) -> UnsafeMutablePointer<Float> {
    slots[shard].pointer + workspace + region.offset
  }

  /// Images of some neighbouring shards; those past the last shard have none.
  public func images(ofShards range: Range<Int>) -> Int {
    min(images, range.upperBound * shardSize) - min(images, range.lowerBound * shardSize)
  }
}

/// Images in a shard, whatever the number of threads; the last shard of a batch may have fewer.
public let shardSize = 16

/// How many shards a number of images makes.
func shardCount(of images: Int) -> Int { (images + shardSize - 1) / shardSize }

/// Combines neighbours, then neighbours of these, and so on: the fixed tree in which all shards' parts are
/// added. The result is in the first place.
///
/// - Parameters:
///   - count: Parts.
///   - combine: Adds the part at `right` to the one at `left`; each stands for up to `width` parts from there
///     on.
func forEachPair(inTreeOver count: Int, _ combine: (_ left: Int, _ right: Int, _ width: Int) -> Void) {
  var width = 1
  while width < count {
    for left in stride(from: 0, to: count - width, by: 2 * width) { combine(left, left + width, width) }
    width *= 2
  }
}
