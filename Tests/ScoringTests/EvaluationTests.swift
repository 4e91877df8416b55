import Foundations
import Scoring
import Testing

/// Rows of a fixture: a label and ten probabilities in 65536ths a line.
func evaluation(of fixture: String, where isKept: (UInt8) -> Bool = { _ in true }) -> Evaluation {
  var labels: [UInt8] = []
  var probabilities: [Double] = []
  for line in fixture.split(separator: "\n") {
    let numbers = line.split(separator: " ").compactMap { Int($0) }
    guard isKept(UInt8(numbers[0])) else { continue }
    labels.append(UInt8(numbers[0]))
    probabilities += numbers.dropFirst().map { Double($0) / 65536 }
  }
  return Evaluation(rows: Array(labels.indices), labels: labels, probabilities: probabilities)
}

/// Rows of which only two classes have any probability.
func evaluation(_ rows: [(label: UInt8, first: (UInt8, Double), second: (UInt8, Double))]) -> Evaluation {
  var probabilities = [Double](repeating: 0, count: 10 * rows.count)
  for (index, row) in rows.enumerated() {
    probabilities[10 * index + Int(row.first.0)] = row.first.1
    probabilities[10 * index + Int(row.second.0)] = row.second.1
  }
  return Evaluation(rows: Array(rows.indices), labels: rows.map(\.label), probabilities: probabilities)
}

/// Whether two lists are of the same numbers up to a tolerance; NaN is the same as NaN.
func areClose(_ left: [Double], _ right: [Double], within tolerance: Double = 1e-12) -> Bool {
  left.count == right.count
    && zip(left, right).allSatisfy { abs($0 - $1) <= tolerance || ($0.isNaN && $1.isNaN) }
}

/// Scores against scikit-learn, statsmodels and what can be counted by hand.
@Suite struct EvaluationTests {
  static let mixed = evaluation(of: ScoringFixtures.mixedRows)

  /// Three rows: right and sure, wrong, right by the lower of equals.
  static let small = evaluation([
    (1, (1, 1), (0, 0)), (2, (3, 0.75), (2, 0.25)), (4, (4, 0.5), (9, 0.5)),
  ])

  @Test func scoresAreThoseOfScikitLearn() {
    let mixed = Self.mixed
    #expect(abs(mixed.accuracy - ScoringFixtures.accuracy) < 1e-15)
    #expect(abs(mixed.logLoss - ScoringFixtures.logLoss) < 1e-12)
    #expect(mixed.confusion == ScoringFixtures.confusion)
    #expect(areClose(mixed.classes.map(\.precision), ScoringFixtures.precision))
    #expect(areClose(mixed.classes.map(\.recall), ScoringFixtures.recall))
    #expect(areClose(mixed.classes.map(\.f1), ScoringFixtures.f1))
    #expect(abs(mixed.expectedCalibrationError - ScoringFixtures.expectedCalibrationError) < 1e-12)
  }

  @Test func wilsonIntervalsAreThoseOfStatsmodels() {
    for (successes, count, low, high) in ScoringFixtures.wilson {
      let interval = wilsonInterval(successes: successes, of: count)
      #expect(areClose([interval.lowerBound, interval.upperBound], [low, high]), "\(successes) of \(count)")
    }
    #expect(wilsonInterval(successes: 0, of: 0) == 0...1)
  }

  @Test func aSmallCaseIsAsCountedByHand() {
    let small = Self.small
    #expect(small.predictions == [1, 3, 4])
    #expect(small.correct == 2)
    #expect(small.errors == [1])
    #expect(small.confusion[1][1] == 1 && small.confusion[2][3] == 1 && small.confusion[4][4] == 1)
    #expect(small.confusion.joined().reduce(0, +) == 3)
    #expect(abs(small.logLoss - (Elementary.log(4) + Elementary.log(2)) / 3) < 1e-15)
    #expect([0, 1, 2].map(small.labelProbability) == [1, 0.25, 0.5])
    #expect(small.loss(2) == -Elementary.log(0.5))
    // 1 is in the last bin, 0.75 in the twelfth, 0.5 in the eighth.
    #expect(small.calibration.map(\.rows) == [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1])
    #expect(small.calibration.map(\.correct) == [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1])
    #expect(abs(small.expectedCalibrationError - (0.5 + 0.75 + 0) / 3) < 1e-15)
  }

  @Test func errorsComeWithTheLargestLossFirstAndInOrderOfPlaceIfEqual() {
    let rows = evaluation([
      (0, (1, 0.75), (0, 0.25)), (0, (1, 1), (0, 0)), (0, (0, 1), (1, 0)), (0, (1, 0.75), (0, 0.25)),
    ])
    #expect(rows.errors == [1, 0, 3])
    #expect(rows.loss(1) == -Elementary.log(1e-15))
  }

  @Test func aClassWithoutRowsHasNoScoresButStopsNothing() throws {
    let classes = Self.small.classes
    #expect(classes[0].precision.isNaN && classes[0].recall.isNaN && classes[0].f1.isNaN)
    // Predicted, but there are no rows of it; rows of it, but it is never predicted.
    #expect(classes[3].precision == 0 && classes[3].recall.isNaN && classes[3].f1 == 0)
    #expect(classes[2].precision.isNaN && classes[2].recall == 0 && classes[2].f1 == 0)
    let text = Self.small.json.serialized(pretty: false)
    #expect(text.contains(#"{"digit":0,"rows":0,"precision":null,"recall":null,"f1":null}"#))
    #expect(text.contains(#"{"digit":1,"rows":1,"precision":1.0,"recall":1.0,"f1":1.0}"#))
  }

  @Test func noRowsAreNaNAndNullNotATrap() {
    let none = Evaluation(rows: [], labels: [], probabilities: [])
    #expect(none.accuracy.isNaN && none.logLoss.isNaN && none.expectedCalibrationError.isNaN)
    #expect(none.accuracyInterval == 0...1)
    #expect(none.errors.isEmpty)
    let text = none.json.serialized(pretty: false)
    #expect(text.hasPrefix(#"{"rows":0,"correct":0,"accuracy":null,"accuracy-95-low":0.0"#))
    #expect(text.contains(#""log-loss":null,"expected-calibration-error":null"#))
  }

  @Test func commonRowsAreThoseOfBothInTheirOwnOrder() {
    func evaluation(_ rows: [Int]) -> Evaluation {
      Evaluation(
        rows: rows, labels: rows.map { UInt8($0 % 10) },
        probabilities: rows.flatMap { row in (0..<10).map { $0 == row % 10 ? 0.91 : 0.01 } })
    }
    let part = evaluation([9, 2, 30, 5]).onRows(of: evaluation([1, 2, 5, 8, 9]))
    #expect(part.rows == [9, 2, 5] && part.labels == [9, 2, 5] && part.correct == 3)
    #expect(evaluation([1, 2]).onRows(of: evaluation([])).rows.isEmpty)
    #expect(evaluation([]).onRows(of: evaluation([3])).rows.isEmpty)
  }
}
