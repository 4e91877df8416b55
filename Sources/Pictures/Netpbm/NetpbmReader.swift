import Foundations

/// Pictures of Netpbm's formats: P1 to P6, plain and raw, 1 to 16 bits.
struct NetpbmReader {
  private let bytes: [UInt8]
  private let name: String
  private var position = 2

  /// The first picture of a file.
  static func picture(_ bytes: [UInt8], named name: String) throws(KitError) -> Picture {
    var reader = Self(bytes: bytes, name: name)
    return try reader.picture()
  }

  private init(bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  private mutating func picture() throws(KitError) -> Picture {
    let kind = Int(bytes[1] - UInt8(ascii: "0"))
    let (isPlain, isBitmap, channels) = (kind <= 3, kind == 1 || kind == 4, kind == 3 || kind == 6 ? 3 : 1)
    let width = try number("the width")
    let height = try number("the height")
    try Picture.check(width: width, height: height, name, at: 0)
    let maximum = isBitmap ? 1 : try number("the largest value")
    guard (1...65_535).contains(maximum) else {
      throw damaged(name, at: position, "the largest value is \(maximum); it must be from 1 to 65535")
    }
    // One white space stands before raw samples.
    if !isPlain { position += 1 }
    // A plain number takes two bytes at least, the last one of them none after it; plain bits need no space.
    let count = width * height * channels
    let least =
      switch kind {
      case 1: count
      case 4: (width + 7) / 8 * height
      case 2, 3: 2 * count - 1
      default: maximum > 255 ? 2 * count : count
      }
    guard least <= bytes.count - position else { throw truncated(name, at: bytes.count) }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height)
    if kind == 4 {
      appendBits(width: width, height: height, to: &pixels)
    } else if kind == 1 {
      for _ in 0..<count { pixels.append(try plainBit()) }
    } else {
      for _ in 0..<width * height {
        let red = try sample(isPlain, maximum)
        pixels.append(
          channels == 1 ? red : luma(red, try sample(isPlain, maximum), try sample(isPlain, maximum)))
      }
    }
    return Picture(width: width, height: height, pixels: pixels)
  }

  /// Rows of bits, the first one the highest of its byte; 1 is black.
  private func appendBits(width: Int, height: Int, to pixels: inout [UInt8]) {
    let stride = (width + 7) / 8
    for row in 0..<height {
      for column in 0..<width {
        let byte = bytes[position + row * stride + column / 8]
        pixels.append(byte >> (7 - column % 8) & 1 == 1 ? 0 : 255)
      }
    }
  }

  private mutating func plainBit() throws(KitError) -> UInt8 {
    skipSpace()
    guard position < bytes.count else { throw truncated(name, at: position) }
    defer { position += 1 }
    switch bytes[position] {
    case UInt8(ascii: "0"): return 255
    case UInt8(ascii: "1"): return 0
    default: throw damaged(name, at: position, "a pixel is neither 0 nor 1")
    }
  }

  /// The next sample, scaled to 8 bits.
  private mutating func sample(_ isPlain: Bool, _ maximum: Int) throws(KitError) -> UInt8 {
    let start = position
    let value: Int
    if isPlain {
      value = try number("a sample")
    } else if maximum > 255 {
      value = Int(bytes[position]) << 8 | Int(bytes[position + 1])
      position += 2
    } else {
      value = Int(bytes[position])
      position += 1
    }
    guard value <= maximum else {
      throw damaged(name, at: start, "a sample is \(value), above the largest value, \(maximum)")
    }
    return maximum == 255 ? UInt8(value) : UInt8((value * 255 + maximum / 2) / maximum)
  }

  /// The next number of the header or of plain samples; comments go from `#` to the end of the line.
  private mutating func number(_ what: String) throws(KitError) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
      value = min(value * 10 + Int(bytes[position] - UInt8(ascii: "0")), 1 << 40)
      position += 1
    }
    guard position > start else {
      throw position < bytes.count
        ? damaged(name, at: position, "\(what) is not a number") : truncated(name, at: position)
    }
    return value
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "#") {
        while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
      } else if !isSpace(bytes[position]) {
        return
      } else {
        position += 1
      }
    }
  }
}
