import Foundations
import Runs
import Scoring
@testable import Sweeps

/// Sweeps for the tests, and scores as trainings would give them.
enum Sample {
  static let options = ["learning-rate": "0.001..0.01", "shift": "0,0.05,0.1", "network": "compact,deotte"]

  static func space(_ given: [String: String] = options) throws -> SearchSpace { try SearchSpace(given) }

  static func sweep(
    _ given: [String: String] = options, trials: Int = 30, seed: UInt64 = 1, keep: Int = 3, rungs: Int = 1,
    folds: Int = 5
  ) throws -> Sweep {
    try Sweep(
      space(given), over: Configuration(), search: .random(trials: trials, seed: seed), keep: keep,
      rungs: rungs, folds: SweepFolds(count: folds))
  }

  /// A score for each task of the first rungs, drawn at random.
  static func scores(of sweep: Sweep, rungs: Int, seed: UInt64 = 1) -> [Int: TaskScore] {
    var stream = RandomStream(Philox(seed: seed), .sample)
    var scores: [Int: TaskScore] = [:]
    for rung in 1...rungs {
      for number in sweep.tasks(ofRung: rung) {
        scores[number] = TaskScore(rows: 1000, wrong: stream.below(40), logLoss: stream.uniform())
      }
    }
    return scores
  }

  /// An evaluation of which the given rows are wrong.
  static func evaluation(rows: Range<Int>, wrong: Set<Int>) -> Evaluation {
    let labels = rows.map { UInt8($0 % 10) }
    var probabilities: [Double] = []
    for (row, label) in zip(rows, labels) {
      let answer = wrong.contains(row) ? (Int(label) + 1) % 10 : Int(label)
      probabilities += (0..<10).map { $0 == answer ? 0.91 : 0.01 }
    }
    return Evaluation(rows: Array(rows), labels: labels, probabilities: probabilities)
  }
}
