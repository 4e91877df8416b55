/// The order in which the kernels of `Blocks.swift` sum over pixels.
enum BlocksTwin {
  /// The images' blocks of up to 64 pixels, in order.
  static func forEachBlock(_ images: Int, _ pixels: Int, _ body: (_ image: Int, Range<Int>) -> Void) {
    for image in 0..<images {
      for start in stride(from: 0, to: pixels, by: 64) { body(image, start..<min(start + 64, pixels)) }
    }
  }

  /// Four chains that take the pixels in turn, added in pairs.
  static func blockSum(_ block: Range<Int>, _ add: (_ chain: Float, _ pixel: Int) -> Float) -> Float {
    var chains: [Float] = [0, 0, 0, 0]
    for (number, pixel) in block.enumerated() { chains[number % 4] = add(chains[number % 4], pixel) }
    return (chains[0] + chains[1]) + (chains[2] + chains[3])
  }
}
