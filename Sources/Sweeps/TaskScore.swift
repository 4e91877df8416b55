import Foundations
import Scoring

/// What a training came to on rows that it did not see: a task's, or a trial's on several folds together.
public struct TaskScore: Sendable, Equatable {
  /// Rows that were held out.
  public let rows: Int
  /// Those of them that are classified wrongly.
  public let wrong: Int
  /// Mean log loss on them; infinity for a training that diverged.
  public let logLoss: Double

  /// A value of each field; more rows wrong than there are count as all, NaN as infinity.
  public init(rows: Int, wrong: Int, logLoss: Double) {
    self.rows = max(0, rows)
    self.wrong = min(max(0, wrong), self.rows)
    self.logLoss = logLoss.isNaN ? .infinity : logLoss
  }

  /// The score of an evaluation.
  public init(_ evaluation: Evaluation) {
    self.init(
      rows: evaluation.rows.count, wrong: evaluation.rows.count - evaluation.correct,
      logLoss: evaluation.logLoss)
  }

  /// The score of a training whose loss became NaN or infinite: of options that don't work, which is a result too.
  public static func diverged(rows: Int) -> TaskScore {
    TaskScore(rows: rows, wrong: rows, logLoss: .infinity)
  }

  /// Whether the training came to nothing.
  public var isDiverged: Bool { logLoss == .infinity }

  /// The share of rows that is classified correctly; NaN for no rows.
  public var accuracy: Double { Double(rows - wrong) / Double(rows) }

  /// Where the accuracy on all such images lies with 95 % confidence (Wilson's interval).
  public var interval: ClosedRange<Double> { wilsonInterval(successes: rows - wrong, of: rows) }

  /// The score on the rows of both.
  public static func + (first: TaskScore, second: TaskScore) -> TaskScore {
    let rows = first.rows + second.rows
    let loss = first.logLoss * Double(first.rows) + second.logLoss * Double(second.rows)
    return TaskScore(rows: rows, wrong: first.wrong + second.wrong, logLoss: loss / Double(rows))
  }

  /// Whether it is better than another: more accurate, or as accurate with a lower log loss.
  public func isBetter(than other: TaskScore) -> Bool {
    if rows == 0 || other.rows == 0 { return rows > other.rows }
    return accuracy == other.accuracy ? logLoss < other.logLoss : accuracy > other.accuracy
  }

  /// All numbers; null for the log loss of a training that diverged.
  public var json: JSON {
    .object([
      ("rows", .integer(rows)), ("wrong", .integer(wrong)), ("accuracy", .number(accuracy)),
      ("accuracy-95-low", .number(interval.lowerBound)), ("accuracy-95-high", .number(interval.upperBound)),
      ("log-loss", .number(logLoss)),
    ])
  }

  /// Reads `json` back. Throws `badData` if a number is missing or not possible.
  public init(_ json: JSON, from source: String) throws(KitError) {
    let rows = try json.required("rows", from: source, \.integer)
    let wrong = try json.required("wrong", from: source, \.integer)
    let logLoss = try json.optional("log-loss", from: source, \.number) ?? .infinity
    guard (1...1 << 40).contains(rows), (0...rows).contains(wrong), logLoss >= 0 else {
      throw KitError(.badData, "\(source): a score's numbers do not fit each other")
    }
    self.init(rows: rows, wrong: wrong, logLoss: logLoss)
  }
}

/// Who goes on, by the scores of tasks, which are by the tasks' numbers.
extension Sweep {
  /// The trials that take part in a rung, the best of the rung before first; all in the first one.
  ///
  /// For `finalRung` the first is the winner; the base comes second, unless it is the winner.
  ///
  /// - Returns: nil while a score of a rung before is missing.
  public func survivors(ofRung rung: Int, _ scores: [Int: TaskScore]) -> [Int]? {
    guard (1...finalRung).contains(rung) else { return nil }
    var survivors = Array(1...trials.count)
    for earlier in 1..<rung {
      guard let ranking = ranking(ofRung: earlier, survivors, scores) else { return nil }
      let next = earlier == halving.rungs ? 1 : halving.trials(inRung: earlier + 1)
      survivors = ranking.prefix(next).map(\.trial)
    }
    return rung == finalRung && survivors != [1] ? survivors + [1] : survivors
  }

  /// A trial's score in a rung on all of the rung's folds; nil while one is missing.
  ///
  /// - Parameter place: The trial's place among the rung's survivors, from 1.
  public func score(inRung rung: Int, place: Int, _ scores: [Int: TaskScore]) -> TaskScore? {
    guard (1...finalRung).contains(rung), (1...places(inRung: rung)).contains(place) else { return nil }
    let folds = folds(ofRung: rung).count
    let first = tasks(ofRung: rung).lowerBound + (place - 1) * folds
    var sum: TaskScore?
    for number in first..<first + folds {
      guard let score = scores[number] else { return nil }
      sum = sum.map { $0 + score } ?? score
    }
    return sum
  }

  /// The trials that took part in a rung with their scores in it: the most accurate first, then the lower log loss, then the
  /// lower number.
  ///
  /// - Returns: nil while a score of the rung, or of one before, is missing.
  public func ranking(
    ofRung rung: Int, _ scores: [Int: TaskScore]
  ) -> [(trial: Int, score: TaskScore)]? {
    survivors(ofRung: rung, scores).flatMap { ranking(ofRung: rung, $0, scores) }
  }

  private func ranking(
    ofRung rung: Int, _ survivors: [Int], _ scores: [Int: TaskScore]
  ) -> [(trial: Int, score: TaskScore)]? {
    var scored: [(trial: Int, score: TaskScore)] = []
    for (index, trial) in survivors.enumerated() {
      guard let score = score(inRung: rung, place: index + 1, scores) else { return nil }
      scored.append((trial, score))
    }
    scored.sort { first, second in
      if first.score.isBetter(than: second.score) { return true }
      return !second.score.isBetter(than: first.score) && first.trial < second.trial
    }
    return scored
  }
}
