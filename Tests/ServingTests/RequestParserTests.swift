import Foundations
import Testing

@testable import Serving

@Suite struct RequestParserTests {
  private static let post =
    "POST /v1/predict?occlusion=1 HTTP/1.1\r\nHost: localhost:8028\r\n"
    + "Content-Type: application/octet-stream\r\nContent-Length: 5\r\n\r\nabcde"

  private func parse(_ text: String, _ limits: RequestLimits = RequestLimits()) -> ParsedRequest {
    parseRequest(Array(text.utf8), limits: limits)
  }

  /// The number of a refusal; nil for anything else.
  private func refusal(_ text: String, _ limits: RequestLimits = RequestLimits()) -> Int? {
    if case .refused(let status, _) = parse(text, limits) { status.rawValue } else { nil }
  }

  private func request(_ text: String) -> HTTPRequest? {
    if case .request(let request, _) = parse(text) { request } else { nil }
  }

  @Test func aRequestIsReadWhole() throws {
    let read = try #require(request(Self.post))
    #expect(read.method == "POST")
    #expect(read.path == "/v1/predict")
    #expect(read.query == "occlusion=1")
    #expect(read.host == "localhost:8028")
    #expect(read.field("content-type") == "application/octet-stream")
    #expect(read.body == Array("abcde".utf8))
    #expect(read.isPersistent)
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nconnection:  Keep-Alive ,\tCLOSE\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
  ])
  func someConnectionsEndAfterTheAnswer(text: String) throws {
    let read = try #require(request(text))
    #expect(!read.isPersistent)
  }

  @Test func aProxysTargetNamesTheHost() throws {
    let read = try #require(request("GET http://b:1/x?q HTTP/1.1\r\nHost: a\r\n\r\n"))
    #expect(read.host == "b:1")
    #expect(read.path == "/x")
    #expect(read.query == "q")
  }

  @Test func aFieldThatComesTwiceHasNoValue() throws {
    let read = try #require(request("GET / HTTP/1.1\r\nHost: a\r\nOrigin: b\r\norigin: c\r\n\r\n"))
    #expect(read.field("origin") == nil)
    #expect(read.fields.count == 3)
  }

  /// However the bytes arrive, a request becomes one when its last byte is there, and nothing is refused before.
  @Test(arguments: [post, "\r\n" + post, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD /x HTTP/1.0\r\n\r\n"])
  func everyPrefixWaitsForTheRest(text: String) throws {
    let bytes = Array(text.utf8)
    for count in 0..<bytes.count {
      switch parseRequest(Array(bytes[..<count])) {
      case .needsHead, .needsBody: break
      case let other: Issue.record("\(count) bytes are \(other)")
      }
    }
    let more = bytes + Array("GET /next".utf8)
    guard case .request(let read, let count) = parseRequest(more) else {
      Issue.record("not a request")
      return
    }
    #expect(count == bytes.count)
    #expect(read == request(text))
  }

  @Test(arguments: [
    ("GET /\r\nHost: a\r\n\r\n", 400), ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("\r\n\r\n\r\n", 400),
    ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET /é HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET / FTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505), ("GET / HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: a\n\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400), ("\u{16}\u{3}\u{1}", 400), ("\n", 400),
  ])
  func whatIsNoRequestIsRefused(text: String, status: Int) { #expect(refusal(text) == status) }

  @Test(arguments: [
    ("", 411), ("Transfer-Encoding: chunked\r\n", 411),
    ("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", 400), ("Content-Length: -1\r\n", 400),
    ("Content-Length: +1\r\n", 400), ("Content-Length: 1, 1\r\n", 400), ("Content-Length: 0x1\r\n", 400),
    ("Content-Length:\r\n", 400), ("Content-Length: 1\r\nContent-Length: 1\r\n", 400),
    ("Content-Length: 1048577\r\n", 413), ("Content-Length: 99999999999999999999999\r\n", 413),
  ])
  func lengthsThatSayNothingAreRefused(fields: String, status: Int) {
    #expect(refusal("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n") == status)
  }

  @Test func aHeadHasLimits() {
    func head(_ fields: Int, _ padding: Int) -> String {
      "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: fields - 1)
        + "P: " + String(repeating: "p", count: padding) + "\r\n\r\n"
    }
    #expect(request(head(63, 1)) != nil)
    #expect(refusal(head(64, 1)) == 431)
    #expect(request(head(1, 8000)) != nil)
    #expect(refusal(head(1, 8 << 10)) == 431)
    #expect(refusal("GET /" + String(repeating: "x", count: 9000)) == 431)
  }

  @Test func aWordIsWaitedForBeforeTheBody() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    #expect(parse(head) == .needsBody(expectsContinue: true))
    #expect(parse(head + "a") == .needsBody(expectsContinue: false))
  }

  /// Requests with bytes changed, removed, added and repeated: whatever comes of them, no trap, and no request that is longer
  /// than its bytes or beyond the limits.
  @Test func changedRequestsAreReadOrRefused() {
    var stream = RandomStream(Philox(seed: 17), .sample)
    let seeds = [Self.post, "GET http://a/b?c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"].map {
      Array($0.utf8)
    }
    var kinds: Set<Int> = []
    for _ in 0..<60_000 {
      var bytes = seeds[stream.below(seeds.count)]
      for _ in 0...stream.below(4) where !bytes.isEmpty {
        let place = stream.below(bytes.count)
        switch stream.below(4) {
        case 0: bytes[place] = UInt8(stream.below(256))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Array("\r\n :/0%\u{0}".utf8)[stream.below(8)], at: place)
        default:
          bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + stream.below(40))], at: place)
        }
      }
      switch parseRequest(bytes) {
      case .needsHead: kinds.insert(0)
      case .needsBody: kinds.insert(1)
      case .request(let request, let count):
        kinds.insert(2)
        #expect(count <= bytes.count && request.body.count <= count && request.path.hasPrefix("/"))
      case .refused(let status, _): kinds.insert(status.rawValue)
      }
    }
    #expect(kinds.isSuperset(of: [0, 1, 2, 400, 411, 505]))
  }
}
