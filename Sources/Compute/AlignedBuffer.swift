/// Floats in memory of their own, zeros at first, aligned to 64 bytes: a cache line, and the widest vector.
///
/// Unchecked: whoever shares one between threads sees to it that they touch different parts, or one after another.
public final class AlignedBuffer: @unchecked Sendable {
  /// The first float.
  public let pointer: UnsafeMutablePointer<Float>
  /// How many floats there are.
  public let count: Int

  /// A buffer of zeros.
  public init(count: Int) {
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 16) * 4, alignment: 64)
    pointer = raw.initializeMemory(as: Float.self, repeating: 0, count: max(count, 16))
  }

  deinit { pointer.deallocate() }

  /// The same floats in an array.
  public var array: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Takes an array's floats; it has as many as the buffer.
  public func assign(_ values: [Float]) {
    precondition(values.count == count)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { pointer.update(from: base, count: count) }
    }
  }
}

/// The least multiple of 16 that is not below `count`: channels are padded to whole vectors of 16 floats.
public func paddedTo16(_ count: Int) -> Int { (count + 15) & ~15 }

/// From one image to the next: an odd number of cache lines, so that the same pixel of a shard's images does not
/// fall into one set of the first-level cache.
public func imageStride(of floats: Int) -> Int { (paddedTo16(floats) / 16 | 1) * 16 }
