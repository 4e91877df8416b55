extension DigitFinder {
  /// The side of the square that a digit is fitted into.
  private static let fitted = 20.0
  /// Strokes thinner than this, in pixels of the fitted digit, are thickened to `thickened`.
  private static let thinnest = 1.9
  private static let thickened = 2.5

  /// A digit as MNIST's makers normalized theirs: its longer side scaled to 20 pixels by area, then moved by whole pixels so
  /// that the centre of mass is at pixel 14, counted from 0.
  static func normalized(_ ink: InkMap, _ shapes: Shapes, _ group: DigitGroup) -> [UInt8] {
    let reach = max(1.0, Double(group.box.longerSide) / fitted * 1.25)
    var margin = Int(reach.rounded(.up)) + 1
    var part = InkPart(ink, shapes, group, margin: margin)
    let stroke = part.strokeWidth
    let longer = Double(group.box.longerSide)
    if stroke * fitted < thinnest * longer {
      // The scale at which the thickened digit, wider by the same amount, fits.
      let scale = max(longer - stroke, 1) / (fitted - thickened)
      let radius = (thickened * scale - stroke) / 2
      margin = Int(radius.rounded(.up)) + 2
      part = InkPart(ink, shapes, group, margin: margin)
      part.thicken(by: radius)
    } else {
      part.keepGreys(within: reach)
    }
    return centred(part.scaled(to: fitted))
  }

  /// Places rows of ink in the image.
  private static func centred(_ rows: [[Double]]) -> [UInt8] {
    let side = FoundDigit.side
    var (mass, momentX, momentY) = (0.0, 0.0, 0.0)
    for (y, row) in rows.enumerated() {
      for (x, value) in row.enumerated() {
        mass += value
        momentX += value * Double(x)
        momentY += value * Double(y)
      }
    }
    let middle = Double(side) / 2
    func offset(_ moment: Double, _ count: Int) -> Int {
      min(max(Int((middle - moment / max(mass, 1e-9)).rounded()), 0), side - count)
    }
    let (right, down) = (offset(momentX, rows.first?.count ?? 0), offset(momentY, rows.count))
    var image = [UInt8](repeating: 0, count: side * side)
    for (y, row) in rows.enumerated() {
      for (x, value) in row.enumerated() {
        image[(y + down) * side + x + right] = UInt8(min(max(value, 0), 255).rounded())
      }
    }
    return image
  }
}
