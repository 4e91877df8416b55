import Compute
import Foundations
import KernelShapes
import Testing
@testable import Augmentation

extension ImageAugmentation {
  /// The affine map drawn for a row in an epoch.
  func map(row: Int, epoch: Int, _ random: Philox, side: Int) -> AffineMap {
    var stream = RandomStream(random, .augmentation, epoch: epoch, image: row)
    return map(&stream, side: side)
  }
}

/// An image of random bytes.
private func randomImage(side: Int, seed: UInt64) -> [UInt8] {
  var stream = RandomStream(Philox(seed: seed), .sample)
  return (0..<side * side).map { _ in UInt8(stream.below(256)) }
}

extension AffineMap {
  /// The map of a whole image, with a frame around the target that must stay as it was.
  fileprivate func applied(to source: [UInt8], side: Int) -> [Float] {
    let frame = 64
    var target = [Float](repeating: -7, count: side * side + 2 * frame)
    target.withUnsafeMutableBufferPointer { target in
      source.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress,
          let kernels = InstructionSets.available.first
        else { return }
        apply(from, side: side, to: to + frame, kernels)
      }
    }
    #expect(target.prefix(frame).allSatisfy { $0 == -7 })
    #expect(target.suffix(frame).allSatisfy { $0 == -7 })
    return Array(target[frame..<frame + side * side])
  }

  /// The same in Double, pixel by pixel as bilinear sampling is written in books: black outside.
  fileprivate func twin(of source: [UInt8], side: Int) -> [Double] {
    func pixel(_ column: Double, _ row: Double) -> Double {
      guard (0..<Double(side)).contains(column), (0..<Double(side)).contains(row) else { return 0 }
      return Double(source[Int(row) * side + Int(column)]) / 255
    }
    return (0..<side * side).map { index in
      let (column, row) = (Double(index % side), Double(index / side))
      let x = Double(xx) * column + Double(xy) * row + Double(x0)
      let y = Double(yx) * column + Double(yy) * row + Double(y0)
      let (left, top) = (x.rounded(.down), y.rounded(.down))
      let (right, down) = (x - left, y - top)
      return pixel(left, top) * (1 - right) * (1 - down) + pixel(left + 1, top) * right * (1 - down)
        + pixel(left, top + 1) * (1 - right) * down + pixel(left + 1, top + 1) * right * down
    }
  }
}

/// The views of test-time augmentation do what their names say.
@Suite struct TestTimeViewTests {
  /// A square of ink in the middle, 8 by 8.
  private let square: [UInt8] = (0..<28 * 28).map { index in
    (10..<18).contains(index / 28) && (10..<18).contains(index % 28) ? 255 : 0
  }

  private func view(_ name: String) throws -> [Double] {
    let view = try #require(TestTimeView.all.first { $0.name == name })
    let map = try #require(view.map(side: 28))
    let image = map.applied(to: square, side: 28)
    let twin = map.twin(of: square, side: 28)
    #expect(zip(image, twin).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    return twin
  }

  /// The mean row and column of the ink.
  private func centre(_ image: [Double]) -> (row: Double, column: Double) {
    let ink = image.reduce(0, +)
    let rows = image.enumerated().reduce(0) { $0 + Double($1.offset / 28) * $1.element }
    let columns = image.enumerated().reduce(0) { $0 + Double($1.offset % 28) * $1.element }
    return (rows / ink, columns / ink)
  }

  @Test func theFirstIsTheImageAndTheOthersAreNot() {
    #expect(TestTimeView.all[0].map(side: 28) == nil)
    #expect(TestTimeView.all.dropFirst().allSatisfy { $0.map(side: 28) != nil })
    #expect(Set(TestTimeView.all.map(\.name)).count == TestTimeView.all.count)
  }

  @Test func movesGoWhereTheySay() throws {
    for (name, down, right) in [
      ("down and right", 0.5, 0.5), ("up and left", -0.5, -0.5), ("down and left", 0.5, -0.5),
      ("up and right", -0.5, 0.5),
    ] {
      let centre = centre(try view("shifted by half a pixel \(name)"))
      #expect(abs(centre.row - 13.5 - down) < 1e-5 && abs(centre.column - 13.5 - right) < 1e-5, "\(name)")
    }
  }

