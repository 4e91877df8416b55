import Foundations
import Platform

/// A stream that a thread of its own reads a few chunks ahead, so that inflating overlaps with parsing.
///
/// Memory is bounded by three chunks. Errors are thrown after the bytes before them were handed out.
final class ReadAhead {
  /// A buffer whose first `count` bytes are filled.
  struct Chunk {
    var bytes: [UInt8] = []
    var count = 0
  }

  private let ring: Ring
  private let thread: SystemThread

  /// Starts reading `stream`, `chunkSize` bytes at a time. Nothing else may read from it afterwards.
  ///
  /// Throws `failure` if no thread can be started.
  init(_ stream: any ByteStream, chunkSize: Int) throws(KitError) {
    let ring = Ring(stream, chunkSize: chunkSize)
    guard let thread = SystemThread({ ring.fill() }) else {
      throw KitError(.failure, "can't start a thread: \(systemMessage(errno))")
    }
    (self.ring, self.thread) = (ring, thread)
  }

  deinit {
    ring.stop()
    thread.join()
  }

  /// Returns a used chunk and takes the next one; false at the stream's end. Throws what the stream threw.
  func next(_ chunk: inout Chunk) throws(KitError) -> Bool { try ring.next(&chunk) }
}

/// The chunks that the reading thread and the parsing one pass to each other; all but `stream` is used under `monitor`.
private final class Ring: @unchecked Sendable {
  /// Two to be filled while one is parsed.
  private static let chunks = 3

  private let stream: any ByteStream
  private let monitor = Monitor()
  private var spare: [[UInt8]]
  private var filled: [ReadAhead.Chunk] = []
  private var failure: KitError?
  private var hasEnded = false
  private var isStopped = false

  init(_ stream: any ByteStream, chunkSize: Int) {
    self.stream = stream
    spare = (0..<Self.chunks).map { _ in [UInt8](repeating: 0, count: chunkSize) }
  }

  /// The reading thread's work: until the stream ends or fails, or `stop()`.
  func fill() {
    while var bytes = takeSpare() {
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
      if count == 0 { return }
    }
  }

  private func takeSpare() -> [UInt8]? {
    monitor.withLock {
      monitor.wait { !spare.isEmpty || isStopped }
      return isStopped ? nil : spare.removeLast()
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
