/// The SHA-256 digest (FIPS 180-4) of bytes that arrive in pieces of any size.
///
/// Our own, since a cryptography package would double the time of a build.
public struct SHA256: Sendable {
  private var state = Self.initialState
  /// The bytes after the last whole block, fewer than 64.
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  /// Starts with an empty message.
  public init() {
    pending.reserveCapacity(64)
  }

  /// Appends bytes to the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var rest = bytes
    if !pending.isEmpty {
      let taken = min(64 - pending.count, rest.count)
      pending.append(contentsOf: rest[..<taken])
      rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
      if pending.count == 64 {
        pending.withUnsafeBytes { compress($0) }
        pending.removeAll(keepingCapacity: true)
      }
    }
    let whole = rest.count & ~63
    if whole > 0 { compress(UnsafeRawBufferPointer(rebasing: rest[..<whole])) }
    if whole < rest.count { pending.append(contentsOf: rest[whole...]) }
  }

  /// Appends bytes to the message.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// The digest's 32 bytes. Resets to an empty message.
  public mutating func finalize() -> [UInt8] {
    let bitCount = byteCount &* 8
    var padding: [UInt8] = [0x80]
    padding.append(contentsOf: repeatElement(0, count: (119 - pending.count) % 64))
    for shift in stride(from: 56, through: 0, by: -8) {
      padding.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
    }
    update(padding)
    var digest: [UInt8] = []
    for index in 0..<8 {
      for shift in stride(from: 24, through: 0, by: -8) {
        digest.append(UInt8(truncatingIfNeeded: state[index] >> UInt32(shift)))
      }
    }
    self = SHA256()
    return digest
  }

  /// The digest of a file's contents as 64 hexadecimal digits; the file is read in pieces.
  ///
  /// - Throws: `missingInput` if it can't be read.
  public static func hexadecimal(ofFileAt path: String) throws(KitError) -> String {
    var hash = SHA256()
    try InputFile.read(path) { hash.update($0) }
    return hexadecimal(of: hash.finalize())
  }

  /// Bytes as text, two lower-case hexadecimal digits each. This does not hash them: give it a digest.
  public static func hexadecimal(of bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Updates the state with whole blocks of 64 bytes (section 6.2.2).
  ///
  /// The message schedule is kept as a ring of 16 words: word t replaces word t - 16, its last use.
  private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { ring in
      Self.constants.withUnsafeBufferPointer { constants in
        guard let words = ring.baseAddress, let constants = constants.baseAddress else { return }
        for start in stride(from: 0, to: blocks.count, by: 64) {
          for index in 0..<16 {
            let word = blocks.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self)
            words[index] = UInt32(bigEndian: word)
          }
          var working = state
          Self.sixteenRounds(&working, words, constants, extends: false)
          for first in stride(from: 16, to: 64, by: 16) {
            Self.sixteenRounds(&working, words, constants + first, extends: true)
          }
          state &+= working
        }
      }
    }
  }

  /// The schedule's word for a round, from the ring; with `extends` it is computed first and replaces word t - 16.
  @inline(__always)
  private static func word(
    _ words: UnsafeMutablePointer<UInt32>, _ index: Int, extends: Bool
  ) -> UInt32 {
    if extends {
      let word15 = words[(index + 1) & 15]
      let word2 = words[(index + 14) & 15]
      let sigma0 = rotate(word15, 7) ^ rotate(word15, 18) ^ word15 >> 3
      let sigma1 = rotate(word2, 17) ^ rotate(word2, 19) ^ word2 >> 10
      words[index] = words[index] &+ sigma0 &+ words[(index + 9) & 15] &+ sigma1
    }
    return words[index]
  }

  /// Sixteen rounds. Instead of moving eight variables each round, each call takes them one place further on.
  @inline(__always)
  private static func sixteenRounds(
    _ state: inout SIMD8<UInt32>, _ words: UnsafeMutablePointer<UInt32>, _ constants: UnsafePointer<UInt32>,
    extends: Bool
  ) {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for index in stride(from: 0, to: 16, by: 8) {
      round(a, b, c, &d, e, f, g, &h, word(words, index, extends: extends) &+ constants[index])
      round(h, a, b, &c, d, e, f, &g, word(words, index + 1, extends: extends) &+ constants[index + 1])
      round(g, h, a, &b, c, d, e, &f, word(words, index + 2, extends: extends) &+ constants[index + 2])
      round(f, g, h, &a, b, c, d, &e, word(words, index + 3, extends: extends) &+ constants[index + 3])
      round(e, f, g, &h, a, b, c, &d, word(words, index + 4, extends: extends) &+ constants[index + 4])
      round(d, e, f, &g, h, a, b, &c, word(words, index + 5, extends: extends) &+ constants[index + 5])
      round(c, d, e, &f, g, h, a, &b, word(words, index + 6, extends: extends) &+ constants[index + 6])
      round(b, c, d, &e, f, g, h, &a, word(words, index + 7, extends: extends) &+ constants[index + 7])
    }
    state = SIMD8(a, b, c, d, e, f, g, h)
  }

  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32,
    _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32, _ wordAndConstant: UInt32
  ) {
    let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    let choice = g ^ (e & (f ^ g))
    let first = h &+ sum1 &+ choice &+ wordAndConstant
    let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    let majority = (a & b) ^ (c & (a ^ b))
    d = d &+ first
    h = first &+ sum0 &+ majority
  }

  @inline(__always)
  private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 {
    word >> bits | word << (32 - bits)
  }

  /// The fractional parts of the square roots of the first 8 primes (section 5.3.3).
  private static let initialState = SIMD8<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)

  /// The fractional parts of the cube roots of the first 64 primes (section 4.2.2).
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