  @Test func sizesAreAsTheySay() throws {
    let ink = 64.0
    #expect(abs(try view("5 % larger").reduce(0, +) - ink / (0.95 * 0.95)) < 1)
    #expect(abs(try view("5 % smaller").reduce(0, +) - ink / (1.05 * 1.05)) < 1)
    for name in ["rotated by 5°", "rotated by -5°"] {
      let image = try view(name)
      #expect(abs(image.reduce(0, +) - ink) < 0.5)
      #expect(abs(centre(image).row - 13.5) < 1e-4)
    }
  }
}

@Suite struct AffineMapTests {
  static let sides = [1, 2, 3, 5, 17, 28, 31]

  @Test(arguments: sides) func identityGivesBytesOver255(side: Int) {
    let image = randomImage(side: side, seed: 1)
    let identity = AffineMap(xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0)
    #expect(identity.applied(to: image, side: side) == image.map { Float($0) / 255 })
    let drawn = ImageAugmentation.none.map(row: 3, epoch: 4, Philox(seed: 5), side: side)
    #expect(drawn == identity)
  }

  @Test(arguments: sides) func shiftsByWholePixelsAreExact(side: Int) {
    let image = randomImage(side: side, seed: 2)
    for (columns, rows) in [(1, 0), (0, -1), (-2, 3), (side - 1, 1 - side), (side, 0), (0, -side)] {
      let map = AffineMap(xx: 1, xy: 0, x0: Float(columns), yx: 0, yy: 1, y0: Float(rows))
      let expected = (0..<side * side).map { index in
        let (column, row) = (index % side + columns, index / side + rows)
        let isInside = (0..<side).contains(column) && (0..<side).contains(row)
        return isInside ? Float(image[row * side + column]) / 255 : 0
      }
      #expect(map.applied(to: image, side: side) == expected)
    }
  }

  @Test(arguments: sides) func aQuarterTurnPermutes(side: Int) {
    let image = randomImage(side: side, seed: 3)
    let last = Float(side - 1)
    let map = AffineMap(xx: 0, xy: -1, x0: last, yx: 1, yy: 0, y0: 0)
    let expected = (0..<side * side).map { index in
      let (column, row) = (index % side, index / side)
      return Float(image[column * side + side - 1 - row]) / 255
    }
    #expect(map.applied(to: image, side: side) == expected)
  }

  /// Also where the map leads far outside: what is read there is black, not memory.
  @Test(arguments: sides) func agreesWithTheTwin(side: Int) {
    let image = randomImage(side: side, seed: 4)
    var stream = RandomStream(Philox(seed: 5), .sample)
    for reach in [1.0, 3.0, 1e4] {
      for _ in 0..<20 {
        func draw(_ bound: Double) -> Float { Float(stream.uniform(-bound, bound)) }
        let map = AffineMap(
          xx: draw(2), xy: draw(2), x0: draw(reach * Double(side)), yx: draw(2), yy: draw(2),
          y0: draw(reach * Double(side)))
        let result = map.applied(to: image, side: side)
        // The coordinates' own rounding: at the frame's edge a float has steps of 2⁻¹⁸, a pixel up to 1.
        let tolerance = reach > 100 ? 1e-2 : 3e-5
        let errors = zip(result, map.twin(of: image, side: side)).map { abs(Double($0) - $1) }
        #expect(errors.allSatisfy { $0 <= tolerance }, "\(errors.max() ?? 0)")
      }
    }
  }

  @Test func farAwayIsBlack() {
    let image = [UInt8](repeating: 255, count: 28 * 28)
    for distance: Float in [29, -29, 1e6, -1e6, 1e20, -1e20, .greatestFiniteMagnitude, -.infinity, .infinity]
    {
      let map = AffineMap(xx: 1, xy: 0, x0: distance, yx: 0, yy: 1, y0: 0)
      #expect(map.applied(to: image, side: 28).allSatisfy { $0 == 0 })
    }
  }
}

@Suite struct AffineAugmentationTests {
  static let side = 28

