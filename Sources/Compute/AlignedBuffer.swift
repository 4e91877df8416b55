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
  private let memory = BufferMemory.current

  /// A buffer of `count` zeros. At least 64 bytes are allocated. Ends the process with a message if there is no memory.
  public init(count: Int) {
    self.count = count
    let bytes = max(count, 16) * 4
    guard let start = memory.take(bytes) else { exitOutOfMemory(bytes, for: "a part of the network") }
    pointer = start.initializeMemory(as: Float.self, repeating: 0, count: max(count, 16))
  }

  deinit { memory.release(pointer) }

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

/// Where buffers get their memory: from the C library, unless a test shares its buffers with a program of another
/// instruction set.
package struct BufferMemory: Sendable {
  /// What new buffers of the task take; a buffer gives back to where it took.
  @TaskLocal package static var current = BufferMemory { bytes in
    var memory: UnsafeMutableRawPointer?
    return posix_memalign(&memory, 64, bytes) == 0 ? memory : nil
  } release: {
    free($0)
  }

  fileprivate let take: @Sendable (_ bytes: Int) -> UnsafeMutableRawPointer?
  fileprivate let release: @Sendable (_ memory: UnsafeMutableRawPointer) -> Void

  /// Memory that is taken, aligned to 64 bytes or nil if there is none, and released in these ways.
  package init(
    take: @escaping @Sendable (_ bytes: Int) -> UnsafeMutableRawPointer?,
    release: @escaping @Sendable (_ memory: UnsafeMutableRawPointer) -> Void
  ) {
    (self.take, self.release) = (take, release)
  }
}

/// `count` rounded up to a multiple of 16: channels are padded to whole vectors of 16 floats.
public func paddedTo16(_ count: Int) -> Int { (count + 15) & ~15 }

/// The distance from one image to the next, in floats, for images of this many floats: an odd number of cache lines, so
/// that the same pixel of a shard's images is not always in the same set of the first-level cache.
public func imageStride(of floats: Int) -> Int { (paddedTo16(floats) / 16 | 1) * 16 }
