/// A short text as a QR code (ISO/IEC 18004) for a phone to read from the terminal: byte mode, error correction L, versions 1
/// to 5, which have one block each, and always mask 0, which readers take as any other.
public struct QRCode {
  /// The modules, `[row][column]`, true where dark.
  public private(set) var modules: [[Bool]]
  /// Modules whose colour the version decides: no data is placed there.
  private var isFixed: [[Bool]]
  private let side: Int

  /// Codewords for data and for error correction, version by version.
  private static let capacities = [(19, 7), (34, 10), (55, 15), (80, 20), (108, 26)]

  /// The code of a text; nil if it is longer than 106 bytes.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    // The mode and the length take twelve bits.
    guard let index = Self.capacities.firstIndex(where: { bytes.count + 2 <= $0.0 }) else { return nil }
    side = 21 + 4 * index
    modules = [[Bool]](repeating: [Bool](repeating: false, count: side), count: side)
    isFixed = modules
    placePatterns(hasAlignment: index > 0)
    placeFormat()
    let (dataCount, checkCount) = Self.capacities[index]
    let data = Self.data(bytes, count: dataCount)
    place(data + Self.check(data, count: checkCount))
  }

  /// The code in half blocks, two rows of modules a line, light modules drawn, with a margin.
  public var text: String {
    func isLight(_ row: Int, _ column: Int) -> Bool {
      !(modules.indices.contains(row) && modules.indices.contains(column) && modules[row][column])
    }
    let margin = 2
    return stride(from: -margin, to: side + margin, by: 2).map { row in
      (-margin..<side + margin).map { column in
        switch (isLight(row, column), isLight(row + 1, column)) {
        case (true, true): "█"
        case (true, false): "▀"
        case (false, true): "▄"
        case (false, false): " "
        }
      }.joined()
    }.joined(separator: "\n")
  }

  /// Mode, length, the bytes, an end and padding.
  private static func data(_ bytes: [UInt8], count: Int) -> [UInt8] {
    var nibbles = [4, UInt8(bytes.count >> 4), UInt8(bytes.count & 15)]
    for byte in bytes { nibbles += [byte >> 4, byte & 15] }
    nibbles.append(0)
    var result = stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
    result += (0..<count - result.count).map { $0 % 2 == 0 ? 0xEC : 0x11 }
    return result
  }

  /// Reed and Solomon's check of a block: the remainder by the product of (x - 2ⁱ) over 2⁸ elements.
  private static func check(_ data: [UInt8], count: Int) -> [UInt8] {
    func product(_ a: UInt8, _ b: UInt8) -> UInt8 {
      var (result, a, b) = (UInt8(0), a, b)
      while b > 0 {
        if b & 1 == 1 { result ^= a }
        a = a << 1 ^ (a & 0x80 == 0 ? 0 : 0x1D)
        b >>= 1
      }
      return result
    }
    // The divisor's coefficients without the first, which is 1.
    var divisor = [UInt8](repeating: 0, count: count - 1) + [1]
    var root = UInt8(1)
    for _ in 0..<count {
      for index in 0..<count {
        divisor[index] = product(divisor[index], root) ^ (index + 1 < count ? divisor[index + 1] : 0)
      }
      root = product(root, 2)
    }
    var remainder = [UInt8](repeating: 0, count: count)
    for byte in data {
      let factor = byte ^ remainder[0]
      remainder = Array(remainder.dropFirst()) + [0]
      for index in 0..<count { remainder[index] ^= product(divisor[index], factor) }
    }
    return remainder
  }

  private mutating func fix(_ row: Int, _ column: Int, _ isDark: Bool) {
    guard modules.indices.contains(row), modules.indices.contains(column) else { return }
    modules[row][column] = isDark
    isFixed[row][column] = true
  }

  /// The finders with their light frames, the alignment pattern and the timing lines.
  private mutating func placePatterns(hasAlignment: Bool) {
    for index in 0..<side {
      fix(6, index, index % 2 == 0)
      fix(index, 6, index % 2 == 0)
    }
    for (middleRow, middleColumn) in [(3, 3), (3, side - 4), (side - 4, 3)] {
      for row in -4...4 {
        for column in -4...4 {
          let ring = max(abs(row), abs(column))
          fix(middleRow + row, middleColumn + column, ring != 2 && ring != 4)
        }
      }
    }
    guard hasAlignment else { return }
    for row in -2...2 {
      for column in -2...2 { fix(side - 7 + row, side - 7 + column, max(abs(row), abs(column)) != 1) }
    }
  }

  /// Error correction L and mask 0, twice, with the module that is always dark.
  private mutating func placeFormat() {
    // 01 000, its check by Bose, Chaudhuri and Hocquenghem, and the standard's mask: always the same.
    let bits = 0b111011111000100
    for index in 0..<15 {
      let isDark = bits >> index & 1 == 1
      switch index {
      case 0..<6: fix(index, 8, isDark)
      case 6, 7: fix(index + 1, 8, isDark)
      case 8: fix(8, 7, isDark)
      default: fix(8, 14 - index, isDark)
      }
      if index < 8 { fix(8, side - 1 - index, isDark) } else { fix(side - 15 + index, 8, isDark) }
    }
    fix(side - 8, 8, true)
  }

  /// The codewords' bits in columns of two from the right, upwards and downwards in turn, under the mask.
  private mutating func place(_ codewords: [UInt8]) {
    var number = 0
    var isUpwards = true
    // The timing line's column is none of them.
    for right in Array(stride(from: side - 1, to: 6, by: -2)) + [5, 3, 1] {
      for step in 0..<side {
        let row = isUpwards ? side - 1 - step : step
        for column in [right, right - 1] where !isFixed[row][column] {
          let isSet = number < 8 * codewords.count && codewords[number / 8] >> (7 - number % 8) & 1 == 1
          modules[row][column] = isSet != ((row + column) % 2 == 0)
          number += 1
        }
      }
      isUpwards.toggle()
    }
  }
}
