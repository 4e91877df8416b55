import Foundations
import Platform

/// A connection to a server of this machine, for tests that must say what goes over it byte by byte.
public final class SocketClient {
  private let handle: Int32

  /// Connects to 127.0.0.1.
  ///
  /// - Parameter receiveBuffer: How many bytes the system takes from the server before the client reads them; nil for as
  ///   many as it likes.
  public init(port: UInt16, receiveBuffer: Int32? = nil) throws {
    handle = socket(AF_INET, streamSocket, 0)
    if var size = receiveBuffer {
      setsockopt(handle, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if code != 0 { throw TestProblem("can't connect to port \(port): \(String(cString: strerror(errno)))") }
  }

  deinit { close(handle) }

  /// Sends bytes; false if the server has gone.
  @discardableResult
  public func send(_ bytes: some Sequence<UInt8>) -> Bool {
    let bytes = Array(bytes)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { sendBytes(handle, UnsafeRawBufferPointer(rebasing: $0[sent...])) }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  /// Sends a text.
  @discardableResult
  public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Says that no more comes, and still reads.
  public func endSending() { shutdown(handle, Int32(SHUT_WR)) }

  /// What the server sends until it closes the connection, or until the text has these words.
  ///
  /// - Parameter limit: Seconds after which an error is thrown.
  public func receive(until words: String? = nil, limit: Double = 20) throws -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var waited = 0.0
    while true {
      if let words, String(decoding: bytes, as: UTF8.self).contains(words) { break }
      var wanted = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
      if poll(&wanted, 1, 100) == 0 {
        waited += 0.1
        if waited > limit { throw TestProblem("no end of the answer after \(limit) s") }
        continue
      }
      let count = recv(handle, &buffer, buffer.count, 0)
      if count <= 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The status of an answer's first line; nil if it has none.
public func httpStatus(_ answer: String) -> Int? {
  let parts = answer.prefix { $0 != "\r\n" }.split(separator: " ")
  return parts.count > 1 && parts[0] == "HTTP/1.1" ? Int(parts[1]) : nil
}
