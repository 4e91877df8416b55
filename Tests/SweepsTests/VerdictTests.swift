import Foundations
import Runs
import Scoring
import TestSupport
import Testing
@testable import Sweeps

@Suite struct VerdictTests {
  /// A sweep of nine trials on two folds, whose trial 4 wins unless another is named.
  private func finished(winner: Int = 4) throws -> (Sweep, [Int: TaskScore]) {
    let sweep = try Sample.sweep(trials: 9, folds: 2)
    var scores: [Int: TaskScore] = [:]
    for number in sweep.tasks(ofRung: 1) {
      scores[number] = TaskScore(rows: 1000, wrong: number == winner ? 4 : 9, logLoss: 0.1)
    }
    return (sweep, scores)
  }

  private func verdict(winnerWrong: Set<Int>, baseWrong: Set<Int>) throws -> SweepVerdict {
    let (sweep, scores) = try finished()
    return try SweepVerdict(
      of: sweep, scores, winner: [Sample.evaluation(rows: 0..<1000, wrong: winnerWrong)],
      base: [Sample.evaluation(rows: 0..<1000, wrong: baseWrong)])
  }

  @Test func noiseIsCalledNoise() throws {
    let verdict = try verdict(winnerWrong: [1, 2, 3, 4, 5, 6], baseWrong: [5, 6, 7, 8, 9, 10, 11])
    #expect(verdict.outcome == .noise && !verdict.isWorthIt && verdict.winner == 4)
    #expect(
      verdict.sentence
        == "The winner's accuracy of 0.9940 (trial 4) is not measurably better than the base options' 0.9930 on fold 2, "
        + "which chose nothing (difference +0.0010, 95 % interval −0.0058 to +0.0081): keep the base options, or compare "
        + "on more folds.")
    #expect(
      verdict.notes[0]
        == "On fold 1, the winner's accuracy is 0.9960. It was chosen there as the best of 9 trials, so that score is "
        + "optimistic; on fold 2 it is 0.0020 lower.")
    #expect(verdict.notes.count == 2)
    #expect(
      verdict.json["verdict"]?.string == "noise" && verdict.json["comparison"]?["rows"]?.integer == 1000)
  }

  @Test func whatIsMeasurableIsCalledThat() throws {
    let few: Set<Int> = [1, 2], many = Set(1...30)
    let better = try verdict(winnerWrong: few, baseWrong: many)
    #expect(better.outcome == .better && better.isWorthIt)
    #expect(
      better.sentence.contains("is measurably better than")
        && better.sentence.hasSuffix(": use the winner's options."))
    let worse = try verdict(winnerWrong: many, baseWrong: few)
    #expect(worse.outcome == .worse && !worse.isWorthIt)
    #expect(
      worse.sentence.contains("is measurably worse than")
        && worse.sentence.hasSuffix(": keep the base options."))
    let equal = try verdict(winnerWrong: few, baseWrong: few)
    #expect(
      equal.outcome == .noise
        && equal.sentence.contains("(difference 0.0000, 95 % interval −0.0038 to +0.0038)"))
  }

  @Test func theBaseMayWin() throws {
    let (sweep, scores) = try finished(winner: 1)
    let evaluation = Sample.evaluation(rows: 0..<1000, wrong: [1, 2, 3])
    let verdict = try SweepVerdict(of: sweep, scores, winner: [evaluation])
    #expect(verdict.outcome == .base && verdict.winner == 1 && verdict.comparison == nil)
    #expect(
      verdict.sentence
        == "The base options won: none of the 8 other trials scored higher on fold 1. On fold 2, which chose nothing, "
        + "their accuracy is 0.9970 (95 % interval 0.9912 to 0.9990).")
    #expect(verdict.notes.count == 1 && verdict.notes[0].hasSuffix("on fold 2 it is 0.0010 higher."))
    #expect(
      message(of: .badData) { try SweepVerdict(of: sweep, scores, winner: [evaluation], base: [evaluation]) }
        != "accepted")
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let (sweep, scores) = try finished()
    let evaluation = Sample.evaluation(rows: 0..<100, wrong: [])
    let other = Sample.evaluation(rows: 10..<100, wrong: [])
    for (winner, base) in [
      ([], []), ([evaluation], []), ([evaluation], [other]), ([evaluation, other], [evaluation]),
    ] {
      #expect(
        message(of: .badData) { try SweepVerdict(of: sweep, scores, winner: winner, base: base) }
          != "accepted")
    }
    #expect(
      message(of: .badData) { try SweepVerdict(of: sweep, [:], winner: [evaluation], base: [evaluation]) }
        .contains("no winner yet"))
  }
}
