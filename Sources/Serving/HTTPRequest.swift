/// A request that was read whole (HTTP/1.1, RFC 9112).
public struct HTTPRequest: Sendable, Equatable {
  /// A line of the head: its name in lower case and its value without spaces around it.
  public struct Field: Sendable, Equatable {
    /// The name, in lower case.
    public let name: String
    /// The value.
    public let value: String
  }

  /// `GET`, `POST`, …, as it was sent.
  public let method: String
  /// What is asked for, from the slash on, without a query; not decoded.
  public let path: String
  /// What follows the question mark; nil without one.
  public let query: String?
  /// The host that the client means, with its port if it named one; empty in HTTP/1.0 without a host.
  public let host: String
  /// The head's fields, in order.
  public let fields: [Field]
  /// The body's bytes.
  public let body: [UInt8]
  /// Whether the client wants the connection to stay open.
  public let isPersistent: Bool

  /// The value of a field by its name in lower case; nil if it is not there, or more than once, which none of those that
  /// the server asks for may be.
  public func field(_ name: String) -> String? {
    let found = fields.filter { $0.name == name }
    return found.count == 1 ? found[0].value : nil
  }
}
