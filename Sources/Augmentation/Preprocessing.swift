import KernelShapes

/// What is done to every image before a network sees it, in training and in prediction: an affine map computed from the
/// image's moments.
///
/// Networks with different preprocessing make different errors, so an ensemble of them is better (Ciresan, Meier and
/// Schmidhuber, 2012, who vary the digits' widths).
public enum Preprocessing: String, Sendable, CaseIterable {
  /// Nothing: images are as in the file.
  case none
  /// Sheared to be upright: a row is shifted by -μ₁₁ / μ₀₂ times its distance from the centre of mass (μ: the ink's central
  /// moments), by at most one pixel more than the row above.
  case deskew
  /// Deskewed, scaled horizontally so that the columns' standard deviation is 4.3 pixels (stretched to at most double,
  /// compressed to no less than two thirds of the width), and centred horizontally by its centre of mass.
  case spread

  /// The standard deviation of the columns, in pixels, that `spread` scales to.
  public static let spreadDeviation = 4.3
  /// The least variance of the columns that `spread` reckons with, in square pixels.
  public static let spreadLeastVariance = 0.3
  /// Pixels of the original for a pixel of what `spread` makes of it.
  public static let spreadRange = 0.5...1.5

  /// The map from a pixel of the preprocessed image to its place in the original; nil for the image as it is.
  ///
  /// - Parameters:
  ///   - pixels: The image, `[row][column]`, side · side bytes.
  ///   - view: A further map, of the preprocessed image, such as an augmentation or a view of test-time augmentation.
  public func map(of pixels: UnsafePointer<UInt8>, side: Int, under view: AffineMap? = nil) -> AffineMap? {
    guard self != .none, let moments = Moments(of: pixels, side: side) else { return view }
    let slant = moments.slant
    var (across, left) = (1.0, -slant * moments.row)
    if self == .spread {
      let range = Self.spreadRange
      across = min(
        range.upperBound,
        max(range.lowerBound, moments.uprightVariance.squareRoot() / Self.spreadDeviation))
      left += moments.column - across * Double(side - 1) / 2
    }
    // The columns are across · x + slant · y + left, the rows stay.
    guard let view else {
      return AffineMap(xx: Float(across), xy: Float(slant), x0: Float(left), yx: 0, yy: 1, y0: 0)
    }
    return AffineMap(
      xx: Float(across * Double(view.xx) + slant * Double(view.yx)),
      xy: Float(across * Double(view.xy) + slant * Double(view.yy)),
      x0: Float(across * Double(view.x0) + slant * Double(view.y0) + left), yx: view.yx, yy: view.yy,
      y0: view.y0)
  }
}

/// The first and second moments of an image's ink.
private struct Moments {
  /// The centre of mass.
  let row: Double
  let column: Double
  /// The central second moments: of the columns, of columns and rows, of the rows.
  private let columns: Double
  private let both: Double
  private let rows: Double

  /// Nil for an image without ink.
  init?(of pixels: UnsafePointer<UInt8>, side: Int) {
    // Whole numbers, so the order of summation does not matter; for 28×28 pixels they stay below 2³¹.
    var (ink, sumX, sumY, sumXX, sumXY, sumYY) = (0, 0, 0, 0, 0, 0)
    for y in 0..<side {
      var (line, lineX, lineXX) = (0, 0, 0)
      for x in 0..<side {
        let value = Int(pixels[y * side + x])
        line += value
        lineX += value * x
        lineXX += value * x * x
      }
      ink += line
      sumX += lineX
      sumXX += lineXX
      sumY += line * y
      sumXY += lineX * y
      sumYY += line * y * y
    }
    guard ink > 0 else { return nil }
    let mass = Double(ink)
    column = Double(sumX) / mass
    row = Double(sumY) / mass
    columns = Double(sumXX) / mass - column * column
    both = Double(sumXY) / mass - column * row
    rows = Double(sumYY) / mass - row * row
  }

  /// How many pixels a row's ink is to the right of the ink of the row above it.
  var slant: Double { rows > 0 ? min(1, max(-1, both / rows)) : 0 }

  /// The variance of the columns after deskewing.
  var uprightVariance: Double {
    max(Preprocessing.spreadLeastVariance, columns - 2 * slant * both + slant * slant * rows)
  }
}
