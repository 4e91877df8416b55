import Foundations
import TestSupport
import Testing
@testable import Pictures

/// Files damaged at random, always in the same way: they are read or refused, and nothing else happens.
@Suite struct MutationTests {
  /// Reads a file; a message about it names it and a place.
  private func check(_ file: [UInt8], _ origin: String) -> Bool {
    do {
      let picture = try Picture(file: file, named: "x")
      if picture.pixels.count <= 4096 { _ = DigitFinder.find(in: picture, many: true) }
      return true
    } catch {
      #expect(error.kind == .badData && error.message.hasPrefix("x"), "\(origin): \(error.message)")
      return false
    }
  }

  private func mutated(_ file: [UInt8], from start: Int, _ stream: inout RandomStream) -> [UInt8] {
    var file = file
    for _ in 0...stream.below(4) where file.count > start {
      let place = start + stream.below(file.count - start)
      switch stream.below(5) {
      case 0: file[place] = UInt8(stream.below(256))
      case 1: file[place] ^= 1 << UInt8(stream.below(8))
      case 2: file[place] = [0, 1, 127, 128, 255][stream.below(5)]
      case 3: file.remove(at: place)
      default: file.insert(UInt8(stream.below(256)), at: place)
      }
    }
    return file
  }

  @Test(arguments: jpegNames + ["cmyk", "arithmetic", "rgb-reduced"]) func damagedJPEGFiles(name: String)
    throws
  {
    let file = try fixture("\(name).jpg")
    var stream = RandomStream(Philox(seed: 17), .sample)
    for number in 0..<400 { _ = check(mutated(file, from: 2, &stream), "\(name) \(number)") }
  }

  /// Checksums are right here, so that the damage gets as far as it can.
  @Test(arguments: [(0, 1), (2, 16), (3, 4), (4, 8), (6, 8)]) func damagedPNGFiles(colour: Int, depth: Int) {
    var stream = RandomStream(Philox(seed: 18), .sample)
    for number in 0..<150 {
      let palette = ("PLTE", mutated(noise(48, seed: 1), from: 0, &stream))
      var file = PNGFile(
        width: 1 + stream.below(40), height: 1 + stream.below(40), depth: depth, colour: colour,
        isInterlaced: number.isMultiple(of: 2), extra: [palette], chunk: 1 + stream.below(100))
      let lines = mutated(file.lines, from: 0, &stream)
      if stream.below(3) == 0 { file.extra.append(("tRNS", noise(stream.below(8), seed: 2))) }
      _ = check(file.file(lines: lines), "\(number)")
      let header = mutated(file.header, from: 0, &stream)
      let bytes = file.bytes
      _ = check(bytes[..<8] + pngChunk("IHDR", header) + bytes[33...], "\(number), header")
    }
  }

  @Test func damagedNetpbmFiles() {
    var stream = RandomStream(Philox(seed: 19), .sample)
    for kind in 1...6 {
      let maximum = kind == 1 || kind == 4 ? "" : " 300"
      let digits = "0 1 1 0 1 0 0 1 1 1 0 1 1 0 1 0 0 1 1 1 0 1 1 0 "
      let file = Array("P\(kind) 4 2\(maximum)\n\(digits)".utf8)
      for number in 0..<300 { _ = check(mutated(file, from: 2, &stream), "P\(kind) \(number)") }
    }
  }
}
