import Foundation
import Pictures
import Platform
import TestSupport
import Testing

/// `serve` as its users meet it: its output, its answers over HTTP, its end.
@Suite struct ServeTests {
  /// A running server.
  struct Running {
    let process: Process
    let port: UInt16
    private let folder: TemporaryFolder

    /// Starts a server on a free port; fails unless it prints its address.
    init(_ sources: [String], _ arguments: [String] = []) throws {
      folder = try TemporaryFolder()
      let (output, errors) = ("\(folder.path)/output", "\(folder.path)/errors")
      for path in [output, errors] { try write("", to: path) }
      process = Process()
      process.executableURL = URL(fileURLWithPath: built("kaggle-digits-serve"))
      process.arguments = sources + ["--port", "0"] + arguments
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle(forWritingAtPath: output)
      process.standardError = FileHandle(forWritingAtPath: errors)
      try startUnblocked(process)
      let end = Date().addingTimeInterval(60)
      while !(try text(errors)).contains("Ctrl-C stops it"), process.isRunning, Date() < end { usleep(5000) }
      let address = try text(output)
      guard let match = address.wholeMatch(of: #/http://127\.0\.0\.1:(\d+)/\n/#), let port = UInt16(match.1)
      else {
        process.terminate()
        throw TestProblem("serve printed '\(address)', and said: \(try text(errors))")
      }
      self.port = port
    }

    /// The answer to a request, its connection closed after it.
    func answer(_ line: String, _ fields: [String] = [], body: [UInt8]? = nil) throws -> String {
      let client = try SocketClient(port: port)
      var head = ["\(line) HTTP/1.1", "Connection: close"] + fields
      if !fields.contains(where: { $0.hasPrefix("Host:") }) { head.append("Host: localhost:\(port)") }
      if let body { head.append("Content-Length: \(body.count)") }
      client.send(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? []))
      return try client.receive()
    }

    /// The object of an answer in JSON.
    func object(_ line: String, _ fields: [String] = [], body: [UInt8]? = nil) throws -> [String: Any] {
      let answer = try answer(line, fields, body: body)
      guard httpStatus(answer) == 200, let start = answer.range(of: "\r\n\r\n")?.upperBound else {
        throw TestProblem(answer)
      }
      return try json(Data(answer[start...].utf8))
    }

    /// Sends a signal; the exit status, and the seconds until it was there.
    func stop(_ signal: Int32 = SIGTERM) -> (status: Int32, seconds: Double) {
      let start = Date()
      kill(process.processIdentifier, signal)
      while process.isRunning, Date().timeIntervalSince(start) < 20 { usleep(2000) }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      let seconds = Date().timeIntervalSince(start)
      process.waitUntilExit()
      return (process.terminationStatus, seconds)
    }
  }

  static let bytes = "Content-Type: application/octet-stream"

  /// An image with a line of ink.
  static let line = (0..<784).map {
    UInt8((6..<22).contains($0 / 28) && (13..<15).contains($0 % 28) ? 255 : 0)
  }

