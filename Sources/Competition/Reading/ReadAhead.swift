import Foundations

import Platform

/// A stream read on a thread of its own, a few chunks ahead: inflating overlaps with parsing.
///
/// Memory is bounded by `chunkSize` times the chunks in flight. Errors arrive behind the bytes before them.
final class ReadAhead {
  /// A buffer of which the first `count` bytes are filled.
  struct Chunk {
    var bytes: [UInt8] = []
    var count = 0
  }

  private let ring: Ring
  #if canImport(Glibc)
    private let thread: pthread_t
  #else
    private let thread: pthread_t?
  #endif

  /// Starts reading `stream`, which nobody else may use from here on.
  init(_ stream: any ByteStream, chunkSize: Int) throws(KitError) {
    ring = Ring(stream, chunkSize: chunkSize)
    let context = Unmanaged.passRetained(ring)
    #if canImport(Glibc)
      var created = pthread_t()
      let status = pthread_create(&created, nil, { fillRing($0) }, context.toOpaque())
    #else
      var created: pthread_t?
      let status = pthread_create(&created, nil, { fillRing($0) }, context.toOpaque())
    #endif
    guard status == 0 else {
      context.release()
      throw KitError(.failure, "a thread could not be started: \(systemMessage(status))")
    }
    thread = created
  }

  deinit {
    ring.stop()
    #if canImport(Glibc)
      pthread_join(thread, nil)
    #else
      if let thread { pthread_join(thread, nil) }
    #endif
  }

  /// Gives back a spent chunk and takes the next one; false at the stream's end.
  func next(_ chunk: inout Chunk) throws(KitError) -> Bool { try ring.next(&chunk) }
}

/// What the reading thread runs; `context` is its ring, retained.
private func fillRing(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context { Unmanaged<Ring>.fromOpaque(context).takeRetainedValue().fill() }
  return nil
}

/// The chunks that the reading thread and the parsing one hand each other; all of it is under `mutex`.
private final class Ring: @unchecked Sendable {
  /// Two to be filled while one is parsed.
  private static let chunks = 3

  private let stream: any ByteStream
  private let chunkSize: Int
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var spare: [[UInt8]] = []
  private var filled: [ReadAhead.Chunk] = []
  private var failure: KitError?
  private var hasEnded = false
  private var isStopped = false

  init(_ stream: any ByteStream, chunkSize: Int) {
    self.stream = stream
    self.chunkSize = chunkSize
    for _ in 0..<Self.chunks { spare.append([UInt8](repeating: 0, count: chunkSize)) }
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// The reading thread: until the stream ends, fails or nobody wants more of it.
  func fill() {
    while var bytes = takeSpare() {
      var count = 0
      var failure: KitError?
      bytes.withUnsafeMutableBytes { raw in
        do throws(KitError) { count = try stream.read(into: raw) } catch { failure = error }
      }
      pthread_mutex_lock(mutex)
      if count > 0 { filled.append(ReadAhead.Chunk(bytes: bytes, count: count)) } else { hasEnded = true }
      self.failure = failure
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
      if count == 0 { return }
    }
  }

  private func takeSpare() -> [UInt8]? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while spare.isEmpty && !isStopped { pthread_cond_wait(changed, mutex) }
    return isStopped ? nil : spare.removeLast()
  }

  func next(_ chunk: inout ReadAhead.Chunk) throws(KitError) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if !chunk.bytes.isEmpty { spare.append(chunk.bytes) }
    chunk = ReadAhead.Chunk()
    pthread_cond_broadcast(changed)
    while filled.isEmpty && !hasEnded { pthread_cond_wait(changed, mutex) }
    if let first = filled.first {
      chunk = first
      filled.removeFirst()
      return true
    }
    if let failure { throw failure }
    return false
  }

  func stop() {
    pthread_mutex_lock(mutex)
    isStopped = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }
}
