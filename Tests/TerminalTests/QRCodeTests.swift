import Testing

@testable import Terminal

@Suite struct QRCodeTests {
  /// What zxing-cpp reads as this address.
  @Test func anAddressIsAsAReaderReadIt() throws {
    let code = try #require(QRCode("http://192.168.1.20:8028/"))
    #expect(
      code.text == """
        █████████████████████████████
        ██ ▄▄▄▄▄ ██▄▀▀ ██ ▄█ ▄▄▄▄▄ ██
        ██ █   █ █▄  ▀▄█▄▄██ █   █ ██
        ██ █▄▄▄█ ██▀▄██▀█  █ █▄▄▄█ ██
        ██▄▄▄▄▄▄▄█ ▀ █ ▀▄▀▄█▄▄▄▄▄▄▄██
        ██▄  █ ▄▄▄▄█  █▄ ██▄ ▀██▄█▀██
        ██▀▀▄▄█▀▄█▄▄█▀█ ▄█ ▀   █▄ ▄██
        ███ ▀ ▀▀▄ ▄██▀ ▄ ▄▄▀  █ █▄ ██
        ██▄▀ █▀█▄▄ ▄ ▄ ▀▄▀▄ ▀ ▄▀▄ ▄██
        ██▄█▄███▄▄ ▄  ▄  ▄ ▄▄▄  ▀▀▀██
        ██ ▄▄▄▄▄ █ ▀▄█▀▀▄  █▄█ ▀█▄▄██
        ██ █   █ █▄█▀▄▄  ▀  ▄▄ █▀████
        ██ █▄▄▄█ █  █▀▄ ▄▄  ██  █▀▄██
        ██▄▄▄▄▄▄▄█▄██▄█▄▄█▄▄▄▄███▄▄██
        █████████████████████████████
        """)
  }

  @Test func aVersionIsAsLargeAsTheTextNeeds() throws {
    for (count, side) in [
      (0, 21), (17, 21), (18, 25), (32, 25), (33, 29), (53, 29), (54, 33), (78, 33), (79, 37), (106, 37),
    ] {
      let code = try #require(QRCode(String(repeating: "x", count: count)))
      #expect(code.modules.count == side && code.modules.allSatisfy { $0.count == side })
    }
    #expect(QRCode(String(repeating: "x", count: 107)) == nil)
  }
}
