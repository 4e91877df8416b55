import Foundations
import Platform

/// A file that grows by whole records while others read it.
final class AppendedFile {
  private let path: String
  /// -1 once closed.
  private var descriptor: Int32
  /// The bytes that are in the file whole.
  private var length: off_t
  /// Why the file takes nothing more.
  private var failure: KitError?

  /// Opens a file that is there. Fails with `cannotWrite`.
  init(at path: String) throws(KitError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    length = 0
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else { throw Self.unwritable(path, errno) }
    length = status.st_size
  }

  deinit { closeFile() }

  /// Appends a record in one write, so that neither a reader nor a kill sees half of it.
  ///
  /// Fails with `cannotWrite`; the file is then cut back to the records before, and takes no more.
  func append(_ record: [UInt8]) throws(KitError) {
    if let failure { throw failure }
    var written = 0
    // A second write is the exception: the disk has taken a part, and answers here what was wrong.
    while written < record.count {
      let count = record.withUnsafeBytes {
        systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: $0[written...]))
      }
      if count > 0 {
        written += count
      } else if count == 0 || errno != EINTR {
        throw fail(count == 0 ? EIO : errno)
      }
    }
    length += off_t(written)
  }

  private func fail(_ code: Int32) -> KitError {
    ftruncate(descriptor, length)
    closeFile()
    let error = Self.unwritable(path, code)
    failure = error
    return error
  }

  private func closeFile() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  private static func unwritable(_ path: String, _ code: Int32) -> KitError {
    KitError(.cannotWrite, "\(path) can't be written: \(systemMessage(code))")
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}
