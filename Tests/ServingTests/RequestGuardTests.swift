import Testing

@testable import Serving

@Suite struct RequestGuardTests {
  private func status(_ text: String, names: [String] = []) -> Int? {
    guard case .request(let request, _) = parseRequest(Array(text.utf8)) else { return nil }
    return RequestGuard(names: names).refusal(of: request)?.status.rawValue ?? 200
  }

  @Test(arguments: [
    ("localhost", 200), ("LocalHost:8028", 200), ("127.0.0.1:8028", 200), ("192.168.1.7", 200),
    ("[::1]:8028", 200),
    ("[::1]", 200), ("evil.example", 403), ("evil.example:8028", 403), ("localhost.evil.example", 403),
    ("127.0.0.1.evil.example", 403), ("127.0.0.1@evil.example", 403), ("[::1].evil.example", 403),
    ("1.2.3", 403),
    ("1.2.3.4.5", 403), ("256.1.1.1", 403), ("[evil]", 403), ("localhost:80x", 403), ("kit.example", 200),
    ("KIT.example:1", 200),
  ])
  func theHostMustBeThisMachines(host: String, expected: Int) {
    #expect(status("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", names: ["Kit.Example"]) == expected)
  }

  @Test(arguments: [
    ("", 200), ("Sec-Fetch-Site: same-origin\r\n", 200), ("Sec-Fetch-Site: none\r\n", 200),
    ("Sec-Fetch-Site: cross-site\r\n", 403), ("Sec-Fetch-Site: same-site\r\n", 403),
    ("Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n", 403),
    ("Origin: http://localhost:8028\r\n", 200), ("Origin: http://evil.example\r\n", 403),
    ("Origin: http://localhost:8029\r\n", 403), ("Origin: https://localhost:8028\r\n", 403),
    ("Origin: null\r\n", 403),
    ("Origin: http://localhost:8028\r\nOrigin: null\r\n", 403),
    ("Sec-Fetch-Site: cross-site\r\nOrigin: http://localhost:8028\r\n", 403),
  ])
  func otherSitesMayNotSend(fields: String, expected: Int) {
    #expect(
      status("POST / HTTP/1.1\r\nHost: localhost:8028\r\nContent-Length: 0\r\n\(fields)\r\n") == expected)
  }
}
