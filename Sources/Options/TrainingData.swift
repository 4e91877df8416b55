import Competition
import Foundations
import Runs
import Terminal

/// The training table of a command, and where it is.
public struct TrainingData: Sendable {
  /// All rows.
  public let table: DigitTable
  /// Where it is, from the root, for a record that a process in another folder may read.
  public let place: String

  /// Reads what `--data` names, or else what is found, which is then printed.
  public init(finding option: String?) throws(KitError) {
    let location = try locateData(option)
    table = try location.training()
    place = absolutePath(location.description)
  }
}

/// Prints which checkpoints of some sources are of trainings that are not finished.
public func noteUnfinished(_ sources: [String]) throws(KitError) {
  for path in try checkpointPaths(sources).joined() {
    guard let progress = MemberDirectory.progress(in: enclosingFolder(path)), progress.done < progress.planned
    else { continue }
    note("note: \(path) is of an unfinished training (\(progress.done) of \(progress.planned) epochs)")
  }
}
