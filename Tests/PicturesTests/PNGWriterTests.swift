import CZlib
import Testing
@testable import Pictures

/// A PNG decoded as viewers do it: chunks with their checksums compared, and pixels.
struct DecodedPNG {
  let width: Int
  let height: Int
  private(set) var pixels: [UInt8] = []

  init(_ file: [UInt8]) throws {
    func number(_ index: Int) -> Int { file[index..<index + 4].reduce(0) { $0 << 8 | Int($1) } }
    try #require(Array(file.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    var start = 8
    var kinds: [String] = []
    var (header, packed): ([UInt8], [UInt8]) = ([], [])
    while start < file.count {
      let count = number(start)
      let checked = Array(file[start + 4..<start + 8 + count])
      kinds.append(String(decoding: checked.prefix(4), as: UTF8.self))
      if kinds.last == "IHDR" { header = Array(checked.dropFirst(4)) }
      if kinds.last == "IDAT" { packed += checked.dropFirst(4) }
      try #require(Int(crc32(0, checked, UInt32(checked.count))) == number(start + 8 + count))
      start += 12 + count
    }
    try #require(kinds == ["IHDR", "IDAT", "IEND"] && start == file.count)
    width = number(16)
    height = number(20)
    try #require(Array(header.suffix(5)) == [8, 0, 0, 0, 0])
    var count = UInt((width + 1) * height)
    var lines = [UInt8](repeating: 0, count: Int(count))
    try #require(uncompress(&lines, &count, packed, UInt(packed.count)) == Z_OK && count == lines.count)
    for row in 0..<height {
      let line = lines[row * (width + 1)..<(row + 1) * (width + 1)]
      try #require(line.first == 0, "no filter is used")
      pixels += line.dropFirst()
    }
  }
}

@Suite struct PNGWriterTests {
  @Test(arguments: [(1, 1), (28, 28), (3, 50), (200, 1)])
  func pixelsAreDecodedAgain(width: Int, height: Int) throws {
    let pixels = (0..<width * height).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 7) }
    let picture = try DecodedPNG(PNG.grey(width: width, height: height, pixels: pixels))
    #expect(picture.width == width && picture.height == height && picture.pixels == pixels)
  }

  @Test func sheetHasPicturesInRowsWithWhiteBetweenThem() throws {
    let pictures = (1...3).map { [UInt8](repeating: UInt8($0), count: 4) }
    let sheet = try DecodedPNG(PNG.contactSheet(pictures, width: 2, height: 2, columns: 2, gap: 1))
    let expected: [[UInt8]] = [
      [1, 1, 255, 2, 2], [1, 1, 255, 2, 2], [255, 255, 255, 255, 255], [3, 3, 255, 255, 255],
      [3, 3, 255, 255, 255],
    ]
    #expect(sheet.width == 5 && sheet.height == 5 && sheet.pixels == expected.flatMap { $0 })
  }
}
