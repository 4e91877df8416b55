import Foundations
import Runs

/// Successive halving over epochs: many trials are trained for few epochs, and only the best of them for more.
///
/// Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016, as a
/// bracket of Hyperband (Li et al., JMLR 18, 2018) has it, and ASHA's synchronous parent (Li et al., "A system for massively
/// parallel hyperparameter tuning", 2018). Rung r of R has ⌊n / ηʳ⁻¹⌋ of n trials, each trained for E · ηʳ⁻ᴿ epochs, so that
/// the last has all E.
///
/// A training is not continued from one rung to the next: schedules such as one-cycle end with the last epoch, so each rung
/// trains anew for its own number of epochs. With η = 3 that takes less than half as long again as going on would.
public struct Halving: Sendable, Equatable {
  /// Trials of the first rung, n.
  public let trials: Int
  /// One of this many trials goes on to the next rung, η.
  public let keep: Int
  /// How many rungs there are, R; one is no halving.
  public let rungs: Int

  /// Throws `usage` for numbers out of range.
  public init(trials: Int, keep: Int = 3, rungs: Int = 1) throws(KitError) {
    for (name, value, range) in [
      ("trials", trials, 1...SearchSpace.mostTrials), ("keep", keep, 2...100), ("rungs", rungs, 1...14),
    ] where !range.contains(value) {
      throw KitError(
        .usage, "--\(name) is \(value); it must be between \(range.lowerBound) and \(range.upperBound)")
    }
    self.trials = trials
    self.keep = keep
    self.rungs = rungs
  }

  /// How many trials a rung has, counted from 1: at least one.
  public func trials(inRung rung: Int) -> Int {
    var count = trials
    for _ in 1..<max(1, rung) { count /= keep }
    return max(1, count)
  }

  /// The epochs that a rung trains of all epochs, to the nearest whole number and at least one.
  public func epochs(_ all: Int, inRung rung: Int) -> Int {
    var share = 1.0
    for _ in 0..<max(0, rungs - rung) { share *= Double(keep) }
    return max(1, Int((Double(all) / share).rounded()))
  }

  /// A trial as a rung trains it: with its epochs, and the same shares of them without augmentation and in an average.
  ///
  /// An average over the last epochs that has no room for two is left out.
  public func configuration(_ trial: Configuration, inRung rung: Int) -> Configuration {
    let epochs = epochs(trial.epochs, inRung: rung)
    if epochs == trial.epochs { return trial }
    func share(_ count: Int) -> Int {
      Int((Double(count) * Double(epochs) / Double(trial.epochs)).rounded())
    }
    var result = trial
    result.epochs = epochs
    result.plainEpochs = min(epochs, share(trial.plainEpochs))
    if let averaged = trial.averaging.epochs {
      result.averaging = epochs < 2 ? .none : .lastEpochs(max(2, share(averaged)))
    }
    return result
  }
}
