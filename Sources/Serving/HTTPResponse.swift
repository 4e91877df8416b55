import Foundations
import Platform

/// An answer.
public struct HTTPResponse: Sendable {
  /// The status.
  public var status: HTTPStatus
  /// The body's type, such as `application/json`.
  public var contentType: String
  /// The body; a `HEAD` gets its length alone.
  public var body: [UInt8]
  /// Further fields, such as `Allow`.
  public var fields: [(name: String, value: String)] = []

  /// An answer with a body of a type.
  public init(_ status: HTTPStatus = .ok, type: String, _ body: [UInt8]) {
    self.status = status
    contentType = type
    self.body = body
  }

  /// An answer in JSON.
  public init(_ status: HTTPStatus = .ok, json: JSON) {
    self.init(status, type: "application/json", Array((json.serialized(pretty: false) + "\n").utf8))
  }

  /// A refusal, with what is wrong as JSON: `{"error": "…"}`.
  public init(refusing status: HTTPStatus, _ problem: String) {
    self.init(status, json: .object([("error", .string(problem))]))
  }

  /// The bytes to send.
  ///
  /// The fields keep the answer from being stored, framed, sniffed, or used by another site's page; a page may load scripts,
  /// styles and pictures of this server alone.
  ///
  /// - Parameters:
  ///   - method: The request's; `HEAD` gets no body.
  ///   - isLast: Whether the connection is closed after it.
  func serialized(method: String, isLast: Bool) -> [UInt8] {
    let all =
      [
        ("Date", Self.date()), ("Content-Type", contentType), ("Content-Length", "\(body.count)"),
        ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Content-Security-Policy", Self.policy),
      ] + fields + (isLast ? [("Connection", "close")] : [])
    var head = "HTTP/1.1 \(status.rawValue) \(status.reason)\r\n"
    for (name, value) in all { head += "\(name): \(value)\r\n" }
    return Array((head + "\r\n").utf8) + (method == "HEAD" ? [] : body)
  }

  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  /// The moment as HTTP writes it, in Greenwich's time.
  private static func date() -> String {
    let now = Moment.utc()
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return "\(days[Int(now.fields.tm_wday) % 7]), \(now.day) \(months[Int(now.fields.tm_mon) % 12]) "
      + "\(now.year) \(now.clock) GMT"
  }
}
