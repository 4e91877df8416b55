import Foundations
import Platform

/// The folder of a training, `member-1`, `member-2`, … in it, or of a cross-validation, with a training's folder for each
/// fold, `fold-1`, `fold-2`, …; and a lock that keeps a second writer out.
public final class RunDirectory: Sendable {
  /// The folder, as it was given or named.
  public let path: String
  /// An open file, locked as long as this object lives.
  private let lock: Int32

  /// Makes a new run's folder: `output`, or `runs/` with the date and the first free letter.
  ///
  /// - Throws: `cannotWrite` if the folder holds anything, unless `force` is given and what it holds is a run, which is
  ///   then removed; or if it can't be made.
  public init(creating output: String?, force: Bool) throws(KitError) {
    if let output {
      path = withoutFinalSlash(output)
      try makeFolders(path)
      try Self.requireReplaceable(path, force: force)
      lock = try Self.lock(path)
      // Another process may have begun a run there before the lock was ours.
      try Self.requireReplaceable(path, force: force)
      try Self.removeRun(in: path)
    } else {
      path = try Self.makeDatedFolder(in: "runs")
      lock = try Self.lock(path)
    }
  }

  /// Opens a run that was begun. Throws `missingInput` if it is not a run, `failure` if another process writes to it.
  public init(resuming path: String) throws(KitError) {
    self.path = withoutFinalSlash(path)
    guard !Self.members(of: self.path).isEmpty || Self.isCrossValidation(self.path) else {
      throw Self.notARun(path)
    }
    lock = try Self.lock(self.path)
    for file in RunFiles.all where file.isFolder && fileExists(file.path(in: self.path)) {
      try Self.removeLeftovers(in: file.path(in: self.path))
    }
    for folder in [self.path] + Self.members(of: self.path).map(\.path) {
      try Self.removeLeftovers(in: folder)
    }
  }

  /// Opens a fold's folder in a cross-validation's, making it if need be.
  package init(fold number: Int, in parent: RunDirectory) throws(KitError) {
    path = Self.fold(number, of: parent.path)
    try makeFolders(path)
    lock = try Self.lock(path)
    for member in Self.members(of: path) { try Self.removeLeftovers(in: member.path) }
  }

  deinit { close(lock) }

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

  /// The members that a run's folder holds, by number.
  public static func members(of path: String) -> [MemberDirectory] {
    let names = (try? folderEntries(path)) ?? []
    return names.compactMap { number($0, after: memberPrefix) }.sorted()
      .map { member($0, of: path) }
  }

  /// The folds' folders that a cross-validation's folder holds, by number.
  public static func folds(of path: String) -> [(number: Int, path: String)] {
    let names = (try? folderEntries(path)) ?? []
    return names.compactMap { number($0, after: foldPrefix) }.sorted().map { ($0, fold($0, of: path)) }
  }

  /// Whether a folder is a cross-validation's.
  public static func isCrossValidation(_ path: String) -> Bool {
    fileExists(ConfigurationFile.path(in: path)) && members(of: path).isEmpty
  }

  private static let lockName = ".lock"
  private static let memberPrefix = "member-"
  private static let foldPrefix = "fold-"

  /// Whether a name is that of a file or folder within a run, not of a run: such names say which part of a run is meant.
  public static func isWithinRun(_ name: String) -> Bool {
    number(name, after: memberPrefix) != nil || number(name, after: foldPrefix) != nil
  }

  static func notARun(_ path: String) -> KitError {
    KitError(.missingInput, "\(path) is not a run: it has no folder \(memberPrefix)1 or \(foldPrefix)1")
  }

  /// Throws what the first initializer says.
  private static func requireReplaceable(_ path: String, force: Bool) throws(KitError) {
    let names = try folderEntries(path).filter { $0 != lockName }
    if names.isEmpty { return }
    guard !members(of: path).isEmpty || !folds(of: path).isEmpty || isCrossValidation(path) else {
      throw KitError(.cannotWrite, "\(path) exists and is not a run; give --output another name")
    }
    guard force else {
      throw KitError(.cannotWrite, "\(path) holds a run; --resume \(path) resumes it, --force replaces it")
    }
  }

  /// Removes what a run consists of; what someone else put beside it stays.
  private static func removeRun(in path: String) throws(KitError) {
    try removeLeftovers(in: path)
    for file in RunFiles.all where file.owners != [.member] && fileExists(file.path(in: path)) {
      if file.isFolder { try removeFolder(file.path(in: path)) } else { unlink(file.path(in: path)) }
    }
    for member in members(of: path) { try removeFolder(member.path) }
    for fold in folds(of: path) {
      try removeRun(in: fold.path)
      try removeFolder(fold.path)
    }
  }

  /// Removes what a killed writer left beside the files.
  private static func removeLeftovers(in path: String) throws(KitError) {
    for name in try folderEntries(path) where WholeFile.isTemporary(name) {
      unlink("\(path)/\(name)")
    }
  }

  private static func number(_ name: String, after prefix: String) -> Int? {
    guard name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count)), number >= 1,
      name == "\(prefix)\(number)"
    else { return nil }
    return number
  }

  private static func lock(_ path: String) throws(KitError) -> Int32 {
    let name = "\(path)/\(lockName)"
    let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw KitError(.cannotWrite, "\(path) can't be written: \(systemMessage(errno))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw KitError(.failure, "another process is writing to \(path)")
    }
    return descriptor
  }

  private static func makeDatedFolder(in parent: String) throws(KitError) -> String {
    try makeFolders(parent)
    var now = time(nil)
    var date = tm()
    localtime_r(&now, &date)
    func twoDigits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(1900 + Int(date.tm_year))-\(twoDigits(date.tm_mon + 1))-\(twoDigits(date.tm_mday))"
    let letters = (97...122).map { String(UnicodeScalar(UInt8($0))) }
    for suffix in letters + letters.flatMap({ first in letters.map { first + $0 } }) {
      let path = "\(parent)/\(day)-\(suffix)"
      if mkdir(path, 0o777) == 0 { return path }
      guard errno == EEXIST else {
        throw KitError(.cannotWrite, "\(path) can't be made: \(systemMessage(errno))")
      }
    }
    throw KitError(.cannotWrite, "\(parent) holds 702 runs of today; give --output a name")
  }
}
