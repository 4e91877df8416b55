import Foundations
import TestSupport
import Testing
@testable import Pictures

@Suite struct JPEGReaderTests {
  /// To the bit what libjpeg-turbo's `djpeg -grayscale -dct int` makes.
  @Test(arguments: jpegNames) func pixelsAreThoseOfLibjpeg(name: String) throws {
    let picture = try Picture(file: try fixture("\(name).jpg"), named: name)
    let isEqual = try picture == Picture(file: fixture("\(name).pgm"), named: name)
    #expect(isEqual)
  }

  /// The same for the libjpeg-turbo of this machine, at more sizes.
  @Test(.enabled(if: installed("cjpeg") != nil && installed("djpeg") != nil, "no cjpeg or djpeg"))
  func pixelsAreThoseOfTheProgramsHere() throws {
    guard let cjpeg = installed("cjpeg"), let djpeg = installed("djpeg") else { return }
    try withTemporaryFolder { folder in
      let (source, packed, unpacked) = ("\(folder)/a.ppm", "\(folder)/a.jpg", "\(folder)/a.pgm")
      for (width, height) in [(1, 1), (8, 8), (17, 33), (64, 48)] {
        var colours = noise(3 * width * height, seed: 7)
        for index in 3..<max(colours.count, 3) {
          colours[index] = colours[index] / 4 + colours[index - 3] / 4 * 3
        }
        let file = try WholeFile(at: source, replacing: true)
        try file.write(Array("P6 \(width) \(height) 255\n".utf8) + colours)
        try file.commit()
        for sampling in ["1x1", "2x1", "2x2", "4x2", "3x1", "2x2,1x2,2x1"] {
          for mode in [
            ["-progressive"], ["-restart", "1"], ["-quality", "100"], ["-quality", "20", "-optimize"],
          ] {
            let made = try run([cjpeg, "-sample", sampling] + mode + ["-outfile", packed, source])
            try #require(made.status == 0, "\(made.errors)")
            _ = try run([djpeg, "-grayscale", "-dct", "int", "-outfile", unpacked, packed])
            let isEqual = try Picture(at: packed) == Picture(at: unpacked)
            #expect(isEqual, "\(width)×\(height) \(sampling) \(mode)")
          }
        }
      }
    }
  }

  @Test func orientationIsApplied() throws {
    let plain = try fixture("grey.jpg")
    let picture = try Picture(file: plain, named: "x")
    for orientation in 1...8 {
      for isLittle in [false, true] {
        let content = Array("Exif\0\0".utf8) + exif(UInt8(orientation), isLittle: isLittle)
        let turnedPicture = try Picture(file: inserting(0xE1, content, into: plain), named: "x")
        let isUndone = turned(turnedPicture, against: orientation) == picture
        #expect(isUndone && (turnedPicture == picture) == (orientation == 1), "\(orientation)")
      }
    }
  }

  @Test func brokenEXIFIsIgnored() throws {
    let plain = try fixture("grey.jpg")
    let picture = try Picture(file: plain, named: "x")
    let block = exif(6, isLittle: true)
    for count in 0..<18 {
      let content = Array("Exif\0\0".utf8) + block.prefix(count)
      #expect(try Picture(file: inserting(0xE1, content, into: plain), named: "x") == picture)
    }
    for (place, value) in [(18, 9), (18, 0), (12, 4), (4, 200), (7, 255)] as [(Int, UInt8)] {
      var other = block
      other[place] = value
      let content = Array("Exif\0\0".utf8) + other
      #expect(try Picture(file: inserting(0xE1, content, into: plain), named: "x") == picture, "\(place)")
    }
  }

  @Test(arguments: ["baseline", "restarts", "progressive", "progressive-restarts", "rgb"])
  func everyCutIsNoticed(name: String) throws {
    let file = try fixture("\(name).jpg")
    for count in 0..<file.count {
      let text = refusal(Array(file.prefix(count)))
      #expect(text != "accepted", "\(count) bytes")
    }
    #expect(refusal(Array(file.dropLast(200))).contains("truncated"))
    // What follows the end is a camera's own.
    #expect(refusal(file + [0xFF, 0xD8, 1, 2, 3]) == "accepted")
  }

  @Test func otherCodingsAreRefusedWithWords() throws {
    #expect(refusal(try fixture("arithmetic.jpg")).contains("arithmetic JPEG coding can't be read; convert"))
    #expect(refusal(try fixture("cmyk.jpg")).contains("a CMYK JPEG can't be read; convert"))
    #expect(refusal(try fixture("rgb-reduced.jpg")).contains("RGB JPEG with reduced colours"))
    let file = try fixture("grey.jpg")
    let frame = try #require(file.indices.first { file[$0] == 0xFF && file[$0 + 1] == 0xC0 })
    func changed(_ place: Int, _ value: UInt8) -> [UInt8] {
      var other = file
      other[frame + place] = value
      return other
    }
    #expect(refusal(changed(1, 0xC3)).contains("lossless"))
    #expect(refusal(changed(1, 0xC5)).contains("hierarchical"))
    #expect(refusal(changed(4, 12)).contains("JPEG files of 12 bits"))
    #expect(refusal(changed(6, 0)).contains("the picture is 37×0 pixels"))
  }

  @Test func sizesAreBoundedBeforeMemoryIsTaken() throws {
    var file = try fixture("grey.jpg")
    let frame = try #require(file.indices.first { file[$0] == 0xFF && file[$0 + 1] == 0xC0 })
    file.replaceSubrange(frame + 5..<frame + 9, with: [0x27, 0x10, 0x27, 0x10])
    #expect(refusal(file).contains("the picture is 10,000×10,000 pixels; at most 40,000,000"))
  }

  /// A progressive file may repeat scans that cost much and take few bytes.
  @Test func scansAreCounted() throws {
    let file = try fixture("progressive-grey.jpg")
    let scan = try #require(file.indices.first { file[$0] == 0xFF && file[$0 + 1] == 0xDA })
    let end = try #require(file.indices.first { $0 > scan + 1 && file[$0] == 0xFF && file[$0 + 1] != 0 })
    let bomb = file[..<end] + Array(repeating: file[scan..<end], count: 200).joined() + file[end...]
    #expect(refusal(Array(bomb)).contains("more than 100 scans"))
  }

  @Test func segmentsThatMakeNoSenseAreRefused() throws {
    let file = try fixture("grey.jpg")
    #expect(
      refusal(inserting(0xC4, [0x00] + Array(repeating: 255, count: 16), into: file)).contains("Huffman"))
    #expect(
      refusal(inserting(0xC4, [0x00, 3] + Array(repeating: 0, count: 18), into: file)).contains("Huffman"))
    #expect(refusal(inserting(0xDB, [0x07], into: file)).contains("quantization"))
    #expect(refusal(inserting(0xDD, [0], into: file)).contains("restart interval"))
    #expect(refusal(inserting(0xDA, [1, 1, 0, 0, 63, 0], into: file)).contains("before the frame's header"))
    #expect(refusal([0xFF, 0xD8, 0xFF, 0xD9]).contains("no pixels"))
    #expect(refusal([0xFF, 0xD8, 0xFF, 0xE0, 0, 1]).contains("a segment of 1 bytes"))
  }
}
