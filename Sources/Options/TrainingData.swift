import Competition
import Foundations
import Runs
import Terminal

/// The training table of a command, and where it is.
public struct TrainingData: Sendable {
  /// All rows.
  public let table: DigitTable
  /// The place, from the root, for a record that another folder's process may read.
  public let place: String

  /// Reads what `--data` names, or what is found, which is then said.
  public init(finding option: String?) throws(KitError) {
    let location = try locateData(option)
    table = try location.training()
    place = absolutePath(location.description)
  }
}

/// Says which checkpoints of some sources are of trainings that are not done.
public func noteUnfinished(_ sources: [String]) throws(KitError) {
  for path in try checkpointPaths(sources).joined() {
    guard let progress = MemberDirectory.progress(ofCheckpoint: path), progress.done < progress.planned else {
      continue
    }
    note("note: \(path) is of a training that has done \(progress.done) of \(progress.planned) epochs")
  }
}
