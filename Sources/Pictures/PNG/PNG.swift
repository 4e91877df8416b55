import CZlib

/// Grey pictures as PNG files (ISO/IEC 15948), 8 bits per pixel.
public enum PNG {
  /// A picture's file. `pixels` is `[row][column]`, `width` × `height` bytes from 0 (black) to 255 (white).
  public static func grey(width: Int, height: Int, pixels: [UInt8]) -> [UInt8] {
    precondition(width > 0 && height > 0 && pixels.count == width * height, "a picture has all its pixels")
    // Every line begins with its filter; for small pictures none is best.
    var lines: [UInt8] = []
    lines.reserveCapacity((width + 1) * height)
    for row in 0..<height {
      lines.append(0)
      lines += pixels[row * width..<(row + 1) * width]
    }
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    // 8 bits, grey, the only compression and the only filters that exist, not interlaced.
    append("IHDR", bigEndian(width) + bigEndian(height) + [8, 0, 0, 0, 0], to: &file)
    append("IDAT", deflated(lines), to: &file)
    append("IEND", [], to: &file)
    return file
  }

  /// The file of a sheet of pictures, `columns` in a row, with `gap` white pixels between them.
  ///
  /// Each picture is `[row][column]`, `width` × `height` bytes.
  public static func contactSheet(
    _ pictures: [[UInt8]], width: Int, height: Int, columns: Int, gap: Int
  ) -> [UInt8] {
    precondition(columns > 0 && gap >= 0 && !pictures.isEmpty, "a sheet has pictures and columns")
    let rows = (pictures.count + columns - 1) / columns
    let sheetWidth = columns * (width + gap) - gap
    let sheetHeight = rows * (height + gap) - gap
    var sheet = [UInt8](repeating: 255, count: sheetWidth * sheetHeight)
    for (number, picture) in pictures.enumerated() {
      precondition(picture.count == width * height, "a picture has all its pixels")
      let corner = number / columns * (height + gap) * sheetWidth + number % columns * (width + gap)
      for row in 0..<height {
        let start = corner + row * sheetWidth
        sheet.replaceSubrange(start..<start + width, with: picture[row * width..<(row + 1) * width])
      }
    }
    return grey(width: sheetWidth, height: sheetHeight, pixels: sheet)
  }

  private static func append(_ kind: String, _ content: [UInt8], to file: inout [UInt8]) {
    let checked = Array(kind.utf8) + content
    file += bigEndian(content.count) + checked
    file += bigEndian(Int(crc32(0, checked, UInt32(checked.count))))
  }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(count))
    let status = compress2(&result, &count, bytes, UInt(bytes.count), Z_BEST_COMPRESSION)
    precondition(status == Z_OK, "compressBound gives enough room, so only memory can run out")
    return Array(result.prefix(Int(count)))
  }
}
