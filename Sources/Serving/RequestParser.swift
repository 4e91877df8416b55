/// How large a request may be.
public struct RequestLimits: Sendable {
  /// Bytes of the request line and all fields.
  public var head = 8 << 10
  /// Fields of the head.
  public var fields = 64
  /// Bytes of the body.
  public var body = 1 << 20

  /// The limits that the server has.
  public init() {}
}

/// What the bytes of a connection are so far.
public enum ParsedRequest: Sendable, Equatable {
  /// The head is not complete.
  case needsHead
  /// The body is not complete; `expectsContinue` if the client waits for a word before it sends the body.
  case needsBody(expectsContinue: Bool)
  /// A request, and how many of the bytes it is.
  case request(HTTPRequest, byteCount: Int)
  /// Not a request that is served: the answer, after which the connection is closed, and what is wrong.
  case refused(HTTPStatus, String)
}

/// Reads a request from the first bytes of a connection: a function of the bytes alone, which the server calls again as more
/// arrive.
///
/// Strict where leniency has let requests be smuggled: lines end with CRLF, no folded fields, no space before a colon, one
/// Content-Length at most, no Transfer-Encoding, one Host.
public func parseRequest(_ bytes: [UInt8], limits: RequestLimits = RequestLimits()) -> ParsedRequest {
  // An empty line before a request is left over from the one before.
  if bytes == [carriageReturn] { return .needsHead }
  let start = bytes.starts(with: [carriageReturn, lineFeed]) ? 2 : 0
  do throws(Refusal) {
    guard let lines = try headLines(bytes, from: start, limits) else { return .needsHead }
    let head = try Head(lines.lines, limits)
    guard bytes.count - lines.end >= head.bodyLength else {
      let isWaiting = head.expectsContinue && bytes.count == lines.end
      return .needsBody(expectsContinue: isWaiting)
    }
    let end = lines.end + head.bodyLength
    return .request(head.request(body: Array(bytes[lines.end..<end])), byteCount: end)
  } catch {
    return .refused(error.status, error.problem)
  }
}

private let carriageReturn = UInt8(ascii: "\r")
private let lineFeed = UInt8(ascii: "\n")
private let space = UInt8(ascii: " ")

private struct Refusal: Error {
  let status: HTTPStatus
  let problem: String

  init(_ status: HTTPStatus, _ problem: String) {
    self.status = status
    self.problem = problem
  }
}

/// The head's lines without their ends, and where the body begins; nil if the empty line has not come yet.
private func headLines(
  _ bytes: [UInt8], from start: Int, _ limits: RequestLimits
) throws(Refusal) -> (lines: [ArraySlice<UInt8>], end: Int)? {
  var lines: [ArraySlice<UInt8>] = []
  var lineStart = start
  for index in start..<min(bytes.count, start + limits.head) where bytes[index] == lineFeed {
    guard index > lineStart, bytes[index - 1] == carriageReturn else {
      throw Refusal(.badRequest, "a line does not end with CRLF")
    }
    let line = bytes[lineStart..<index - 1]
    lineStart = index + 1
    if line.isEmpty { return (lines, lineStart) }
    lines.append(line)
    // The request line, and a line for each field.
    guard lines.count <= limits.fields + 1 else {
      throw Refusal(.headTooLarge, "the head has more than \(limits.fields) fields")
    }
  }
  guard bytes.count - start < limits.head else {
    throw Refusal(.headTooLarge, "the head is longer than \(limits.head) bytes")
  }
  // Another protocol, such as TLS, need not be waited for.
  guard bytes.count == start || isToken(bytes[start]) else {
    throw Refusal(.badRequest, "this is not an HTTP request")
  }
  return nil
}

/// A request's line and fields, checked.
private struct Head {
  private var method = ""
  private var path = ""
  private var query: String?
  private var host: String?
  private var version = ""
  private var fields: [HTTPRequest.Field] = []
  private(set) var bodyLength = 0

  var expectsContinue: Bool {
    fields.contains { $0.name == "expect" && $0.value.lowercased() == "100-continue" }
  }

