import Platform

/// One connection: reads requests, answers them, and closes it.
struct Connection {
  private let handle: Int32
  private let limits: ServerLimits
  private let isStopping: () -> Bool
  private let handler: (HTTPRequest) -> HTTPResponse

  init(
    _ handle: Int32, limits: ServerLimits, isStopping: @escaping () -> Bool,
    handler: @escaping (HTTPRequest) -> HTTPResponse
  ) {
    self.handle = handle
    self.limits = limits
    self.isStopping = isStopping
    self.handler = handler
  }

  /// Answers requests until the client or a limit ends the connection, or the server stops.
  func serve() {
    defer { close(handle) }
    var bytes: [UInt8] = []
    while case .request(let request, let count) = read(&bytes) {
      // A copy, since the array would keep a long body's memory.
      bytes = Array(bytes[count...])
      let response = handler(request)
      let isLast = !request.isPersistent || isStopping()
      guard send(response.serialized(method: request.method, isLast: isLast)), !isLast else {
        return isLast ? linger() : ()
      }
    }
  }

  /// Answers that there are too many connections, and closes this one.
  static func refuse(_ handle: Int32) {
    let response = HTTPResponse(refusing: .serviceUnavailable, "too many connections; try again in a moment")
    let bytes = response.serialized(method: "GET", isLast: true)
    // One attempt, since the accepting thread must not wait for a client; the socket's buffer holds as much.
    _ = bytes.withUnsafeBytes { sendBytes(handle, $0) }
    shutdown(handle, Int32(SHUT_WR))
    // Closing with unread bytes would take the answer from the client.
    _ = withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 16) {
      recv(handle, $0.baseAddress, $0.count, 0)
    }
    close(handle)
  }

  /// How reading ended.
  private enum Reading {
    case request(HTTPRequest, byteCount: Int)
    /// The client has gone or been silent, or it was told what is wrong.
    case over
  }

  /// Reads until `bytes` begin with a whole request. What is wrong is answered here.
  private func read(_ bytes: inout [UInt8]) -> Reading {
    let idle = Deadline(in: limits.idleSeconds)
    while bytes.isEmpty {
      guard !isStopping(), !idle.isOver, receive(&bytes, idle) else { return .over }
    }
    let head = Deadline(in: limits.headSeconds)
    var body: Deadline?
    while true {
      let deadline: Deadline
      switch parseRequest(bytes, limits: limits.request) {
      case .request(let request, let count): return .request(request, byteCount: count)
      case .refused(let status, let problem): return refuse(status, problem)
      case .needsHead: deadline = head
      case .needsBody(let expectsContinue):
        if body == nil, expectsContinue, !send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) { return .over }
        deadline = body ?? Deadline(in: limits.bodySeconds)
        body = deadline
      }
      if deadline.isOver { return refuse(.requestTimeout, "the request took too long to arrive") }
      guard receive(&bytes, deadline) else { return .over }
    }
  }

  private func refuse(_ status: HTTPStatus, _ problem: String) -> Reading {
    if send(HTTPResponse(refusing: status, problem).serialized(method: "GET", isLast: true)) { linger() }
    return .over
  }

  /// Waits for bytes, a tenth of a second or until the deadline, and appends them; false if no more will come.
  private func receive(_ bytes: inout [UInt8], _ deadline: Deadline) -> Bool {
    var wanted = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
    let ready = poll(&wanted, 1, deadline.slice)
    if ready <= 0 { return ready == 0 || errno == EINTR }
    return withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 16) { buffer in
      let count = recv(handle, buffer.baseAddress, buffer.count, 0)
      if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
      return count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR)
    }
  }

  /// Sends bytes; false if the client does not take them in time.
  private func send(_ bytes: [UInt8]) -> Bool {
    let deadline = Deadline(in: limits.bodySeconds)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { sendBytes(handle, UnsafeRawBufferPointer(rebasing: $0[sent...])) }
      if count > 0 {
        sent += count
        continue
      }
      guard count < 0, errno == EAGAIN || errno == EINTR, !deadline.isOver else { return false }
      var wanted = pollfd(fd: handle, events: Int16(POLLOUT), revents: 0)
      poll(&wanted, 1, deadline.slice)
    }
    return true
  }

  /// Tells the client that no more comes, and takes what it still sends, for a second at most: closing with unread bytes
  /// would take the answer from it.
  private func linger() {
    shutdown(handle, Int32(SHUT_WR))
    let deadline = Deadline(in: 1)
    var (bytes, taken) = ([UInt8](), 0)
    while !deadline.isOver, taken < 2 << 20, !isStopping() {
      bytes.removeAll(keepingCapacity: true)
      guard receive(&bytes, deadline) else { return }
      taken += bytes.count
    }
  }
}
