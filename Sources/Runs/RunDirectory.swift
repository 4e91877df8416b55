import Foundations
import Platform

/// The folder of a training, `member-1`, `member-2`, … in it, or of a cross-validation, with a training's folder for each
/// fold, `fold-1`, `fold-2`, …; and a lock that keeps a second writer out.
public final class RunDirectory: Sendable {
  /// The folder, as it was given or named.
  public let path: String
  /// Its lock; a fold that is written with all the others is protected by the cross-validation's.
  private let lock: RunLock?
  /// The share in the cross-validation's lock that a fold by itself has.
  private let sharedLock: RunLock?

  /// Makes a new run's folder: `output`, or `runs/` with the date and the first free letter. What can fail otherwise
  /// should be done before: a run that is replaced is gone then.
  ///
  /// - Parameter configuration: What will be trained, which says where files will be written.
  /// - Throws: `cannotWrite` if the folder holds anything, unless `force` is given and what it holds is a run, whose files
  ///   are then removed; if something else is where the new run's files will be; or if it can't be made. `failure` if
  ///   another process writes to it or to one of its folds.
  public init(
    creating output: String?, force: Bool, for configuration: Configuration = Configuration()
  ) throws(KitError) {
    guard let output else {
      path = try Self.makeDatedFolder(in: "runs")
      lock = try RunLock(path)
      sharedLock = nil
      return
    }
    path = withoutFinalSlash(output)
    try makeFolders(path)
    _ = try Self.replaceable(path, force: force)
    sharedLock = try Self.shareOfCrossValidation(path)
    lock = try RunLock(path)
    // Another process may have begun a run there before the lock was ours.
    let contents = try Self.replaceable(path, force: force)
    try contents.askParts()
    try contents.requireRoom(for: configuration)
    try contents.remove()
  }

  /// Opens a run that was begun.
  ///
  /// - Throws: `missingInput` if it is not a run, `badData` if its configuration is malformed, `failure` if another process
  ///   writes to it, `cannotWrite` if it can't be locked.
  public init(resuming path: String) throws(KitError) {
    self.path = withoutFinalSlash(path)
    // Nothing is written into a folder that is not a run's, not even the lock.
    _ = try ConfigurationFile(ofRun: self.path)
    sharedLock = try Self.shareOfCrossValidation(self.path)
    lock = try RunLock(self.path)
    try RunContents(of: self.path).removeLeftovers()
  }

  /// Opens the folder of a plan whose tasks are done, to write what is made of them. Throws as the one for resuming does.
  public init(gathering path: String) throws(KitError) {
    self.path = withoutFinalSlash(path)
    sharedLock = nil
    lock = try RunLock(self.path)
    WholeFile.removeLeftovers(in: self.path)
  }

  /// Opens a fold's folder in a cross-validation's, making it if need be. Throws `failure` if another process writes to
  /// it.
  package init(fold number: Int, in parent: RunDirectory) throws(KitError) {
    path = Self.fold(number, of: parent.path)
    try makeFolders(path)
    // Asked, not held: there may be more folds than a process may have files open.
    _ = try RunLock(path)
    (lock, sharedLock) = (nil, nil)
  }

  /// Whether the folder's lock, which this object holds, keeps others out: on some file systems a lock is taken and means
  /// nothing.
  public var isLockObeyed: Bool { (try? RunLock(path, isPatient: false)) == nil }

  private static func shareOfCrossValidation(_ path: String) throws(KitError) -> RunLock? {
    // Where nothing can be written, no cross-validation writes either.
    guard let whole = RunPart.crossValidation(ofFold: path),
      access("\(whole)/\(RunLock.name)", R_OK) == 0 || access(whole, W_OK) == 0
    else { return nil }
    return try RunLock(whole, shared: true)
  }

  /// A member's folder.
  public func member(_ number: Int) -> MemberDirectory {
    Self.member(number, of: path)
  }

  /// A member's folder in a run's, whether it is there or not.
  public static func member(_ number: Int, of path: String) -> MemberDirectory {
    MemberDirectory(path: "\(path)/\(memberPrefix)\(number)", number: number)
  }

  /// A fold's folder in a cross-validation's, whether it is there or not.
  public static func fold(_ number: Int, of path: String) -> String { "\(path)/\(foldPrefix)\(number)" }

  /// The members' folders in a run's folder, by number. Someone else's folder of such a name is among them.
  public static func members(of path: String) -> [MemberDirectory] {
    let names = (try? folderEntries(path)) ?? []
    return names.compactMap(memberNumber).sorted().map { member($0, of: path) }
  }

  /// The members' folders of a run, fold after fold in a cross-validation, whether they are there or not.
  static func members(of path: String, plannedBy configuration: Configuration) -> [MemberDirectory] {
    let folds = configuration.folds.flatMap { $0.number == nil ? $0.trainings : nil }
    let trainings = folds.map { (0..<$0).map { fold($0 + 1, of: path) } } ?? [path]
    return trainings.flatMap { training in (0..<configuration.members).map { member($0 + 1, of: training) } }
  }

