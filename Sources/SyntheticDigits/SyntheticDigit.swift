import Foundations

/// One drawn digit: 784 bytes by rows, white (255) on black as in MNIST, with MNIST's conventions: fitted into
/// a 20×20 box, its centre of mass in the middle of the frame.
///
/// A function of its arguments alone, the same bytes on every machine. `label` is a digit from 0 to 9; the draws are
/// not those of any row of a `SyntheticSample`.
public func syntheticDigit(label: Int, seed: UInt64, row: Int) -> [UInt8] {
  var stream = RandomStream(Philox(seed: seed), .sample, epoch: SyntheticTable.chosen.rawValue, image: row)
  return drawnDigit(label, from: &stream)
}

/// Draws a digit with what comes next from a stream: a shape, a hand, then the strokes.
func drawnDigit(_ label: Int, from stream: inout RandomStream) -> [UInt8] {
  let shape = drawnShape(label, from: &stream)
  let hand = Hand(from: &stream)
  var strokes: [[PenPoint]] = []
  for points in shape {
    strokes.append(hand.stroke(through: points, from: &stream))
  }
  return renderedDigit(strokes, softness: hand.softness)
}

/// A point in units of half the digit's height, (0, 0) in its middle, y downwards.
typealias Point = SIMD2<Double>

/// Control points between two shapes of one of the digit's families, each point moved a little by itself.
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
    // A stroke as a whole is misplaced too: bars hang high or low, loops stay open.
    let off = Point(stream.bell(0.03), stream.bell(0.03))
    var points: [Point] = []
    for (place, (a, b)) in zip(first, second).enumerated() {
      if place > 0, a == first[place - 1], let previous = points.last {
        points.append(previous)  // a corner is one point, given twice
        continue
      }
      let between: Point = (a + (b - a) * share) / 50 - 1
      points.append(between + off + Point(stream.bell(jitter), stream.bell(jitter)))
    }
    return points
  }
}

/// How one writer holds the pen on one occasion: the slant, the proportions, the distortion, the ink.
private struct Hand {
  /// The digit's width as a share of its height, before the slant.
  let width: Double
  /// How far the top leans over to the right of the middle, in heights.
  let slant: Double
  /// Of the angle that the digit is turned by.
  let cosine: Double
  let sine: Double
  /// Coefficients of a smooth distortion, one vector for each of the monomials in `place(_:)`.
  let bends: [Point]
  /// Half the pen's width, in pixels.
  let radius: Double
  /// How much the pressure varies along a stroke, as a share of the radius.
  let pressure: Double
  /// How far the pen trembles off its way, in halves of the height.
  let wobble: Double
  /// The width of the ink's fading edge, in pixels.
  let softness: Double

  /// The ranges are those of handwriting at large; the powers make broad digits and thick pens rare.
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

  /// The pen's way through control points, in the writer's slant and proportions.
  func stroke(through points: [Point], from stream: inout RandomStream) -> [PenPoint] {
    let placed = points.map { place($0) }
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

  /// A point of the skeleton where this hand puts it.
  private func place(_ point: Point) -> Point {
    var bent = point
    let (x, y) = (point.x, point.y)
    let monomials = [x * y, x * x, y * y, x * x * y, x * y * y, x * x * x, y * y * y]
    for (bend, monomial) in zip(bends, monomials) { bent += bend * monomial }
    let leaning = Point(bent.x * width - slant * bent.y, bent.y)
    return Point(cosine * leaning.x - sine * leaning.y, sine * leaning.x + cosine * leaning.y)
  }
}

/// The uniform Catmull–Rom curve between `from` and `to`, at a part of the way from 0 to 1.
///
/// A neighbour that repeats its end of the curve leaves it free there, which makes a corner.
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
  /// A draw around 0 with the given standard deviation, bell-shaped and never beyond three of them: the sum of
  /// three uniform draws, which takes no logarithm.
  fileprivate mutating func bell(_ deviation: Double) -> Double {
    let sum = uniform() + uniform() + uniform()
    return (sum - 1.5) * 2 * deviation
  }
}
