import CZlib
import Foundations

/// A PNG file (ISO/IEC 15948): the chunks, checked, and how its lines become grey.
///
/// Colour profiles and gamma are ignored. All chunks must be whole with the right checksums.
struct PNGReader {
  private let bytes: [UInt8]
  private let name: String
  private let header: PNGHeader
  /// Where the compressed lines are.
  private var data: [Range<Int>] = []
  private var palette: ArraySlice<UInt8>?
  private var transparency: ArraySlice<UInt8>?
  private var orientation = Orientation.upright

  /// Reads the header and finds the other chunks.
  init(_ bytes: [UInt8], named name: String) throws(KitError) {
    self.bytes = bytes
    self.name = name
    var chunks = PNGChunks(bytes, name: name)
    guard let first = try chunks.next(), first.kind == "IHDR", first.content.count == 13 else {
      throw damaged(name, at: 8, "the first chunk is not a header")
    }
    header = try PNGHeader(Array(first.content), name: name, at: first.content.startIndex)
    while let chunk = try chunks.next() {
      let (kind, content) = (chunk.kind, chunk.content)
      switch kind {
      case "IDAT": data.append(content.startIndex..<content.endIndex)
      case "PLTE":
        guard content.count.isMultiple(of: 3), (1...256).contains(content.count / 3) else {
          throw damaged(name, at: content.startIndex, "a palette of \(content.count) bytes")
        }
        palette = content
      case "tRNS": transparency = content
      case "eXIf": orientation = Orientation(exif: content)
      case "IHDR": throw damaged(name, at: content.startIndex, "a second header")
      default:
        // A capital first letter: the picture can't be shown without it.
        guard kind.utf8.first.map({ $0 & 0x20 != 0 }) ?? false else {
          throw damaged(name, at: content.startIndex, "an unknown chunk")
        }
      }
    }
    if data.isEmpty { throw damaged(name, at: bytes.count, "there are no pixels") }
  }

  /// The picture.
  func picture() throws(KitError) -> Picture {
    let lines = try PNGGreyLines(
      header, palette: palette.map(Array.init), transparency: transparency.map(Array.init), name: name)
    let inflater = try PNGInflater(bytes, data, name: name)
    let (width, height) = (header.width, header.height)
    var pixels = [UInt8](repeating: 0, count: width * height)
    var grey = [UInt8](repeating: 0, count: width)
    for pass in header.passes {
      let columns = (width - pass.column + pass.columnStep - 1) / pass.columnStep
      let rows = (height - pass.row + pass.rowStep - 1) / pass.rowStep
      if columns <= 0 || rows <= 0 { continue }
      let count = header.lineBytes(columns)
      var line = [UInt8](repeating: 0, count: count + 1)
      var above = line
      for row in 0..<rows {
        try inflater.fill(&line)
        guard unfilter(&line, above: above, step: header.filterStep) else {
          throw damaged(name, at: inflater.position, "unknown line filter \(line[0])")
        }
        guard lines.convert(line, columns, to: &grey) else {
          throw damaged(name, at: inflater.position, "a pixel's colour is not in the palette")
        }
        let start = (pass.row + row * pass.rowStep) * width + pass.column
        for column in 0..<columns { pixels[start + column * pass.columnStep] = grey[column] }
        swap(&line, &above)
      }
    }
    try inflater.finish()
    return orientation.applied(to: Picture(width: width, height: height, pixels: pixels))
  }
}

/// Takes back a line's filter, whose number is the first byte; false if there is no such filter.
///
/// `above` is the line before as it was before filtering; a pixel's left neighbour is `step` bytes before it.
private func unfilter(_ line: inout [UInt8], above: [UInt8], step: Int) -> Bool {
  let count = line.count
  switch line[0] {
  case 0: break
  case 1:
    guard count > step + 1 else { break }
    for index in step + 1..<count { line[index] &+= line[index - step] }
  case 2: for index in 1..<count { line[index] &+= above[index] }
  case 3:
    for index in 1..<count {
      let left = index > step ? Int(line[index - step]) : 0
      line[index] &+= UInt8(truncatingIfNeeded: (left + Int(above[index])) / 2)
    }
  case 4:
    for index in 1..<min(step + 1, count) { line[index] &+= above[index] }
    guard count > step + 1 else { break }
    for index in step + 1..<count {
      let (left, up, corner) = (Int(line[index - step]), Int(above[index]), Int(above[index - step]))
      let estimate = left + up - corner
      let (toLeft, toUp, toCorner) = (abs(estimate - left), abs(estimate - up), abs(estimate - corner))
      let nearest = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner
      line[index] &+= UInt8(truncatingIfNeeded: nearest)
    }
  default: return false
  }
  return true
}
