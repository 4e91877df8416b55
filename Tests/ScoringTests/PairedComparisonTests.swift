import Foundations
import Testing
@testable import Scoring

/// Intervals and tests against Python's packages, and what is said of them.
@Suite struct PairedComparisonTests {
  /// Rows labelled 0 of which the model and the baseline predict some right: `both` of them, only one, neither.
  private func comparison(both: Int, gained: Int, lost: Int, neither: Int = 0) throws -> PairedComparison {
    let right: (UInt8, (UInt8, Double), (UInt8, Double)) = (0, (0, 0.75), (1, 0.25))
    let wrong: (UInt8, (UInt8, Double), (UInt8, Double)) = (0, (1, 0.75), (0, 0.25))
    let model = [(right, both), (right, gained), (wrong, lost), (wrong, neither)]
    let baseline = [(right, both), (wrong, gained), (right, lost), (wrong, neither)]
    return try PairedComparison(
      of: evaluation(model.flatMap { [_](repeating: $0.0, count: $0.1) }),
      against: evaluation(baseline.flatMap { [_](repeating: $0.0, count: $0.1) }))
  }

  @Test func exactPValuesAreRight() {
    for (gained, lost, p) in ScoringFixtures.mcNemar {
      let own = exactMcNemarPValue(gained, lost)
      #expect(abs(own - p) <= 1e-12 * p, "\(gained), \(lost): \(own), not \(p)")
      #expect(exactMcNemarPValue(lost, gained) == own)
    }
  }

