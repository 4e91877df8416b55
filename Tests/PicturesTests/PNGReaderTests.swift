import Foundations
import TestSupport
import Testing
@testable import Pictures

@Suite struct PNGReaderTests {
  /// A sample as 8 bits.
  private func byte(_ sample: Int, _ depth: Int) -> UInt8 {
    UInt8((Double(sample) * 255 / Double(1 << depth - 1)).rounded())
  }

  private func onPaper(_ grey: UInt8, _ alpha: UInt8) -> UInt8 {
    255 - UInt8((Double(255 - Int(grey)) * Double(alpha) / 255).rounded())
  }

  @Test(arguments: [
    (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16),
    (6, 8), (6, 16),
  ])
  func everyKindOfPixels(colour: Int, depth: Int) throws {
    for isInterlaced in [false, true] {
      for (width, height) in [(13, 11), (1, 1), (2, 9), (40, 3)] {
        var file = PNGFile(
          width: width, height: height, depth: depth, colour: colour, isInterlaced: isInterlaced)
        let palette = (0..<3 * 256).map { UInt8(truncatingIfNeeded: $0 * 89) }
        if colour == 3 { file.extra = [("PLTE", palette), ("tRNS", [0, 100])] }
        let picture = try Picture(file: file.bytes, named: "x")
        #expect(picture.width == width && picture.height == height)
        for y in 0..<height {
          for x in 0..<width {
            let samples = (0..<file.channels).map { byte(file.sample(x, y, $0), depth) }
            let index = file.sample(x, y, 0)
            let expected: UInt8 =
              switch colour {
              case 0: samples[0]
              case 2: luma(samples[0], samples[1], samples[2])
              case 3:
                onPaper(
                  luma(palette[3 * index], palette[3 * index + 1], palette[3 * index + 2]),
                  index == 0 ? 0 : index == 1 ? 100 : 255)
              case 4: onPaper(samples[0], samples[1])
              default: onPaper(luma(samples[0], samples[1], samples[2]), samples[3])
              }
            #expect(picture.pixels[y * width + x] == expected, "\(x), \(y)")
          }
        }
      }
    }
  }

  @Test(arguments: [(0, 4), (0, 8), (0, 16), (2, 8), (2, 16)])
  func oneColourMayBeTransparent(colour: Int, depth: Int) throws {
    var file = PNGFile(depth: depth, colour: colour)
    let plain = try Picture(file: file.bytes, named: "x")
    let samples = (0..<file.channels).map { file.sample(5, 3, $0) }
    file.extra = [("tRNS", samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })]
    let picture = try Picture(file: file.bytes, named: "x")
    for y in 0..<file.height {
      for x in 0..<file.width {
        let isTransparent = samples == (0..<file.channels).map { file.sample(x, y, $0) }
        let place = y * file.width + x
        #expect(picture.pixels[place] == (isTransparent ? 255 : plain.pixels[place]))
      }
    }
  }

  @Test func orientationIsApplied() throws {
    var file = PNGFile()
    let plain = try Picture(file: file.bytes, named: "x")
    file.extra = [("eXIf", exif(6, isLittle: false))]
    let isUpright = turned(try Picture(file: file.bytes, named: "x"), against: 6) == plain
    #expect(isUpright)
  }

  @Test func everyCutIsNoticed() throws {
    let file = PNGFile(depth: 4, colour: 3, isInterlaced: true, extra: [("PLTE", noise(48, seed: 1))]).bytes
    #expect(refusal(file) == "accepted")
    for count in 0..<file.count {
      #expect(refusal(Array(file.prefix(count))) != "accepted", "\(count) bytes")
    }
    #expect(refusal(file + [1, 2, 3]) == "accepted")
  }

  @Test func everyFlippedBitIsNoticed() throws {
    let file = PNGFile().bytes
    for place in file.indices {
      var other = file
      other[place] ^= 1 << UInt8(place % 8)
      #expect(refusal(other) != "accepted", "byte \(place)")
    }
  }

  @Test func sizesAreBoundedBeforeMemoryIsTaken() {
    for (width, height) in [(10_000, 10_000), (70_000, 1), (1 << 31 - 1, 1 << 31 - 1), (0, 5)] {
      let file = PNGFile().file(lines: [])
      let header = bigEndian(width) + bigEndian(height) + [8, 0, 0, 0, 0]
      let text = refusal(file[..<8] + pngChunk("IHDR", header) + file[33...])
      #expect(text.hasPrefix("x: byte 16: the picture is "), "\(text)")
    }
  }

  /// Fewer lines than the header says, also from data that would inflate to very much.
  @Test func linesAreCounted() {
    let file = PNGFile(width: 28, height: 28)
    #expect(refusal(file.file(lines: Array(file.lines.dropLast()))).contains("end early"))
    let bomb = [UInt8](repeating: 0, count: 20_000_000)
    #expect(refusal(file.file(lines: bomb)) == "accepted")
  }

  @Test func whatIsAgainstTheFormatIsRefused() {
    let file = PNGFile(extra: [("ABCD", [1])])
    #expect(refusal(file.bytes).contains("unknown chunk"))
    #expect(refusal(PNGFile(extra: [("abCD", [1])]).bytes) == "accepted")
    #expect(refusal(PNGFile(colour: 3).bytes).contains("palette is missing"))
    #expect(refusal(PNGFile(colour: 3, extra: [("PLTE", [1, 2, 3])]).bytes).contains("not in the palette"))
    #expect(
      refusal(PNGFile(depth: 8, colour: 3, extra: [("PLTE", [1, 2])]).bytes).contains("a palette of 2"))
    var lines = PNGFile().lines
    lines[0] = 5
    #expect(refusal(PNGFile().file(lines: lines)).contains("unknown line filter 5"))
    #expect(refusal(Array("\u{89}PNG\n".utf8)).contains("not a picture"))
    #expect(refusal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x0A]).hasPrefix("x: byte 4: line ends"))
  }

  @Test func ownFilesAreRead() throws {
    let pixels = noise(28 * 30, seed: 4)
    let picture = try Picture(file: PNG.grey(width: 28, height: 30, pixels: pixels), named: "x")
    #expect(picture == Picture(width: 28, height: 30, pixels: pixels))
  }
}
