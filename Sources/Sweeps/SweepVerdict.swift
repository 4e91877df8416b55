import Foundations
import Scoring

/// What a sweep has shown: whether its winner is better than the base options, on folds that chose nothing.
public struct SweepVerdict: Sendable {
  /// How the winner compares with the base options.
  public enum Outcome: String, Sendable {
    /// Measurably better.
    case better
    /// Measurably worse.
    case worse
    /// The difference may be chance.
    case noise
    /// The winner is the base itself.
    case base
  }

  /// The winner's number among the trials.
  public let winner: Int
  /// The winner's score on the folds that chose it, in the last rung: too high, since it is the best of many.
  public let choosing: TaskScore
  /// The winner's score on the folds that chose nothing.
  public let reporting: TaskScore
  /// The base options' score on the same folds.
  public let base: TaskScore
  /// The winner against the base on the same rows; nil if it is the base.
  public let comparison: PairedComparison?
  private let trials: Int
  private let folds: SweepFolds

  /// Compares the winner with the base.
  ///
  /// - Parameters:
  ///   - scores: The scores of all rungs, by the tasks' numbers.
  ///   - winner: The winner on the held-out rows of each reporting fold, in the folds' order.
  ///   - base: The base on the same; none if the base is the winner.
  /// - Throws: `badData` if scores or evaluations are missing, or if the two are not of the same rows.
  public init(
    of sweep: Sweep, _ scores: [Int: TaskScore], winner winnersParts: [Evaluation],
    base basesParts: [Evaluation] = []
  ) throws(KitError) {
    guard let last = sweep.survivors(ofRung: sweep.halving.rungs, scores),
      let winner = sweep.survivors(ofRung: sweep.finalRung, scores)?.first,
      let place = last.firstIndex(of: winner),
      let choosing = sweep.score(inRung: sweep.halving.rungs, place: place + 1, scores)
    else { throw KitError(.badData, "the sweep has no winner yet: scores of its rungs are missing") }
    let needed = sweep.folds.reporting.count
    guard winnersParts.count == needed, basesParts.count == (winner == 1 ? 0 : needed) else {
      throw KitError(
        .badData,
        "the winner and the base options must be evaluated on \(SweepFolds.text(sweep.folds.reporting))")
    }
    let whole = try Self.joined(winnersParts)
    self.winner = winner
    self.choosing = choosing
    reporting = TaskScore(whole)
    trials = sweep.trials.count
    folds = sweep.folds
    if winner == 1 {
      base = reporting
      comparison = nil
    } else {
      let baseline = try Self.joined(basesParts)
      base = TaskScore(baseline)
      comparison = try PairedComparison(of: whole, against: baseline)
    }
  }

  /// How the winner compares with the base options.
  public var outcome: Outcome {
    guard let comparison else { return .base }
    if comparison.isWithinNoise { return .noise }
    return comparison.gained > comparison.lost ? .better : .worse
  }

  /// Whether to use the winner's options in place of the base's.
  public var isWorthIt: Bool { outcome == .better }

  /// The verdict in a sentence, with the numbers it rests on and what to do.
  public var sentence: String {
    let places = "\(SweepFolds.text(folds.reporting)), which chose nothing"
    guard let comparison else {
      let others =
        trials == 2
        ? "the other trial did not score" : "none of the \(grouped(trials - 1)) other trials scored"
      return "The base options won: \(others) higher on "
        + "\(SweepFolds.text(folds.choosing)). On \(places), their accuracy is \(number(reporting.accuracy)) "
        + "(95 % interval \(number(reporting.interval.lowerBound)) to \(number(reporting.interval.upperBound)))."
    }
    let (relation, advice) =
      switch outcome {
      case .better: ("measurably better than", "use the winner's options")
      case .worse: ("measurably worse than", "keep the base options")
      default: ("not measurably better than", "keep the base options, or compare on more folds")
      }
    let interval = comparison.accuracyInterval
    return
      "The winner's accuracy of \(number(reporting.accuracy)) (trial \(winner)) is \(relation) the base options' "
      + "\(number(base.accuracy)) on \(places) (difference \(signed(comparison.accuracyDifference)), 95 % interval "
      + "\(signed(interval.lowerBound)) to \(signed(interval.upperBound))): \(advice)."
  }

  /// What to bear in mind, a sentence each.
  public var notes: [String] {
    let fall = choosing.accuracy - reporting.accuracy
    let change =
      number(fall.magnitude) == number(0)
      ? "the same" : "\(number(fall.magnitude)) \(fall > 0 ? "lower" : "higher")"
    var notes = [
      "On \(SweepFolds.text(folds.choosing)), the winner's accuracy is \(number(choosing.accuracy)). It was chosen there as the "
        + "best of \(grouped(trials)) trials, so that score is optimistic; on \(SweepFolds.text(folds.reporting)) it is \(change)."
    ]
    if comparison != nil {
      notes.append(
        "The interval covers the choice of rows, not the randomness of a training: with another seed both scores differ a little."
      )
    }
    return notes
  }

  /// All numbers.
  public var json: JSON {
    .object([
      ("verdict", .string(outcome.rawValue)), ("summary", .string(sentence)),
      ("notes", .array(notes.map { .string($0) })), ("winner", .integer(winner)),
      ("choosing", choosing.json), ("reporting", reporting.json), ("base", base.json),
      ("comparison", comparison?.json ?? .null),
    ])
  }

  private func number(_ share: Double) -> String { fixed(share, digits) }

  private func signed(_ difference: Double) -> String {
    let text = fixed(difference.magnitude, digits)
    if text == fixed(0, digits) { return text }
    return (difference < 0 ? "−" : "+") + text
  }

  /// So that one row shows.
  private var digits: Int { max(reporting.rows, choosing.rows) > 10_000 ? 5 : 4 }

  /// One evaluation of the rows of all folds.
  private static func joined(_ parts: [Evaluation]) throws(KitError) -> Evaluation {
    guard let kinds = parts.first?.kinds, parts.allSatisfy({ $0.kinds.count == kinds.count }) else {
      throw KitError(.badData, "the folds' evaluations are not of the same classes")
    }
    return Evaluation(
      rows: parts.flatMap(\.rows), labels: parts.flatMap(\.labels),
      probabilities: parts.flatMap(\.probabilities), kinds: kinds)
  }
}
