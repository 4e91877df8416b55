import KernelShapes

/// How a digit is set before a network sees it, in training and in prediction alike: one affine map, found from the
/// image's moments.
///
/// Networks that see the same digits set in different ways err differently, and their average gains by it (Ciresan,
/// Meier and Schmidhuber, 2012, with widths).
public enum Preprocessing: String, Sendable, CaseIterable {
  /// As in the file.
  case none
  /// Sheared so that it stands upright: a row is moved by -μ₁₁ / μ₀₂ times its distance from the centre of mass (μ the
  /// central moments of the ink), up to a pixel a row.
  case deskew
  /// Upright, and stretched across so that the ink's standard deviation is 4.3 pixels, by up to one and a half or two
  /// times less or more; the centre of mass comes to the middle.
  case spread

  /// Reads names joined by commas; nil if there is none or one is unknown.
  public static func list(_ text: String) -> [Preprocessing]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let known = parts.compactMap { Preprocessing(rawValue: String($0)) }
    return known.count == parts.count ? known : nil
  }

  /// Where each pixel of the prepared image takes its value, itself seen under a view; nil for the image as it is.
  public func map(of pixels: UnsafePointer<UInt8>, side: Int, under view: AffineMap? = nil) -> AffineMap? {
    guard self != .none, let moments = Moments(of: pixels, side: side) else { return view }
    let slant = moments.slant
    var (across, left) = (1.0, -slant * moments.row)
    if self == .spread {
      across = min(1.5, max(0.5, moments.uprightVariance.squareRoot() / 4.3))
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
  /// The central ones: of the columns, of both, of the rows.
  private let columns: Double
  private let both: Double
  private let rows: Double

  /// Nil for an image without ink.
  init?(of pixels: UnsafePointer<UInt8>, side: Int) {
    // Whole numbers, so in any order the same; of 28×28 pixels they stay below 2³¹.
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

  /// How far a row's ink lies to the right of that of the row above it.
  var slant: Double { rows > 0 ? min(1, max(-1, both / rows)) : 0 }

  /// The variance of the columns once the slant is taken out.
  var uprightVariance: Double { max(0.3, columns - 2 * slant * both + slant * slant * rows) }
}
