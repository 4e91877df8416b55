import Foundation
import Foundations
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Serving

/// A server over real sockets, with limits so short that tests need not wait.
@Suite struct ServerTests {
  /// A running server.
  private final class Running: Sendable {
    let server: Server
    private let isStopping = Atomic<Bool>(false)
    private let hasStopped = Atomic<Bool>(false)

    init(_ limits: ServerLimits = ServerTests.limits) throws {
      server = try Server(host: "127.0.0.1", port: 0, limits: limits) { request in
        if request.path == "/slow" { usleep(500_000) }
        if request.path == "/large" {
          return HTTPResponse(type: "text/plain", [UInt8](repeating: 65, count: 4 << 20))
        }
        return HTTPResponse(
          type: "text/plain", Array("\(request.method) \(request.path) \(request.body.count)".utf8))
      }
      let thread = SystemThread { [self] in
        server.run { self.isStopping.load(ordering: .relaxed) }
        hasStopped.store(true, ordering: .relaxed)
      }
      thread?.detach()
    }

    func client(receiveBuffer: Int32? = nil) throws -> SocketClient {
      try SocketClient(port: server.address.port, receiveBuffer: receiveBuffer)
    }

    /// What is answered to bytes, after which no more come.
    func answer(_ text: String) throws -> String {
      let client = try client()
      client.send(text)
      client.endSending()
      return try client.receive()
    }

    /// The status of an answer.
    func status() throws -> Int? { httpStatus(try answer(ServerTests.get)) }

    /// Lets it stop; the seconds that this takes.
    @discardableResult
    func stop() -> Double {
      let start = Date()
      isStopping.store(true, ordering: .relaxed)
      while !hasStopped.load(ordering: .relaxed), Date().timeIntervalSince(start) < 10 { usleep(2000) }
      return Date().timeIntervalSince(start)
    }
  }

  private static let limits = {
    var limits = ServerLimits()
    limits.headSeconds = 0.4
    limits.bodySeconds = 0.4
    limits.idleSeconds = 0.6
    limits.stopSeconds = 1.2
    limits.connections = 4
    return limits
  }()

  private func withServer(_ limits: ServerLimits = limits, _ body: (Running) throws -> Void) throws {
    let running = try Running(limits)
    defer { running.stop() }
    try body(running)
  }

  static let get = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"

  @Test func answersHaveTheFieldsThatProtectThem() throws {
    try withServer { server in
      let answer = try server.answer(Self.get)
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(answer.hasSuffix("\r\n\r\nGET /a 0"))
      for field in [
        "Content-Length: 8", "Content-Security-Policy: default-src 'none'; script-src 'self'",
        "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "Cache-Control: no-store",
        "Cross-Origin-Opener-Policy: same-origin", "Cross-Origin-Resource-Policy: same-origin",
      ] {
        #expect(answer.contains("\r\n\(field)"))
      }
      #expect(!answer.lowercased().contains("access-control"))
    }
  }

  @Test func headHasTheLengthAlone() throws {
    try withServer { server in
      let answer = try server.answer("HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(answer.contains("Content-Length: 9\r\n") && answer.hasSuffix("\r\n\r\n"))
    }
  }

  @Test func requestsSentAtOnceAreAnsweredInOrder() throws {
    try withServer { server in
      let answer = try server.answer(
        Self.get + "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz\r\n"
          + "GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + Self.get)
      #expect(answer.components(separatedBy: "HTTP/1.1 200 OK").count == 4)
      let places = ["GET /a 0", "POST /b 3", "GET /c 0"].map { answer.range(of: $0)?.lowerBound }
      #expect(places.allSatisfy { $0 != nil })
      #expect(answer.contains("Connection: close") && answer.hasSuffix("GET /c 0"))
    }
  }

  @Test func aRequestMayArriveByteByByte() throws {
    try withServer { server in
      let client = try server.client()
      for byte in Self.get.utf8 {
        client.send([byte])
        usleep(1000)
      }
      let answer = try client.receive(until: "GET /a 0")
      #expect(answer.hasSuffix("GET /a 0"))
    }
  }

  @Test func aBodyIsAskedFor() throws {
    try withServer { server in
      let client = try server.client()
      client.send("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
      let word = try client.receive(until: "\r\n\r\n")
      #expect(word == "HTTP/1.1 100 Continue\r\n\r\n")
      client.send("ok")
      let answer = try client.receive(until: "POST /b 2")
      #expect(answer.contains("200 OK"))
    }
  }

  @Test(arguments: [
    ("nonsense\r\n\r\n", 400), ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", 411),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n", 413),
    ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "x: y\r\n", count: 70), 431),
    ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
  ])
  func refusalsEndTheConnection(text: String, status: Int) throws {
    try withServer { server in
      let client = try server.client()
      client.send(text)
      let answer = try client.receive()
      #expect(httpStatus(answer) == status)
      #expect(answer.contains("Connection: close\r\n") && answer.contains("{\"error\":\""))
    }
  }

