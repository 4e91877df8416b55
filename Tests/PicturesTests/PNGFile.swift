import CZlib
import Foundations

/// A PNG file made for tests: any depth and colour, interlaced or not, every line with another filter.
struct PNGFile {
  var width = 13
  var height = 11
  var depth = 8
  var colour = 0
  var isInterlaced = false
  /// Chunks between header and pixels.
  var extra: [(kind: String, content: [UInt8])] = []
  /// How many bytes of compressed pixels a chunk has.
  var chunk = 50

  var channels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colour] ?? 1 }

  /// The sample of a pixel's channel, from 0 to the largest of the depth.
  func sample(_ x: Int, _ y: Int, _ channel: Int) -> Int {
    let value = (x * 7919 + y * 104_729 + channel * 1_299_709 + x * y * 31) % (1 << depth)
    return value
  }

  /// The file.
  var bytes: [UInt8] { file(lines: lines) }

  /// The file with these filtered lines.
  func file(lines: [UInt8]) -> [UInt8] {
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += pngChunk("IHDR", header)
    for (kind, content) in extra { file += pngChunk(kind, content) }
    let packed = deflated(lines)
    for start in stride(from: 0, to: packed.count, by: chunk) {
      file += pngChunk("IDAT", Array(packed[start..<min(start + chunk, packed.count)]))
    }
    return file + pngChunk("IEND", [])
  }

  var header: [UInt8] {
    bigEndian(width) + bigEndian(height)
      + [UInt8(depth), UInt8(colour), 0, 0, isInterlaced ? 1 : 0]
  }

  /// All lines of all passes, filtered.
  var lines: [UInt8] {
    let passes =
      isInterlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
      : [(0, 0, 1, 1)]
    var result: [UInt8] = []
    for (left, top, stepX, stepY) in passes {
      let columns = Array(stride(from: left, to: width, by: stepX))
      if columns.isEmpty { continue }
      var above: [UInt8] = []
      for (number, y) in stride(from: top, to: height, by: stepY).enumerated() {
        let line = packed(columns.flatMap { x in (0..<channels).map { sample(x, y, $0) } })
        if above.isEmpty { above = Array(repeating: 0, count: line.count) }
        result += filtered(line, above, by: number % 5)
        above = line
      }
    }
    return result
  }

  private func packed(_ samples: [Int]) -> [UInt8] {
    if depth == 16 { return samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
    var line = [UInt8](repeating: 0, count: (samples.count * depth + 7) / 8)
    for (index, sample) in samples.enumerated() {
      line[index * depth / 8] |= UInt8(sample << (8 - depth - index * depth % 8))
    }
    return line
  }

  private func filtered(_ line: [UInt8], _ above: [UInt8], by filter: Int) -> [UInt8] {
    let step = max(1, channels * depth / 8)
    let bytes = line.indices.map { index -> UInt8 in
      let left = index >= step ? Int(line[index - step]) : 0
      let corner = index >= step ? Int(above[index - step]) : 0
      let up = Int(above[index])
      let estimate = left + up - corner
      let distances = [abs(estimate - left), abs(estimate - up), abs(estimate - corner)]
      let nearest = [left, up, corner][distances.firstIndex(of: distances.min() ?? 0) ?? 0]
      let guess = [0, left, up, (left + up) / 2, nearest][filter]
      return UInt8(truncatingIfNeeded: Int(line[index]) - guess)
    }
    return [UInt8(filter)] + bytes
  }
}

func pngChunk(_ kind: String, _ content: [UInt8]) -> [UInt8] {
  let checked = Array(kind.utf8) + content
  return bigEndian(content.count) + checked + bigEndian(Int(crc32(0, checked, UInt32(checked.count))))
}

func bigEndian(_ number: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }

func deflated(_ bytes: [UInt8]) -> [UInt8] {
  var count = compressBound(UInt(bytes.count))
  var result = [UInt8](repeating: 0, count: Int(count))
  precondition(compress2(&result, &count, bytes, UInt(bytes.count), 6) == Z_OK)
  return Array(result.prefix(Int(count)))
}
