import Scoring
import Testing

@Suite struct DoubtThresholdTests {
  /// Rows of these confidences, of which some are wrong.
  private func rows(_ rows: [(confidence: Double, isCorrect: Bool)]) -> Evaluation {
    evaluation(rows.map { ($0.isCorrect ? 3 : 4, (3, $0.confidence), (4, 1 - $0.confidence)) })
  }

  @Test func oneInFiveBelowItIsWrong() {
    // Wrong: 1 of 2 below 0.6, 1 of 5 below 0.9, 1 of 6 of all.
    let some = rows([(0.9, true), (0.52, false), (0.55, true), (0.6, true), (0.7, true), (0.8, true)])
    #expect(some.doubtThreshold() == 0.9)
    #expect(some.doubtThreshold(errors: 0.5) == 0.6)
    #expect(some.doubtThreshold(errors: 0.1) == 1)
  }

  @Test func rowsOfOneConfidenceAreOnOneSide() {
    #expect(rows([(0.6, false), (0.6, true), (0.6, true), (0.9, true)]).doubtThreshold() == 1)
    #expect(rows([(0.6, false), (0.6, true), (0.9, true), (0.9, true)]).doubtThreshold(errors: 0.5) == 0.9)
    #expect(rows([(0.6, false), (0.6, true), (0.6, true), (0.9, true)]).doubtThreshold(errors: 0.5) == nil)
  }

  @Test func withoutErrorsThereIsNone() {
    #expect(rows([(0.6, true), (0.9, true)]).doubtThreshold() == nil)
    #expect(rows([]).doubtThreshold() == nil)
  }

  @Test func whereMostIsWrongAllIsDoubtful() {
    #expect(rows([(0.6, false), (0.7, false), (0.9, true)]).doubtThreshold() == 1)
  }

  /// Against the definition, row by row, on the fixtures.
  @Test func fixturesHaveTheHighestConfidence() {
    let all = EvaluationTests.mixed
    let confidences = all.rows.indices.map { all.probabilities[$0 * 10 + Int(all.predictions[$0])] }
    for share in [0.05, 0.2, 0.5] {
      let found = confidences.filter { threshold in
        let below = all.rows.indices.filter { confidences[$0] < threshold }
        let wrong = below.count { all.predictions[$0] != all.labels[$0] }
        return !below.isEmpty && Double(wrong) >= share * Double(below.count)
      }
      let ofAll = all.rows.count - all.correct
      let isAll = Double(ofAll) >= share * Double(all.rows.count)
      #expect(all.doubtThreshold(errors: share) == (isAll ? 1 : found.max()))
    }
  }
}
