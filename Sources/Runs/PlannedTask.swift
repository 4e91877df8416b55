import Foundations

/// A task of a plan: the training of one member, of a run or of a fold.
public struct PlannedTask: Sendable {
  /// How far a task is, by the files in its folder.
  public enum Standing: Sendable, Equatable {
    /// No process has begun it, or none has written its state.
    case unstarted
    /// A process works on it or has stopped, after some epochs.
    case begun(epochs: Int)
    /// All its files are there.
    case done
    /// Its loss became NaN or infinite, which in a sweep is a result.
    case diverged

    /// Whether there is nothing more to train.
    public var isOver: Bool { self == .done || self == .diverged }
  }

  /// Its number in the plan, from 0.
  public let number: Int
  /// What it trains: `fold 2 member 3`.
  public let name: String
  /// What its folder's `configuration.json` says.
  public let file: ConfigurationFile
  /// Its folder, made when it begins.
  public let directory: MemberDirectory

  /// A value of each field.
  public init(number: Int, name: String, file: ConfigurationFile, directory: MemberDirectory) {
    (self.number, self.name, self.file, self.directory) = (number, name, file, directory)
  }

  /// Writes that its loss became NaN or infinite. Throws `cannotWrite`.
  package func writeDiverged(_ message: String) throws(KitError) {
    try WholeFile.write(message + "\n", to: DivergedFile.path(in: directory.path), replacing: true)
  }

  /// Removes the temporary files of a process that was killed when all else was done, if there are any and no process works
  /// on it. Throws as `TaskClaim` does.
  public func removeLeftovers(of plan: PlanFile) throws(KitError) {
    let names = (try? folderEntries(directory.path)) ?? []
    if names.contains(where: WholeFile.isTemporary) { _ = try TaskClaim(self, of: plan, isPatient: false) }
  }

  /// Whether a process works on it, as far as locks tell.
  public var isWorkedOn: Bool {
    guard let folder = try? OpenFolder(directory.path) else { return false }
    do throws(KitError) { try RunLock.ask(folder) } catch { return error.kind == .failure }
    return false
  }

  /// How far it is.
  ///
  /// - Throws: `badData` if its folder holds a training of other options or rows, or a file there is malformed.
  public func standing() throws(KitError) -> Standing {
    let path = ConfigurationFile.path(in: directory.path)
    guard fileExists(path) else { return .unstarted }
    let present = try ConfigurationFile(reading: path)
    guard present.configuration == file.configuration, present.rowsDigest == file.rowsDigest else {
      throw KitError(
        .badData, "\(directory.path) holds a training of other options or rows than the plan's; move it away")
    }
    if directory.isDone(file.configuration) { return .done }
    if fileExists(DivergedFile.path(in: directory.path)) { return .diverged }
    guard fileExists(StateFile.path(in: directory.path)) else { return .unstarted }
    let history = try? HistoryFile.read(HistoryFile.path(in: directory.path))
    return .begun(epochs: history?.epochs.count ?? 0)
  }
}

/// The right to work on a task: the lock of its folder, held as long as this object lives.
public final class TaskClaim: Sendable {
  private let lock: RunLock

  /// Takes a task of a plan; nil if another process works on it.
  ///
  /// Nothing is held in the plan's own folder, which would make tasks wait for each other. Who replaces a plan locks its
  /// folder first and asks for the tasks' locks afterwards; this takes the task's lock first and asks for the folder's. So
  /// one of the two learns of the other.
  ///
  /// - Parameter isPatient: Whether to wait a moment for a process that is just being ended.
  /// - Throws: `failure` if the plan was replaced, or is being replaced; `cannotWrite`.
  public init?(_ task: PlannedTask, of plan: PlanFile, isPatient: Bool) throws(KitError) {
    let folder = task.directory.path
    try plan.requirePresent()
    try makeFolders(folder)
    guard let lock = try RunLock.ifFree(folder, isPatient: isPatient) else { return nil }
    self.lock = lock
    try RunLock.ask(OpenFolder(plan.run))
    try plan.requirePresent()
    WholeFile.removeLeftovers(in: folder)
  }
}
