import Foundations
import Runs
import Scoring
import Sweeps
@testable import Reporting

extension Sample {
  /// A finished sweep whose scores depend on its options as those of trainings do, and on chance.
  static func sweep(
    trials: Int, rungs: Int = 1, searched: [String: String] = searched, isFinished: Bool = true
  ) throws -> SweepReport {
    let sweep = try Sweep(
      SearchSpace(searched), over: Configuration(), search: .random(trials: trials, seed: 5), rungs: rungs,
      folds: SweepFolds())
    var stream = RandomStream(Philox(seed: 3), .sample)
    var scores: [Int: TaskScore] = [:]
    for rung in 1...rungs {
      for number in sweep.tasks(ofRung: rung) {
        guard let survivors = sweep.survivors(ofRung: rung, scores),
          let task = sweep.training(number, survivors: survivors)
        else { continue }
        scores[number] = score(of: task.configuration, &stream)
      }
    }
    let survivors = sweep.survivors(ofRung: sweep.finalRung, scores) ?? []
    var verdict: SweepVerdict?
    if isFinished {
      verdict = try SweepVerdict(
        of: sweep, scores, winner: evaluations(wrong: 3),
        base: survivors == [1] ? [] : evaluations(wrong: 4))
    } else {
      scores[sweep.tasks(ofRung: rungs).upperBound] = nil
    }
    var report = SweepReport(title: "runs/\(hostile)", sweep: sweep, scores: scores, verdict: verdict)
    report.facts = [("data", hostile)]
    report.commands = [("make the same sweep again", "kaggle-digits sweep --plan \(hostile)")]
    report.tableArguments = ["--data", hostile]
    return report
  }

  static let searched = [
    "learning-rate": "0.0003..0.03", "shift": "0,0.05,0.1", "network": "compact,deotte,16C3-P2-32C3-P2-64N",
    "rotate": "0..20", "batch": "32..256",
  ]

  private static func score(of trial: Configuration, _ stream: inout RandomStream) -> TaskScore {
    let rate = Elementary.log(trial.learningRate / 0.003)
    // One that is far too large diverges.
    if trial.learningRate > 0.027 { return .diverged(rows: 8400) }
    let shift = trial.augmentation.shift - 0.05
    var error = 0.006 + 0.002 * rate * rate + 0.8 * shift * shift + 0.02 / Double(trial.epochs)
    if trial.networks[0].contains("64N") { error += 0.006 }
    error *= stream.uniform(0.85, 1.15)
    return TaskScore(rows: 8400, wrong: Int(8400 * error), logLoss: 3 * error)
  }

  /// An evaluation of each reporting fold, `wrong` of every hundred rows wrong.
  private static func evaluations(wrong: Int) -> [Evaluation] {
    let whole = evaluation(of: table(rows: 300), wrong: wrong)
    return (0..<3).map { fold in
      let rows = 100 * fold..<100 * (fold + 1)
      return Evaluation(
        rows: Array(rows), labels: Array(whole.labels[rows]),
        probabilities: Array(whole.probabilities[10 * rows.lowerBound..<10 * rows.upperBound]))
    }
  }
}
