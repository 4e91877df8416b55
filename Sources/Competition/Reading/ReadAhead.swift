import Foundations
import Platform

/// A stream that a thread of its own reads a few chunks ahead, so that inflating overlaps with parsing. One that ends within
/// a chunk is read at once, without a thread.
///
/// Memory is bounded by three chunks. Errors are thrown after the bytes before them were handed out.
final class ReadAhead {
  /// A buffer whose first `count` bytes are filled.
  struct Chunk {
    var bytes: [UInt8] = []
    var count = 0
  }

  private let ring: Ring
  private let thread: SystemThread?

  /// Starts reading `stream`, `chunkSize` bytes at a time. Nothing else may read from it afterwards.
  ///
  /// Throws `failure` if no thread can be started.
  init(_ stream: any ByteStream, chunkSize: Int) throws(KitError) {
    let ring = Ring(stream, chunkSize: chunkSize)
    self.ring = ring
    if ring.fillsOneChunk() {
      thread = nil
      return
    }
    guard let thread = SystemThread({ ring.fill() }) else {
      throw KitError(.failure, "can't start a thread: \(systemMessage(errno))")
    }
    self.thread = thread
  }

  deinit {
    ring.stop()
    thread?.join()
  }

  /// Returns a used chunk and takes the next one; false at the stream's end. Throws what the stream threw.
  func next(_ chunk: inout Chunk) throws(KitError) -> Bool { try ring.next(&chunk) }
}

/// The chunks that the reading thread and the parsing one pass to each other; all but `stream` is used under `monitor`.
private final class Ring: @unchecked Sendable {
  /// Two to be filled while one is parsed.
  private static let chunks = 3

  private let stream: any ByteStream
  private let chunkSize: Int
  private let monitor = Monitor()
  /// Chunks that may still be made.
  private var unmade = chunks
  private var spare: [[UInt8]] = []
  private var filled: [ReadAhead.Chunk] = []
  private var failure: KitError?
  private var hasEnded = false
  private var isStopped = false

  init(_ stream: any ByteStream, chunkSize: Int) {
    self.stream = stream
    self.chunkSize = chunkSize
  }

  /// Reads a chunk, and whether it was the last.
  func fillsOneChunk() -> Bool {
    let count = fillChunk()
    return count < chunkSize && (count == 0 || fillChunk() == 0)
  }

  /// The reading thread's work: until the stream ends or fails, or `stop()`.
  func fill() { while fillChunk() > 0 {} }

  /// Reads a chunk. Returns its bytes: 0 at the stream's end, after a failure, and after `stop()`.
  private func fillChunk() -> Int {
    guard var bytes = takeSpare() else { return 0 }
    var count = 0
    var failure: KitError?
    bytes.withUnsafeMutableBytes { raw in
      do throws(KitError) { count = try stream.read(into: raw) } catch { failure = error }
    }
    monitor.withLock {
      if count > 0 { filled.append(ReadAhead.Chunk(bytes: bytes, count: count)) } else { hasEnded = true }
      self.failure = failure
      monitor.wakeAll()
    }
    return count
  }

  private func takeSpare() -> [UInt8]? {
    monitor.withLock {
      monitor.wait { !spare.isEmpty || unmade > 0 || isStopped }
      if isStopped { return nil }
      if let bytes = spare.popLast() { return bytes }
      unmade -= 1
      return [UInt8](repeating: 0, count: chunkSize)
    }
  }

  func next(_ chunk: inout ReadAhead.Chunk) throws(KitError) -> Bool {
    try monitor.withLock { () throws(KitError) in
      if !chunk.bytes.isEmpty { spare.append(chunk.bytes) }
      chunk = ReadAhead.Chunk()
      monitor.wakeAll()
      monitor.wait { !filled.isEmpty || hasEnded }
      if let failure, filled.isEmpty { throw failure }
      if filled.isEmpty { return false }
      chunk = filled.removeFirst()
      return true
    }
  }

  func stop() {
    monitor.withLock {
      isStopped = true
      monitor.wakeAll()
    }
  }
}
