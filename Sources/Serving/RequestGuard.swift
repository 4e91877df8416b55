/// Who may ask: pages of this server, and programs of this machine.
///
/// A page of another site can make a browser send requests here. It can't read answers (no CORS), but it could by giving its
/// own name this server's address (DNS rebinding), so the Host of every request is checked; and it could send a form, so
/// what has a body must have a type that no form has, and must not come from another site.
public struct RequestGuard: Sendable {
  /// Names that clients may use beside `localhost` and any address in numbers, in lower case.
  public let names: Set<String>

  /// A guard that allows these names, too.
  public init(names: [String]) {
    self.names = Set(names.map { $0.lowercased() })
  }

  /// The answer to a request that is not allowed; nil for one that is.
  public func refusal(of request: HTTPRequest) -> HTTPResponse? {
    guard isOwn(Self.withoutPort(request.host)) else {
      return HTTPResponse(
        refusing: .forbidden,
        "the host '\(request.host)' is not served; open the address that the command printed, or allow the name with "
          + "--allow-host")
    }
    guard request.method == "POST" else { return nil }
    func has(_ name: String, only allowed: [String]) -> Bool {
      request.fields.allSatisfy { $0.name != name || allowed.contains($0.value.lowercased()) }
    }
    if has("sec-fetch-site", only: ["same-origin", "none"]),
      has("origin", only: ["http://\(request.host.lowercased())"])
    {
      return nil
    }
    return HTTPResponse(refusing: .forbidden, "requests of other sites' pages are not served")
  }

  /// HTTP/1.0 needs no host; browsers always send one.
  private func isOwn(_ host: String) -> Bool {
    host.isEmpty || host == "localhost" || names.contains(host) || Self.isAddress(host)
  }

  /// `[::1]` of `[::1]:8080`.
  private static func withoutPort(_ host: String) -> String {
    let lower = host.lowercased()
    if lower.hasPrefix("["), let end = lower.firstIndex(of: "]") {
      let rest = lower[lower.index(after: end)...]
      return rest.isEmpty || isPort(rest) ? String(lower[...end]) : lower
    }
    guard let colon = lower.lastIndex(of: ":"), isPort(lower[colon...]) else { return lower }
    return String(lower[..<colon])
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.first == ":" && text.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
  }

  /// Four numbers, or what stands in brackets: no name, so it can't be another site's.
  private static func isAddress(_ host: String) -> Bool {
    if host.hasPrefix("["), host.hasSuffix("]") {
      return host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }
}
