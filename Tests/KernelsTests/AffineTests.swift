import Compute
import Foundations
import Testing

/// Sampling by an affine map equals its twin to the bit, wherever the map leads.
@Suite struct AffineTests {
  @Test(arguments: Array(1...34) + [47, 64]) func sample(side: Int) {
    var random = RandomStream(Philox(seed: 35), .sample, image: side)
    let source = (0..<side * side).map { _ in UInt8(random.below(256)) }
    let result = [Float](repeating: canary, count: side * side)
    for map in maps(side, &random) {
      expectTwins([result], "side \(side), \(map)") { kernels, operands in
        // The frame may hold anything, and the bytes after it stay.
        let count = ImageSample.frameCount(side: side)
        withCopy(of: [UInt8](repeating: 255, count: count + 64)) { frame in
          withCopy(of: source) { source in
            if let source = source.baseAddress, let frame = frame.baseAddress {
              kernels.sampleImage(
                ImageSample(side: side, map: map, image: source, frame: frame, result: operands[0]))
            }
          }
          #expect(frame[count...].allSatisfy { $0 == 255 })
        }
      }
    }
  }

  @Test(arguments: [1, 5, 7, 8, 15, 16, 17, 28, 34, 64]) func elasticSample(side: Int) {
    var random = RandomStream(Philox(seed: 36), .sample, image: side)
    let source = (0..<side * side).map { _ in UInt8(random.below(256)) }
    let result = [Float](repeating: canary, count: side * side)
    for map in maps(side, &random) {
      let points = 1 + random.below(8)
      let reach = [0.0, 0.5, 4, 1e30][random.below(4)]
      let weights = (0..<points * side).map { _ in Float(random.uniform(-0.2, 1)) }
      let controls = (0..<2 * points * points).map { _ in Float(random.uniform(-reach, reach)) }
      expectTwins([result, weights, controls], "side \(side), \(points) points, \(map)") {
        kernels, operands in
        withCopy(of: [UInt8](repeating: 255, count: ImageSample.frameCount(side: side))) { frame in
          withCopy(of: source) { source in
            if let source = source.baseAddress, let frame = frame.baseAddress {
              let displacement = DisplacementGrid(
                points: points, weights: operands[1], controls: operands[2])
              kernels.sampleImage(
                ImageSample(
                  side: side, map: map, displacement: displacement, image: source, frame: frame,
                  result: operands[0]))
            }
          }
        }
      }
    }
  }

  private func maps(_ side: Int, _ random: inout RandomStream) -> [AffineMap] {
    func uniform(_ bound: Double) -> Float { Float(random.uniform(-bound, bound)) }
    var maps = [
      AffineMap(xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0),
      AffineMap(xx: 0, xy: -1, x0: Float(side - 1), yx: 1, yy: 0, y0: 0),
      // Exactly on the clamps, and the last place before them.
      AffineMap(xx: 1, xy: 0, x0: -1, yx: 0, yy: 1, y0: Float(side)),
      AffineMap(xx: 0, xy: 0, x0: Float(side).nextDown, yx: 0, yy: 0, y0: (-1 as Float).nextUp),
    ]
    for reach in [0.5, 3, 1e6, 1e30] {
      for _ in 0..<5 {
        maps.append(
          AffineMap(
            xx: uniform(1.5), xy: uniform(1.5), x0: uniform(reach * Double(side)), yx: uniform(1.5),
            yy: uniform(1.5), y0: uniform(reach * Double(side))))
      }
    }
    for odd: Float in [.nan, .infinity, -.infinity, .greatestFiniteMagnitude] {
      maps.append(AffineMap(xx: 1, xy: 0, x0: odd, yx: 0, yy: 1, y0: 0))
      maps.append(AffineMap(xx: 1, xy: 0, x0: 0, yx: odd, yy: 1, y0: 0))
    }
    return maps
  }
}