  init(_ lines: [ArraySlice<UInt8>], _ limits: RequestLimits) throws(Refusal) {
    guard let first = lines.first else { throw Refusal(.badRequest, "the request line is empty") }
    try readLine(first)
    for line in lines.dropFirst() { fields.append(try Self.field(line)) }
    try readHost()
    try readLength(limits)
  }

  func request(body: [UInt8]) -> HTTPRequest {
    let options = fields.filter { $0.name == "connection" }
      .flatMap { $0.value.lowercased().split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } } }
    return HTTPRequest(
      method: method, path: path, query: query, host: host ?? "", fields: fields, body: body,
      isPersistent: version == "HTTP/1.1" && !options.contains("close"))
  }

  private mutating func readLine(_ line: ArraySlice<UInt8>) throws(Refusal) {
    let parts = line.split(separator: space, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(isToken) else {
      throw Refusal(.badRequest, "the request line is not METHOD TARGET VERSION")
    }
    version = String(decoding: parts[2], as: UTF8.self)
    guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
      let isAnother = version.hasPrefix("HTTP/")
      throw Refusal(isAnother ? .versionNotSupported : .badRequest, "the version is not HTTP/1.1")
    }
    method = String(decoding: parts[0], as: UTF8.self)
    try readTarget(parts[1])
  }

  /// `/path?query`, or the same after `http://host`, as for a proxy.
  private mutating func readTarget(_ bytes: ArraySlice<UInt8>) throws(Refusal) {
    guard bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
      throw Refusal(.badRequest, "the target has characters that must be encoded")
    }
    var target = String(decoding: bytes, as: UTF8.self)
    if target.lowercased().hasPrefix("http://") {
      let rest = target.dropFirst("http://".count)
      let slash = rest.firstIndex(of: "/") ?? rest.endIndex
      host = String(rest[..<slash])
      target = slash == rest.endIndex ? "/" : String(rest[slash...])
    }
    guard target.hasPrefix("/") else { throw Refusal(.badRequest, "the target does not begin with a slash") }
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    path = parts[0]
    query = parts.count > 1 ? parts[1] : nil
  }

  private static func field(_ line: ArraySlice<UInt8>) throws(Refusal) -> HTTPRequest.Field {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy(isToken)
    else { throw Refusal(.badRequest, "a field of the head is not NAME: VALUE") }
    let isBlank = { (byte: UInt8) in byte == space || byte == UInt8(ascii: "\t") }
    var value = line[(colon + 1)...].drop(while: isBlank)
    while let last = value.last, isBlank(last) { value.removeLast() }
    guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") }) else {
      throw Refusal(.badRequest, "a field of the head has control characters")
    }
    return HTTPRequest.Field(
      name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
      value: String(decoding: value, as: UTF8.self))
  }

  private mutating func readHost() throws(Refusal) {
    let hosts = fields.filter { $0.name == "host" }
    guard hosts.count == 1 || (hosts.isEmpty && version == "HTTP/1.0") else {
      throw Refusal(.badRequest, "the head must have one Host")
    }
    if host == nil { host = hosts.first?.value }
  }

  private mutating func readLength(_ limits: RequestLimits) throws(Refusal) {
    let lengths = fields.filter { $0.name == "content-length" }
    if fields.contains(where: { $0.name == "transfer-encoding" }) {
      throw Refusal(
        lengths.isEmpty ? .lengthRequired : .badRequest,
        "Transfer-Encoding is not served; send Content-Length")
    }
    guard let length = lengths.first?.value else {
      if ["POST", "PUT", "PATCH"].contains(method) {
        throw Refusal(.lengthRequired, "Content-Length is missing")
      }
      return
    }
    guard lengths.count == 1, !length.isEmpty, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw Refusal(.badRequest, "Content-Length is not one whole number")
    }
    guard let count = Int(length), count <= limits.body else {
      throw Refusal(.contentTooLarge, "the body is longer than \(limits.body) bytes")
    }
    bodyLength = count
  }
}

/// Whether a byte may stand in a method or a field's name (RFC 9110, section 5.6.2).
private func isToken(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "a")...UInt8(ascii: "z"):
    true
  default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}
