import Platform

/// Creates a folder, and the missing ones above it, so that they survive a power cut.
///
/// - Throws: `cannotWrite`.
public func makeFolders(_ path: String) throws(KitError) {
  guard !path.isEmpty else { throw KitError(.cannotWrite, "the folder's name is empty") }
  var made = isAbsolute(path) ? "/" : ""
  for name in pathNames(path) {
    made += made.isEmpty || made == "/" ? name : "/\(name)"
    if mkdir(made, 0o777) == 0 {
      syncFolder(enclosingFolder(made))
    } else if errno != EEXIST {
      let code = errno
      // A read-only parent gives another error than EEXIST for a folder that exists.
      var status = stat()
      if stat(made, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { continue }
      throw KitError(.cannotWrite, "\(path) can't be created: \(systemMessage(code))")
    }
  }
  var status = stat()
  guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
    throw KitError(.cannotWrite, "\(path) is a file, not a folder")
  }
}

/// The names in a folder, sorted by their bytes, without `.` and `..`.
///
/// - Throws: `missingInput` if it can't be read.
public func folderEntries(_ path: String) throws(KitError) -> [String] {
  guard let folder = opendir(path) else {
    throw KitError(.missingInput, "\(path) can't be read: \(systemMessage(errno))")
  }
  defer { closedir(folder) }
  return entryNames { readdir(folder) }
}

/// The names that a folder's reader gives, sorted by their bytes, without `.` and `..`.
func entryNames(_ next: () -> UnsafeMutablePointer<dirent>?) -> [String] {
  var names: [String] = []
  while let entry = next() {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
        String(cString: $0)
      }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// Whether a file or a folder is at a path, links followed.
public func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// The folder of a path's last name: `runs/a` for `runs/a/x.csv`, `.` for a name alone, `/` for `/x`.
public func enclosingFolder(_ path: String) -> String {
  // In UTF-8: a slash before a combining mark is not a Character of its own.
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
}

/// Whether a path begins at the root, whatever follows the slash.
public func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }

/// A path's names from the left: `runs`, `a` for `runs/a` and `/runs//a/`.
public func pathNames(_ path: String) -> [String] {
  path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
}

/// A path's last name: `x.csv` for `runs/a/x.csv`, `a` for `runs/a/`; the path itself where it has none.
public func lastName(_ path: String) -> String { pathNames(path).last ?? path }

/// Makes what was created, renamed or removed in a folder survive a power cut, where the file system can sync folders.
public func syncFolder(_ path: String) {
  let folder = open(path, O_RDONLY | O_CLOEXEC)
  if folder < 0 { return }
  _ = syncToDisk(folder)
  close(folder)
}

/// The path from the root with symbolic links resolved, so that a process in another folder can use it; the path itself
/// if nothing is there.
public func absolutePath(_ path: String) -> String {
  guard let resolved = realpath(path, nil) else { return path }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// A folder's path without the slash at its end, ready for a slash and a name. `/` stays. A path that starts with a hyphen
/// gets `./` in front: in a command that is printed it would be an option.
public func withoutFinalSlash(_ path: String) -> String {
  let path = path.utf8.first == UInt8(ascii: "-") ? "./" + path : path
  return path != "/" && path.utf8.last == UInt8(ascii: "/") ? String(Substring(path.utf8.dropLast())) : path
}

/// Whether a path leads to a folder, links followed.
public func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
