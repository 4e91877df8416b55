import Foundations

/// How much each of several sources should count in their weighted mean, fitted on out-of-fold probabilities.
///
/// Greedy forward selection with replacement (Caruana, Niculescu-Mizil, Crew and Ksikes, "Ensemble selection from
/// libraries of models", ICML 2004): each pick is the candidate whose addition to the mean of all picks gives the
/// lowest log loss. A candidate's weight is its share of the picks. A hundred picks cannot overfit much, and a bad candidate
/// gets no weight at all.
///
/// The gain of the weights is measured on rows that they were not fitted on: the rows are split into five parts, and
/// each part is predicted with weights fitted on the other four.
public struct FittedWeights: Sendable {
  /// Each candidate's weight, fitted on all rows; their sum is 1.
  public let weights: [Double]
  /// The candidates that were picked, in order: those up to the lowest log loss.
  public let picks: [Int]
  /// Log loss of the weighted mean on the rows that fitted the weights: lower than it will be on others.
  public let fittedLogLoss: Double
  /// All rows, each predicted with weights that were fitted without its part.
  public let crossFitted: Evaluation
  /// The candidate with the lowest log loss; of equals, the first.
  public let bestSingle: Int
  /// The cross-fitted weights against the plain mean of all candidates.
  public let gainOverEqualWeights: PairedComparison
  /// The cross-fitted weights against the best candidate.
  ///
  /// Which is best was chosen on these very rows, which favours it: the weights gain rather more than this.
  public let gainOverBestSingle: PairedComparison

  /// Picks at most.
  private static let largestPickCount = 100
  /// Parts that the rows are split into.
  private static let partCount = 5
  /// A log loss that is lower by less is not lower: it may be rounding.
  private static let smallestGain = 1e-12

  /// Fits weights to candidates that were evaluated on the same rows, with members that did not see them.
  ///
  /// Takes about 500 × candidates × rows multiplications, the five parts included: less than a second for ten candidates
  /// and 42,000 rows. Throws `usage` without candidates, `badData` if a candidate's rows or labels differ from the
  /// first one's or if there are fewer than two rows.
  public init(of candidates: [Evaluation]) throws(KitError) {
    guard let first = candidates.first else { throw KitError(.usage, "there are no candidates to weight") }
    for (index, candidate) in candidates.enumerated() {
      guard let difference = first.firstDifferenceInRows(from: candidate) else { continue }
      throw KitError(.badData, "candidates 1 and \(index + 1) are not of the same rows: \(difference)")
    }
    let count = first.rows.count
    guard count > 1 else {
      throw KitError(.badData, "weights need at least 2 rows to be fitted; there are \(count)")
    }
    let columns = candidates.map { candidate in (0..<count).map(candidate.labelProbability) }
    let fit = Self.picks(columns)
    let counts = Self.counts(of: fit.picks, candidates: candidates.count)
    let crossFitted = Self.crossFitted(candidates, columns)
    let equal = Self.mean(
      of: candidates, counts: [Int](repeating: 1, count: candidates.count), places: 0..<count)
    var best = 0
    for index in candidates.indices where candidates[index].logLoss < candidates[best].logLoss {
      best = index
    }
    weights = counts.map { Double($0) / Double(fit.picks.count) }
    picks = fit.picks
    fittedLogLoss = fit.logLoss
    self.crossFitted = crossFitted
    bestSingle = best
    gainOverEqualWeights = try PairedComparison(
      of: crossFitted,
      against: Evaluation(
        rows: first.rows, labels: first.labels, probabilities: equal, kinds: first.kinds))
    gainOverBestSingle = try PairedComparison(of: crossFitted, against: candidates[best])
  }

  /// The weights, and what they gain on rows that did not fit them.
  public var json: JSON {
    .object([
      ("weights", .array(weights.map { .number($0) })), ("picks", .array(picks.map { .integer($0) })),
      ("log-loss-on-the-rows-that-fitted-the-weights", .number(fittedLogLoss)),
      ("cross-fitted", crossFitted.json), ("gain-over-equal-weights", gainOverEqualWeights.json),
      ("best-single", .integer(bestSingle)),
      ("gain-over-best-single-chosen-on-these-rows", gainOverBestSingle.json),
    ])
  }

