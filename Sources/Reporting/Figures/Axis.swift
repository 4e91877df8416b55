import Foundations

/// How an axis spaces its numbers.
enum AxisScale: Sendable {
  /// Evenly.
  case linear
  /// By their logarithm; 0 and negative numbers are not shown.
  case logarithmic
  /// By the logarithm of their distance from 1, so that 0.99 and 0.999 are as far apart as 0.9 and 0.99. For shares.
  case nines
}

/// The number `digits` · 10^`exponent`, in two parts so that it can be written exactly.
struct RoundNumber: Equatable {
  let digits: Int
  let exponent: Int

  /// The nearest double.
  var value: Double { Double("\(digits)e\(exponent)") ?? 0 }

  /// As a decimal if it is short, else like `2e-7`; with `isPercent` 0.5 is `50 %`.
  func text(isPercent: Bool = false) -> String {
    let unit = isPercent ? "\u{A0}%" : ""
    let exponent = exponent + (isPercent ? 2 : 0)
    if digits == 0 { return "0" + unit }
    if (-4...0).contains(exponent) {
      return fixed(Double(digits) * PowerOfTen.value(exponent), -exponent) + unit
    }
    if (1...5).contains(exponent), digits.magnitude < 1_000_000 {
      return grouped(digits * Int(PowerOfTen.value(exponent))) + unit
    }
    var (short, shift) = (digits, exponent)
    while short % 10 == 0 { (short, shift) = (short / 10, shift + 1) }
    if shift < 0, shift >= -4, exponent < -4 {
      return fixed(Double(short) * PowerOfTen.value(shift), -shift) + unit
    }
    return "\(short)e\(shift)\(unit)"
  }
}

/// A plot's axis: a range with round ends, and its ticks.
struct Axis {
  let scale: AxisScale
  let ticks: [(value: Double, label: String)]
  private let low: Double
  private let high: Double

  /// An axis that covers all finite numbers among `values`, with about `count` ticks at multiples of 1, 2 or 5 times a
  /// power of ten. Without finite numbers it goes from 0 to 1.
  init(
    covering values: [Double], scale: AxisScale = .linear, isPercent: Bool = false, about count: Int = 5
  ) {
    let finite = values.filter(\.isFinite)
    var marks: [RoundNumber]
    switch scale {
    case .linear:
      marks = Self.linearTicks(finite.min() ?? 0, finite.max() ?? 1, about: count)
    case .logarithmic:
      let positive = finite.filter { $0 > 0 }
      marks = Self.logarithmicTicks(positive.min() ?? 0.1, positive.max() ?? 1, about: count)
    case .nines:
      // 1 itself is infinitely far up; it is drawn at the upper end.
      var errors = finite.map { min(1, 1 - $0) }.filter { $0 > Self.smallestError }
      if errors.count < finite.count, let least = errors.min() { errors.append(least / 2) }
      // 1 - 10^k has no more digits than 10^k.
      marks = Self.logarithmicTicks(errors.min() ?? 0.1, errors.max() ?? 1, about: count).reversed().map {
        let exponent = min(0, $0.exponent)
        let one = Int(PowerOfTen.value(-exponent))
        return RoundNumber(digits: max(0, one - $0.digits), exponent: exponent)
      }
    }
    self.scale = scale
    ticks = marks.map { ($0.value, $0.text(isPercent: isPercent)) }
    low = Self.transformed(marks.first?.value ?? 0, scale)
    high = Self.transformed(marks.last?.value ?? 1, scale)
  }

  /// A number's position, from 0 at the first tick to 1 at the last; nil if the axis can't show it.
  func position(_ value: Double) -> Double? {
    guard value.isFinite, scale != .logarithmic || value > 0 else { return nil }
    let position = (Self.transformed(value, scale) - low) / (high - low)
    return position.isFinite ? min(1, max(0, position)) : nil
  }

  private static let smallestError = 1e-5

  private static func transformed(_ value: Double, _ scale: AxisScale) -> Double {
    switch scale {
    // Halved, so that the difference of the largest numbers is finite.
    case .linear: value / 2
    case .logarithmic: Elementary.log(max(value, .leastNormalMagnitude))
    case .nines: -Elementary.log(min(1, max(smallestError, 1 - value)))
    }
  }

  static func linearTicks(_ smallest: Double, _ largest: Double, about count: Int) -> [RoundNumber] {
    let limit = 1e300
    var (low, high) = (min(limit, max(-limit, smallest)), min(limit, max(-limit, largest)))
    let magnitude = max(low.magnitude, high.magnitude)
    // If they are too close to be distinguished, add some room around them.
    if high - low < max(magnitude * 1e-9, 1e-290) {
      let room = magnitude > 1e-280 ? magnitude * 0.1 : 1
      (low, high) = (low - room, high + room)
    }
    let rough = (high - low) / Double(max(1, count))
    let decade = PowerOfTen.exponent(below: rough)
    let lead = rough / PowerOfTen.value(decade)
    let step =
      lead <= 1
      ? (1, decade) : lead <= 2 ? (2, decade) : lead <= 5 ? (5, decade) : (1, decade + 1)
    let size = RoundNumber(digits: step.0, exponent: step.1).value
    // A tiny bit beyond a tick is rounding.
    let first = Int((low / size + 1e-6).rounded(.down))
    let last = max(first + 1, Int((high / size - 1e-6).rounded(.up)))
    return (first...last).map { RoundNumber(digits: $0 * step.0, exponent: step.1) }
  }

  /// 1, 2 and 5 times each power of ten if that gives at most about twice `count` ticks, else powers of ten.
  static func logarithmicTicks(_ smallest: Double, _ largest: Double, about count: Int) -> [RoundNumber] {
    let low = min(1e300, max(1e-300, smallest))
    let high = min(1e300, max(low, largest))
    let (first, last) = (PowerOfTen.exponent(below: low), PowerOfTen.exponent(below: high))
    let all = (first...last + 1).flatMap { exponent in
      [1, 2, 5].map { RoundNumber(digits: $0, exponent: exponent) }
    }
    // From the last tick at or below the range to the first one at or above it.
    let begin = all.lastIndex { $0.value <= low * 1.000001 } ?? 0
    let end = max(begin + 1, all.firstIndex { $0.value >= high * 0.999999 } ?? all.count - 1)
    if end - begin <= 2 * count { return Array(all[begin...end]) }
    let step = max(1, (last + 1 - first + count - 1) / count)
    let decades = Array(stride(from: first, to: last + 1, by: step)) + [last + 1]
    return decades.map { RoundNumber(digits: 1, exponent: $0) }
  }
}
