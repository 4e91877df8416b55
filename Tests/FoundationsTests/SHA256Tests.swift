import Foundations
import TestSupport
import Testing

@Suite struct SHA256Tests {
  func digest(_ bytes: [UInt8], chunk: Int = .max) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { raw in
      var start = 0
      while start < raw.count {
        let end = start + min(chunk, raw.count - start)
        hash.update(UnsafeRawBufferPointer(rebasing: raw[start..<end]))
        start = end
      }
    }
    return SHA256.hexadecimal(of: hash.finalize())
  }

  /// The examples that NIST publishes for FIPS 180-4.
  @Test func publishedVectors() {
    let long =
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
    let vectors = [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (long, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
    ]
    for (message, expected) in vectors { #expect(digest(Array(message.utf8)) == expected) }
  }

  @Test func aMillionLettersInOddPieces() {
    let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    for chunk in [1_000_000, 65_537, 63, 64, 65, 7] {
      #expect(
        digest(bytes, chunk: chunk) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }
  }

  /// Every length around the edges of a block and its padding, cut in two at every place.
  @Test func piecesDoNotMatter() {
    var stream = RandomStream(Philox(seed: 1), .sample)
    for count in [1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 130] {
      let bytes = (0..<count).map { _ in UInt8(stream.below(256)) }
      let whole = digest(bytes)
      for cut in 0...count {
        var hash = SHA256()
        hash.update(Array(bytes[..<cut]))
        hash.update(Array(bytes[cut...]))
        #expect(SHA256.hexadecimal(of: hash.finalize()) == whole)
      }
    }
  }

  @Test func finalizeResets() {
    var hash = SHA256()
    hash.update(Array("abc".utf8))
    let first = hash.finalize()
    hash.update(Array("abc".utf8))
    #expect(hash.finalize() == first)
  }

  @Test func fileInPieces() throws {
    let folder = try TemporaryFolder()
    let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    try WholeFile.write(bytes, to: folder.path + "/a", replacing: false)
    #expect(try SHA256.hexadecimal(ofFileAt: folder.path + "/a") == digest(bytes))
    #expect(throws: KitError(.missingInput, "\(folder.path)/b can't be read: no such file or directory")) {
      try SHA256.hexadecimal(ofFileAt: folder.path + "/b")
    }
    #expect(throws: KitError(.missingInput, "\(folder.path) is a folder; it must be a file")) {
      try SHA256.hexadecimal(ofFileAt: folder.path)
    }
  }
}
