import Foundations

/// Elastic distortion (Simard, Steinkraus and Platt, 2003): pixels are displaced by random amounts that change smoothly
/// over the image.
///
/// Simard draws an amount for every pixel and blurs them by a Gaussian of 4 pixels. Here they are drawn every 7 pixels
/// and interpolated by a uniform cubic B-spline, whose own spread is 7/√3 = 4.04 pixels: the same look for a fraction of
/// the work.
struct ElasticGrid: Sendable {
  /// Pixels from one point of the grid to the next.
  static let spacing = 7

  /// Points along a side; the first is one spacing outside the image.
  let points: Int
  /// The spline's weights, `[point][column]`; four per column are not zero.
  let weights: [Float]

  /// The grid for images of `side`×`side` pixels.
  init(side: Int) {
    let points = (side - 1) / Self.spacing + 4
    var weights = [Float](repeating: 0, count: points * side)
    for column in 0..<side {
      let t = Double(column % Self.spacing) / Double(Self.spacing)
      let first = column / Self.spacing
      for (offset, weight) in Self.basis(t).enumerated() {
        weights[(first + offset) * side + column] = Float(weight)
      }
    }
    self.points = points
    self.weights = weights
  }

  /// The cubic B-spline's four weights at `t` of the way from the second to the third point.
  private static func basis(_ t: Double) -> [Double] {
    let s = 1 - t
    return [
      s * s * s / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * s * s * s - 6 * s * s + 4) / 6, t * t * t / 6,
    ]
  }

  /// The largest draw that moves pixels by 1, root mean square along an axis: a uniform draw's deviation is 1/√3 of its
  /// bound, and the squares of the four weights sum to 151/315 on average, in both directions.
  static let drawForOnePixel = 3.0.squareRoot() / (151.0 / 315)

  /// Draws the points' displacements in pixels.
  ///
  /// - Parameters:
  ///   - pixels: Their root mean square along an axis, once interpolated.
  ///   - controls: Room for `[axis][row][column]`, 2 · points · points floats; the columns' axis is first.
  func draw(_ stream: inout RandomStream, pixels: Double, into controls: UnsafeMutablePointer<Float>) {
    let scale = pixels * Self.drawForOnePixel * 0x1p-31
    for index in 0..<2 * points * points {
      controls[index] = Float((Double(stream.next()) - 0x1p31) * scale)
    }
  }
}
