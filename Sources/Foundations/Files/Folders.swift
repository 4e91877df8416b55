import Platform

/// Makes a folder and those above it that are missing; throws `cannotWrite`.
public func makeFolders(_ path: String) throws(KitError) {
  guard !path.isEmpty else { throw KitError(.cannotWrite, "the folder's name is empty") }
  var made = path.hasPrefix("/") ? "/" : ""
  for part in path.split(separator: "/") {
    made += made.isEmpty || made.hasSuffix("/") ? String(part) : "/\(part)"
    if mkdir(made, 0o777) != 0 && errno != EEXIST {
      let code = errno
      // A read-only parent answers so for a folder that is there.
      var status = stat()
      if stat(made, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { continue }
      throw KitError(.cannotWrite, "\(path) can't be made: \(systemMessage(code))")
    }
  }
  var status = stat()
  guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
    throw KitError(.cannotWrite, "\(path) is a file, not a folder")
  }
}

/// The names in a folder, sorted by their bytes, without `.` and `..`; throws `missingInput`.
public func folderEntries(_ path: String) throws(KitError) -> [String] {
  guard let folder = opendir(path) else {
    throw KitError(.missingInput, "\(path) can't be read: \(systemMessage(errno))")
  }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
        String(cString: $0)
      }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// Removes a folder of files; folders in it are not entered. Throws `cannotWrite`.
public func removeFolder(_ path: String) throws(KitError) {
  for name in try folderEntries(path) { unlink("\(path)/\(name)") }
  guard rmdir(path) == 0 else {
    throw KitError(.cannotWrite, "\(path) can't be removed: \(systemMessage(errno))")
  }
}

/// A path from the root, links followed, for a record that another folder's process may read; the path itself if
/// nothing is there.
public func absolutePath(_ path: String) -> String {
  guard let resolved = realpath(path, nil) else { return path }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// A folder's path as it is put before a slash and a name.
public func withoutFinalSlash(_ path: String) -> String {
  path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
}
