/// How a picture must be turned to be upright: EXIF's tag 0x0112, whose values are the raw values.
enum Orientation: UInt8 {
  case upright = 1
  case mirrored = 2
  case upsideDown = 3
  case upsideDownMirrored = 4
  case transposed = 5
  case turnedLeft = 6
  case transposedUpsideDown = 7
  case turnedRight = 8

  /// The orientation in the TIFF block of an EXIF segment; upright if there is none, or none that can be read.
  init(exif bytes: ArraySlice<UInt8>) {
    self = Self.tag(in: Array(bytes)).flatMap { Self(rawValue: $0) } ?? .upright
  }

  private static func tag(in bytes: [UInt8]) -> UInt8? {
    let isLittle = bytes.starts(with: [0x49, 0x49, 0x2A, 0])
    guard isLittle || bytes.starts(with: [0x4D, 0x4D, 0, 0x2A]) else { return nil }
    func number(at index: Int, bytes count: Int) -> Int? {
      guard index >= 0 && index + count <= bytes.count else { return nil }
      let part = bytes[index..<index + count]
      return isLittle
        ? part.reversed().reduce(0) { $0 << 8 | Int($1) } : part.reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(at: 4, bytes: 4), let entries = number(at: directory, bytes: 2) else {
      return nil
    }
    for entry in 0..<entries {
      let start = directory + 2 + 12 * entry
      guard let tag = number(at: start, bytes: 2) else { return nil }
      // Type 3 is a 16-bit number.
      if tag == 0x0112, number(at: start + 2, bytes: 2) == 3 {
        return number(at: start + 8, bytes: 2).flatMap { UInt8(exactly: $0) }
      }
    }
    return nil
  }

  /// Whether rows become columns.
  private var swapsSides: Bool { rawValue >= 5 }

  /// The upright picture.
  func applied(to picture: Picture) -> Picture {
    if self == .upright { return picture }
    let (width, height) = (picture.width, picture.height)
    let source = picture.pixels
    // The source's place of the result's first pixel, and the steps that a column and a row of the result take there.
    let (right, bottom) = (width - 1, (height - 1) * width)
    let (first, column, row): (Int, Int, Int) =
      switch self {
      case .upright: (0, 1, width)
      case .mirrored: (right, -1, width)
      case .upsideDown: (bottom + right, -1, -width)
      case .upsideDownMirrored: (bottom, 1, -width)
      case .transposed: (0, width, 1)
      case .turnedLeft: (bottom, -width, 1)
      case .transposedUpsideDown: (bottom + right, -width, -1)
      case .turnedRight: (right, width, -1)
      }
    let (columns, rows) = swapsSides ? (height, width) : (width, height)
    var pixels = [UInt8](repeating: 0, count: source.count)
    for y in 0..<rows {
      var from = first + y * row
      for x in 0..<columns {
        pixels[y * columns + x] = source[from]
        from += column
      }
    }
    return Picture(width: columns, height: rows, pixels: pixels)
  }
}
