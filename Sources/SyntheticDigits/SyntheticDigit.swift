import Foundations

/// A drawn digit, `[row][column]` of 28×28 bytes, from 0 (paper) to 255 (ink), as MNIST's makers prepared theirs: fitted
/// into a 20×20 box, its centre of mass in the middle of the image.
///
/// `label` is the digit, 0 to 9. The stream's next draws give the shape, then the handwriting, then the strokes; the
/// same draws give the same bytes on every machine.
func drawnDigit(_ label: Int, from stream: inout RandomStream) -> [UInt8] {
  let (strokes, softness) = drawnStrokes(label, from: &stream)
  return renderedDigit(strokes, softness: softness)
}

/// The points of such a digit's strokes, in the order of drawing, for whoever draws them with a pen of their own; the
/// digit's height is about 2, y points down.
package func syntheticStrokes(_ label: Int, from stream: inout RandomStream) -> [[SIMD2<Double>]] {
  drawnStrokes(label, from: &stream).strokes.map { $0.map { SIMD2($0.x, $0.y) } }
}

/// The pen's paths, and the width of the ink's soft edge.
private func drawnStrokes(
  _ label: Int, from stream: inout RandomStream
) -> (strokes: [[PenPoint]], softness: Double) {
  let shape = drawnShape(label, from: &stream)
  let hand = Handwriting(from: &stream)
  var strokes: [[PenPoint]] = []
  for points in shape {
    strokes.append(hand.stroke(through: points, from: &stream))
  }
  return (strokes, hand.softness)
}

/// A point in units of half the digit's height; (0, 0) is the middle, y points down.
typealias Point = SIMD2<Double>

/// Control points between two shapes of one of the digit's families, each point moved a little on its own.
///
/// A stroke is a list of points, and two equal neighbours are a corner.
private func drawnShape(_ label: Int, from stream: inout RandomStream) -> [[Point]] {
  let families = SkeletonFamily.all[label]
  var choice = stream.uniform() * families.reduce(0) { $0 + $1.weight }
  var family = families[0]
  for candidate in families where choice >= 0 {
    family = candidate
    choice -= candidate.weight
  }
  let first = family.shapes[stream.below(family.shapes.count)]
  let second = family.shapes[stream.below(family.shapes.count)]
  let share = stream.uniform(-0.15, 1.15)
  let jitter = stream.uniform(0.02, 0.14)
  return zip(first, second).map { first, second in
    // A whole stroke is displaced too: bars are too high or low, loops stay open.
    let off = Point(stream.bell(0.03), stream.bell(0.03))
    var points: [Point] = []
    for (index, (a, b)) in zip(first, second).enumerated() {
      if index > 0, a == first[index - 1], let previous = points.last {
        points.append(previous)  // a corner
        continue
      }
      let between: Point = (a + (b - a) * share) / 50 - 1
      points.append(between + off + Point(stream.bell(jitter), stream.bell(jitter)))
    }
    return points
  }
}

/// A writer's hand on one occasion: slant, proportions, distortion and pen.
private struct Handwriting {
  /// The digit's width as a share of its height, before the slant.
  let width: Double
  /// How far the top leans to the right of the middle, in heights.
  let slant: Double
  /// Cosine and sine of the angle that the digit is rotated by.
  let cosine: Double
  let sine: Double
  /// Coefficients of a smooth distortion, one vector for each of the monomials in `transformed(_:)`.
  let bends: [Point]
  /// Half the pen's width, in pixels.
  let radius: Double
  /// How much the pressure varies along a stroke, as a share of the radius.
  let pressure: Double
  /// How far the pen trembles off its path, in half heights.
  let wobble: Double
  /// The width of the ink's soft edge, in pixels.
  let softness: Double

  /// Draws a hand. The third powers make broad digits and thick pens rare.
  init(from stream: inout RandomStream) {
    let breadth = stream.uniform()
    width = 0.5 + 0.4 * stream.uniform() + 0.5 * breadth * breadth * breadth
    slant = 0.18 + stream.bell(0.26)
    // A rotation without trigonometry, from the tangent of half its angle.
    let half = stream.bell(0.075)
    cosine = (1 - half * half) / (1 + half * half)
    sine = 2 * half / (1 + half * half)
    let strength = stream.uniform(0.01, 0.11)
    bends = (0..<7).map { _ in Point(stream.bell(strength), stream.bell(strength)) }
    let thickness = stream.uniform()
    radius = 0.7 + 0.6 * stream.uniform() + 1.2 * thickness * thickness * thickness
    pressure = stream.uniform(0, 0.22)
    wobble = stream.uniform(0, 0.02)
    softness = stream.uniform(0.9, 1.5)
  }

  /// The pen's path through control points, with the writer's slant and proportions.
  func stroke(through points: [Point], from stream: inout RandomStream) -> [PenPoint] {
    let placed = points.map { transformed($0) }
    let (start, end) = (stream.bell(pressure), stream.bell(pressure))
    var pen: [PenPoint] = []
    for index in 0..<max(placed.count - 1, 0) where points[index] != points[index + 1] {
      let before = index > 0 ? placed[index - 1] : placed[index]
      let after = index + 2 < placed.count ? placed[index + 2] : placed[index + 1]
      let steps = 5
      for step in pen.isEmpty ? 0...steps : 1...steps {
        let part = Double(step) / Double(steps)
        let point = catmullRom(before, placed[index], placed[index + 1], after, at: part)
        let along = (Double(index) + part) / Double(placed.count - 1)
        let push = 1 + start + (end - start) * along + stream.bell(pressure * 0.25)
        pen.append(
          PenPoint(
            x: point.x + stream.bell(wobble), y: point.y + stream.bell(wobble),
            radius: max(radius * push, 0.4)))
      }
    }
    return pen
  }

  /// A control point with this hand's distortion, slant, proportions and rotation.
  private func transformed(_ point: Point) -> Point {
    var bent = point
    let (x, y) = (point.x, point.y)
    let monomials = [x * y, x * x, y * y, x * x * y, x * y * y, x * x * x, y * y * y]
    for (bend, monomial) in zip(bends, monomials) { bent += bend * monomial }
    let leaning = Point(bent.x * width - slant * bent.y, bent.y)
    return Point(cosine * leaning.x - sine * leaning.y, sine * leaning.x + cosine * leaning.y)
  }
}

/// A point of the uniform Catmull–Rom curve between `from` and `to`; `part` goes from 0 to 1.
///
/// `before` and `after` are the neighbours on the stroke; one that equals its end of the curve makes a corner there.
private func catmullRom(_ before: Point, _ from: Point, _ to: Point, _ after: Point, at part: Double) -> Point
{
  let start: Point = (to - before) / 2
  let end: Point = (after - from) / 2
  let way: Point = to - from
  let square: Point = way * 3 - start * 2 - end
  let cube: Point = start + end - way * 2
  return from + (start + (square + cube * part) * part) * part
}

extension RandomStream {
  /// A bell-shaped draw with mean 0 and this standard deviation, at most three of them from 0: the sum of three uniform
  /// draws, which needs no logarithm.
  fileprivate mutating func bell(_ deviation: Double) -> Double {
    let sum = uniform() + uniform() + uniform()
    return (sum - 1.5) * 2 * deviation
  }
}
