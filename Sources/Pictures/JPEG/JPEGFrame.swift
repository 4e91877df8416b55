import Foundations

/// The header of a JPEG file's frame: the size, and how the components are sampled.
struct JPEGFrame {
  /// A component, such as the luma.
  struct Component {
    let identifier: UInt8
    /// Samples in a row, for every `mostAcross` pixels; and in a column.
    let across: Int
    let down: Int
    /// The number of its quantization table.
    let table: Int
    /// Samples in a row, and rows.
    let width: Int
    let height: Int
    /// Blocks of 8×8 samples in a row, and rows of them, that cover the samples.
    var blocksAcross: Int { (width + 7) / 8 }
    var blocksDown: Int { (height + 7) / 8 }
  }

  let width: Int
  let height: Int
  let isProgressive: Bool
  let components: [Component]
  /// The largest sampling factors.
  let mostAcross: Int
  let mostDown: Int

  /// Minimum coded units of interleaved scans: in a row, and rows.
  var unitsAcross: Int { (width + 8 * mostAcross - 1) / (8 * mostAcross) }
  var unitsDown: Int { (height + 8 * mostDown - 1) / (8 * mostDown) }

  /// Reads and checks the header in a segment.
  init(_ bytes: [UInt8], _ segment: Range<Int>, isProgressive: Bool, name: String) throws(KitError) {
    let start = segment.lowerBound
    guard segment.count >= 6, segment.count >= 6 + 3 * Int(bytes[start + 5]) else {
      throw damaged(name, at: start, "a frame's header of \(segment.count) bytes")
    }
    guard bytes[start] == 8 else {
      throw KitError(
        .badData,
        "\(name): byte \(start): JPEG files of \(bytes[start]) bits can't be read; convert the picture to PNG"
      )
    }
    let (height, width) = (
      Int(bytes[start + 1]) << 8 | Int(bytes[start + 2]), Int(bytes[start + 3]) << 8 | Int(bytes[start + 4])
    )
    try Picture.check(width: width, height: height, name, at: start + 1)
    let places = (0..<Int(bytes[start + 5])).map { start + 6 + 3 * $0 }
    let factors = places.map { (across: Int(bytes[$0 + 1] >> 4), down: Int(bytes[$0 + 1] & 15)) }
    guard factors.allSatisfy({ (1...4).contains($0.across) && (1...4).contains($0.down) }) else {
      throw damaged(name, at: start + 7, "a sampling factor is not from 1 to 4")
    }
    guard let mostAcross = factors.map(\.across).max(), let mostDown = factors.map(\.down).max() else {
      throw damaged(name, at: start + 5, "there are no components")
    }
    (self.width, self.height, self.isProgressive) = (width, height, isProgressive)
    (self.mostAcross, self.mostDown) = (mostAcross, mostDown)
    components = zip(places, factors).map { place, factors in
      Component(
        identifier: bytes[place], across: factors.across, down: factors.down, table: Int(bytes[place + 2]),
        width: (width * factors.across + mostAcross - 1) / mostAcross,
        height: (height * factors.down + mostDown - 1) / mostDown)
    }
    guard components.allSatisfy({ $0.table < 4 }) else {
      throw damaged(name, at: start + 8, "a quantization table's number is above 3")
    }
  }

  /// What makes the grey picture.
  enum Colours {
    /// The first component is it.
    case luma
    /// The three components are red, green and blue.
    case rgb
  }

  /// What the components mean, by the rules of libjpeg.
  func colours(
    hasJFIF: Bool, adobeTransform: UInt8?, _ name: String, at position: Int
  ) throws(KitError) -> Colours {
    switch components.count {
    case 1: return .luma
    case 3:
      let isNamedRGB = components.map(\.identifier).elementsEqual("RGB".utf8)
      let isRGB = hasJFIF ? false : adobeTransform.map { $0 == 0 } ?? isNamedRGB
      guard isRGB else { return .luma }
      guard components.allSatisfy({ $0.across == mostAcross && $0.down == mostDown }) else {
        throw KitError(
          .badData,
          "\(name): byte \(position): an RGB JPEG with reduced colours can't be read; convert it to PNG")
      }
      return .rgb
    default:
      let what = components.count == 4 ? "a CMYK JPEG" : "a JPEG of \(components.count) components"
      throw KitError(
        .badData,
        "\(name): byte \(position): \(what) can't be read; convert it, for example with "
          + "`magick picture.jpg -colorspace sRGB picture.png`")
    }
  }
}

/// The header of a scan: which components it has, and of a progressive file which coefficients and bits.
struct JPEGScan {
  /// The components, by their places in the frame.
  let components: [Int]
  /// The numbers of their Huffman tables.
  let dcTables: [Int]
  let acTables: [Int]
  /// The coefficients, in zigzag order.
  let first: Int
  let last: Int
  /// The bit that was the lowest one in the scan before, 0 for none; and the one that is now.
  let bitBefore: Int
  let bit: Int

  /// Reads and checks the header in a segment.
  init(_ bytes: [UInt8], _ segment: Range<Int>, _ frame: JPEGFrame, _ name: String) throws(KitError) {
    let start = segment.lowerBound
    func refused(_ what: String) -> KitError { damaged(name, at: start, what) }
    let count = segment.isEmpty ? 0 : Int(bytes[start])
    guard (1...4).contains(count), segment.count >= 4 + 2 * count else { throw refused("a scan's header") }
    let places = (0..<count).map { start + 1 + 2 * $0 }
    components = places.compactMap { place in
      frame.components.firstIndex { $0.identifier == bytes[place] }
    }
    guard Set(components).count == count else { throw refused("a scan's components are not the frame's") }
    dcTables = places.map { Int(bytes[$0 + 1] >> 4) }
    acTables = places.map { Int(bytes[$0 + 1] & 15) }
    guard (dcTables + acTables).allSatisfy({ $0 < 4 }) else {
      throw refused("a Huffman table's number is above 3")
    }
    let end = start + 1 + 2 * count
    if frame.isProgressive {
      (first, last) = (Int(bytes[end]), Int(bytes[end + 1]))
      (bitBefore, bit) = (Int(bytes[end + 2] >> 4), Int(bytes[end + 2] & 15))
      guard last < 64, first == 0 ? last == 0 : first <= last && count == 1, bit <= 13,
        bitBefore == 0 || bitBefore == bit + 1
      else { throw refused("a scan of coefficients \(first) to \(last), bits \(bitBefore) to \(bit)") }
    } else {
      (first, last, bitBefore, bit) = (0, 63, 0, 0)
    }
    let blocks = components.reduce(0) { $0 + frame.components[$1].across * frame.components[$1].down }
    guard count == 1 || blocks <= 10 else { throw refused("more than 10 blocks in a unit") }
  }
}
