import Foundations

/// The header of a PNG file: sizes, and how pixels are stored.
struct PNGHeader {
  /// What a pixel is made of; the raw values are the format's.
  enum Colour: UInt8 {
    case grey = 0
    case rgb = 2
    case palette = 3
    case greyAlpha = 4
    case rgba = 6

    var channels: Int {
      switch self {
      case .grey, .palette: 1
      case .greyAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    }
  }

  /// The pixels of a pass: the first one and the steps to the others.
  struct Pass {
    let column: Int
    let row: Int
    let columnStep: Int
    let rowStep: Int
  }

  let width: Int
  let height: Int
  let depth: Int
  let colour: Colour
  private let isInterlaced: Bool

  /// Reads and checks the header's 13 bytes; `position` is their place in the file.
  init(_ bytes: [UInt8], name: String, at position: Int) throws(KitError) {
    func number(_ index: Int) -> Int { bytes[index..<index + 4].reduce(0) { $0 << 8 | Int($1) } }
    width = number(0)
    height = number(4)
    depth = Int(bytes[8])
    guard let colour = Colour(rawValue: bytes[9]) else {
      throw damaged(name, at: position + 9, "unknown colour type \(bytes[9])")
    }
    self.colour = colour
    let depths =
      switch colour {
      case .grey: [1, 2, 4, 8, 16]
      case .palette: [1, 2, 4, 8]
      case .rgb, .greyAlpha, .rgba: [8, 16]
      }
    guard depths.contains(depth) else {
      throw damaged(name, at: position + 8, "\(depth) bits with colour type \(bytes[9])")
    }
    guard bytes[10] == 0, bytes[11] == 0, bytes[12] <= 1 else {
      throw damaged(name, at: position + 10, "an unknown compression, filter or interlacing")
    }
    isInterlaced = bytes[12] == 1
    try Picture.check(width: width, height: height, name, at: position)
  }

  /// The bytes of a line of pixels, without its filter.
  func lineBytes(_ columns: Int) -> Int { (columns * colour.channels * depth + 7) / 8 }

  /// How many bytes before a byte the pixel to the left has its like.
  var filterStep: Int { max(1, colour.channels * depth / 8) }

  /// One pass over all pixels, or Adam7's seven.
  var passes: [Pass] {
    let all = [
      (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ]
    return (isInterlaced ? all : [(0, 0, 1, 1)]).map {
      Pass(column: $0.0, row: $0.1, columnStep: $0.2, rowStep: $0.3)
    }
  }
}
