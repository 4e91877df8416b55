import Foundations
import Platform

/// A file that grows by whole records while other programs read it.
final class AppendedFile {
  private let path: String
  /// -1 once closed.
  private var descriptor: Int32
  /// The length of the file's whole records.
  private var length: off_t
  /// The error after which the file takes no more records.
  private var failure: KitError?

  /// Opens an existing file. Throws `cannotWrite`.
  init(at path: String) throws(KitError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    length = 0
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else { throw Self.unwritable(path, errno) }
    length = status.st_size
  }

  deinit { closeFile() }

  /// Appends a record in one write, so that neither a reader nor a kill leaves half of it.
  ///
  /// Throws `cannotWrite`; the file is then cut back to the records before, and takes no more.
  func append(_ record: [UInt8]) throws(KitError) {
    if let failure { throw failure }
    let code = record.withUnsafeBytes { writeAll($0, to: descriptor) }
    if code != 0 { throw fail(code) }
    length += off_t(record.count)
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