  /// The part of each row, by its place: in turn, label after label and in the rows' order.
  ///
  /// So each part has its share of every label, up to one row. Equal images are not known here and may be in two parts.
  static func parts(of labels: [UInt8]) -> [Int] {
    var parts = [Int](repeating: 0, count: labels.count)
    var dealt = 0
    for digit in 0..<Classes.possible.upperBound {
      for (place, label) in labels.enumerated() where Int(label) == digit {
        parts[place] = dealt % partCount
        dealt += 1
      }
    }
    return parts
  }

  /// Evaluates all rows, each predicted with weights that were fitted on the other parts than its own.
  private static func crossFitted(_ candidates: [Evaluation], _ columns: [[Double]]) -> Evaluation {
    let (rows, labels) = (candidates[0].rows, candidates[0].labels)
    let parts = parts(of: labels)
    let classes = candidates[0].kinds.count
    var probabilities = [Double](repeating: 0, count: classes * rows.count)
    for part in 0..<partCount {
      let held = rows.indices.filter { parts[$0] == part }
      let others = rows.indices.filter { parts[$0] != part }
      let picks = picks(columns.map { column in others.map { column[$0] } }).picks
      let counts = counts(of: picks, candidates: candidates.count)
      let means = mean(of: candidates, counts: counts, places: held)
      for (index, place) in held.enumerated() {
        for digit in 0..<classes { probabilities[place * classes + digit] = means[index * classes + digit] }
      }
    }
    return Evaluation(
      rows: rows, labels: labels, probabilities: probabilities, kinds: candidates[0].kinds)
  }

  private static func counts(of picks: [Int], candidates: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: candidates)
    for pick in picks { counts[pick] += 1 }
    return counts
  }

  /// Mean probabilities for each of some places, added in the candidates' order; `counts` is how often each candidate counts.
  private static func mean(of candidates: [Evaluation], counts: [Int], places: some Collection<Int>)
    -> [Double]
  {
    let classes = candidates[0].kinds.count
    let total = Double(counts.reduce(0, +))
    var means: [Double] = []
    means.reserveCapacity(classes * places.count)
    for place in places {
      for index in place * classes..<(place + 1) * classes {
        var sum = 0.0
        for (candidate, count) in zip(candidates, counts) where count > 0 {
          sum += Double(count) * candidate.probabilities[index]
        }
        means.append(sum / total)
      }
    }
    return means
  }

  /// Picks candidates, given each one's probabilities of the rows' labels; only these count in the log loss.
  ///
  /// Of equal candidates the first is picked; of equal numbers of picks the lower is kept.
  private static func picks(_ columns: [[Double]]) -> (picks: [Int], logLoss: Double) {
    var sums = [Double](repeating: 0, count: columns[0].count)
    var picks: [Int] = []
    var (kept, lowest) = (0, Double.infinity)
    while picks.count < largestPickCount {
      var (pick, loss) = (0, Double.infinity)
      for (index, column) in columns.enumerated() {
        let candidateLoss = logLoss(sums.span, column.span, picks: picks.count + 1)
        if candidateLoss < loss { (pick, loss) = (index, candidateLoss) }
      }
      picks.append(pick)
      for row in sums.indices { sums[row] += columns[pick][row] }
      if loss < lowest - smallestGain { (kept, lowest) = (picks.count, loss) }
    }
    return (Array(picks.prefix(kept)), lowest)
  }

  /// Log loss of the mean of `picks` picks: `sums` are the sums without the last one, `added` is the last one.
  ///
  /// A logarithm is taken of the product of 16 rows' probabilities: each is at least 10⁻¹⁵, so none underflows.
  private static func logLoss(_ sums: Span<Double>, _ added: Span<Double>, picks: Int) -> Double {
    let share = 1 / Double(picks)
    var total = 0.0
    var row = 0
    while row < sums.count {
      let end = min(row + 16, sums.count)
      var product = 1.0
      while row < end {
        product *= max((sums[row] + added[row]) * share, 1e-15)
        row += 1
      }
      total -= Elementary.log(product)
    }
    return total / Double(sums.count)
  }
}
