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
    let descriptor = try openRegularFile(path)
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
    let descriptor = try openRegularFile(path)
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
    return Int(status.st_size)
  }

  /// A file's first bytes, `count` of them or all. Fails with `missingInput` if it can't be read.
  public static func firstBytes(_ count: Int, ofFileAt path: String) throws(KitError) -> [UInt8] {
    var bytes: [UInt8] = []
    try read(path, upTo: count) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Opens a file without waiting, as a pipe would make it.
  private static func openRegularFile(_ path: String) throws(KitError) -> Int32 {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    do throws(KitError) {
      try requireRegularFile(descriptor, path)
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private static func unreadable(_ path: String, _ code: Int32) -> KitError {
    KitError(.missingInput, "\(path) can't be read: \(systemMessage(code))")
  }

  private static func tooLong(_ path: String, _ limit: Int) -> KitError {
    KitError(.badData, "\(path) is larger than \(limit) bytes, the most for a file of this kind")
  }
}

/// Refuses (`missingInput`) an open file that is not a regular one, saying what it is.
public func requireRegularFile(_ descriptor: Int32, _ path: String) throws(KitError) {
  var status = stat()
  guard fstat(descriptor, &status) == 0 else {
    throw KitError(.missingInput, "\(path) can't be read: \(systemMessage(errno))")
  }
  let kind: String? =
    switch status.st_mode & S_IFMT {
    case S_IFREG: nil
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  if let kind { throw KitError(.missingInput, "\(path) is \(kind); it must be a file") }
}

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  Platform.read(descriptor, buffer.baseAddress, buffer.count)
}
