import Foundations

/// How a figure of trials places the values of an option.
enum OptionScale: Sendable {
  /// Numbers on an axis.
  case numbers(AxisScale)
  /// Names with a slot each; a value is the name's place among them.
  case names([String])
}

/// A trial in a figure.
struct TrialMark: Sendable {
  /// What makes a trial stand out.
  enum Role: Sendable {
    case plain, winner, base
  }

  /// The trial's number.
  var trial: Int
  /// Its values of the options, in the options' order: a number, or a name's place; nil without one.
  var values: [Double?]
  /// Its score, a share.
  var score: Double
  /// Where the score lies with 95 % confidence.
  var interval: ClosedRange<Double>
  /// Whether it stands out.
  var role = Role.plain
  /// What is said of it where the pointer is over it.
  var tip: String
}

extension Axis {
  /// An axis for accuracies: by the logarithm of the error if the largest is many times the smallest.
  init(accuracies: [Double]) {
    let errors = accuracies.filter(\.isFinite).map { 1 - $0 }
    let isWide = (errors.max() ?? 1) > 10 * (errors.min() ?? 0)
    self.init(covering: accuracies, scale: isWide ? .nines : .linear, isPercent: true, about: 5)
  }

  /// What an axis for accuracies is called.
  var accuracyTitle: String { scale == .nines ? "accuracy (log scale of the error)" : "accuracy" }
}

extension OptionScale {
  /// Where each mark is among those with the same name, from -1 to 1 across their slot; 0 for numbers.
  ///
  /// - Parameter order: The places of the marks in the order in which they fill a slot.
  func spread(_ marks: [TrialMark], option: Int, order: [Int]) -> [Double] {
    guard case .names(let names) = self else { return marks.map { _ in 0 } }
    func slot(_ mark: TrialMark) -> Int? {
      mark.values[option].flatMap { Int(exactly: $0) }.flatMap { names.indices.contains($0) ? $0 : nil }
    }
    var counts = [Int](repeating: 0, count: names.count)
    for mark in marks { if let slot = slot(mark) { counts[slot] += 1 } }
    var seen = [Int](repeating: 0, count: names.count)
    var result = [Double](repeating: 0, count: marks.count)
    for index in order {
      guard let slot = slot(marks[index]), counts[slot] > 1 else { continue }
      // A few are near the middle, many fill the slot.
      let room = min(1, Double(counts[slot]) / 8)
      result[index] = room * (2 * Double(seen[slot]) / Double(counts[slot] - 1) - 1)
      seen[slot] += 1
    }
    return result
  }
}
