import Platform

/// Reading files from the first byte to the last.
public enum InputFile {
  /// Passes a file's first `limit` bytes, or all of them, to `piece` in order, up to 256 KiB at a time; a piece is valid during
  /// its call only.
  ///
  /// - Throws: `missingInput` if there is no such file or it can't be read.
  public static func read(
    _ path: String, upTo limit: Int = .max, piece: (UnsafeRawBufferPointer) -> Void
  ) throws(KitError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
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
      bytes.reserveCapacity(Int(status.st_size))
    }
    var isTooLong = false
    try read(path) { piece in
      if isTooLong { return }
      isTooLong = piece.count > limit - bytes.count
      if !isTooLong { bytes.append(contentsOf: piece) }
    }
    if isTooLong { throw tooLong(path, limit) }
    return bytes
  }

  /// A file's first bytes, `count` of them or all. Fails with `missingInput` if it can't be read.
  public static func firstBytes(_ count: Int, ofFileAt path: String) throws(KitError) -> [UInt8] {
    var bytes: [UInt8] = []
    try read(path, upTo: count) { bytes.append(contentsOf: $0) }
    return bytes
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
