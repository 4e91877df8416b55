import Foundations
import Platform

/// A stream of bytes.
package protocol ByteStream: AnyObject {
  /// Fills `buffer` from its start; returns how many bytes it wrote there, 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(KitError) -> Int
}

/// A regular file, or a range of one, as a stream.
package final class FileBytes: ByteStream {
  let path: String
  /// The file's size in bytes as it was when opened.
  let size: Int
  private let descriptor: Int32
  private let isStoppable: Bool
  private var offset = 0
  private var remaining: Int

  /// Opens a file. Throws `missingInput` if it doesn't exist, can't be read or is not a regular file.
  ///
  /// - Parameter isStoppable: Whether reading ends with `stopped` when the user asks the process to stop: for tables of any
  ///   size, not for the small files that a command reads while it stops.
  package init(at path: String, isStoppable: Bool = false) throws(KitError) {
    self.path = path
    self.isStoppable = isStoppable
    (descriptor, size) = try InputFile.open(path)
    remaining = size
  }

  deinit { close(descriptor) }

  /// Makes the stream continue at `offset` and end `count` bytes later.
  func select(from offset: Int, count: Int) {
    self.offset = offset
    remaining = count
  }

  /// Continues `count` bytes later, at most at the end; returns how many bytes were skipped.
  func skip(_ count: Int) -> Int {
    let skipped = min(count, remaining)
    offset += skipped
    remaining -= skipped
    return skipped
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(KitError) -> Int {
    let wanted = min(buffer.count, remaining)
    guard wanted > 0 else { return 0 }
    if isStoppable { try StopRequest.check(while: "reading \(path)") }
    while true {
      let count = pread(descriptor, buffer.baseAddress, wanted, off_t(offset))
      if count > 0 {
        offset += count
        remaining -= count
        return count
      }
      if count == 0 { throw KitError(.badData, "\(path) was shortened while it was being read") }
      if errno != EINTR { throw KitError(.missingInput, "\(path) can't be read: \(systemMessage(errno))") }
    }
  }

  /// `count` bytes from `start`; the range must be within the file.
  func bytes(from start: Int, count: Int) throws(KitError) -> [UInt8] {
    select(from: start, count: count)
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      var failure: KitError?
      bytes.withUnsafeMutableBytes { raw in
        do throws(KitError) {
          filled += try read(into: UnsafeMutableRawBufferPointer(rebasing: raw[filled...]))
        } catch { failure = error }
      }
      if let failure { throw failure }
    }
    return bytes
  }
}
