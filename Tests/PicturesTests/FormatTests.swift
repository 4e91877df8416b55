import Foundations
import TestSupport
import Testing
@testable import Pictures

@Suite struct FormatTests {
  @Test(arguments: [
    ("GIF89a", "a GIF picture"), ("RIFF1234WEBPVP8 ", "a WebP picture"), ("1234ftypheic", "a HEIC picture"),
    ("1234ftypmif1", "a HEIC picture"), ("1234ftypavif", "an AVIF picture"), ("1234ftypisom", "a film"),
    ("%PDF-1.7", "a PDF document"), ("II*\0", "a TIFF picture"), ("MM\0*", "a TIFF picture"),
    ("BM12", "a BMP picture"), ("<svg xmlns", "an SVG drawing"), ("<?xml version", "an SVG drawing"),
    ("8BPS", "a Photoshop document"), ("P7\n", "a PAM or PFM picture"),
  ])
  func otherFormatsAreNamed(text: String, name: String) {
    let said = refusal(Array(text.utf8))
    #expect(
      said.hasPrefix("x is \(name), which can't be read; convert it to PNG or JPEG, for example with `"))
  }

  @Test func whatIsNoPictureIsRefused() {
    #expect(refusal([]) == "x is empty; it must be a PNG, JPEG, PGM, PPM or PBM file")
    for text in ["label,pixel0", "P", "P9\n", "Px", "P5", "\u{FF}"] {
      #expect(refusal(Array(text.utf8)).hasPrefix("x is not a picture that can be read"))
    }
  }

  @Test func missingFilesAreRefused() {
    #expect(
      message(of: .missingInput) { try Picture(at: "/nowhere.png") }.hasPrefix("/nowhere.png can't be read"))
    #expect(message(of: .missingInput) { try Picture(at: "/") } == "/ is a folder; it must be a file")
  }
}

@Suite struct NetpbmReaderTests {
  private func pixels(_ text: String, _ raw: [UInt8] = []) throws -> [UInt8] {
    try Picture(file: Array(text.utf8) + raw, named: "x").pixels
  }

  @Test func everyKindIsRead() throws {
    #expect(try pixels("P1 3 2\n0 1 0\n101") == [255, 0, 255, 0, 255, 0])
    #expect(try pixels("P2\n# a comment\n2 # another\n2 10\n0 5 10 1") == [0, 128, 255, 26])
    #expect(try pixels("P3 1 2 255 255 0 0 0 0 255") == [76, 29])
    #expect(
      try pixels("P4 10 2\n", [0b1010_0000, 0b0100_0000, 0, 0b1000_0000]) == [
        0, 255, 0, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 255,
      ])
    #expect(try pixels("P5 2 1 255\n", [7, 200]) == [7, 200])
    #expect(try pixels("P5 2 1 65535\n", [0xFF, 0xFF, 0x80, 0x00]) == [255, 128])
    #expect(try pixels("P5 3 1 3\n", [0, 1, 3]) == [0, 85, 255])
    #expect(try pixels("P6 1 1 255\n", [0, 255, 0]) == [150])
    #expect(try pixels("P6 1 1 65535\n", [0, 0, 0xFF, 0xFF, 0, 0]) == [150])
  }

  @Test func wrongFilesAreRefused() {
    func said(_ text: String, _ raw: [UInt8] = []) -> String { refusal(Array(text.utf8) + raw) }
    #expect(
      said("P5 2 2 255\n", [1, 2, 3]) == "x: byte 14: the file is truncated; copy or download it again")
    #expect(said("P5 10000 10000 255\n").contains("10,000×10,000 pixels"))
    #expect(said("P5 99999999999999999999 99999999999999999999 255\n").contains("can be read: scale it down"))
    #expect(said("P5 0 1 255\n").contains("0×1"))
    #expect(said("P5 1 1 0\n").contains("the largest value is 0"))
    #expect(said("P5 1 1 65536\n").contains("the largest value is 65536"))
    #expect(said("P5 1 1 3\n", [4]).contains("a sample is 4, above the largest value, 3"))
    #expect(said("P2 1 1 3\nx").contains("a sample is not a number"))
    #expect(said("P1 1 1\n2").contains("neither 0 nor 1"))
    #expect(said("P2 100 100 255\n1 2").contains("truncated"))
    for text in ["P5 ", "P5 1", "P5 1 1", "P5 1 1 255", "P1 1 1", "P4 1 1", "P2 1 1 255"] {
      #expect(said(text).contains("truncated"), "\(text)")
    }
  }
}
