import Platform

/// A file that a reader sees whole or not at all: written beside its place, synced, then renamed into it.
///
/// Until `commit()` returns, whatever was at the place stays as it was; a writer that is dropped or fails
/// removes its temporary file, and a killed one leaves only that (`.NAME.PID-NUMBER.partial`). A file that is
/// replaced keeps its permissions, and a symbolic link keeps pointing to the file, which is replaced where
/// it lies.
public final class WholeFile {
  /// Where the file will be, as the caller named it.
  public let path: String
  /// The same with a symbolic link followed.
  private let place: String
  private let temporary: String
  private let replacing: Bool
  /// -1 once closed.
  private var descriptor: Int32
  private var temporaryExists = true
  private var buffer: [UInt8] = []
  private let bufferSize = 1 << 16

  /// Opens the temporary file. Fails (`cannotWrite`) if the folder can't be written, or if something is
  /// at the place and `replacing` is false; a folder or a device is never replaced.
  public init(at path: String, replacing: Bool) throws(KitError) {
    self.path = path
    self.replacing = replacing
    guard let last = path.utf8.last, last != UInt8(ascii: "/") else {
      throw KitError(.cannotWrite, "\"\(path)\" names no file")
    }
    let permissions = try Self.permissions(ofFileAt: path, replacing: replacing)
    place = permissions == nil ? path : Self.followingLinks(path)
    (temporary, descriptor) = try Self.openTemporary(beside: place, for: path)
    if let permissions { fchmod(descriptor, permissions) }
    buffer.reserveCapacity(bufferSize)
  }

  deinit { discard() }

  /// Appends bytes; large ones go straight to the file.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(KitError) {
    if buffer.count + bytes.count > bufferSize { try flush() }
    if bytes.count >= bufferSize { try writeOut(bytes) } else { buffer.append(contentsOf: bytes) }
  }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws(KitError) {
    var failure: KitError?
    bytes.withUnsafeBytes { raw in
      do throws(KitError) { try write(raw) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Appends a text as UTF-8.
  public func write(_ text: String) throws(KitError) {
    try write(Array(text.utf8))
  }

  /// Writes what is buffered, syncs the file, renames it into its place and syncs the folder.
  ///
  /// Fails (`cannotWrite`) if the disk is full or the place was taken since; the place then stays as it was.
  public func commit() throws(KitError) {
    try flush()
    guard fsync(descriptor) == 0 else { throw failed(errno) }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw failed(errno) }
    if replacing {
      guard rename(temporary, place) == 0 else { throw failed(errno) }
      temporaryExists = false
    } else {
      try takePlace()
    }
    syncFolder()
  }

  /// Removes the temporary file; the place stays as it was. Does nothing after `commit()`.
  public func discard() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    if temporaryExists { unlink(temporary) }
    temporaryExists = false
  }

  /// Writes a whole file at once.
  public static func write(_ bytes: [UInt8], to path: String, replacing: Bool) throws(KitError) {
    let file = try WholeFile(at: path, replacing: replacing)
    try file.write(bytes)
    try file.commit()
  }

  /// Writes a whole text file at once, as UTF-8.
  public static func write(_ text: String, to path: String, replacing: Bool) throws(KitError) {
    try write(Array(text.utf8), to: path, replacing: replacing)
  }

  /// The permissions of the file that is to be replaced, nil if there is none.
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
    // A link that leads nowhere is something at the place, too.
    if !replacing && lstat(path, &status) == 0 { throw exists(path) }
    return nil
  }

  /// Where a path leads; the path itself if it is no link, so that messages and the folder stay as named.
  private static func followingLinks(_ path: String) -> String {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, let real = realpath(path, nil) else {
      return path
    }
    defer { free(real) }
    return String(cString: real)
  }

  /// Creates a file that nobody else has, whatever processes and threads write to the same place.
  private static func openTemporary(
    beside place: String, for path: String
  ) throws(KitError) -> (path: String, descriptor: Int32) {
    let (folder, name) = parts(place)
    // The part of a long name that leaves room within the file system's 255 bytes.
    let short = String(String.UnicodeScalarView(name.unicodeScalars.prefix(40)))
    var code: Int32 = 0
    for number in 1...1000 {
      let temporary = "\(folder).\(short).\(getpid())-\(number).partial"
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (temporary, descriptor) }
      code = errno
      if code != EEXIST { break }
    }
    throw KitError(.cannotWrite, "\(path) can't be written: \(systemMessage(code))")
  }

  /// A path's folder, with its final slash or empty, and the name in it.
  private static func parts(_ path: String) -> (folder: String, name: String) {
    // In UTF-8: a slash before a combining mark is no Character of its own.
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
    let behind = path.utf8.index(after: slash)
    return (String(path.utf8[..<behind]) ?? "", String(path.utf8[behind...]) ?? path)
  }

  private static func exists(_ path: String) -> KitError {
    KitError(.cannotWrite, "\(path) exists; --force replaces it")
  }

  /// Gives the temporary file its name without replacing what may have come to the place since.
  private func takePlace() throws(KitError) {
    if link(temporary, place) == 0 {
      unlink(temporary)
    } else {
      let code = errno
      var status = stat()
      // Some file systems have no hard links; there the check and the renaming are two steps.
      if code == EEXIST || lstat(place, &status) == 0 {
        discard()
        throw Self.exists(path)
      }
      guard rename(temporary, place) == 0 else { throw failed(errno) }
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
    var rest = bytes
    while !rest.isEmpty {
      let count = systemWrite(descriptor, rest)
      if count > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if count == 0 || errno != EINTR {
        throw failed(count == 0 ? EIO : errno)
      }
    }
  }

  private func failed(_ code: Int32) -> KitError {
    discard()
    return KitError(.cannotWrite, "\(path) can't be written: \(systemMessage(code))")
  }

  /// Makes the renaming itself survive a power cut; where a folder can't be synced, nothing is lost but that.
  private func syncFolder() {
    let folder = Self.parts(place).folder
    let handle = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
    if handle >= 0 {
      fsync(handle)
      close(handle)
    }
  }
}

/// The system's words for an error number, lower case at the start, as they read inside a sentence.
public func systemMessage(_ code: Int32) -> String {
  let message = String(cString: strerror(code))
  return message.prefix(1).lowercased() + message.dropFirst()
}

// `WholeFile` has methods of this name.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  Platform.write(descriptor, bytes.baseAddress, bytes.count)
}
