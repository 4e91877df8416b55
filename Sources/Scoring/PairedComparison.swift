import Foundations

/// Whether one set of predictions is better than another on the same rows, and whether that may be chance.
///
/// Most rows are classified correctly, or wrongly, by both and tell nothing; the rows on which they differ decide. Pairing
/// makes use of that: the intervals of the two accuracies overlap long before the difference may be chance.
///
/// If one side was chosen or fitted on these rows, the comparison favours it, and the caller has to say so.
public struct PairedComparison: Sendable {
  /// Rows that were compared.
  public let rows: Int
  /// Rows that the model classifies correctly and the baseline wrongly.
  public let gained: Int
  /// Rows that the baseline classifies correctly and the model wrongly.
  public let lost: Int
  /// Mean log loss of the model less that of the baseline: negative if the model is better; NaN for no rows.
  public let logLossDifference: Double
  /// Where the difference of the log losses lies with 95 % confidence: mean ± 1.96 standard errors of the rows'
  /// differences. Without bounds for fewer than two rows.
  public let logLossInterval: ClosedRange<Double>

  /// Compares a model with a baseline; positive differences of accuracy are in the model's favour.
  ///
  /// Throws `badData` if they were not evaluated on the same rows, in the same order, with the same labels.
  public init(of model: Evaluation, against baseline: Evaluation) throws(KitError) {
    if let difference = model.firstDifferenceInRows(from: baseline) {
      throw KitError(.badData, "the two evaluations cannot be compared: \(difference)")
    }
    var (gained, lost) = (0, 0)
    var differences: [Double] = []
    differences.reserveCapacity(model.rows.count)
    for (place, label) in model.labels.enumerated() {
      let isRight = model.predictions[place] == label
      let baselineIsRight = baseline.predictions[place] == label
      if isRight && !baselineIsRight { gained += 1 }
      if baselineIsRight && !isRight { lost += 1 }
      let difference = model.loss(place) - baseline.loss(place)
      // Less is rounding, as between a mean of equals and one of them; it must not look like a tiny, certain gain.
      differences.append(difference.magnitude < 1e-12 ? 0 : difference)
    }
    rows = model.rows.count
    self.gained = gained
    self.lost = lost
    (logLossDifference, logLossInterval) = Self.meanAndInterval(differences)
  }

  /// Accuracy of the model less that of the baseline; NaN for no rows.
  public var accuracyDifference: Double { Double(gained - lost) / Double(rows) }

  /// Where the difference of the accuracies lies with 95 % confidence (Tango's interval).
  public var accuracyInterval: ClosedRange<Double> { tangoInterval(gained: gained, lost: lost, of: rows) }

  /// How probable it is that rows on which two equally good models differ split as unevenly as these, or more
  /// (McNemar's exact test, two-sided).
  public var mcNemarPValue: Double { exactMcNemarPValue(gained, lost) }

  /// Whether two equally accurate models may well differ so: by the exact test at 5 %, or by the interval.
  ///
  /// Both must speak against it, for at their limits they need not agree.
  public var isWithinNoise: Bool { mcNemarPValue > 0.05 || accuracyInterval.contains(0) }

  /// What to say of the accuracies: `0.0012 more accurate (95 % interval 0.0003 to 0.0021; McNemar p = 0.010)`.
  public var summary: String {
    guard rows > 0 else { return "there are no rows to compare" }
    // So that one row shows.
    let digits = rows > 10_000 ? 5 : 4
    let interval = accuracyInterval
    let bounds = "\(fixed(interval.lowerBound, digits)) to \(fixed(interval.upperBound, digits))"
    let amount = fixed(accuracyDifference.magnitude, digits)
    let start =
      gained == lost ? "equally accurate" : "\(amount) \(gained > lost ? "more" : "less") accurate"
    let p = mcNemarPValue
    let chance = p < 0.001 ? "p < 0.001" : "p = \(fixed(p, 3))"
    var end = isWithinNoise ? "; the difference is within noise" : ""
    if isWithinNoise && !(interval.contains(0) && p > 0.05) {
      end = "; just within noise, where the interval and the test disagree"
    }
    return "\(start) (95 % interval \(bounds); McNemar \(chance))\(end)"
  }

  /// Reads `json` back. Throws `badData` if a number is missing.
  public init(_ json: JSON, from source: String) throws(KitError) {
    rows = try json.required("rows", from: source, \.integer)
    gained = try json.required("gained", from: source, \.integer)
    lost = try json.required("lost", from: source, \.integer)
    logLossDifference = try json.optional("log-loss-difference", from: source, \.number) ?? .nan
    let low = try json.optional("log-loss-difference-95-low", from: source, \.number) ?? -.infinity
    let high = try json.optional("log-loss-difference-95-high", from: source, \.number) ?? .infinity
    guard min(gained, lost) >= 0, gained + lost <= rows, low <= high else {
      throw KitError(.badData, "\(source): a comparison's numbers do not fit each other")
    }
    logLossInterval = low...high
  }

