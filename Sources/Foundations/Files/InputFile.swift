import Platform

/// Reading files from the first byte to the last. Only regular files: a pipe may never have a byte, a device never an end.
public enum InputFile {
  /// Passes a file's first `limit` bytes, or all of them, to `piece` in order, up to 256 KiB at a time; a piece is valid during
  /// its call only.
  ///
  /// - Throws: `missingInput` if there is no such file, it can't be read, or it is not a regular file.
  public static func read(
    _ path: String, upTo limit: Int = .max, piece: (UnsafeRawBufferPointer) -> Void
  ) throws(KitError) {
    let descriptor = try open(path).descriptor
    defer { close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    var rest = limit
    while rest > 0 {
      let count = systemRead(
        descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(rest, buffer.count)]))
      if count == 0 { return }
      if count > 0 {
        piece(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        rest -= count
      } else if errno != EINTR {
        throw unreadable(path, errno)
      }
    }
  }

  /// A file's bytes.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes it may have, so that a wrong file does not fill the memory.
  /// - Throws: `missingInput` if it can't be read, `badData` if it is longer than `limit`.
  public static func bytes(ofFileAt path: String, limit: Int) throws(KitError) -> [UInt8] {
    var bytes: [UInt8] = []
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_size <= limit else { throw tooLong(path, limit) }
      try requireAllocation(of: Int(status.st_size), for: "reading \(path)")
      bytes.reserveCapacity(Int(status.st_size))
    }
    // The size may be that of another moment; a file in /proc has none.
    try read(path, upTo: limit + 1) { bytes.append(contentsOf: $0) }
    if bytes.count > limit { throw tooLong(path, limit) }
    return bytes
  }

  /// A file's size in bytes. Fails with `missingInput` if it can't be read or is not a regular file.
  public static func size(ofFileAt path: String) throws(KitError) -> Int {
    let file = try open(path)
    close(file.descriptor)
    return file.size
  }

  /// A file's first bytes, `count` of them or all. Fails with `missingInput` if it can't be read.
  public static func firstBytes(_ count: Int, ofFileAt path: String) throws(KitError) -> [UInt8] {
    var bytes: [UInt8] = []
    try read(path, upTo: count) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Opens a regular file, without waiting as a pipe would make it. What was opened is asked what it is, so that it can't
  /// change in between.
  ///
  /// - Returns: The file, which the caller closes, and its size in bytes.
  /// - Throws: `missingInput` if there is no such file, it can't be read, or it is not a regular file.
  public static func open(_ path: String) throws(KitError) -> (descriptor: Int32, size: Int) {
    let descriptor = Platform.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      throw code == ENXIO ? notAFile(path, "a socket") : unreadable(path, code)
    }
    do throws(KitError) {
      return (descriptor, try sizeOfRegularFile(descriptor, path))
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func sizeOfRegularFile(_ descriptor: Int32, _ path: String) throws(KitError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return Int(status.st_size)
    case S_IFDIR: throw notAFile(path, "a folder")
    case S_IFIFO: throw notAFile(path, "a pipe")
    case S_IFSOCK: throw notAFile(path, "a socket")
    default: throw notAFile(path, "a device")
    }
  }

  private static func notAFile(_ path: String, _ kind: String) -> KitError {
    KitError(.missingInput, "\(path) is \(kind); it must be a file")
  }

  private static func unreadable(_ path: String, _ code: Int32) -> KitError {
    KitError(.missingInput, "\(path) can't be read: \(systemMessage(code))")
  }

  private static func tooLong(_ path: String, _ limit: Int) -> KitError {
    KitError(.badData, "\(path) is larger than \(limit) bytes, the most for a file of this kind")
  }
}

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  Platform.read(descriptor, buffer.baseAddress, buffer.count)
}