  @Test func intervalsAreTangos() {
    for (gained, lost, count, low, high) in ScoringFixtures.tango {
      let interval = tangoInterval(gained: gained, lost: lost, of: count)
      #expect(
        areClose([interval.lowerBound, interval.upperBound], [low, high], within: 1e-12),
        "\(gained), \(lost) of \(count): \(interval), not \(low)...\(high)")
    }
    #expect(tangoInterval(gained: 0, lost: 0, of: 0) == -1...1)
  }

  @Test func intervalsHoldTheEstimateAndAreSymmetric() {
    for count in [1, 2, 7, 30, 4200] {
      for gained in 0...min(count, 8) {
        for lost in 0...min(count - gained, 8) {
          let interval = tangoInterval(gained: gained, lost: lost, of: count)
          let mirrored = tangoInterval(gained: lost, lost: gained, of: count)
          #expect(interval.contains(Double(gained - lost) / Double(count)))
          #expect(interval.lowerBound >= -1 && interval.upperBound <= 1)
          #expect(mirrored == -interval.upperBound...(-interval.lowerBound))
        }
      }
    }
    // Without a discordant row: Wilson's bound of 0 rows.
    let none = tangoInterval(gained: 0, lost: 0, of: 4200)
    #expect(abs(none.upperBound - wilsonInterval(successes: 0, of: 4200).upperBound) < 1e-15)
  }

  @Test func logLossDifferenceIsNumpys() throws {
    let mixed = EvaluationTests.mixed
    let softened = Evaluation(
      rows: mixed.rows, labels: mixed.labels, probabilities: mixed.probabilities.map { 0.75 * $0 + 0.025 })
    let comparison = try PairedComparison(of: softened, against: mixed)
    let interval = comparison.logLossInterval
    let numbers = [comparison.logLossDifference, interval.lowerBound, interval.upperBound]
    #expect(areClose(numbers, ScoringFixtures.logLossDifference))
    let mirrored = try PairedComparison(of: mixed, against: softened)
    #expect(abs(mirrored.logLossDifference + comparison.logLossDifference) < 1e-15)
    #expect(comparison.rows == mixed.rows.count)
  }

  @Test func discordantRowsAreCountedAndSpokenOf() throws {
    let better = try comparison(both: 1650, gained: 21, lost: 3, neither: 6)
    #expect(better.gained == 21 && better.lost == 3 && better.rows == 1680)
    #expect(abs(better.accuracyDifference - 18.0 / 1680) < 1e-15)
    #expect(!better.isWithinNoise)
    #expect(better.summary == "0.0107 more accurate (95 % interval 0.0055 to 0.0174; McNemar p < 0.001)")
    #expect(abs(better.logLossDifference + 0.01177) < 0.000005 && better.logLossInterval.upperBound < 0)
    let worse = try comparison(both: 80, gained: 3, lost: 6)
    #expect(worse.isWithinNoise)
    #expect(worse.summary.hasPrefix("0.0337 less accurate (95 % interval -0.1"))
    #expect(worse.summary.hasSuffix("McNemar p = 0.508); the difference is within noise"))
  }

  @Test func equalModelsAreWithinNoise() throws {
    let same = try PairedComparison(of: EvaluationTests.mixed, against: EvaluationTests.mixed)
    #expect(same.gained == 0 && same.lost == 0 && same.mcNemarPValue == 1)
    #expect(same.logLossDifference == 0 && same.logLossInterval == 0...0)
    #expect(same.accuracyInterval.contains(0) && same.accuracyInterval.upperBound > 0.01)
    #expect(same.summary.hasPrefix("equally accurate"))
    #expect(same.summary.hasSuffix("the difference is within noise"))
  }

  @Test func jsonReadsBack() throws {
    let none = Evaluation(rows: [], labels: [], probabilities: [])
    for original in [
      try comparison(both: 80, gained: 3, lost: 6), try PairedComparison(of: none, against: none),
    ] {
      let text = original.json.serialized(pretty: true)
      let read = try PairedComparison(JSON.parse(Array(text.utf8), from: "t"), from: "t")
      #expect(read.json.serialized(pretty: true) == text)
      #expect(read.logLossInterval == original.logLossInterval)
    }
    for damaged in ["{}", "{\"rows\": 1, \"gained\": 2, \"lost\": 0}"] {
      #expect(throws: KitError.self) {
        try PairedComparison(JSON.parse(Array(damaged.utf8), from: "t"), from: "t")
      }
    }
  }

  @Test func noRowsAndOneRowAreNotATrap() throws {
    let none = Evaluation(rows: [], labels: [], probabilities: [])
    let nothing = try PairedComparison(of: none, against: none)
    #expect(nothing.accuracyDifference.isNaN && nothing.logLossDifference.isNaN)
    #expect(nothing.summary == "there are no rows to compare")
    #expect(
      nothing.json.serialized(pretty: false)
        == #"{"summary":"there are no rows to compare","rows":0,"gained":0,"lost":0,"accuracy-difference":null,"accuracy-difference-95-low":-1.0,"#
        + #""accuracy-difference-95-high":1.0,"mcnemar-p":1.0,"within-noise":true,"log-loss-difference":null,"#
        + #""log-loss-difference-95-low":null,"log-loss-difference-95-high":null}"#)
    let single = try comparison(both: 0, gained: 1, lost: 0)
    #expect(single.isWithinNoise && single.accuracyDifference == 1)
    #expect(single.json["log-loss-difference-95-low"]?.number == -.infinity)
  }

  @Test func otherRowsOrLabelsAreRefused() throws {
    let first = evaluation([(0, (0, 1), (1, 0)), (1, (1, 1), (0, 0))])
    func message(_ rows: [Int], _ labels: [UInt8]) throws -> String? {
      let other = Evaluation(
        rows: rows, labels: labels, probabilities: [Double](repeating: 0.1, count: 10 * rows.count))
      let error = #expect(throws: KitError.self) { try PairedComparison(of: first, against: other) }
      #expect(error?.kind == .badData)
      return error?.message
    }
    let start = "the two evaluations cannot be compared: "
    #expect(try message([0, 2], [0, 1]) == start + "at place 2 one has row 1, the other row 2")
    #expect(
      try message([0, 1], [0, 7]) == start + "at place 2, row 1, one has label 1, the other label 7")
    #expect(try message([0], [0]) == start + "one is of 2 rows, the other of 1")
  }
}
