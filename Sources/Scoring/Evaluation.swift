import Foundations

/// How well probabilities fit the labels of some rows: the scores of `evaluate`, of pages and of cross-validations.
///
/// What a training says of an epoch's validation rows is `Trainer`'s own, whose loss is not clamped.
///
/// Sums go in the rows' order, so that the same probabilities always give the same numbers.
public struct Evaluation: Sendable {
  /// The classes.
  public let kinds: Classes
  /// Which rows of the table were evaluated, from 0.
  public let rows: [Int]
  /// Their labels.
  public let labels: [UInt8]
  /// A probability of each class a row.
  public let probabilities: [Double]
  /// The most probable class of each row; ties go to the lower class.
  public let predictions: [UInt8]
  /// Rows of each label (first index) that were predicted as each class (second index).
  public let confusion: [[Int]]
  /// Mean of -log of the label's probability, which is taken as at least 10⁻¹⁵.
  public let logLoss: Double
  /// The rows by their largest probability, in bins of equal width.
  public let calibration: [CalibrationBin]

  /// Bins of `calibration`.
  private static let binCount = 15

  /// Evaluates probabilities, one of each class a row. All arrays must fit each other; an evaluation of no rows has NaN for
  /// scores.
  public init(rows: [Int], labels: [UInt8], probabilities: [Double], kinds: Classes = .digits) {
    let classes = kinds.count
    precondition(rows.count == labels.count && probabilities.count == classes * rows.count)
    var predictions: [UInt8] = []
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    var bins = (0..<Self.binCount).map { CalibrationBin(number: $0, of: Self.binCount) }
    var loss = 0.0
    for (index, label) in labels.enumerated() {
      let row = probabilities[index * classes..<(index + 1) * classes]
      let best = DigitClass.mostProbable(row)
      predictions.append(UInt8(best))
      confusion[Int(label)][best] += 1
      let confidence = row[row.startIndex + best]
      let bin = min(Self.binCount - 1, max(0, Int(confidence * Double(Self.binCount))))
      bins[bin].add(confidence: confidence, isCorrect: best == Int(label))
      loss += Self.loss(row[row.startIndex + Int(label)])
    }
    self.kinds = kinds
    self.rows = rows
    self.labels = labels
    self.probabilities = probabilities
    self.predictions = predictions
    self.confusion = confusion
    calibration = bins
    logLoss = loss / Double(rows.count)
  }

  /// Rows that are classified correctly.
  public var correct: Int { confusion.indices.reduce(0) { $0 + confusion[$1][$1] } }

  /// The share of the rows that is classified correctly.
  public var accuracy: Double { Double(correct) / Double(rows.count) }

  /// Where the accuracy on all such images lies with 95 % confidence (Wilson's interval).
  public var accuracyInterval: ClosedRange<Double> { wilsonInterval(successes: correct, of: rows.count) }

  /// The mean distance of confidence from accuracy over the bins, weighted by their rows (Naeini et al., 2015).
  public var expectedCalibrationError: Double {
    calibration.reduce(0) { $0 + (Double($1.correct) - $1.confidenceSum).magnitude } / Double(rows.count)
  }

  /// Precision, recall and F1 of each class.
  public var classes: [ClassScore] {
    confusion.indices.map { digit in
      ClassScore(
        digit: digit, name: kinds.areNumbers ? nil : kinds.name(digit), rows: confusion[digit].reduce(0, +),
        predicted: confusion.reduce(0) { $0 + $1[digit] }, correct: confusion[digit][digit])
    }
  }

  /// The classes that no evaluated row is of, in a sentence; nil if each has rows.
  public var missingClasses: String? {
    kinds.called(confusion.indices.filter { confusion[$0].allSatisfy { $0 == 0 } })
  }

  /// The same on those rows alone that another evaluation has too.
  public func onRows(of other: Evaluation) -> Evaluation {
    let classes = kinds.count
    let wanted = other.rows.sorted()
    let places = rows.indices.filter { place in
      // Bisection for the row.
      var (low, high) = (0, wanted.count)
      while low < high {
        let middle = (low + high) / 2
        if wanted[middle] < rows[place] { low = middle + 1 } else { high = middle }
      }
      return low < wanted.count && wanted[low] == rows[place]
    }
    return Evaluation(
      rows: places.map { rows[$0] }, labels: places.map { labels[$0] },
      probabilities: places.flatMap { probabilities[$0 * classes..<($0 + 1) * classes] }, kinds: kinds)
  }

  /// The probability of a row's label, the row by its place in `rows`.
  public func labelProbability(_ index: Int) -> Double {
    probabilities[index * kinds.count + Int(labels[index])]
  }

  /// -log of the label's probability of a row, by its place in `rows`.
  public func loss(_ index: Int) -> Double { Self.loss(labelProbability(index)) }

  /// The places in `rows` of those that are classified wrongly, the largest loss first.
  public var errors: [Int] {
    rows.indices.filter { predictions[$0] != labels[$0] }.sorted {
      let (left, right) = (labelProbability($0), labelProbability($1))
      return left == right ? $0 < $1 : left < right
    }
  }

  /// All scores, without the rows.
  public var json: JSON {
    let interval = accuracyInterval
    return .object([
      ("rows", .integer(rows.count)), ("correct", .integer(correct)), ("accuracy", .number(accuracy)),
      ("accuracy-95-low", .number(interval.lowerBound)),
      ("accuracy-95-high", .number(interval.upperBound)), ("log-loss", .number(logLoss)),
      ("expected-calibration-error", .number(expectedCalibrationError)),
      ("classes", .array(classes.map { $0.json(kinds.noun) })),
      ("confusion", .array(confusion.map { .array($0.map { .integer($0) }) })),
    ])
  }

  private static func loss(_ probability: Double) -> Double { -Elementary.log(max(probability, 1e-15)) }
}

/// Rows whose largest probability lies in one interval.
public struct CalibrationBin: Sendable {
  /// The largest probabilities that count in it.
  public let range: ClosedRange<Double>
  /// Its rows.
  public private(set) var rows = 0
  /// Those of them that are classified correctly.
  public private(set) var correct = 0
  /// The sum of their largest probabilities.
  public private(set) var confidenceSum = 0.0

  fileprivate init(number: Int, of count: Int) {
    range = Double(number) / Double(count)...Double(number + 1) / Double(count)
  }

  fileprivate mutating func add(confidence: Double, isCorrect: Bool) {
    rows += 1
    confidenceSum += confidence
    if isCorrect { correct += 1 }
  }
}

/// How well one class is recognized.
public struct ClassScore: Sendable {
  /// The class, such as the digit.
  public let digit: Int
  /// What it is called; nil if that is its number.
  public let name: String?
  /// Rows with this label.
  public let rows: Int
  /// Rows that were predicted as it.
  public let predicted: Int
  /// Rows of both.
  public let correct: Int

  /// The share of the rows predicted as the class that show it; NaN if there are none.
  public var precision: Double { Double(correct) / Double(predicted) }
  /// The share of the class's rows that are predicted as it; NaN if there are none.
  public var recall: Double { Double(correct) / Double(rows) }
  /// The harmonic mean of both; NaN if there are no rows and no predictions.
  public var f1: Double { 2 * Double(correct) / Double(rows + predicted) }

  func json(_ noun: String) -> JSON {
    .object(
      [(noun, .integer(digit))] + (name.map { [("name", .string($0))] } ?? []) + [
        ("rows", .integer(rows)), ("precision", .number(precision)), ("recall", .number(recall)),
        ("f1", .number(f1)),
      ])
  }
}
