import CZlib
import Foundations

/// The lines of a PNG file, inflated one after another: as much as is asked for and no more.
final class PNGInflater {
  private let bytes: [UInt8]
  private let name: String
  /// The places of compressed data that are not used yet; the first may be used in part.
  private var rest: ArraySlice<Range<Int>>
  /// At a fixed address: zlib's state points back at it.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isFinished = false

  /// Inflates the parts of `bytes` at `places`; throws `failure` if zlib has no memory.
  init(_ bytes: [UInt8], _ places: [Range<Int>], name: String) throws(KitError) {
    self.bytes = bytes
    self.name = name
    rest = places[...]
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = inflateInit2_(stream, 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw KitError(.failure, "zlib can't start (status \(status))") }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Where the next compressed byte is.
  var position: Int { rest.first?.lowerBound ?? bytes.count }

  /// Fills a line.
  func fill(_ line: inout [UInt8]) throws(KitError) {
    let count = line.count
    var filled = 0
    while filled < count {
      guard let taken = try step(&line, from: filled) else {
        throw damaged(name, at: position, "the compressed pixels end early")
      }
      filled += taken
    }
  }

  /// Goes to the end of the compressed data, where its checksum is compared. More pixels than the header says are ignored,
  /// as other programs do.
  func finish() throws(KitError) {
    var spare: [UInt8] = [0]
    while let taken = try step(&spare, from: 0) {
      if taken > 0 { return }
    }
    if !isFinished { throw damaged(name, at: position, "the compressed pixels end early") }
  }

  /// Inflates into a line from `start` on; nil if there is nothing more.
  private func step(_ line: inout [UInt8], from start: Int) throws(KitError) -> Int? {
    guard !isFinished, let place = rest.first else { return nil }
    guard !place.isEmpty else {
      rest.removeFirst()
      return 0
    }
    let room = line.count - start
    let status = bytes.withUnsafeBufferPointer { input in
      line.withUnsafeMutableBufferPointer { output in
        // zlib takes its input as not constant, and does not write to it.
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress.map { $0 + place.lowerBound })
        stream.pointee.avail_in = uInt(place.count)
        stream.pointee.next_out = output.baseAddress.map { $0 + start }
        stream.pointee.avail_out = uInt(room)
        return inflate(stream, Z_NO_FLUSH)
      }
    }
    rest[rest.startIndex] = place.upperBound - Int(stream.pointee.avail_in)..<place.upperBound
    switch status {
    case Z_STREAM_END: isFinished = true
    case Z_OK, Z_BUF_ERROR: break
    case Z_MEM_ERROR: throw KitError(.failure, "\(name): zlib ran out of memory")
    default:
      let detail = stream.pointee.msg.map { " (\(String(cString: $0)))" } ?? ""
      throw damaged(name, at: position, "the compressed pixels are damaged\(detail)")
    }
    return room - Int(stream.pointee.avail_out)
  }
}
