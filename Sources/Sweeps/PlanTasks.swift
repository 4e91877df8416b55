import Foundations
import Runs

/// The tasks of a plan, of whichever command, as far as they are known.
///
/// What a task of a sweep trains depends on the scores of the rungs before, which are read from the tasks' folders.
public struct PlanTasks {
  /// What can be done with a task now.
  public enum State {
    /// It is known what it trains, and how far that is.
    case known(PlannedTask, PlannedTask.Standing)
    /// Tasks of the rung before are missing.
    case waiting(forRung: Int)
    /// Nobody needs it: the base options won, and are not compared with themselves.
    case notNeeded
  }

  /// The plan.
  public let plan: PlanFile
  /// The sweep that it is; nil for a run or a cross-validation.
  public let sweep: Sweep?
  /// The scores of a sweep's tasks, by the sweep's numbers, which count from 1.
  public private(set) var scores: [Int: TaskScore] = [:]

  /// The tasks of a plan. Throws `badData` if its sweep is malformed.
  public init(of plan: PlanFile) throws(KitError) {
    self.plan = plan
    sweep = try plan.sweep.map { json throws(KitError) in try Sweep(json, from: PlanFile.path(in: plan.run)) }
    guard sweep == nil || sweep?.folds.count == plan.file.configuration.folds?.count else {
      throw KitError(.badData, "\(PlanFile.path(in: plan.run)): its folds do not fit its sweep")
    }
  }

  /// How many there are; they count from 0.
  public var count: Int { sweep?.taskCount ?? plan.taskCount }

  /// `45 tasks, 5 folds of 9 members`.
  public var summary: String {
    guard let sweep else { return plan.summary }
    let rungs = sweep.halving.rungs == 1 ? "" : " in \(sweep.halving.rungs) rungs"
    return "\(grouped(count)) tasks, \(grouped(sweep.trials.count)) trials\(rungs) on "
      + "\(SweepFolds.text(sweep.folds.choosing)), the winner on \(SweepFolds.text(sweep.folds.reporting))"
  }

  /// Groups of tasks that can begin when those before have ended: the rungs of a sweep, else all.
  public var stages: [Range<Int>] {
    guard let sweep else { return [0..<count] }
    return (1...sweep.finalRung).map { rung in
      let numbers = sweep.tasks(ofRung: rung)
      return numbers.lowerBound - 1..<numbers.upperBound
    }
  }

  /// The state of a task. Throws as `PlannedTask.standing` does.
  public mutating func state(of number: Int) throws(KitError) -> State {
    guard let sweep else {
      let task = plan.task(number)
      return .known(task, try task.standing())
    }
    guard let place = sweep.task(number + 1) else { return .notNeeded }
    for rung in 1..<place.rung {
      _ = try states(ofRung: rung, sweep)
      if sweep.survivors(ofRung: rung + 1, scores) == nil { return .waiting(forRung: rung) }
    }
    let survivors = sweep.survivors(ofRung: place.rung, scores) ?? []
    return try state(of: number, in: sweep, survivors)
  }

  /// All tasks' states, in order; the scores of those that are done are known then.
  public mutating func states() throws(KitError) -> [State] {
    guard let sweep else {
      var result: [State] = []
      for number in 0..<count { result.append(try state(of: number)) }
      return result
    }
    var result: [State] = []
    var missing: Int?
    for rung in 1...sweep.finalRung {
      if let missing {
        // The tasks of later rungs are not known, whatever is in their folders.
        result += sweep.tasks(ofRung: rung).map { _ in .waiting(forRung: missing) }
      } else {
        result += try states(ofRung: rung, sweep)
        if rung < sweep.finalRung, sweep.survivors(ofRung: rung + 1, scores) == nil { missing = rung }
      }
    }
    return result
  }

  /// The states of a rung's tasks, whose earlier rungs are scored.
  private mutating func states(ofRung rung: Int, _ sweep: Sweep) throws(KitError) -> [State] {
    let survivors = sweep.survivors(ofRung: rung, scores) ?? []
    var result: [State] = []
    for number in sweep.tasks(ofRung: rung) {
      result.append(try state(of: number - 1, in: sweep, survivors))
    }
    return result
  }

  /// The state of a sweep's task; its score is known then, if it has one.
  private mutating func state(
    of number: Int, in sweep: Sweep, _ survivors: [Int]
  ) throws(KitError) -> State {
    guard let place = sweep.task(number + 1), let task = task(number, in: sweep, survivors) else {
      return .notNeeded
    }
    let standing = try task.standing()
    let rows = plan.heldOutRows[place.fold - 1]
    switch standing {
    case .done: scores[number + 1] = try TaskScore(of: task, rows: rows)
    case .diverged: scores[number + 1] = .diverged(rows: rows)
    case .unstarted, .begun: break
    }
    return .known(task, standing)
  }

  /// A task of a sweep by the survivors of its rung; nil if nobody needs it.
  private func task(_ number: Int, in sweep: Sweep, _ survivors: [Int]) -> PlannedTask? {
    guard let place = sweep.task(number + 1),
      let training = sweep.training(number + 1, survivors: survivors)
    else { return nil }
    var file = plan.file
    file.prediction = nil
    file.configuration = training.configuration
    file.configuration.classes = plan.file.configuration.classes
    let trial = RunDirectory.trial(training.trial, inRung: place.rung, of: plan.run)
    let rung =
      sweep.halving.rungs == 1 && place.rung == 1
      ? "" : place.rung == sweep.finalRung ? "final, " : "rung \(place.rung), "
    return PlannedTask(
      number: number, name: "\(rung)trial \(training.trial) fold \(place.fold)", file: file,
      directory: RunDirectory.member(1, of: RunDirectory.fold(place.fold, of: trial)))
  }

  /// The tasks of a trial in the final comparison, fold after fold; none while earlier scores are missing.
  public func finalTasks(ofTrial trial: Int) -> [PlannedTask] {
    guard let sweep, let survivors = sweep.survivors(ofRung: sweep.finalRung, scores),
      let place = survivors.firstIndex(of: trial)
    else { return [] }
    return sweep.folds.reporting.compactMap { fold in
      sweep.number(of: SweepTask(rung: sweep.finalRung, place: place + 1, fold: fold))
        .flatMap { task($0 - 1, in: sweep, survivors) }
    }
  }
}

extension TaskScore {
  /// What a training that is done came to on the rows of its fold, by the last row of its history.
  fileprivate init(of task: PlannedTask, rows: Int) throws(KitError) {
    let path = HistoryFile.path(in: task.directory.path)
    let last = try HistoryFile.read(path).epochs.last
    guard let accuracy = last?.validationAccuracy, let logLoss = last?.validationLoss else {
      throw KitError(.badData, "\(path) has no score of held-out rows")
    }
    self.init(rows: rows, wrong: Int(((1 - accuracy) * Double(rows)).rounded()), logLoss: logLoss)
  }
}
