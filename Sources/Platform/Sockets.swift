/// Opens a TCP socket that listens at an address of this machine.
///
/// - Parameters:
///   - host: A name or an address, such as `127.0.0.1`.
///   - port: The port; 0 for a free one.
/// - Returns: The socket, the address that the name stands for and the port; or the system's message.
public func listen(host: String, port: UInt16) -> Result<
  (socket: Int32, address: String, port: UInt16), SocketFailure
> {
  var hints = addrinfo()
  hints.ai_flags = AI_PASSIVE
  hints.ai_family = AF_UNSPEC
  hints.ai_socktype = streamSocket
  var found: UnsafeMutablePointer<addrinfo>?
  let code = getaddrinfo(host, "\(port)", &hints, &found)
  guard code == 0, let first = found else {
    return .failure(SocketFailure(message: String(cString: gai_strerror(code))))
  }
  defer { freeaddrinfo(found) }
  let handle = socket(first.pointee.ai_family, first.pointee.ai_socktype, first.pointee.ai_protocol)
  guard handle >= 0 else { return .failure(.last) }
  var on: Int32 = 1
  _ = fcntl(handle, F_SETFD, FD_CLOEXEC)
  setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
  guard bind(handle, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0, listen(handle, SOMAXCONN) == 0
  else {
    let failure = SocketFailure.last
    close(handle)
    return .failure(failure)
  }
  // The accepting loop asks first; another process may have taken the connection meanwhile.
  _ = fcntl(handle, F_SETFL, O_NONBLOCK)
  let (address, chosen) = name(of: handle)
  return .success((handle, address, chosen))
}

/// Why a socket could not be opened: the system's message.
public struct SocketFailure: Error {
  /// The message.
  public let message: String

  fileprivate static var last: SocketFailure { SocketFailure(message: String(cString: strerror(errno))) }
}

/// The next connection of a listening socket, set up for short answers; nil, with the reason in `errno`, if there is none.
public func acceptConnection(_ listener: Int32) -> Int32? {
  let handle = accept(listener, nil, nil)
  guard handle >= 0 else { return nil }
  var on: Int32 = 1
  _ = fcntl(handle, F_SETFD, FD_CLOEXEC)
  _ = fcntl(handle, F_SETFL, O_NONBLOCK)
  setsockopt(handle, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  preventSignal(onSendingTo: handle)
  return handle
}

/// What `send` returns; a client that has gone is an error, not a signal.
public func sendBytes(_ handle: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  send(handle, bytes.baseAddress, bytes.count, sendFlags)
}

/// The addresses (IPv4) at which other machines of the network may reach this one.
public func networkAddresses() -> [String] {
  var first: UnsafeMutablePointer<ifaddrs>?
  guard getifaddrs(&first) == 0 else { return [] }
  defer { freeifaddrs(first) }
  var result: [String] = []
  var next = first
  while let entry = next?.pointee {
    next = entry.ifa_next
    guard let address = entry.ifa_addr, Int32(address.pointee.sa_family) == AF_INET else { continue }
    let text = numeric(address, socklen_t(MemoryLayout<sockaddr_in>.size)).address
    // This machine's own, and those that no server gave.
    if !text.hasPrefix("127."), !text.hasPrefix("169.254.") { result.append(text) }
  }
  return result
}

/// The numeric address and the port that a socket is bound to.
private func name(of handle: Int32) -> (address: String, port: UInt16) {
  var storage = sockaddr_storage()
  var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
  return withUnsafeMutablePointer(to: &storage) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
      getsockname(handle, address, &length)
      return numeric(address, length)
    }
  }
}

/// An address in numbers.
private func numeric(_ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> (
  address: String, port: UInt16
) {
  var (host, port) = ([CChar](repeating: 0, count: 128), [CChar](repeating: 0, count: 16))
  getnameinfo(
    address, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
    NI_NUMERICHOST | NI_NUMERICSERV)
  func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
  return (text(host), UInt16(text(port)) ?? 0)
}
