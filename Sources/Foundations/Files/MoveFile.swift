import Platform

/// Gives a file another name on the same file system, synced; whole at every moment.
///
/// - Parameter replacing: Whether a file of that name may be replaced.
/// - Throws: `cannotWrite`; the file then keeps its old name.
public func moveFile(_ source: String, to target: String, replacing: Bool) throws(KitError) {
  func failed(_ code: Int32) -> KitError {
    KitError(.cannotWrite, "\(target) can't be written: \(systemMessage(code))")
  }
  let descriptor = open(source, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw failed(errno) }
  let (synced, code) = (syncToDisk(descriptor), errno)
  close(descriptor)
  guard synced == 0 else { throw failed(code) }
  if !replacing {
    if link(source, target) == 0 {
      unlink(source)
      return syncFolder(enclosingFolder(target))
    }
    let code = errno
    var status = stat()
    // Some file systems have no hard links; there the check and the renaming are two steps.
    if code == EEXIST || lstat(target, &status) == 0 {
      throw KitError(.cannotWrite, "\(target) already exists (use --force to replace it)")
    }
  }
  guard rename(source, target) == 0 else { throw failed(errno) }
  syncFolder(enclosingFolder(target))
}
