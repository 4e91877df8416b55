import Checkpoints
import Competition
import Foundations
import Platform

/// A member's folder in a run.
public struct MemberDirectory: Sendable {
  /// The folder.
  public let path: String
  /// The member's number, from 1.
  public let number: Int

  /// How many epochs the training in a folder has done, and of how many; nil if its files are missing or not ours.
  public static func progress(in folder: String) -> (done: Int, planned: Int)? {
    guard let file = try? ConfigurationFile(reading: ConfigurationFile.path(in: folder)),
      let history = try? HistoryFile.read(HistoryFile.path(in: folder))
    else { return nil }
    return (history.epochs.count, file.configuration.epochs)
  }

  /// Whether the files that follow from a finished training's state are all there, and no other checkpoint. The timings
  /// don't follow from it.
  package func holds(_ state: TrainingState) -> Bool {
    guard HistoryFile.isWritten(state.history, at: HistoryFile.path(in: path)),
      Self.isOf(LastCheckpointFile.path(in: path), epoch: state.history.epochs.last)
    else { return false }
    let best = BestCheckpointFile.path(in: path)
    return state.configuration.select == .best
      ? Self.isOf(best, epoch: state.selected) : !fileExists(best)
  }

  /// Whether a training of these options has ended here, by its history and the first bytes of its checkpoints: there may be
  /// a thousand to ask.
  func isDone(_ configuration: Configuration) -> Bool {
    guard let history = try? HistoryFile.read(HistoryFile.path(in: path)),
      history.epochs.count == configuration.epochs, let last = history.epochs.last
    else { return false }
    func isThere(_ checkpoint: String, of epoch: EpochRecord?) -> Bool {
      (try? Checkpoint.origin(ofFileAt: checkpoint))?.epoch == epoch?.epoch
    }
    return isThere(LastCheckpointFile.path(in: path), of: last)
      && (configuration.select == .last
        || isThere(BestCheckpointFile.path(in: path), of: history.kept(by: .best)))
  }

  private static func isOf(_ checkpoint: String, epoch: EpochRecord?) -> Bool {
    guard let epoch, let file = try? Checkpoint(reading: checkpoint, side: DigitTable.side) else {
      return false
    }
    return file.origin.epoch == epoch.epoch
  }

  /// Writes the configuration, making the folder if need be.
  package func write(_ file: ConfigurationFile) throws(KitError) {
    try makeFolders(path)
    try file.write(to: path, member: number)
  }

  /// Writes the state within an epoch, from which nothing else follows yet.
  package func save(_ state: TrainingState) throws(KitError) {
    try StateFile.write(state, to: StateFile.path(in: path))
  }

  /// Writes the state first, then what follows from it: within an epoch the checkpoints are those of the epoch before.
  ///
  /// Without `--select best` there is one checkpoint, the last; another one is of an earlier version of the kit and goes.
  ///
  /// - Parameter seconds: what the epoch took that was just finished; nil within an epoch.
  package func write(_ state: TrainingState, finished seconds: Double?) throws(KitError) {
    try save(state)
    try HistoryFile.write(state.history, to: HistoryFile.path(in: path))
    if state.step == 0, let record = state.history.epochs.last {
      try Checkpoint(state.keptWeights, origin: state.origin(record))
        .write(to: LastCheckpointFile.path(in: path), replacing: true)
    }
    let best = BestCheckpointFile.path(in: path)
    if state.configuration.select == .last {
      unlink(best)
    } else if let record = state.selected {
      try Checkpoint(state.selectedWeights, origin: state.origin(record)).write(to: best, replacing: true)
    }
    if let seconds {
      try TimingsFile.add(epoch: state.epoch, seconds: seconds, to: TimingsFile.path(in: path))
    }
  }
}