  /// A run of two members that a server answers with.
  private func withServer(_ arguments: [String] = [], _ body: (Running) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try trained(
        "\(folder)/run", smallNetwork + ["--epochs", "1", "--members", "2", "--prepare", "deskew", "--quiet"])
      let server = try Running(["\(folder)/run"], arguments)
      defer { _ = server.stop(SIGKILL) }
      try body(server)
    }
  }

  @Test func anImageIsAnswered() throws {
    try withServer { server in
      let answer = try server.object("POST /v1/predict?occlusion=1", [Self.bytes], body: Self.line)
      let probabilities = try #require(answer["probabilities"] as? [Double])
      #expect(probabilities.count == 10 && abs(probabilities.reduce(0, +) - 1) < 1e-6)
      let digit = try #require(answer["digit"] as? Int)
      #expect(probabilities[digit] == probabilities.max())
      let confidence = try #require(answer["confidence"] as? Double)
      #expect(answer["state"] as? String == (confidence < 0.8 ? "unsure" : "ok"))
      let members = try #require(answer["members"] as? [[String: Any]])
      #expect(members.count == 2)
      #expect((members[0]["name"] as? String)?.hasSuffix("run/member-1/last.safetensors") == true)
      #expect(answer["pixels"] as? [Int] == Self.line.map { Int($0) })
      let seen = try #require(answer["preprocessed"] as? [[String: Any]])
      #expect(seen.count == 1 && seen[0]["preprocessing"] as? String == "deskew")
      // The line is upright already.
      #expect(seen[0]["pixels"] as? [Int] == Self.line.map { Int($0) })
      #expect((answer["occlusion"] as? [Double])?.count == 784)
      let plain = try server.object("POST /v1/predict", [Self.bytes], body: Self.line)
      #expect(plain["occlusion"] is NSNull)
      #expect(plain["probabilities"] as? [Double] == probabilities)
    }
  }

  @Test func aPictureIsRead() throws {
    try withServer { server in
      // The line enlarged, dark on light.
      let side = 224
      let pixels = (0..<side * side).map { UInt8(255 - Self.line[$0 / side / 8 * 28 + $0 % side / 8]) }
      let picture = PNG.grey(width: side, height: side, pixels: pixels)
      let answer = try server.object("POST /v1/predict", ["Content-Type: image/png"], body: picture)
      let seen = try #require(answer["pixels"] as? [Int])
      #expect(seen.reduce(0, +) > 255 * 20 && answer["digit"] is Int)
      let blank = PNG.grey(width: side, height: side, pixels: [UInt8](repeating: 255, count: side * side))
      let empty = try server.object("POST /v1/predict", ["Content-Type: image/png"], body: blank)
      #expect(empty["state"] as? String == "empty")
      for body in [Array(picture.dropLast(40)), [], Array("GIF89a".utf8)] {
        for type in ["image/png", "image/jpeg"] {
          let answer = try server.answer("POST /v1/predict", ["Content-Type: \(type)"], body: body)
          #expect(httpStatus(answer) == 422 && answer.contains("the picture"), "\(answer)")
        }
      }
    }
  }

  @Test func paperIsNoDigit() throws {
    try withServer { server in
      for pixel in [0, 20] as [UInt8] {
        let empty = try server.object(
          "POST /v1/predict", [Self.bytes], body: [UInt8](repeating: pixel, count: 784))
        #expect(empty["state"] as? String == "empty")
        #expect(empty["digit"] is NSNull)
        #expect((empty["members"] as? [Any])?.isEmpty == true)
      }
    }
  }

  @Test func thePageAndTheModelAreThere() throws {
    try withServer { server in
      for (path, type) in [
        ("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
        ("/drawing.js", "text/javascript"), ("/icon.svg", "image/svg+xml"),
        ("/openapi.json", "application/json"),
        ("/health", "application/json"), ("/v1/model", "application/json"),
      ] {
        let (whole, head) = (try server.answer("GET \(path)"), try server.answer("HEAD \(path)"))
        #expect(httpStatus(whole) == 200 && whole.contains("Content-Type: \(type)"))
        #expect(head.hasSuffix("\r\n\r\n"))
        let length = head.firstMatch(of: #/Content-Length: (\d+)/#)?.1
        let body = whole.range(of: "\r\n\r\n").map { whole[$0.upperBound...].utf8.count }
        #expect(length.flatMap { Int($0) } == body && body != 0)
      }
      let model = try server.object("GET /v1/model")
      #expect((model["members"] as? [Any])?.count == 2)
      #expect((model["unsure"] as? [String: Any])?["below"] as? Double == 0.8)
      #expect((model["accepts"] as? [String])?.contains("application/octet-stream") == true)
      let description = try server.object("GET /openapi.json")
      #expect((description["openapi"] as? String)?.hasPrefix("3.1") == true)
    }
  }

  @Test func whatIsWrongIsSaid() throws {
    try withServer { server in
      let cases: [(Int, String, [String], [UInt8]?)] = [
        (400, "POST /v1/predict", [Self.bytes], Array(Self.line.dropLast())),
        (400, "POST /v1/predict", [Self.bytes], []),
        (400, "POST /v1/predict?occlusion=2", [Self.bytes], Self.line),
        (411, "POST /v1/predict", [Self.bytes], nil), (415, "POST /v1/predict", [], Self.line),
        (415, "POST /v1/predict", ["Content-Type: text/plain"], Self.line),
        (403, "POST /v1/predict", [Self.bytes, "Origin: http://evil.example"], Self.line),
        (403, "POST /v1/predict", [Self.bytes, "Sec-Fetch-Site: cross-site"], Self.line),
        (403, "GET /", ["Host: evil.example"], nil), (404, "GET /nothing", [], nil),
        (404, "GET /../page.js", [], nil),
        (405, "GET /v1/predict", [], nil), (405, "DELETE /", [], nil), (405, "OPTIONS /v1/predict", [], nil),
      ]
      for (status, line, fields, body) in cases {
        let answer = try server.answer(line, fields, body: body)
        #expect(httpStatus(answer) == status, "\(line) \(fields): \(answer)")
        #expect(answer.contains("{\"error\":\""))
        if status == 405 { #expect(answer.contains("\r\nAllow: ")) }
      }
    }
  }

  @Test(arguments: [(SIGTERM, 143), (SIGINT, 130), (SIGHUP, 129)] as [(Int32, Int32)])
  func signalsEndIt(signal: Int32, status: Int32) throws {
    try withServer { server in
      // Connections that are open, halfway and silent don't keep it.
      let clients = try (0..<3).map { _ in try SocketClient(port: server.port) }
      clients[1].send("GET / HTT")
      let ended = server.stop(signal)
      #expect(ended.status == status && ended.seconds < 2)
    }
  }

  @Test func otherNamesMustBeAllowed() throws {
    try withServer(["--allow-host", "my-laptop.local"]) { server in
      let answer = try server.answer("GET /health", ["Host: My-Laptop.local:99"])
      #expect(httpStatus(answer) == 200)
    }
  }

  @Test func aTakenPortAndBadOptionsAreRefused() throws {
    try withServer { server in
      let run = try #require(server.process.arguments?.first)
      expectRefusal(
        try EndToEnd.run("kaggle-digits-serve", [run, "--port", "\(server.port)"]), status: 1,
        "127.0.0.1 port \(server.port) can't be opened", "--port 0")
      expectRefusal(
        try EndToEnd.run("kaggle-digits-serve", [run, "--port", "70000"]), status: 64, "'70000'", "--port")
      expectRefusal(
        try EndToEnd.run("kaggle-digits-serve", [run, "--allow-host", "http://a"]), status: 64, "--allow-host"
      )
      expectRefusal(
        try EndToEnd.run("kaggle-digits-serve", [run, "--host", ""]), status: 64, "--host is empty")
      expectRefusal(
        try EndToEnd.run("kaggle-digits-serve", [run, "--host", "no.such.invalid", "--port", "0"]), status: 1,
        "no.such.invalid")
      expectRefusal(try EndToEnd.run("kaggle-digits-serve", ["\(run)-none"]), status: 66)
    }
  }
}
