import Platform

/// A folder that is held open: what is looked up and removed in it is in this very folder, and no symbolic link in it is
/// followed.
public final class OpenFolder {
  /// What a name in a folder stands for.
  public enum Kind: Sendable {
    /// A regular file.
    case file
    /// A folder.
    case folder
    /// A symbolic link, wherever it leads.
    case link
    /// A device, a pipe or a socket.
    case other
  }

  /// Where it was when it was opened.
  public let path: String
  private let descriptor: Int32

  /// Opens a folder. A symbolic link that leads to one is followed: the caller named it.
  ///
  /// - Throws: `missingInput`.
  public init(_ path: String) throws(KitError) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw KitError(.missingInput, "\(path) can't be read: \(systemMessage(errno))")
    }
  }

  private init?(_ name: String, in parent: OpenFolder) {
    path = "\(parent.path)/\(name)"
    descriptor = openat(parent.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    if descriptor < 0 { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// A folder in it; nil if the name stands for anything else, or the folder can't be read.
  public func folder(_ name: String) -> OpenFolder? { OpenFolder(name, in: self) }

  /// What a name in it stands for; nil for nothing.
  public func kind(of name: String) -> Kind? {
    var status = stat()
    guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    case S_IFLNK: .link
    default: .other
    }
  }

  /// The names in it, sorted by their bytes, without `.` and `..`. Throws `missingInput` if they can't be read.
  public func names() throws(KitError) -> [String] {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let entries = fdopendir(copy) else {
      let code = errno
      if copy >= 0 { close(copy) }
      throw KitError(.missingInput, "\(path) can't be read: \(systemMessage(code))")
    }
    defer { closedir(entries) }
    return entryNames { readdir(entries) }
  }

  /// Removes a file by its path in the folder, `fold-1/member-1/history.csv`, through folders alone. Throws
  /// `cannotWrite` if it is there and can't be removed.
  public func removeFile(_ place: String) throws(KitError) {
    try remove(place, flags: 0, tolerating: [ENOENT])
  }

  /// Removes a folder by its path in this one, unless there is anything in it. Throws `cannotWrite`.
  public func removeEmptyFolder(_ place: String) throws(KitError) {
    try remove(place, flags: AT_REMOVEDIR, tolerating: [ENOENT, ENOTEMPTY, EEXIST])
  }

  private func remove(_ place: String, flags: Int32, tolerating expected: [Int32]) throws(KitError) {
    let names = pathNames(place)
    var folder = self
    for name in names.dropLast() {
      guard let next = folder.folder(name) else { return }
      folder = next
    }
    guard let name = names.last, unlinkat(folder.descriptor, name, flags) != 0 else { return }
    let code = errno
    if expected.contains(code) { return }
    throw KitError(.cannotWrite, "\(path)/\(place) can't be removed: \(systemMessage(code))")
  }
}
