/// When a file was last changed, in seconds since 1970; nil if there is none.
public func modificationTime(ofFileAt path: String) -> Int? {
  var status = stat()
  guard stat(path, &status) == 0 else { return nil }
  #if canImport(Darwin)
    return status.st_mtimespec.tv_sec
  #else
    return status.st_mtim.tv_sec
  #endif
}
