import Compute

/// A stretch of a layer's memory. A pass turns it into a pointer: `pass.memory[region]`.
public struct Region: Sendable, Equatable {
  /// Who owns the floats, and how long they keep their values.
  public enum Lifetime: Int, Sendable, CaseIterable {
    /// One for all shards, written by `ShapedLayer.derive` from the weights; zeros at first.
    case derived
    /// One for the whole batch, written when the shards' parts are merged; zeros at first.
    case batch
    /// A shard's own, kept from its forward to its backward pass; zeros at first.
    case workspace
    /// The thread's own, for one call: at first it holds what any other layer left there.
    case scratch
  }

  /// Who owns it, and for how long.
  public let lifetime: Lifetime
  /// Floats from the start of the layer's memory of that lifetime; a multiple of 16.
  public let offset: Int
  /// Floats.
  public let count: Int
}

/// All memory that a layer needs beside its weights and maps. A layer declares it once, region by region,
/// when it learns its shapes; how much to take and where each region lies both follow from that.
public struct LayerMemory: Sendable {
  private var predictionCounts = [Int](repeating: 0, count: Region.Lifetime.allCases.count)
  private var trainingCounts = [Int](repeating: 0, count: Region.Lifetime.allCases.count)

  /// No memory.
  public init() {}

  /// Declares one more region, at an offset of whole cache lines.
  ///
  /// - Parameters:
  ///   - count: Floats.
  ///   - lifetime: Who owns them, and for how long.
  ///   - onlyInTraining: Whether prediction does without. Such regions come after the others of the same
  ///     lifetime, so that
  ///     offsets are the same in training and prediction.
  public mutating func region(
    _ count: Int, _ lifetime: Region.Lifetime, onlyInTraining: Bool = false
  ) -> Region {
    let offset = trainingCounts[lifetime.rawValue]
    trainingCounts[lifetime.rawValue] += paddedTo16(count)
    if !onlyInTraining {
      precondition(predictionCounts[lifetime.rawValue] == offset, "regions of training alone come last")
      predictionCounts[lifetime.rawValue] = trainingCounts[lifetime.rawValue]
    }
    return Region(lifetime: lifetime, offset: offset, count: count)
  }

  /// Declares one more region of elements of one byte.
  ///
  /// - Parameters:
  ///   - bytes: How many.
  ///   - lifetime: Who owns them, and for how long.
  public mutating func bytes(_ bytes: Int, _ lifetime: Region.Lifetime) -> Region {
    region((bytes + 3) / 4, lifetime)
  }

  /// Floats of all regions of a lifetime; a multiple of 16.
  func count(_ lifetime: Region.Lifetime, training: Bool) -> Int {
    (training ? trainingCounts : predictionCounts)[lifetime.rawValue]
  }
}

/// Where a layer's regions are in a call: from one thread to the next, and from one shard to the next,
/// elsewhere.
public struct RegionMemory {
  let derived: UnsafeMutablePointer<Float>
  let batch: UnsafeMutablePointer<Float>
  /// Nil in a call that is for no shard.
  let workspace: UnsafeMutablePointer<Float>?
  let scratch: UnsafeMutablePointer<Float>

  /// The region's first float; `region.count` floats follow, aligned to 64 bytes.
  public subscript(region: Region) -> UnsafeMutablePointer<Float> {
    switch region.lifetime {
    case .derived: return derived + region.offset
    case .batch: return batch + region.offset
    case .scratch: return scratch + region.offset
    case .workspace:
      guard let workspace else { preconditionFailure("a workspace belongs to a shard") }
      return workspace + region.offset
    }
  }

  /// The region's first byte, as an element of another type; `region.count` · 4 bytes follow, aligned to 64
  /// bytes.
  public subscript<Element>(region: Region, as type: Element.Type) -> UnsafeMutablePointer<Element> {
    UnsafeMutableRawPointer(self[region]).assumingMemoryBound(to: type)
  }
}
