import Platform

/// A file that readers see whole or not at all: written under a temporary name, synced, then renamed.
///
/// Until `commit()` returns, an earlier file at the path stays as it was. A writer that is released or fails removes its
/// temporary file; a killed one leaves it behind (`.NAME.PID-NUMBER.partial`), and the next writer of the same name
/// removes it. A replaced file keeps its permissions. A symbolic link stays, and the file that it leads to is replaced.
public final class WholeFile {
  /// Where the file will be, as the caller named it.
  public let path: String
  /// The same with symbolic links resolved.
  private let target: String
  private let temporary: String
  private let replacing: Bool
  /// -1 once closed.
  private var descriptor: Int32
  private var temporaryExists = true
  private var buffer: [UInt8] = []
  private let bufferSize = 1 << 16

  /// Opens the temporary file.
  ///
  /// - Parameters:
  ///   - path: Where the file will be.
  ///   - replacing: Whether an existing file may be replaced.
  /// - Throws: `cannotWrite` if the folder can't be written, if the file exists and `replacing` is false, or if a folder
  ///   or a device is there, which is never replaced.
  public init(at path: String, replacing: Bool) throws(KitError) {
    self.path = path
    self.replacing = replacing
    guard let last = path.utf8.last, last != UInt8(ascii: "/") else {
      throw KitError(.cannotWrite, "\"\(path)\" is not a file name")
    }
    let permissions = try Self.permissions(ofFileAt: path, replacing: replacing)
    target = permissions == nil ? path : Self.followingLinks(path)
    let (folder, name) = Self.parts(target)
    Self.removeLeftovers(in: folder, of: Self.shortened(name))
    (temporary, descriptor) = try Self.openTemporary(beside: target, for: path)
    flock(descriptor, LOCK_EX | LOCK_NB)
    buffer.reserveCapacity(bufferSize)
    if let permissions { try setPermissions(permissions) }
  }

  deinit { discard() }

