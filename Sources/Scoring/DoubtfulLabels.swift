import Foundations

/// Rows whose labels look wrong, found by confident learning.
///
/// Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels", JAIR 70, 2021. The
/// threshold of class j is the mean probability of j over the rows labelled j:
///
///     t_j = mean of p_j over the rows whose label is j
///
/// A row is confidently in the classes with p_j ≥ t_j: in none of them it counts nowhere, in one it counts as that, in
/// several as the most probable of all. A row that counts as another class than its label is doubtful, unless its
/// label is the most probable class all the same.
///
/// The probabilities must be out of fold, from members that did not see the rows: one that did repeats wrong labels.
///
/// The results are those of the package cleanlab (`find_label_issues` with `filter_by="confident_learning"`, ranked by
/// `normalized_margin`), with its tolerance of 10⁻⁶ in comparisons.
public struct DoubtfulLabels: Sendable {
  /// The places in the evaluation's `rows` of the rows whose label looks wrong, most doubtful first.
  ///
  /// In ascending order of the label's probability minus the largest other one; ties go to the lower place.
  public let places: [Int]
  /// The class that each of `places` probably is.
  public let suggestions: [UInt8]
  /// Rows of each label (first index) that confidently are of each class (second index): plain counts, not calibrated.
  ///
  /// cleanlab's `compute_confident_joint(…, calibrate=False)`, except that cleanlab raises zeros on the diagonal to 1.
  /// The sum off the diagonal may be more than `places`: a label that is the most probable class is not doubtful.
  public let confidentJoint: [[Int]]
  /// Each class's threshold; infinite for a class that no row is labelled as, which no row can then count as.
  public let thresholds: [Double]

  /// Probabilities that differ by less are equal.
  private static let tolerance = 1e-6
  /// The lowest threshold, so that a probability of 0 is never confident.
  private static let lowestThreshold = 2e-6

  /// Looks through the rows of an evaluation of out-of-fold probabilities.
  public init(of evaluation: Evaluation) {
    let classes = evaluation.kinds.count
    let thresholds = Self.thresholds(of: evaluation)
    var joint = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    var doubtful: [(place: Int, suggestion: Int, margin: Double)] = []
    for (place, label) in evaluation.labels.enumerated() {
      let label = Int(label)
      let start = place * classes
      let row = Array(evaluation.probabilities[start..<start + classes])
      guard let confident = Self.confidentClass(row, thresholds) else { continue }
      joint[label][confident] += 1
      if confident != label && !Self.isMostProbable(label, in: row) {
        doubtful.append((place, confident, Self.margin(of: label, in: row)))
      }
    }
    doubtful.sort { ($0.margin, $0.place) < ($1.margin, $1.place) }
    places = doubtful.map(\.place)
    suggestions = doubtful.map { UInt8($0.suggestion) }
    confidentJoint = joint
    self.thresholds = thresholds
  }

  private static func thresholds(of evaluation: Evaluation) -> [Double] {
    var sums = [Double](repeating: 0, count: evaluation.kinds.count)
    var counts = [Int](repeating: 0, count: evaluation.kinds.count)
    for (place, label) in evaluation.labels.enumerated() {
      sums[Int(label)] += evaluation.labelProbability(place)
      counts[Int(label)] += 1
    }
    return zip(sums, counts).map { sum, count in
      count == 0 ? .infinity : max(lowestThreshold, sum / Double(count))
    }
  }

  /// The class a row counts as; nil if it is confidently in none.
  ///
  /// If it is confidently in several, it counts as the most probable of all classes, confident or not, as in
  /// cleanlab: a class that is more probable than two confident ones is a better guess than either.
  private static func confidentClass(_ row: [Double], _ thresholds: [Double]) -> Int? {
    let confident = row.indices.filter { row[$0] >= thresholds[$0] - tolerance }
    return confident.count > 1 ? DigitClass.mostProbable(row) : confident.first
  }

  /// Whether the label is the most probable class, or so near to it that rounding may decide.
  private static func isMostProbable(_ label: Int, in row: [Double]) -> Bool {
    var favoured = row
    favoured[label] += tolerance
    return DigitClass.mostProbable(favoured) == label
  }

  /// The label's probability minus the largest other one: the normalized margin up to its scale.
  private static func margin(of label: Int, in row: [Double]) -> Double {
    var largest = -Double.infinity
    for (digit, probability) in row.enumerated() where digit != label { largest = max(largest, probability) }
    return row[label] - largest
  }
}
