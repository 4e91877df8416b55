import Competition
import Testing

@Suite struct PixelStatisticsTests {
  @Test func countsAndSums() {
    var pixels = [UInt8](repeating: 0, count: 2 * 784)
    pixels[0] = 3
    pixels[27] = 5
    pixels[28 * 14 + 14] = 255
    pixels[784 + 28 * 27 + 27] = 7
    pixels[784 + 28 * 5] = 11
    pixels[784 + 28 * 5 + 27] = 13
    let whole = PixelStatistics(of: pixels)
    #expect(whole.images == 2 && whole.sum == 294 && whole.aboveZero == 6 && whole.edgeSum == 39)
    #expect(whole.largest == 255 && !whole.isInverted)
    #expect(whole.mean == 294.0 / 1568 && whole.inkShare == 6.0 / 1568)
    var parts = PixelStatistics()
    parts.add(Array(pixels[..<784]))
    parts.add(Array(pixels[784...]))
    #expect(parts == whole)
    #expect(PixelStatistics().mean == 0 && !PixelStatistics().isInverted)
  }

  /// One image of each kind is enough to tell its paper from its ink.
  @Test func invertedPaper() {
    for (paper, ink) in [(255, 0), (1, 0), (200, 90)] as [(UInt8, UInt8)] {
      var pixels = [UInt8](repeating: paper, count: 784)
      for place in 300..<420 { pixels[place] = ink }
      #expect(PixelStatistics(of: pixels).isInverted)
      #expect(!PixelStatistics(of: pixels.map { 255 - $0 }).isInverted || paper < 255)
    }
    #expect(!PixelStatistics(of: [UInt8](repeating: 0, count: 784)).isInverted)
    #expect(!PixelStatistics(of: [UInt8](repeating: 255, count: 784)).isInverted)
  }
}
