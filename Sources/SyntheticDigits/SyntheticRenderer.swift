import Competition

/// A point on the pen's path, and how far the ink reaches from it.
struct PenPoint {
  var x: Double
  var y: Double
  var radius: Double
}

private let side = DigitTable.side
/// The side of the box that MNIST's makers fitted a digit into.
private let box = 20

/// An image of strokes, `[row][column]` of 28×28 bytes, prepared as MNIST's makers prepared their scans: fitted into a
/// 20×20 box without changing the proportions, then moved by whole pixels until the centre of mass is in the middle.
///
/// The strokes' coordinates may have any unit. Their radii are in pixels, and so is `softness`, the width of the band at
/// the ink's edge over which it fades.
func renderedDigit(_ strokes: [[PenPoint]], softness: Double) -> [UInt8] {
  let fitted = fittedIntoBox(strokes)
  var ink = [Double](repeating: 0, count: box * box)
  for stroke in fitted {
    for (from, to) in zip(stroke, stroke.dropFirst()) {
      addCapsule(from: from, to: to, softness: softness, to: &ink)
    }
  }
  return centred(ink)
}

/// Strokes scaled and moved so that their ink touches both sides of the box in its longer direction.
private func fittedIntoBox(_ strokes: [[PenPoint]]) -> [[PenPoint]] {
  let points = strokes.joined()
  guard let first = points.first else { return strokes }
  var (left, right, top, bottom) = (first.x, first.x, first.y, first.y)
  var widest = 0.0
  for point in points {
    left = min(left, point.x)
    right = max(right, point.x)
    top = min(top, point.y)
    bottom = max(bottom, point.y)
    widest = max(widest, point.radius)
  }
  let room = Double(box) - 2 * widest
  let scale = room / max(right - left, bottom - top, 1e-9)
  let (middleX, middleY) = ((left + right) / 2, (top + bottom) / 2)
  let middle = Double(box) / 2
  return strokes.map { stroke in
    stroke.map { point in
      PenPoint(
        x: middle + (point.x - middleX) * scale, y: middle + (point.y - middleY) * scale, radius: point.radius
      )
    }
  }
}

/// Adds the ink of the pen's path between two points. A pixel's ink depends on its middle's distance from the path, and is
/// the most of any part of the path.
private func addCapsule(from: PenPoint, to: PenPoint, softness: Double, to ink: inout [Double]) {
  let reach = max(from.radius, to.radius) + softness
  let columns = pixels(from: min(from.x, to.x) - reach, to: max(from.x, to.x) + reach)
  let rows = pixels(from: min(from.y, to.y) - reach, to: max(from.y, to.y) + reach)
  let (alongX, alongY) = (to.x - from.x, to.y - from.y)
  let squaredLength = max(alongX * alongX + alongY * alongY, 1e-12)
  for row in rows {
    let y = Double(row) + 0.5 - from.y
    for column in columns {
      let x = Double(column) + 0.5 - from.x
      let share = min(max((x * alongX + y * alongY) / squaredLength, 0), 1)
      let (offX, offY) = (x - share * alongX, y - share * alongY)
      let distance = (offX * offX + offY * offY).squareRoot()
      let radius = from.radius + share * (to.radius - from.radius)
      let coverage = min(max((radius - distance) / softness + 0.5, 0), 1)
      let index = row * box + column
      if coverage > ink[index] { ink[index] = coverage }
    }
  }
}

/// The box's pixels whose middles may lie between two coordinates.
private func pixels(from low: Double, to high: Double) -> Range<Int> {
  let first = Int(min(max(low, 0), Double(box)))
  let last = Int(min(max(high, 0), Double(box - 1)))
  return first..<max(first, last + 1)
}

/// The box in the 28×28 image, its centre of mass within half a pixel of the image's middle.
private func centred(_ ink: [Double]) -> [UInt8] {
  var (mass, momentX, momentY) = (0.0, 0.0, 0.0)
  for row in 0..<box {
    for column in 0..<box {
      let value = ink[row * box + column]
      mass += value
      momentX += value * (Double(column) + 0.5)
      momentY += value * (Double(row) + 0.5)
    }
  }
  let margin = side - box
  let middle = Double(side) / 2
  // The box stays inside, however far from its middle the ink is.
  let right = min(max(Int((middle - momentX / max(mass, 1e-9)).rounded()), 0), margin)
  let down = min(max(Int((middle - momentY / max(mass, 1e-9)).rounded()), 0), margin)
  var image = [UInt8](repeating: 0, count: side * side)
  for row in 0..<box {
    for column in 0..<box {
      image[(row + down) * side + column + right] = UInt8((ink[row * box + column] * 255).rounded())
    }
  }
  return image
}
