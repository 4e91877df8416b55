import Competition
import Foundations
import Platform

/// The competition's archive, downloaded and found whole.
public struct Download: Sendable {
  /// The archive.
  public let path: String
  /// Its size.
  public let bytes: Int
  /// Rows of `train.csv`.
  public let trainingRows: Int
  /// Rows of `test.csv`.
  public let testRows: Int

  /// Downloads the archive by Kaggle's program and reads both its tables to their ends before it gets its name.
  ///
  /// The program writes into a hidden folder beside the target, always the same, so that a download that was cut off is
  /// resumed.
  ///
  /// - Throws: `cannotWrite` if the target exists and may not be replaced; `failure` if Kaggle's program fails; `badData` if
  ///   what it downloaded is damaged, which is then removed.
  public init(to path: String, replacing: Bool, by program: KaggleProgram) throws(KitError) {
    // Says what can't be written, before the work.
    try WholeFile(at: path, replacing: replacing).discard()
    let (folder, name) = (enclosingFolder(path), lastName(path))
    let hidden = "\(withoutFinalSlash(folder))/.\(name).download"
    try makeFolders(hidden)
    let lock = try FolderLock(hidden, busy: "another process is downloading \(path)")
    defer {
      // What a cut-off download left stays.
      rmdir(hidden)
      withExtendedLifetime(lock) {}
    }
    try program.download(into: hidden)
    let archive = "\(hidden)/\(KaggleProgram.competition).zip"
    do throws(KitError) {
      let source = try DataSource(finding: archive)
      trainingRows = try source.training().count
      testRows = try source.test().readToEnd().rows
      bytes = try InputFile.size(ofFileAt: archive)
    } catch {
      if error.kind == .stopped { throw error }
      unlink(archive)
      throw KitError(
        .badData,
        "what was downloaded is not the competition's archive, or is damaged, and was removed; run the command again\n"
          + error.message.replacing(hidden + "/", with: ""))
    }
    try moveFile(archive, to: path, replacing: replacing)
    for rest in (try? folderEntries(hidden)) ?? [] { unlink("\(hidden)/\(rest)") }
    self.path = path
  }
}

/// A lock on a folder itself, held as long as this object lives.
final class FolderLock {
  private let descriptor: Int32

  /// Locks a folder. Throws `failure` with `busy` if another process has locked it.
  init(_ folder: String, busy: String) throws(KitError) {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw KitError(.missingInput, "\(folder) can't be read: \(systemMessage(errno))")
    }
    // Where a file system has no locks there is one writer or the user's care.
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK { throw KitError(.failure, busy) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
