import CZlib
import Foundations

/// The contents of a deflated stream, inflated by zlib in a fixed amount of memory.
final class Inflater: ByteStream {
  /// The format around the deflated bytes.
  enum Wrapping {
    /// One or more gzip members (RFC 1952); zlib checks their lengths and checksums.
    case gzip
    /// Nothing, as inside a zip archive.
    case none
  }

  private let source: any ByteStream
  private let name: String
  private let wrapping: Wrapping
  /// At a fixed address: zlib's state points back at it.
  private let stream: UnsafeMutablePointer<z_stream>
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  private var sourceEnded = false
  private var memberEnded = false

  /// Inflates `source`; messages call it `name`. Throws `failure` if zlib has no memory.
  init(_ source: any ByteStream, wrapping: Wrapping, name: String) throws(KitError) {
    self.source = source
    self.name = name
    self.wrapping = wrapping
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 is the largest window; adding 16 means gzip's wrapping, a minus sign none.
    let bits: Int32 = wrapping == .gzip ? 15 + 16 : -15
    let status = inflateInit2_(stream, bits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw KitError(.failure, "zlib can't start (status \(status))") }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    input.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(KitError) -> Int {
    let room = min(buffer.count, 1 << 30)
    stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = uInt(room)
    while stream.pointee.avail_out > 0 {
      if stream.pointee.avail_in == 0 && !sourceEnded { try refill() }
      if memberEnded {
        if try !startNextMember() { break }
      }
      switch inflate(stream, Z_NO_FLUSH) {
      case Z_OK: break
      case Z_STREAM_END: memberEnded = true
      case Z_BUF_ERROR:
        // No progress: the input must have ended, since there is room for output.
        if sourceEnded { throw KitError(.badData, "\(name) is truncated; download or copy it again") }
      case Z_MEM_ERROR: throw KitError(.failure, "\(name): zlib ran out of memory")
      default:
        let detail = stream.pointee.msg.map { " (\(String(cString: $0)))" } ?? ""
        throw KitError(.badData, "\(name) is damaged\(detail); download or copy it again")
      }
    }
    return room - Int(stream.pointee.avail_out)
  }

  private func refill() throws(KitError) {
    let count = try source.read(into: input)
    sourceEnded = count == 0
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = uInt(count)
  }

  /// Goes on after a member's end; false if nothing follows but zeros, which fill the last block of a tape or a device.
  /// Throws `badData` for data that is not a gzip member.
  private func startNextMember() throws(KitError) -> Bool {
    while wrapping == .gzip, stream.pointee.avail_in > 0, stream.pointee.next_in.pointee == 0 {
      stream.pointee.next_in += 1
      stream.pointee.avail_in -= 1
      if stream.pointee.avail_in == 0 && !sourceEnded { try refill() }
    }
    if stream.pointee.avail_in == 0 { return false }
    guard wrapping == .gzip, stream.pointee.next_in.pointee == 0x1F else {
      throw KitError(
        .badData, "\(name) has trailing data after its compressed data; download or copy it again")
    }
    inflateReset(stream)
    memberEnded = false
    return true
  }
}
