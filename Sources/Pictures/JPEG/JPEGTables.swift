import Foundations

/// The places in a block, by row, of coefficients in zigzag order.
let zigzag: [Int] = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14,
  21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53,
  60,
  61, 54, 47, 55, 62, 63,
]

/// The tables of a JPEG file at one of its places.
struct JPEGTables {
  /// Four tables each; nil where none was defined. All are in zigzag order.
  private(set) var quantization: [[Int32]?] = Array(repeating: nil, count: 4)
  private(set) var dc: [HuffmanTable?] = Array(repeating: nil, count: 4)
  private(set) var ac: [HuffmanTable?] = Array(repeating: nil, count: 4)
  /// Units between two restart markers; 0 for none.
  var restartInterval = 0

  /// Reads the tables of a `DQT` segment.
  mutating func readQuantization(
    _ bytes: [UInt8], _ segment: Range<Int>, _ name: String
  ) throws(KitError) {
    var place = segment.lowerBound
    while place < segment.upperBound {
      let (isWide, number) = (bytes[place] >> 4 != 0, Int(bytes[place] & 15))
      let count = isWide ? 128 : 64
      guard number < 4, bytes[place] >> 4 <= 1, place + 1 + count <= segment.upperBound else {
        throw damaged(name, at: place, "a quantization table")
      }
      var table = [Int32](repeating: 0, count: 64)
      for index in 0..<64 {
        let value = place + 1 + index * count / 64
        table[index] = isWide ? Int32(bytes[value]) << 8 | Int32(bytes[value + 1]) : Int32(bytes[value])
      }
      quantization[number] = table
      place += 1 + count
    }
  }

  /// Reads the tables of a `DHT` segment.
  mutating func readHuffman(_ bytes: [UInt8], _ segment: Range<Int>, _ name: String) throws(KitError) {
    var place = segment.lowerBound
    while place < segment.upperBound {
      guard place + 17 <= segment.upperBound else { throw damaged(name, at: place, "a Huffman table") }
      let (isAC, number) = (bytes[place] >> 4 == 1, Int(bytes[place] & 15))
      let counts = bytes[place + 1..<place + 17].map { Int($0) }
      let end = place + 17 + counts.reduce(0, +)
      guard number < 4, bytes[place] >> 4 <= 1, end <= segment.upperBound,
        let table = HuffmanTable(counts: counts, symbols: Array(bytes[place + 17..<end]))
      else { throw damaged(name, at: place, "a Huffman table") }
      if isAC { ac[number] = table } else { dc[number] = table }
      place = end
    }
  }
}

/// A Huffman code of up to 16 bits.
struct HuffmanTable {
  /// The bits that `quick` looks at.
  static let quickBits = 10

  /// For the next `quickBits` bits, the code's length in the upper byte and the symbol in the lower one; 0 if the code is
  /// longer.
  let quick: [UInt16]
  /// For each length, the first number of 16 bits, codes filled up with zeros, that belongs to a longer code.
  private let ends: [Int]
  /// For each length, what added to a code gives the symbol's index.
  private let offsets: [Int]
  private let symbols: [UInt8]

  /// A code by the number of codes of each length, from 1 to 16 bits; nil if there are too many.
  init?(counts: [Int], symbols: [UInt8]) {
    guard counts.count == 16, !symbols.isEmpty, symbols.count <= 256 else { return nil }
    var quick = [UInt16](repeating: 0, count: 1 << Self.quickBits)
    var (ends, offsets) = ([0], [0])
    var (code, index) = (0, 0)
    for length in 1...16 {
      code <<= 1
      offsets.append(index - code)
      for _ in 0..<counts[length - 1] {
        guard code < 1 << length else { return nil }
        if length <= Self.quickBits {
          let spare = Self.quickBits - length
          for filling in 0..<1 << spare {
            quick[code << spare | filling] = UInt16(length) << 8 | UInt16(symbols[index])
          }
        }
        code += 1
        index += 1
      }
      ends.append(code << (16 - length))
    }
    (self.quick, self.ends, self.offsets, self.symbols) = (quick, ends, offsets, symbols)
  }

  /// The length and the symbol of the code that 16 bits begin with; nil if none does.
  func find(_ bits: Int) -> (length: Int, symbol: UInt8)? {
    for length in 1...16 where bits < ends[length] {
      let index = bits >> (16 - length) + offsets[length]
      return index >= 0 && index < symbols.count ? (length, symbols[index]) : nil
    }
    return nil
  }
}