  /// Appends bytes. Throws `cannotWrite`, as on a full disk; the file is then discarded.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(KitError) {
    if buffer.count + bytes.count > bufferSize { try flush() }
    if bytes.count >= bufferSize { try writeOut(bytes) } else { buffer.append(contentsOf: bytes) }
  }

  /// Appends bytes. Throws `cannotWrite`.
  public func write(_ bytes: [UInt8]) throws(KitError) {
    var failure: KitError?
    bytes.withUnsafeBytes { raw in
      do throws(KitError) { try write(raw) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Appends a text as UTF-8. Throws `cannotWrite`.
  public func write(_ text: String) throws(KitError) {
    try write(Array(text.utf8))
  }

  /// Writes what is buffered, syncs the file, gives it its name and syncs the folder.
  ///
  /// - Throws: `cannotWrite` if the disk is full, or if a file of this name has appeared meanwhile and may not be
  ///   replaced; an earlier file then stays as it was.
  public func commit() throws(KitError) {
    try flush()
    guard syncToDisk(descriptor) == 0 else { throw failed(errno) }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw failed(errno) }
    if replacing {
      guard rename(temporary, target) == 0 else { throw failed(errno) }
      temporaryExists = false
    } else {
      try renameWithoutReplacing()
    }
    let folder = Self.parts(target).folder
    syncFolder(folder.isEmpty ? "." : folder)
  }

  /// Removes the temporary file; an earlier file stays as it was. Does nothing after `commit()`.
  public func discard() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    if temporaryExists { unlink(temporary) }
    temporaryExists = false
  }

  /// Whether a name in a folder is that of a temporary file, which a killed writer may have left.
  public static func isTemporary(_ name: String) -> Bool { writer(ofTemporary: name) != nil }

  /// Removes the temporary files that killed writers left in a folder, of files of any name or of one.
  ///
  /// A living writer's are left alone: its process is alive, by the number in the name, and holds the file's lock, which
  /// tells where several machines or containers share a folder.
  public static func removeLeftovers(in folder: String, of file: String? = nil) {
    let start = folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/"
    for name in (try? folderEntries(start.isEmpty ? "." : start)) ?? [] {
      guard let writer = writer(ofTemporary: name), file == nil || writer.file == file,
        writer.process == getpid() || kill(writer.process, 0) != 0 && errno == ESRCH
      else { continue }
      let descriptor = open(start + name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      if descriptor < 0 { continue }
      var status = stat()
      if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
      {
        unlink(start + name)
      }
      close(descriptor)
    }
  }

  /// The file and the process that a temporary file's name tells; nil for another name.
  private static func writer(ofTemporary name: String) -> (file: String, process: pid_t)? {
    guard name.hasPrefix("."), name.hasSuffix(temporarySuffix) else { return nil }
    let stem = name.dropFirst().dropLast(temporarySuffix.count)
    guard let point = stem.lastIndex(of: "."), point > stem.startIndex else { return nil }
    let numbers = stem[stem.index(after: point)...].split(separator: "-", omittingEmptySubsequences: false)
    guard numbers.count == 2, let process = pid_t(numbers[0]), process > 0, Int(numbers[1]) != nil else {
      return nil
    }
    return (String(stem[..<point]), process)
  }

  private static let temporarySuffix = ".partial"

  /// Writes a whole file at once. Throws `cannotWrite`.
  public static func write(_ bytes: [UInt8], to path: String, replacing: Bool) throws(KitError) {
    let file = try WholeFile(at: path, replacing: replacing)
    try file.write(bytes)
    try file.commit()
  }

  /// Writes a whole text file at once, as UTF-8. Throws `cannotWrite`.
  public static func write(_ text: String, to path: String, replacing: Bool) throws(KitError) {
    try write(Array(text.utf8), to: path, replacing: replacing)
  }

  /// The permissions of the file that will be replaced, nil if there is none.
  private static func permissions(ofFileAt path: String, replacing: Bool) throws(KitError) -> mode_t? {
    var status = stat()
    if stat(path, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { throw KitError(.cannotWrite, "\(path) is a folder") }
      if !replacing { throw exists(path) }
      // Renaming onto /dev/null would replace it for everybody.
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw KitError(.cannotWrite, "\(path) is not a regular file, so it can't be replaced")
      }
      return status.st_mode & 0o777
    }
    // A symbolic link that leads nowhere would be replaced, too.
    if !replacing && lstat(path, &status) == 0 { throw exists(path) }
    return nil
  }

  /// Where a symbolic link leads; the path itself for any other file, so that the folder stays as it was named.
  private static func followingLinks(_ path: String) -> String {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, let real = realpath(path, nil) else {
      return path
    }
    defer { free(real) }
    return String(cString: real)
  }

  /// Creates a file of its own for this writer, whatever other processes and threads write to the same path.
  private static func openTemporary(
    beside target: String, for path: String
  ) throws(KitError) -> (path: String, descriptor: Int32) {
    let (folder, name) = parts(target)
    var code: Int32 = 0
    for number in 1...1000 {
      let temporary = "\(folder).\(shortened(name)).\(getpid())-\(number)\(temporarySuffix)"
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (temporary, descriptor) }
      code = errno
      if code != EEXIST { break }
    }
    throw KitError(.cannotWrite, "\(path) can't be written: \(systemMessage(code))")
  }

  /// Part of a name only: a file system allows 255 bytes.
  private static func shortened(_ name: String) -> String {
    String(String.UnicodeScalarView(name.unicodeScalars.prefix(40)))
  }

  /// Gives the temporary file the permissions of the one that it replaces. Not asked for where it has them already: some
  /// file systems know only one kind.
  private func setPermissions(_ permissions: mode_t) throws(KitError) {
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & 0o777 == permissions { return }
    guard fchmod(descriptor, permissions) == 0 else { throw failed(errno) }
  }

  /// A path's folder (empty, or with its final slash) and the name in it.
  private static func parts(_ path: String) -> (folder: String, name: String) {
    // In UTF-8: a slash before a combining mark is not a Character of its own.
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
    let name = path.utf8.index(after: slash)
    return (String(path.utf8[..<name]) ?? "", String(path.utf8[name...]) ?? path)
  }

  private static func exists(_ path: String) -> KitError {
    KitError(.cannotWrite, "\(path) already exists (use --force to replace it)")
  }

  /// Gives the temporary file its name without replacing a file that has appeared since the check.
  private func renameWithoutReplacing() throws(KitError) {
    if link(temporary, target) == 0 {
      unlink(temporary)
    } else {
      let code = errno
      var status = stat()
      // Some file systems have no hard links; there the check and the rename are two steps.
      if code == EEXIST || lstat(target, &status) == 0 {
        discard()
        throw Self.exists(path)
      }
      guard rename(temporary, target) == 0 else { throw failed(errno) }
    }
    temporaryExists = false
  }

  private func flush() throws(KitError) {
    if buffer.isEmpty { return }
    var failure: KitError?
    buffer.withUnsafeBytes { raw in
      do throws(KitError) { try writeOut(raw) } catch { failure = error }
    }
    buffer.removeAll(keepingCapacity: true)
    if let failure { throw failure }
  }

  private func writeOut(_ bytes: UnsafeRawBufferPointer) throws(KitError) {
    let code = writeAll(bytes, to: descriptor)
    if code != 0 { throw failed(code) }
  }

  private func failed(_ code: Int32) -> KitError {
    discard()
    return KitError(.cannotWrite, "\(path) can't be written: \(systemMessage(code))")
  }
}

/// The system's message for an error number (`errno`), starting in lower case so that it fits inside a sentence.
public func systemMessage(_ code: Int32) -> String {
  let message = String(cString: strerror(code))
  return message.prefix(1).lowercased() + message.dropFirst()
}
