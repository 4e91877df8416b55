import Foundations

/// A score on Kaggle's public leaderboard, a share of the test images that is rounded or cut to five digits, and what it can
/// mean.
///
/// The competition has 28,000 test images; of how many the score is, Kaggle has changed: a quarter of them in earlier years.
public struct PublicScore: Sendable, Equatable {
  /// What Kaggle wrote: `0.99757`.
  public let text: String
  /// The share.
  public let value: Double

  /// Images that a score may be of.
  public static let possibleRows = [28_000, 7_000]

  /// A score from its text; nil if it is not a number from 0 to 1.
  public init?(_ text: String) {
    guard let value = Double(text), value >= 0, value <= 1 else { return nil }
    (self.text, self.value) = (text, value)
  }

  /// How many images may be wrong, of how many: the whole numbers that give these five digits.
  public var meanings: [(wrong: Int, rows: Int)] {
    let digits = text.split(separator: ".").dropFirst().first?.count ?? 0
    let step = digits < 5 ? 0.5e-4 : 1.01e-5
    return Self.possibleRows.compactMap { rows in
      let wrong = Int(((1 - value) * Double(rows)).rounded())
      let exact = 1 - Double(wrong) / Double(rows)
      return (exact - value).magnitude < step ? (wrong, rows) : nil
    }
  }

  /// `68 of 28,000 images wrong, or 17 of 7,000`; empty if no whole number of images gives the score.
  public var meaning: String {
    meanings.enumerated().map { index, meaning in
      "\(grouped(meaning.wrong)) of \(grouped(meaning.rows))\(index == 0 ? " images wrong" : "")"
    }.joined(separator: ", or ")
  }

  /// Where out-of-fold rows promise the score with 95 % confidence; for a score of several meanings, of the fewest images.
  public func expected(by outOfFold: ScoredRows) -> ClosedRange<Double> {
    outOfFold.expectedAccuracy(on: meanings.last?.rows ?? Self.possibleRows[0])
  }

  /// How the score compares with what out-of-fold rows promise.
  public func verdict(outOfFold: ScoredRows) -> Verdict {
    let expected = expected(by: outOfFold)
    // Kaggle's digits end here.
    let margin = 1e-5
    if value < expected.lowerBound - margin { return .below }
    return value > expected.upperBound + margin ? .above : .within
  }

  /// Where a score lies against an interval.
  public enum Verdict: String, Sendable {
    /// In it.
    case within
    /// Below it: the test images may be unlike the rows, or something went wrong.
    case below
    /// Above it.
    case above
  }
}

/// How many rows were scored, and how many of them are classified correctly.
public struct ScoredRows: Sendable, Equatable {
  /// Rows that are classified correctly.
  public let correct: Int
  /// All rows.
  public let rows: Int

  /// Counts; `correct` from 0 to `rows`, and at least one row.
  public init?(correct: Int, of rows: Int) {
    guard rows > 0, rows <= 1 << 40, (0...rows).contains(correct) else { return nil }
    (self.correct, self.rows) = (correct, rows)
  }

  /// The share that is classified correctly.
  public var accuracy: Double { Double(correct) / Double(rows) }

  /// Where the accuracy on all such images lies with 95 % confidence (Wilson's interval).
  public var interval: ClosedRange<Double> { wilsonInterval(successes: correct, of: rows) }

  /// Where the accuracy on `count` other images of the same kind is expected with 95 % confidence: all shares that the
  /// two-sample score test, by the pooled share, does not tell from this one. Wider than `interval`, since the other images are
  /// drawn by chance, too.
  public func expectedAccuracy(on count: Int) -> ClosedRange<Double> {
    let (n, m) = (Double(rows), Double(count))
    func isPossible(_ others: Int) -> Bool {
      let pooled = (Double(correct) + Double(others)) / (n + m)
      let deviation = (pooled * (1 - pooled) * (1 / n + 1 / m)).squareRoot()
      return (Double(others) / m - accuracy).magnitude <= normalQuantile975 * deviation + 1e-12
    }
    /// The last possible number between one that is and one that may not be.
    func edge(_ possible: Int, _ end: Int) -> Int {
      if isPossible(end) { return end }
      var (inside, outside) = (possible, end)
      while (inside - outside).magnitude > 1 {
        let middle = (inside + outside) / 2
        if isPossible(middle) { inside = middle } else { outside = middle }
      }
      return inside
    }
    let middle = min(count, max(0, Int((accuracy * m).rounded())))
    return Double(edge(middle, 0)) / m...Double(edge(middle, count)) / m
  }

  /// The members of a JSON object that say so.
  public var json: JSON {
    .object([("rows", .integer(rows)), ("correct", .integer(correct)), ("accuracy", .number(accuracy))])
  }

  /// Reads `json` back, and the scores of an `Evaluation`; nil if it is malformed.
  public init?(_ json: JSON) {
    guard let rows = json["rows"]?.integer, let correct = json["correct"]?.integer else { return nil }
    self.init(correct: correct, of: rows)
  }
}