  /// What the documentation says, in Double: where the pixel (column x, row y) takes its value.
  private func source(
    _ x: Double, _ y: Double, shift: (Double, Double), angle: Double, zoom: (Double, Double), slant: Double
  ) -> (Double, Double) {
    let centre = Double(Self.side - 1) / 2
    let (u, v) = ((x - centre) * zoom.0, (y - centre) * zoom.1)
    let (s, t) = (u - Elementary.sin(slant) * v, Elementary.cos(slant) * v)
    let (sine, cosine) = (Elementary.sin(angle), Elementary.cos(angle))
    return (centre + shift.0 + cosine * s - sine * t, centre + shift.1 + sine * s + cosine * t)
  }

  @Test func mapsAreTheDocumentedProduct() {
    let augmentation = ImageAugmentation(shift: 0.2, rotation: 30, zoom: 0.3, shear: 20)
    for row in 0..<100 {
      let map = augmentation.map(row: row, epoch: 2, Philox(seed: 9), side: Self.side)
      var stream = RandomStream(Philox(seed: 9), .augmentation, epoch: 2, image: row)
      let shift = (stream.uniform(-5.6, 5.6), stream.uniform(-5.6, 5.6))
      let angle = stream.uniform(-30, 30) * Double.pi / 180
      let zoom = (1 + stream.uniform(-0.3, 0.3), 1 + stream.uniform(-0.3, 0.3))
      let slant = stream.uniform(-20, 20) * Double.pi / 180
      for (x, y) in [(0.0, 0.0), (27, 0), (0, 27), (13, 14)] {
        let expected = source(x, y, shift: shift, angle: angle, zoom: zoom, slant: slant)
        #expect(abs(Double(map.xx) * x + Double(map.xy) * y + Double(map.x0) - expected.0) < 1e-5)
        #expect(abs(Double(map.yx) * x + Double(map.yy) * y + Double(map.y0) - expected.1) < 1e-5)
      }
    }
  }

  /// The bounds are kept and used up, each by its own option alone.
  @Test func drawsFillTheirBounds() {
    func maps(_ augmentation: ImageAugmentation) -> [AffineMap] {
      (0..<4000).map { augmentation.map(row: $0, epoch: 0, Philox(seed: 1), side: Self.side) }
    }
    func expectRange(_ values: [Float], _ low: Double, _ high: Double) {
      let (least, most) = (Double(values.min() ?? .nan), Double(values.max() ?? .nan))
      let slack = (high - low) / 100
      #expect(least >= low - 1e-6 && least < low + slack)
      #expect(most <= high + 1e-6 && most > high - slack)
    }
    let shifts = maps(ImageAugmentation(shift: 0.1, rotation: 0, zoom: 0, shear: 0))
    expectRange(shifts.map(\.x0), -2.8, 2.8)
    expectRange(shifts.map(\.y0), -2.8, 2.8)
    #expect(shifts.allSatisfy { $0.xx == 1 && $0.xy == 0 && $0.yx == 0 && $0.yy == 1 })
    let rotations = maps(ImageAugmentation(shift: 0, rotation: 10, zoom: 0, shear: 0))
    let sine = Elementary.sin(Double.pi / 18)
    expectRange(rotations.map(\.yx), -sine, sine)
    #expect(rotations.allSatisfy { abs($0.xx * $0.yy - $0.xy * $0.yx - 1) < 1e-6 })
    let zooms = maps(ImageAugmentation(shift: 0, rotation: 0, zoom: 0.1, shear: 0))
    expectRange(zooms.map(\.xx), 0.9, 1.1)
    expectRange(zooms.map(\.yy), 0.9, 1.1)
    #expect(zooms.allSatisfy { $0.xy == 0 && $0.yx == 0 })
    let shears = maps(ImageAugmentation(shift: 0, rotation: 0, zoom: 0, shear: 10))
    expectRange(shears.map(\.xy), -sine, sine)
    #expect(shears.allSatisfy { $0.xx == 1 && $0.yx == 0 })
  }

  @Test func drawsDependOnSeedEpochAndRowAlone() {
    func map(_ row: Int, _ epoch: Int, _ seed: UInt64) -> AffineMap {
      ImageAugmentation.standard.map(row: row, epoch: epoch, Philox(seed: seed), side: Self.side)
    }
    let first = map(7, 3, 11)
    _ = map(8, 3, 11)
    #expect(map(7, 3, 11) == first)
    #expect(map(8, 3, 11) != first)
    #expect(map(7, 4, 11) != first)
    #expect(map(7, 3, 12) != first)
  }
}
