import Foundations
import Platform

/// An array of floats at a fixed address, initially zero, aligned to 64 bytes: a cache line, and the widest vector.
///
/// Sendable without checks: threads that share one must use different parts, or take turns.
public final class AlignedBuffer: @unchecked Sendable {
  /// The first of `count` floats.
  public let pointer: UnsafeMutablePointer<Float>
  /// How many floats there are.
  public let count: Int

  /// A buffer of `count` zeros. At least 64 bytes are allocated. Ends the process with a message if there is no memory.
  public init(count: Int) {
    self.count = count
    let bytes = max(count, 16) * 4
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, bytes) == 0, let memory else {
      exitOutOfMemory(bytes, for: "a part of the network")
    }
    pointer = memory.initializeMemory(as: Float.self, repeating: 0, count: max(count, 16))
  }

  deinit { free(pointer) }

  /// A copy of the floats.
  public var array: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Copies an array's floats into the buffer; it must have `count` of them.
  public func assign(_ values: [Float]) {
    precondition(values.count == count)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { pointer.update(from: base, count: count) }
    }
  }
}

/// `count` rounded up to a multiple of 16: channels are padded to whole vectors of 16 floats.
public func paddedTo16(_ count: Int) -> Int { (count + 15) & ~15 }

/// The distance from one image to the next, in floats, for images of this many floats: an odd number of cache lines, so
/// that the same pixel of a shard's images is not always in the same set of the first-level cache.
public func imageStride(of floats: Int) -> Int { (paddedTo16(floats) / 16 | 1) * 16 }
