import Testing
@testable import Reporting

@Suite struct Base64Tests {
  /// RFC 4648's own examples.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func base64OfTheStandard(text: String, expected: String) {
    #expect(base64(Array(text.utf8)) == expected)
  }
}
