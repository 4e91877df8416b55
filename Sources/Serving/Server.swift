import Foundations
import Platform

/// How long a connection may take, and how many there may be.
public struct ServerLimits: Sendable {
  /// What a request may be.
  public var request = RequestLimits()
  /// Connections at once; the next one is answered 503.
  public var connections = 64
  /// Seconds from a request's first byte to the end of its head.
  public var headSeconds = 5.0
  /// Seconds for a body, and for the client to take an answer.
  public var bodySeconds = 10.0
  /// Seconds that an open connection may be silent.
  public var idleSeconds = 30.0
  /// Seconds that running requests may take when the server stops.
  public var stopSeconds = 1.5

  /// The limits that the server has.
  public init() {}
}

/// A server of HTTP/1.1 for a page and a few programs: a thread for each connection, and limits on all that a client can
/// make it hold.
///
/// Threads, since the answers are computed rather than waited for, and since a deadline is then an argument of `poll`.
public final class Server: Sendable {
  /// Where it listens: the address in numbers, and the port.
  public let address: (host: String, port: UInt16)
  private let listener: Int32
  private let limits: ServerLimits
  private let handler: @Sendable (HTTPRequest) -> HTTPResponse

  /// Opens the port, so that clients can connect; `run` answers them.
  ///
  /// - Parameters:
  ///   - host: A name or an address of this machine.
  ///   - port: The port; 0 for a free one.
  ///   - handler: Answers a request; called from many threads.
  /// - Throws: `failure` if the port can't be opened, as when another process has it.
  public init(
    host: String, port: UInt16, limits: ServerLimits = ServerLimits(),
    handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
  ) throws(KitError) {
    switch listen(host: host, port: port) {
    case .success(let opened):
      listener = opened.socket
      address = (opened.address, opened.port)
    case .failure(let failure):
      throw KitError(
        .failure, "\(host) port \(port) can't be opened: \(failure.message); --port 0 takes a free one")
    }
    self.limits = limits
    self.handler = handler
  }

  deinit { close(listener) }

  /// Answers connections until `isStopping`, which is asked ten times a second; then no more are accepted, running requests
  /// are answered, and it returns, within `stopSeconds`.
  public func run(until isStopping: @escaping @Sendable () -> Bool) {
    let workers = Workers(limit: limits.connections) { [limits, handler] handle in
      Connection(handle, limits: limits, isStopping: isStopping, handler: handler).serve()
    }
    while !isStopping() {
      var wanted = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      guard poll(&wanted, 1, 100) > 0 else { continue }
      while let handle = acceptConnection(listener) {
        if !workers.take(handle) { Connection.refuse(handle) }
      }
      // Out of descriptors: the connection stays in the system's queue, which need not be asked a million times.
      if errno == EMFILE || errno == ENFILE { usleep(50_000) }
    }
    // Those that were not taken in time are not left waiting.
    while let handle = acceptConnection(listener) { close(handle) }
    workers.stop(within: limits.stopSeconds)
  }
}

/// Threads that each serve a connection at a time, started as they are needed.
private final class Workers: @unchecked Sendable {
  // Changed and read under the monitor's lock alone.
  private var waiting: [Int32] = []
  private var idle = 0
  private var busy = 0
  private var isStopped = false
  private let monitor = Monitor()
  private let limit: Int
  private let serve: @Sendable (Int32) -> Void

  init(limit: Int, serve: @escaping @Sendable (Int32) -> Void) {
    self.limit = limit
    self.serve = serve
  }

  /// Takes a connection; false if as many as may be are being served.
  func take(_ handle: Int32) -> Bool {
    monitor.withLock {
      guard busy + waiting.count < limit else { return false }
      if idle <= waiting.count {
        // Not joined: a thread may outlast `stop`, which waits for none that is slow.
        guard let thread = SystemThread({ self.work() }) else { return false }
        thread.detach()
        idle += 1
      }
      waiting.append(handle)
      monitor.wakeAll()
      return true
    }
  }

  /// Lets the threads end what they serve; returns when they have, or when the time is over.
  func stop(within seconds: Double) {
    monitor.withLock {
      isStopped = true
      monitor.wakeAll()
    }
    let end = Deadline(in: seconds)
    while !end.isOver, monitor.withLock({ busy + waiting.count > 0 }) { usleep(5_000) }
  }

  private func work() {
    while let handle = next() {
      serve(handle)
      monitor.withLock {
        busy -= 1
        idle += 1
      }
    }
  }

  /// The next connection; nil when no more will come.
  private func next() -> Int32? {
    monitor.withLock {
      monitor.wait { !waiting.isEmpty || isStopped }
      guard !waiting.isEmpty else { return nil }
      idle -= 1
      busy += 1
      return waiting.removeFirst()
    }
  }
}