  /// The folds' folders that a cross-validation's folder holds, by number.
  public static func folds(of path: String) -> [(number: Int, path: String)] {
    let names = (try? folderEntries(path)) ?? []
    return names.compactMap(foldNumber).sorted().map { ($0, fold($0, of: path)) }
  }

  /// Whether a folder is a cross-validation's.
  public static func isCrossValidation(_ path: String) -> Bool {
    fileExists(ConfigurationFile.path(in: path))
      && !members(of: path).contains { fileExists(ConfigurationFile.path(in: $0.path)) }
  }

  /// The command that resumes a run, `train` or `cross-validate`; nil if a folder holds neither members nor folds.
  public static func command(for path: String) -> String? {
    if isCrossValidation(path) { return "cross-validate" }
    return members(of: path).isEmpty ? folds(of: path).isEmpty ? nil : "cross-validate" : "train"
  }

  private static let memberPrefix = "member-"
  private static let foldPrefix = "fold-"

  /// The number in the name of a member's folder; nil for another name.
  static func memberNumber(_ name: String) -> Int? { number(name, after: memberPrefix) }

  /// The number in the name of a fold's folder; nil for another name.
  static func foldNumber(_ name: String) -> Int? { number(name, after: foldPrefix) }

  /// A trial's folder in a rung of a sweep.
  package static func trial(_ number: Int, inRung rung: Int, of path: String) -> String {
    "\(path)/rung-\(rung)-trial-\(number)"
  }

  /// Whether a name is that of a trial's folder.
  static func isTrial(_ name: String) -> Bool {
    let numbers = name.split(separator: "-", omittingEmptySubsequences: false)
    guard numbers.count == 4, let rung = Int(numbers[1]), let trial = Int(numbers[3]), rung > 0, trial > 0
    else { return false }
    return name == "rung-\(rung)-trial-\(trial)"
  }

  /// Whether a name is that of a file or folder within a run, not of a run: such names say which part of a run is meant.
  public static func isWithinRun(_ name: String) -> Bool {
    memberNumber(name) != nil || foldNumber(name) != nil || isTrial(name)
  }

  static func notARun(_ path: String) -> KitError {
    KitError(.missingInput, "\(path) is not a run: it has no folder \(memberPrefix)1 or \(foldPrefix)1")
  }

  /// Refuses to resume (`usage`) a part of a run, with the command for the run, and (`missingInput`) a folder in which no
  /// run has begun, as when a process was killed before, with the command that begins one.
  public static func requireBegun(_ path: String, command: String) throws(KitError) {
    if let part = RunPart(path) { throw part.refusal(by: command) }
    let folder = absolutePath(path)
    let above = [enclosingFolder(folder), enclosingFolder(enclosingFolder(folder))]
    for run in [withoutFinalSlash(path)] + above where fileExists(PlanFile.path(in: run)) {
      throw KitError(
        .usage,
        "\(run) is trained in tasks; to work on them: kaggle-digits work \(quoted(run)) --any, and when all are done: "
          + "kaggle-digits gather \(quoted(run))")
    }
    if command == "cross-validate", let refusal = RunPart.refusalOfFold(path) { throw refusal }
    guard let contents = try? RunContents(of: path), !contents.holdsRun,
      contents.isBlank || contents.isMarked && Self.command(for: path) == nil
    else { return }
    throw KitError(
      .missingInput,
      "no run has begun in \(path), so there is none to resume; to begin one there: kaggle-digits \(command) "
        + "--output \(quoted(withoutFinalSlash(path))), with the other options")
  }

  /// What a folder holds, where a new run may be made in it; throws what the first initializer says.
  private static func replaceable(_ path: String, force: Bool) throws(KitError) -> RunContents {
    let contents = try RunContents(of: path)
    if contents.holdsRun {
      if force { return contents }
      if fileExists(PlanFile.path(in: path)) {
        throw KitError(
          .cannotWrite,
          "\(path) holds a plan; kaggle-digits work \(quoted(path)) --any works on its tasks, --force replaces it"
        )
      }
      throw KitError(
        .cannotWrite,
        "\(path) holds a run; kaggle-digits \(command(for: path) ?? "train") --resume \(quoted(path)) resumes it, --force replaces it"
      )
    }
    guard contents.isBlank || contents.isMarked else {
      throw KitError(.cannotWrite, "\(path) exists and is not a run; give --output another name")
    }
    return contents
  }

  private static func number(_ name: String, after prefix: String) -> Int? {
    guard name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count)), number >= 1,
      name == "\(prefix)\(number)"
    else { return nil }
    return number
  }

  private static func makeDatedFolder(in parent: String) throws(KitError) -> String {
    try makeFolders(parent)
    let day = Moment.local().date
    let letters = (97...122).map { String(UnicodeScalar(UInt8($0))) }
    for suffix in letters + letters.flatMap({ first in letters.map { first + $0 } }) {
      let path = "\(parent)/\(day)-\(suffix)"
      if mkdir(path, 0o777) == 0 {
        syncFolder(parent)
        return path
      }
      guard errno == EEXIST else {
        throw KitError(.cannotWrite, "\(path) can't be made: \(systemMessage(errno))")
      }
    }
    throw KitError(.cannotWrite, "\(parent) holds 702 runs of today; give --output a name")
  }
}
