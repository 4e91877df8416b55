import Foundations
import Platform

/// A lock on a run's folder, held as long as this object lives: `flock` on the file `.lock` in it.
///
/// Who writes a run holds its lock alone. Who writes a fold by itself holds the fold's alone and shares that of the
/// cross-validation, which a cross-validation holds alone: so it needs no lock for each of its folds. Who works on a task of
/// a plan holds the lock of the member's folder alone, see `TaskClaim`.
final class RunLock: Sendable {
  /// The file's name.
  static let name = ".lock"
  /// What the file says: a folder with such a file is the kit's, also before there is a configuration in it. Earlier
  /// versions left it empty.
  private static let mark = "kaggle-digits run\n"

  private let descriptor: Int32

  /// Locks a folder.
  ///
  /// - Parameters:
  ///   - shared: With others who share it; reading the file is enough then.
  ///   - isPatient: Whether to try for a fifth of a second: a process that was killed, or is just being started by the one
  ///     that had the lock, has it for a moment more.
  /// - Throws: `failure` if another process holds the lock, `cannotWrite` if there can be no lock.
  init(_ folder: String, shared: Bool = false, isPatient: Bool = true) throws(KitError) {
    let path = "\(folder)/\(Self.name)"
    let access = shared ? O_RDONLY : O_RDWR
    descriptor = open(path, access | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.unusable(path, "opened", errno, of: folder) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw KitError(.cannotWrite, "\(path) is not a regular file, so \(folder) can't be locked; remove it")
    }
    let code = Self.lock(descriptor, shared ? LOCK_SH : LOCK_EX, attempts: isPatient ? 20 : 1)
    if code == EWOULDBLOCK { throw KitError(.failure, "another process is writing to \(folder)") }
    if code != 0 { throw Self.unusable(path, "locked", code, of: folder) }
    if !shared && status.st_size == 0 {
      // Without the mark the folder is recognized by its configuration alone.
      _ = Array(Self.mark.utf8).withUnsafeBytes { writeAll($0, to: descriptor) }
    }
  }

  /// Locks an open file; 0, or the system's error number.
  private static func lock(_ descriptor: Int32, _ kind: Int32, attempts: Int) -> Int32 {
    for attempt in 1...attempts {
      if flock(descriptor, kind | LOCK_NB) == 0 { return 0 }
      if errno != EWOULDBLOCK { return errno }
      if attempt < attempts { usleep(10_000) }
    }
    return EWOULDBLOCK
  }

  /// The lock on a folder; nil if another process holds it. Throws `cannotWrite` if there can be no lock.
  static func ifFree(_ folder: String, isPatient: Bool) throws(KitError) -> RunLock? {
    do throws(KitError) {
      return try RunLock(folder, isPatient: isPatient)
    } catch {
      if error.kind == .failure { return nil }
      throw error
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Throws as `init` does if a folder is locked, or could not be; changes nothing.
  static func ask(_ folder: OpenFolder) throws(KitError) {
    if folder.kind(of: name) != nil { _ = try RunLock(folder.path, shared: true) }
  }

  /// Whether a folder has the kit's lock file.
  static func marks(_ folder: OpenFolder) -> Bool {
    guard folder.kind(of: name) == .file else { return false }
    return (try? InputFile.firstBytes(mark.utf8.count, ofFileAt: "\(folder.path)/\(name)"))
      == Array(mark.utf8)
  }

  private static func unusable(
    _ path: String, _ verb: String, _ code: Int32, of folder: String
  ) -> KitError {
    let remedy =
      switch code {
      case EACCES, EPERM, EROFS:
        "; to work on a copy: cp -R \(quoted(folder)) \(quoted(copyName(of: folder)))"
      case ELOOP: ": it is a symbolic link, which is not followed; remove it"
      case ENOLCK, EOPNOTSUPP: ". A run needs a file system with locks, such as a local disk's"
      default: ""
      }
    let reason = code == ELOOP ? "" : ": \(systemMessage(code))"
    return KitError(.cannotWrite, "\(path) can't be \(verb)\(reason)\(remedy)")
  }

  /// A name beside the current folder's files for a copy of a run that can't be written.
  private static func copyName(of folder: String) -> String {
    "\(lastName(absolutePath(folder)))-copy"
  }
}
