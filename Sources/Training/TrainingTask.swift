import Competition
import Compute
import Foundations
import NeuralNetworks
import Runs
import Synchronization

/// One network to train: what is computed, on which rows, and where it is written.
public struct TrainingTask: Sendable {
  /// What is computed.
  public let configuration: Configuration
  /// The member's folder.
  public let member: MemberDirectory
  /// All rows.
  public let table: DigitTable
  /// Those that train, that validate, and that are held out.
  public let split: RowSplit
  /// The network with its shapes.
  public let network: ShapedNetwork
  /// SHA-256 of the parsed table.
  let rowsDigest: String
  /// The task of a plan that it is, which is taken before it begins; nil if its run is all this process's.
  var planned: (task: PlannedTask, plan: PlanFile)?

  /// How it ended.
  enum End {
    /// All epochs are done.
    case finished
    /// It was asked to stop; the state is saved.
    case stopped
    /// Another process works on it.
    case elsewhere
  }

  /// Trains it, from its state if there is one.
  ///
  /// - Parameters:
  ///   - saveInterval: After how much time within an epoch the state is saved.
  ///   - isPatient: Whether to wait a moment for another process that is just being ended.
  func run(
    threads: Int, _ kernels: any InstructionSet, saveInterval: Duration, isPatient: Bool,
    _ isStopping: () -> Bool, observe: (TrainingEvent) -> Void
  ) throws(KitError) -> End {
    guard let planned else {
      return try fit(threads: threads, kernels, saveInterval: saveInterval, isStopping, observe: observe)
    }
    // Another process may have done it meanwhile, which its files tell for less than the lock.
    if try planned.task.standing() == .done {
      observe(.doneBefore(try HistoryFile.read(HistoryFile.path(in: member.path))))
      return .finished
    }
    guard let claim = try TaskClaim(planned.task, of: planned.plan, isPatient: isPatient) else {
      observe(.runsElsewhere)
      return .elsewhere
    }
    defer { withExtendedLifetime(claim) {} }
    try member.write(planned.task.file)
    return try fit(threads: threads, kernels, saveInterval: saveInterval, isStopping, observe: observe)
  }

  private func fit(
    threads: Int, _ kernels: any InstructionSet, saveInterval: Duration, _ isStopping: () -> Bool,
    observe: (TrainingEvent) -> Void
  ) throws(KitError) -> End {
    let state: TrainingState
    let file = StateFile.path(in: member.path)
    if fileExists(file) {
      do throws(KitError) {
        state = try readState(file)
      } catch {
        if error.kind != .badData { throw error }
        throw KitError(
          .badData,
          "\(error.message); to train this member anew, remove the file and resume again: rm \(quoted(file))")
      }
    } else {
      state = TrainingState(
        configuration, member: member.number, network: network, rowsDigest: rowsDigest, rows: table.count)
    }
    let trainer = Trainer(
      state, directory: member, table: table, split: split, saveInterval: saveInterval, threads: threads,
      kernels: kernels)
    do throws(KitError) {
      return try trainer.fit(isStopping: isStopping, observe: observe) ? .finished : .stopped
    } catch {
      // Of a trial that is what it came to.
      guard trainer.hasDiverged, let planned, planned.plan.sweep != nil else { throw error }
      try planned.task.writeDiverged(error.message)
      observe(.diverged)
      return .finished
    }
  }

  private func readState(_ file: String) throws(KitError) -> TrainingState {
    let state = try StateFile.read(file, side: DigitTable.side, epochs: configuration.epochs)
    guard state.configuration == configuration, state.rowsDigest == rowsDigest, state.member == member.number
    else { throw KitError(.badData, "\(file) does not match the configuration beside it") }
    let (rows, batch) = (split.training.count, configuration.batch)
    guard (0...(rows + batch - 1) / batch).contains(state.step), (0...rows).contains(state.correct) else {
      throw KitError(.badData, "\(file): its step is out of range for an epoch of \(rows) rows")
    }
    if let learnt = state.learnt, learnt.marks.count != table.count {
      throw KitError(.badData, "\(file): what it says of learnt rows is not of \(table.count) rows")
    }
    return state
  }
}

