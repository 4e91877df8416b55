import Foundations

/// How the lines of a PNG file become grey: samples of any depth to 8 bits, colours to luma, transparent parts to white.
struct PNGGreyLines {
  private let depth: Int
  private let colour: PNGHeader.Colour
  /// The grey of every index of a palette.
  private let palette: [UInt8]
  /// The samples of the colour that is transparent, with all their bits.
  private let transparent: [Int]?

  /// Checks palette and transparency, the contents of `PLTE` and `tRNS`, against the header.
  init(_ header: PNGHeader, palette: [UInt8]?, transparency: [UInt8]?, name: String) throws(KitError) {
    depth = header.depth
    colour = header.colour
    var (greys, transparent): ([UInt8], [Int]?) = ([], nil)
    switch colour {
    case .palette:
      guard let palette else { throw damaged(name, at: 33, "the palette is missing") }
      for index in 0..<palette.count / 3 {
        let grey = luma(palette[3 * index], palette[3 * index + 1], palette[3 * index + 2])
        let alpha = transparency.flatMap { index < $0.count ? $0[index] : nil }
        greys.append(onWhite(grey, alpha ?? 255))
      }
    case .grey, .rgb:
      if let transparency {
        guard transparency.count == 2 * colour.channels else {
          throw damaged(name, at: 33, "the transparent colour has \(transparency.count) bytes")
        }
        transparent = (0..<colour.channels).map {
          Int(transparency[2 * $0]) << 8 | Int(transparency[2 * $0 + 1])
        }
      }
    case .greyAlpha, .rgba: break
    }
    self.palette = greys
    self.transparent = transparent
  }

  /// Converts a line's first `columns` pixels, which begin after the filter's byte.
  ///
  /// - Returns: False if a pixel has an index beyond the palette.
  func convert(_ line: [UInt8], _ columns: Int, to grey: inout [UInt8]) -> Bool {
    if depth == 16 {
      convertWide(line, columns, to: &grey)
      return true
    }
    let transparent = transparent.map { $0.map { UInt8(truncatingIfNeeded: $0) } }
    switch colour {
    case .grey:
      let scale: UInt8 = depth == 8 ? 1 : depth == 4 ? 17 : depth == 2 ? 85 : 255
      for column in 0..<columns {
        let value = sample(line, column)
        grey[column] = transparent?[0] == value ? 255 : value &* scale
      }
    case .palette:
      for column in 0..<columns {
        let index = Int(sample(line, column))
        guard index < palette.count else { return false }
        grey[column] = palette[index]
      }
    case .rgb:
      for column in 0..<columns {
        let (red, green, blue) = (line[3 * column + 1], line[3 * column + 2], line[3 * column + 3])
        let isTransparent = transparent.map { $0[0] == red && $0[1] == green && $0[2] == blue } ?? false
        grey[column] = isTransparent ? 255 : luma(red, green, blue)
      }
    case .greyAlpha:
      for column in 0..<columns { grey[column] = onWhite(line[2 * column + 1], line[2 * column + 2]) }
    case .rgba:
      for column in 0..<columns {
        let start = 4 * column + 1
        grey[column] = onWhite(luma(line[start], line[start + 1], line[start + 2]), line[start + 3])
      }
    }
    return true
  }

  /// The same for 16 bits: every sample is rounded to 8, after it was compared with the transparent colour.
  private func convertWide(_ line: [UInt8], _ columns: Int, to grey: inout [UInt8]) {
    let channels = colour.channels
    func wide(_ column: Int, _ channel: Int) -> Int {
      let index = 2 * (column * channels + channel) + 1
      return Int(line[index]) << 8 | Int(line[index + 1])
    }
    func byte(_ column: Int, _ channel: Int) -> UInt8 { UInt8((wide(column, channel) * 255 + 32_895) >> 16) }
    let (hasColours, hasAlpha) = (channels >= 3, colour == .greyAlpha || colour == .rgba)
    for column in 0..<columns {
      let value =
        hasColours ? luma(byte(column, 0), byte(column, 1), byte(column, 2)) : byte(column, 0)
      if hasAlpha {
        grey[column] = onWhite(value, byte(column, channels - 1))
      } else {
        let isTransparent = transparent.map { colour in
          (0..<channels).allSatisfy { colour[$0] == wide(column, $0) }
        }
        grey[column] = isTransparent ?? false ? 255 : value
      }
    }
  }

  /// A sample of up to 8 bits of pixels with one channel.
  @inline(__always)
  private func sample(_ line: [UInt8], _ column: Int) -> UInt8 {
    if depth == 8 { return line[column + 1] }
    let bit = column * depth
    let spare = 8 - depth - bit % 8
    let byte = Int(line[bit / 8 + 1])
    return UInt8(truncatingIfNeeded: byte >> spare & (1 << depth - 1))
  }
}

/// A grey with an alpha from 0 (transparent) to 255, on white.
@inline(__always)
private func onWhite(_ grey: UInt8, _ alpha: UInt8) -> UInt8 {
  let ink = (255 - Int(grey)) * Int(alpha)
  return UInt8(255 - (ink + 127) / 255)
}