  @Test(arguments: ["GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"])
  func slowRequestsAreToldSo(text: String) throws {
    try withServer { server in
      let client = try server.client()
      client.send(text)
      let answer = try client.receive()
      #expect(httpStatus(answer) == 408)
    }
  }

  @Test func silentConnectionsAreClosed() throws {
    try withServer { server in
      let nothing = try server.client().receive()
      #expect(nothing == "")
      let client = try server.client()
      client.send(Self.get)
      let answer = try client.receive()
      #expect(answer.hasSuffix("GET /a 0"))
    }
  }

  @Test func whoHangsUpHalfwayIsLetGo() throws {
    try withServer { server in
      for text in ["", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"] {
        let answer = try server.answer(text)
        #expect(answer == "")
      }
      let status = try server.status()
      #expect(status == 200)
    }
  }

  @Test func whoDoesNotReadIsLetGo() throws {
    try withServer { server in
      let lazy = try (0..<3).map { _ in try server.client(receiveBuffer: 4096) }
      for client in lazy { client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n") }
      let status = try server.status()
      #expect(status == 200)
      usleep(700_000)
      let others = try (0..<4).map { _ in try server.client() }
      for client in others {
        client.send(Self.get)
        let answer = try client.receive(until: "GET /a 0")
        #expect(httpStatus(answer) == 200)
      }
    }
  }

  @Test func tooManyConnectionsAreToldSo() throws {
    var limits = Self.limits
    limits.idleSeconds = 30
    try withServer(limits) { server in
      var clients = try (0..<4).map { _ in try server.client() }
      for client in clients {
        client.send(Self.get)
        _ = try client.receive(until: "GET /a 0")
      }
      let status = try server.status()
      #expect(status == 503)
      clients = []
      let end = Date().addingTimeInterval(20)
      var later = try server.status()
      while later == 503, Date() < end {
        usleep(20_000)
        later = try server.status()
      }
      #expect(later == 200)
    }
  }

  @Test func manyConnectionsLeaveItAnswering() throws {
    try withServer { server in
      for _ in 0..<1000 { _ = try server.client() }
      usleep(200_000)
      let status = try server.status()
      #expect(status == 200)
    }
  }

  @Test func whatRunsIsAnsweredBeforeItStops() throws {
    let server = try Running()
    let client = try server.client()
    client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    let idle = try server.client()
    usleep(100_000)
    #expect(server.stop() < 1.9)
    let answer = try client.receive()
    #expect(answer.hasSuffix("GET /slow 0") && answer.contains("Connection: close"))
    let nothing = try idle.receive()
    #expect(nothing == "")
  }

  @Test func aTakenPortIsSaid() throws {
    try withServer { server in
      let port = server.server.address.port
      let problem = message(of: .failure) { try Server(host: "127.0.0.1", port: port) { _ in fatalError() } }
      #expect(problem.contains("port \(port) can't be opened") && problem.contains("--port 0"))
    }
    #expect(
      message(of: .failure) { try Server(host: "no.such.invalid", port: 0) { _ in fatalError() } }
        != "accepted")
  }
}
