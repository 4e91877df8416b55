import Augmentation
import Foundations
import KernelShapes
import Testing

/// Preprocessing makes digits upright and equally wide, by their moments.
@Suite struct PreprocessingTests {
  private static let side = 28

  /// A thick stroke, `width` pixels wide, each row of which is `slant` pixels to the right of the row above.
  private func stroke(slant: Double, width: Double, centre: Double = 14) -> [UInt8] {
    (0..<Self.side * Self.side).map { place in
      let (row, column) = (Double(place / Self.side), Double(place % Self.side))
      guard (5...22).contains(row) else { return 0 }
      // How much of the pixel the stroke covers.
      let distance = (column - centre - slant * (row - 13.5)).magnitude - width / 2
      return UInt8((255 * min(1, max(0, 0.5 - distance))).rounded())
    }
  }

  private func mapping(_ preprocessing: Preprocessing, _ image: [UInt8], under view: AffineMap? = nil)
    -> AffineMap?
  {
    image.withUnsafeBufferPointer { pixels in
      pixels.baseAddress.flatMap { preprocessing.map(of: $0, side: Self.side, under: view) }
    }
  }

  /// The image as the map shows it, bilinear in Double.
  private func shown(_ image: [UInt8], _ map: AffineMap) -> [Double] {
    func pixel(_ column: Double, _ row: Double) -> Double {
      let range = 0..<Double(Self.side)
      return range.contains(column) && range.contains(row)
        ? Double(image[Int(row) * Self.side + Int(column)]) : 0
    }
    return (0..<Self.side * Self.side).map { place in
      let (c, r) = (Double(place % Self.side), Double(place / Self.side))
      let x = Double(map.xx) * c + Double(map.xy) * r + Double(map.x0)
      let y = Double(map.yx) * c + Double(map.yy) * r + Double(map.y0)
      let (left, top) = (x.rounded(.down), y.rounded(.down))
      let (u, v) = (x - left, y - top)
      return (1 - v) * ((1 - u) * pixel(left, top) + u * pixel(left + 1, top))
        + v * ((1 - u) * pixel(left, top + 1) + u * pixel(left + 1, top + 1))
    }
  }

  /// Centre of the columns, their standard deviation, and the covariance with the rows.
  private func moments(_ image: [Double]) -> (centre: Double, deviation: Double, covariance: Double) {
    let ink = image.reduce(0, +)
    func mean(_ value: (Double, Double) -> Double) -> Double {
      image.enumerated().reduce(0) {
        $0 + $1.element * value(Double($1.offset % Self.side), Double($1.offset / Self.side))
      } / ink
    }
    let (x, y) = (mean { x, _ in x }, mean { _, y in y })
    return (x, mean { a, _ in (a - x) * (a - x) }.squareRoot(), mean { a, b in (a - x) * (b - y) })
  }

  @Test(arguments: [-0.6, -0.2, 0.0, 0.35, 0.7]) func slantedStrokesBecomeUpright(slant: Double) throws {
    for width in [2.0, 5] {
      let image = stroke(slant: slant, width: width)
      for preprocessing in [Preprocessing.deskew, .spread] {
        let result = moments(shown(image, try #require(mapping(preprocessing, image))))
        #expect(result.covariance.magnitude < 0.15, "\(preprocessing), slant \(slant)")
      }
      // Deskewing alone leaves the centre where it is.
      let upright = moments(shown(image, try #require(mapping(.deskew, image))))
      #expect((upright.centre - moments(image.map(Double.init)).centre).magnitude < 0.05)
    }
  }

  @Test func spreadMakesWidthsAndPlacesEqual() throws {
    for (width, centre) in [(9.0, 14.0), (12, 11), (16, 16), (20, 14)] {
      let image = stroke(slant: 0.1, width: width, centre: centre)
      let result = moments(shown(image, try #require(mapping(.spread, image))))
      #expect((result.deviation - 4.3).magnitude < 0.15, "width \(width)")
      #expect((result.centre - 13.5).magnitude < 0.1, "width \(width)")
    }
    // A thin stroke is stretched to double at most.
    let thin = try #require(mapping(.spread, stroke(slant: 0, width: 2)))
    #expect(thin.xx == 0.5)
  }

  @Test func nothingToPreprocessLeavesTheView() {
    let view = AffineMap(xx: 0.9, xy: 0.1, x0: 2, yx: -0.2, yy: 1.1, y0: -1)
    let blank = [UInt8](repeating: 0, count: Self.side * Self.side)
    for preprocessing in Preprocessing.allCases {
      #expect(mapping(preprocessing, blank) == nil)
      #expect(mapping(preprocessing, blank, under: view) == view)
    }
    let image = stroke(slant: 0.3, width: 3)
    #expect(mapping(.none, image) == nil)
    #expect(mapping(.none, image, under: view) == view)
  }

  /// Under a view, a pixel comes from where the preprocessing takes the place that the view takes it from.
  @Test func viewsAreOfThePreprocessedImage() throws {
    let view = AffineMap(xx: 0.9, xy: 0.1, x0: 2, yx: -0.2, yy: 1.1, y0: -1)
    let image = stroke(slant: 0.3, width: 4, centre: 12)
    for preprocessing in [Preprocessing.deskew, .spread] {
      let (alone, both) = (
        try #require(mapping(preprocessing, image)), try #require(mapping(preprocessing, image, under: view))
      )
      for (column, row) in [(0.0, 0.0), (27, 0), (0, 27), (13, 5)] {
        let x = Double(view.xx) * column + Double(view.xy) * row + Double(view.x0)
        let y = Double(view.yx) * column + Double(view.yy) * row + Double(view.y0)
        let expected = Double(alone.xx) * x + Double(alone.xy) * y + Double(alone.x0)
        #expect(
          (Double(both.xx) * column + Double(both.xy) * row + Double(both.x0) - expected).magnitude < 1e-4)
        #expect((Double(both.yx) * column + Double(both.yy) * row + Double(both.y0) - y).magnitude < 1e-4)
      }
    }
  }

  /// One pixel, one row, one column of ink: nothing is divided by zero.
  @Test func littleInkIsPreprocessedToo() throws {
    for places in [[0], [27 * 28 + 27], Array(0..<28), (0..<28).map { $0 * 28 }] {
      var image = [UInt8](repeating: 0, count: Self.side * Self.side)
      for place in places { image[place] = 1 }
      for preprocessing in [Preprocessing.deskew, .spread] {
        let map = try #require(mapping(preprocessing, image))
        #expect(map.xx.isFinite && map.xy.isFinite && map.x0.isFinite)
      }
    }
  }
}