  /// All numbers; null where there are too few rows for one.
  public var json: JSON {
    let interval = accuracyInterval
    return .object([
      ("summary", .string(summary)), ("rows", .integer(rows)), ("gained", .integer(gained)),
      ("lost", .integer(lost)),
      ("accuracy-difference", .number(accuracyDifference)),
      ("accuracy-difference-95-low", .number(interval.lowerBound)),
      ("accuracy-difference-95-high", .number(interval.upperBound)),
      ("mcnemar-p", .number(mcNemarPValue)), ("within-noise", .bool(isWithinNoise)),
      ("log-loss-difference", .number(logLossDifference)),
      ("log-loss-difference-95-low", .number(logLossInterval.lowerBound)),
      ("log-loss-difference-95-high", .number(logLossInterval.upperBound)),
    ])
  }

  private static func meanAndInterval(_ values: [Double]) -> (Double, ClosedRange<Double>) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    guard values.count > 1 else { return (mean, -Double.infinity...Double.infinity) }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let half = normalQuantile975 * (squares / (count - 1) / count).squareRoot()
    return (mean, mean - half...mean + half)
  }
}

extension Evaluation {
  /// The first place in which another evaluation is of another row or label, in words; nil if there is none.
  func firstDifferenceInRows(from other: Evaluation) -> String? {
    guard kinds.count == other.kinds.count else {
      return "one has \(kinds.count) classes, the other \(other.kinds.count)"
    }
    for place in 0..<min(rows.count, other.rows.count) {
      if rows[place] != other.rows[place] {
        return "at place \(place + 1) one has row \(rows[place]), the other row \(other.rows[place])"
      }
      if labels[place] != other.labels[place] {
        return "at place \(place + 1), row \(rows[place]), one has label \(labels[place]), "
          + "the other label \(other.labels[place])"
      }
    }
    guard rows.count != other.rows.count else { return nil }
    return "one is of \(grouped(rows.count)) rows, the other of \(grouped(other.rows.count))"
  }
}

/// Tango's 95 % interval of the difference of two paired shares: `gained` of `count` pairs have only the first,
/// `lost` only the second. -1...1 for a count of 0.
///
/// Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample design",
/// Statistics in Medicine 17, 1998: all Δ that the score test does not reject,
///
///     |gained - lost - nΔ| ≤ z · √(n (2 q + Δ (1 - Δ))),   2 n q² + B q + C = 0, q ≥ 0,
///     B = (2n - gained + lost) Δ - gained - lost,   C = -lost · Δ (1 - Δ).
///
/// It is to McNemar's test what Wilson's interval is to a share. The mean ± 1.96 standard errors would be the point 0
/// where no row is gained or lost, and too short for few; this is ± z² / (n + z²) there, and among the intervals that
/// Fagerland, Lydersen and Laake recommend (Statistics in Medicine 33, 2014).
func tangoInterval(gained: Int, lost: Int, of count: Int) -> ClosedRange<Double> {
  guard count > 0 else { return -1...1 }
  // Exchanging the two changes the difference's sign.
  let high = tangoUpperBound(gained: gained, lost: lost, of: count)
  let low = -tangoUpperBound(gained: lost, lost: gained, of: count)
  return low...high
}

/// The largest Δ that the score test does not reject, by bisection from the estimate, which it never rejects, to 1.
private func tangoUpperBound(gained: Int, lost: Int, of count: Int) -> Double {
  let (gained, lost, n) = (Double(gained), Double(lost), Double(count))
  var low = (gained - lost) / n
  var high = 1.0
  for _ in 0..<64 {
    let middle = low + (high - low) / 2
    let b = (2 * n - gained + lost) * middle - gained - lost
    let c = -lost * middle * (1 - middle)
    let root = max(0, b * b - 8 * n * c).squareRoot()
    // The larger root of the two; the second form does not cancel where b is positive.
    let q = b <= 0 ? (root - b) / (4 * n) : -2 * c / (root + b)
    let variance = max(0, n * (2 * q + middle * (1 - middle)))
    if n * middle - (gained - lost) <= normalQuantile975 * variance.squareRoot() {
      low = middle
    } else {
      high = middle
    }
  }
  return low
}

/// The two-sided p-value of McNemar's exact test: of `gained + lost` fair coins, one side shows at most the smaller.
///
///     p = min(1, 2 · Σ_{k ≤ m} C(n, k) / 2ⁿ),   n = gained + lost, m = min(gained, lost)
///
/// McNemar, Psychometrika 12, 1947, with the binomial distribution in place of its limit. The largest term is a running
/// product that is halved whenever it passes 1, so that nothing overflows and no logarithm is needed; the others
/// follow from it by ratios. The relative error grows as n · 10⁻¹⁶. Below 10⁻³⁰⁸ the result fades to 0.
func exactMcNemarPValue(_ gained: Int, _ lost: Int) -> Double {
  guard gained != lost else { return 1 }
  let (n, m) = (gained + lost, min(gained, lost))
  var largest = 1.0
  var halvings = n
  for k in 0..<m {
    largest *= Double(n - k) / Double(k + 1)
    while largest > 1 && halvings > 0 {
      largest *= 0.5
      halvings -= 1
    }
  }
  var (sum, term) = (1.0, 1.0)
  for k in stride(from: m, to: 0, by: -1) {
    term *= Double(k) / Double(n - k + 1)
    sum += term
  }
  var p = 2 * largest * sum
  while halvings > 0 && p > 0 {
    p *= 0.5
    halvings -= 1
  }
  return min(1, p)
}
