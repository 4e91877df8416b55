import Foundations
import Platform

/// A file that grows by whole records while other programs read it.
///
/// It is open only while a record is written: a thousand trainings' files together would be too many.
final class AppendedFile {
  private let path: String
  /// The length of the file's whole records.
  private var length: off_t
  /// The error after which the file takes no more records.
  private var failure: KitError?

  /// Takes an existing file. Throws `cannotWrite`.
  init(at path: String) throws(KitError) {
    self.path = path
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.unwritable(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.unwritable(path, errno) }
    length = status.st_size
  }

  /// Appends a record in one write, so that neither a reader nor a kill leaves half of it, and syncs it.
  ///
  /// Throws `cannotWrite`; the file is then cut back to the records before, and takes no more.
  func append(_ record: [UInt8]) throws(KitError) {
    if let failure { throw failure }
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw fail(errno) }
    defer { close(descriptor) }
    var code = record.withUnsafeBytes { writeAll($0, to: descriptor) }
    if code == 0, syncToDisk(descriptor) != 0 { code = errno }
    if code != 0 {
      ftruncate(descriptor, length)
      throw fail(code)
    }
    length += off_t(record.count)
  }

  private func fail(_ code: Int32) -> KitError {
    let error = Self.unwritable(path, code)
    failure = error
    return error
  }

  private static func unwritable(_ path: String, _ code: Int32) -> KitError {
    KitError(.cannotWrite, "\(path) can't be written: \(systemMessage(code))")
  }
}
