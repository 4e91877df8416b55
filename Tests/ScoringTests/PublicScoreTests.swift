import Scoring
import TestSupport
import Testing

@Suite struct PublicScoreTests {
  /// A quarter of the test images, all of them, or neither.
  @Test func meaningsAreWholeNumbersOfImages() throws {
    func meaning(_ text: String) throws -> String { try #require(PublicScore(text)).meaning }
    #expect(try meaning("0.99757") == "68 of 28,000 images wrong, or 17 of 7,000")
    // Cut, not rounded: 1 - 25 / 7000 is 0.996428….
    #expect(try meaning("0.99642") == "100 of 28,000 images wrong, or 25 of 7,000")
    #expect(try meaning("0.99353") == "181 of 28,000 images wrong")
    #expect(try meaning("1.00000") == "0 of 28,000 images wrong, or 0 of 7,000")
    for text in ["", "x", "nan", "inf", "-0.1", "1.00001"] { #expect(PublicScore(text) == nil) }
  }

  /// Against the same test written out: |p - q| <= 1.96 sqrt(r (1 - r) (1/n + 1/m)) with the pooled share r, by trying all
  /// numbers.
  @Test(arguments: [
    (41_800, 42_000, 7_000), (360, 400, 28_000), (42_000, 42_000, 7_000), (0, 10, 70), (1, 1, 3),
  ])
  func expectedAccuracyIsWhatTheTestDoesNotReject(correct: Int, rows: Int, others: Int) throws {
    let scored = try #require(ScoredRows(correct: correct, of: rows))
    let (n, m, p) = (Double(rows), Double(others), Double(correct) / Double(rows))
    let possible = (0...others).filter { k in
      let (q, r) = (Double(k) / m, (Double(correct) + Double(k)) / (n + m))
      return abs(p - q) <= 1.959963984540054 * (r * (1 - r) * (1 / n + 1 / m)).squareRoot() + 1e-12
    }
    let interval = scored.expectedAccuracy(on: others)
    #expect(interval.lowerBound == Double(try #require(possible.first)) / m)
    #expect(interval.upperBound == Double(try #require(possible.last)) / m)
  }

  @Test func aScoreLiesWithinBelowOrAbove() throws {
    let scored = try #require(ScoredRows(correct: 41_832, of: 42_000))
    #expect(try #require(PublicScore("0.99600")).verdict(outOfFold: scored) == .within)
    #expect(try #require(PublicScore("0.99000")).verdict(outOfFold: scored) == .below)
    #expect(try #require(PublicScore("1.00000")).verdict(outOfFold: scored) == .above)
  }

  @Test func countsOutOfRangeAreRefused() {
    for (correct, rows) in [(0, 0), (-1, 5), (6, 5), (1, Int.max)] {
      #expect(ScoredRows(correct: correct, of: rows) == nil)
    }
  }
}
