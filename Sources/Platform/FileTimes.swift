/// When a file was last changed, in seconds since 1970; nil if there is none.
public func modificationTime(ofFileAt path: String) -> Int? {
  var status = stat()
  guard stat(path, &status) == 0 else { return nil }
  return modification(status).tv_sec
}