extension [TrainingTask] {
  /// How many are trained at once: one per thread, which needs no synchronization.
  public func lanes(threads: Int) -> Int { Swift.min(count, threads) }

  /// Where the trainings of a run that is resumed stand: `1 with all epochs done, 2 from the start`.
  public var standing: String {
    var counts: [Int: Int] = [:]
    for task in self {
      let done = MemberDirectory.progress(in: task.member.path)?.done ?? 0
      counts[fileExists(StateFile.path(in: task.member.path)) ? done : -1, default: 0] += 1
    }
    let epochs = self.first?.configuration.epochs ?? 0
    return counts.sorted { $0.key > $1.key }.map { done, count in
      let what =
        switch done {
        case epochs: "with all epochs done"
        case 1...: "after epoch \(done) of \(epochs)"
        case 0: "in epoch 1"
        default: "from the start"
        }
      return self.count == 1 ? what : "\(grouped(count)) \(what)"
    }.joined(separator: ", ")
  }

  /// The order in which they begin: fold by fold, and of a fold's the longest first, so that the lanes end together. Tasks
  /// of a plan begin in their own order.
  var order: [Int] {
    if contains(where: { $0.planned != nil }) { return Array<Int>(indices) }
    let keys = enumerated().map { index, task in
      (task.configuration.folds?.number ?? 0, -task.network.multiplyAdds, index)
    }
    return keys.sorted { $0 < $1 }.map(\.2)
  }

  /// Trains all, side by side over the processors; false if it was asked to stop before they were done.
  ///
  /// An error of one lets the others finish, then it is thrown. `observe` is called from the tasks' threads, with a
  /// task's place in the array and its lane. A task of a plan that another process works on is left to that.
  ///
  /// - Parameters:
  ///   - saveInterval: After how much time within an epoch a training's state is saved.
  ///   - isPatient: Whether to wait a moment for a task whose process is just being ended.
  public func fit(
    threads: Int, kernels: any InstructionSet, saveInterval: Duration = .seconds(300), isPatient: Bool = true,
    isStopping: @escaping @Sendable () -> Bool,
    observe: @escaping @Sendable (_ task: Int, _ lane: Int, TrainingEvent) -> Void
  ) throws(KitError) -> Bool {
    let lanes = lanes(threads: threads)
    let order = order
    let failures = Mutex<[(task: Int, error: KitError)]>([])
    let isComplete = Mutex(true)
    func train(_ place: Int, lane: Int, threads: Int) {
      let task = order[place]
      do throws(KitError) {
        let end = try self[task].run(
          threads: threads, kernels, saveInterval: saveInterval, isPatient: isPatient, isStopping
        ) { observe(task, lane, $0) }
        if case .stopped = end { isComplete.withLock { $0 = false } }
      } catch {
        failures.withLock { $0.append((task, error)) }
      }
    }
    // A lane that is done takes the next training, since one network may take longer than another. Those of an
    // incomplete last round are fewer than the threads, which they then share.
    let inRounds = count / lanes * lanes
    let next = Atomic(0)
    ThreadPool(threads: lanes).forEach(lanes) { _, lane in
      while isComplete.withLock({ $0 }) {
        let place = next.add(1, ordering: .relaxed).oldValue
        if place >= inRounds { break }
        if isStopping() {
          isComplete.withLock { $0 = false }
        } else {
          train(place, lane: lane, threads: threads / lanes)
        }
      }
    }
    if inRounds < count, isComplete.withLock({ $0 }) {
      ThreadPool(threads: count - inRounds).forEach(count - inRounds) { _, lane in
        train(inRounds + lane, lane: lane, threads: threads / (count - inRounds))
      }
    }
    if let failure = failures.withLock({ $0.min { $0.task < $1.task } }) { throw failure.error }
    return isComplete.withLock { $0 }
  }
}
