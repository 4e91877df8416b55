import Competition
import Runs

/// A training of a sweep, as it is planned: who trains in this place is known once the rungs before are scored.
public struct SweepTask: Sendable, Equatable {
  /// The rung, from 1; `Sweep.finalRung` is the comparison of the winner with the base.
  public var rung: Int
  /// The place among those that take part in the rung, from 1, the best of the rung before first.
  public var place: Int
  /// The fold that is held out.
  public var fold: Int

  /// A value of each field.
  public init(rung: Int, place: Int, fold: Int) {
    self.rung = rung
    self.place = place
    self.fold = fold
  }
}

extension Sweep {
  /// The number of the final comparison, which comes after the last rung: the winner, and the base if it is another trial,
  /// on the folds that chose nothing, for all epochs.
  public var finalRung: Int { halving.rungs + 1 }

  /// The folds that a rung, or the final comparison, trains.
  public func folds(ofRung rung: Int) -> [Int] { rung == finalRung ? folds.reporting : folds.choosing }

  /// How many trials take part in a rung; in the final comparison two, though the base may be the winner.
  public func places(inRung rung: Int) -> Int { rung == finalRung ? 2 : halving.trials(inRung: rung) }

  /// How many tasks there are. Those of the base in the final comparison are not needed if it is the winner.
  public var taskCount: Int { tasks(ofRung: finalRung).upperBound }

  /// The numbers of a rung's tasks: rung after rung, in a rung place after place, for each place fold after fold.
  public func tasks(ofRung rung: Int) -> ClosedRange<Int> {
    var first = 1
    for earlier in 1..<max(1, rung) { first += places(inRung: earlier) * folds(ofRung: earlier).count }
    return first...first + places(inRung: rung) * folds(ofRung: rung).count - 1
  }

  /// The task of a number from 1 to `taskCount`; nil for another number.
  public func task(_ number: Int) -> SweepTask? {
    for rung in 1...finalRung {
      let numbers = tasks(ofRung: rung)
      guard numbers.contains(number) else { continue }
      let folds = folds(ofRung: rung)
      let (place, fold) = (number - numbers.lowerBound).quotientAndRemainder(dividingBy: folds.count)
      return SweepTask(rung: rung, place: place + 1, fold: folds[fold])
    }
    return nil
  }

  /// The number of a task; nil if there is no such task.
  public func number(of task: SweepTask) -> Int? {
    guard (1...finalRung).contains(task.rung), (1...places(inRung: task.rung)).contains(task.place) else {
      return nil
    }
    let folds = folds(ofRung: task.rung)
    guard let fold = folds.firstIndex(of: task.fold) else { return nil }
    return tasks(ofRung: task.rung).lowerBound + (task.place - 1) * folds.count + fold
  }

  /// What a task trains: the trial's number, and its options with the rung's epochs and the fold that is held out.
  ///
  /// - Parameter survivors: `survivors(ofRung:_:)` of the task's rung.
  /// - Returns: nil for a task that is not needed, and for a number of no task.
  public func training(
    _ number: Int, survivors: [Int]
  ) -> (trial: Int, configuration: Configuration)? {
    guard let task = task(number), task.place <= survivors.count else { return nil }
    let trial = survivors[task.place - 1]
    guard trials.indices.contains(trial - 1) else { return nil }
    var configuration = trials[trial - 1]
    // The final comparison is for all epochs, as the last rung is.
    configuration = halving.configuration(configuration, inRung: min(task.rung, halving.rungs))
    configuration.folds?.number = task.fold
    return (trial, configuration)
  }
}
