import Checkpoints
import Competition
import Foundations
import Platform

/// The folder of a training, `member-1`, `member-2`, … in it, or of a cross-validation, with a training's folder for each
/// fold, `fold-1`, `fold-2`, …; and a lock that keeps a second writer out.
public final class RunDirectory: Sendable {
  /// The folder, as it was given or named.
  public let path: String
  /// An open file, locked until this is gone.
  private let lock: Int32

  /// Makes a new run's folder: `output`, or `runs/` with the date and the first free letter.
  ///
  /// Throws `cannotWrite` if the folder holds anything, unless `force` is given and what it holds is a run, which is
  /// then removed; or if it can't be made.
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

  /// Opens a run that was begun. Throws `missingInput` if it is none, `failure` if another process writes to it.
  public init(resuming path: String) throws(KitError) {
    self.path = withoutFinalSlash(path)
    guard !Self.members(of: self.path).isEmpty || Self.isCrossValidation(self.path) else {
      throw KitError(.missingInput, "\(path) is no run: it has no folder member-1 or fold-1")
    }
    lock = try Self.lock(self.path)
    let figures = "\(self.path)/figures"
    for folder in [self.path, figures] + Self.members(of: self.path).map(\.path)
    where MemberDirectory.exists(folder) {
      try Self.removeLeftovers(in: folder)
    }
  }

  /// Opens a fold's folder in a cross-validation's, making it if need be.
  package init(fold number: Int, in parent: RunDirectory) throws(KitError) {
    path = "\(parent.path)/\(Self.foldPrefix)\(number)"
    try makeFolders(path)
    lock = try Self.lock(path)
    for member in Self.members(of: path) { try Self.removeLeftovers(in: member.path) }
  }

  deinit { close(lock) }

  /// A member's folder.
  public func member(_ number: Int) -> MemberDirectory {
    MemberDirectory(path: "\(path)/\(Self.memberPrefix)\(number)", number: number)
  }

  /// What a cross-validation is made of; a training has one for each member.
  public var configuration: String { Self.configuration(of: path) }

  /// The members that a run's folder holds, by number.
  public static func members(of path: String) -> [MemberDirectory] {
    let names = (try? folderEntries(path)) ?? []
    return names.compactMap { number($0, behind: memberPrefix) }.sorted()
      .map { MemberDirectory(path: "\(path)/\(memberPrefix)\($0)", number: $0) }
  }

  /// The folds' folders that a cross-validation's folder holds, by number.
  public static func folds(of path: String) -> [String] {
    let names = (try? folderEntries(path)) ?? []
    return names.compactMap { number($0, behind: foldPrefix) }.sorted().map { "\(path)/\(foldPrefix)\($0)" }
  }

  /// Whether a folder is a cross-validation's.
  public static func isCrossValidation(_ path: String) -> Bool {
    MemberDirectory.exists(configuration(of: path)) && members(of: path).isEmpty
  }

  private static let lockName = ".lock"
  private static let memberPrefix = "member-"
  private static let foldPrefix = "fold-"

  static func configuration(of path: String) -> String { "\(path)/configuration.json" }

  /// Throws what the first initializer says.
  private static func requireReplaceable(_ path: String, force: Bool) throws(KitError) {
    let names = try folderEntries(path).filter { $0 != lockName }
    if names.isEmpty { return }
    guard !members(of: path).isEmpty || !folds(of: path).isEmpty || isCrossValidation(path) else {
      throw KitError(.cannotWrite, "\(path) exists and is no run; give --output another name")
    }
    guard force else {
      throw KitError(.cannotWrite, "\(path) holds a run; --resume \(path) continues it, --force replaces it")
    }
  }

  /// Removes what a run consists of; what someone else put there stays.
  private static func removeRun(in path: String) throws(KitError) {
    try removeLeftovers(in: path)
    for name in try folderEntries(path) {
      if number(name, behind: memberPrefix) != nil || name == "figures" {
        try removeFolder("\(path)/\(name)")
      } else if number(name, behind: foldPrefix) != nil {
        try removeRun(in: "\(path)/\(name)")
        try removeFolder("\(path)/\(name)")
      } else if [
        "configuration.json", "folds.csv", "out-of-fold.csv", "member-predictions.csv",
        "cross-validation.json", "report.html",
      ].contains(name) {
        unlink("\(path)/\(name)")
      }
    }
  }

  /// Removes what a killed writer left beside the files.
  private static func removeLeftovers(in path: String) throws(KitError) {
    for name in try folderEntries(path) where name.hasPrefix(".") && name.hasSuffix(".partial") {
      unlink("\(path)/\(name)")
    }
  }

  private static func number(_ name: String, behind prefix: String) -> Int? {
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

/// A member's folder in a run.
public struct MemberDirectory: Sendable {
  /// The folder.
  public let path: String
  /// The member's number, from 1.
  public let number: Int

  /// All that is needed to run it again.
  public var configuration: String { "\(path)/configuration.json" }
  /// What a training goes on from.
  public var state: String { "\(path)/state.safetensors" }
  /// The best epoch's checkpoint.
  public var best: String { "\(path)/best.safetensors" }
  /// The last epoch's checkpoint.
  public var last: String { "\(path)/last.safetensors" }
  /// The epochs' losses and accuracies.
  public var history: String { "\(path)/history.csv" }
  /// The epochs' seconds.
  public var timings: String { "\(path)/timings.csv" }

  /// How many epochs a member's training has done, and of how many, by the files beside a checkpoint; nil if they are
  /// not there or not ours.
  public static func progress(ofCheckpoint path: String) -> (done: Int, planned: Int)? {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let member = MemberDirectory(path: folder, number: 0)
    guard let text = try? InputFile.bytes(ofFileAt: member.configuration, limit: 1 << 20),
      let planned = (try? JSON.parse(text, from: member.configuration))?["options"]?["epochs"]?.integer,
      let history = try? InputFile.bytes(ofFileAt: "\(folder)/history.csv", limit: 1 << 26)
    else { return nil }
    return (history.count { $0 == UInt8(ascii: "\n") } - 1, planned)
  }

  /// The epochs' seconds, in order, as `timings.csv` has them. Throws `missingInput` without the file.
  public func readSeconds() throws(KitError) -> [Double] {
    let text = String(decoding: try InputFile.bytes(ofFileAt: timings, limit: 1 << 24), as: UTF8.self)
    return text.split(separator: "\n").dropFirst().compactMap { line in
      line.split(separator: ",").last.flatMap { Double($0) }
    }
  }

  /// Whether something is at a path.
  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether the files that follow from a finished training's state are all there.
  package func holds(_ state: TrainingState) -> Bool {
    guard let history = try? InputFile.bytes(ofFileAt: history, limit: 1 << 26),
      history.elementsEqual(state.history.csv.utf8), Self.exists(timings), let best = state.best
    else { return false }
    for (path, record) in [(last, state.history.epochs.last), (self.best, best)] {
      guard let checkpoint = try? Checkpoint(reading: path, side: DigitTable.side),
        checkpoint.origin.epoch == record?.epoch
      else { return false }
    }
    return true
  }

  /// Writes `configuration.json`, making the folder if need be.
  package func write(_ configuration: Configuration, data: String, rowsDigest: String) throws(KitError) {
    try makeFolders(path)
    try SavedConfiguration(configuration: configuration, data: data, rowsDigest: rowsDigest).write(
      to: self.configuration,
      with: [
        ("member", .integer(number)), ("member-seed", .string(String(configuration.seed(ofMember: number)))),
      ])
  }

  /// Writes the state first, then what follows from it. Within an epoch the checkpoints are the last epoch's and stay.
  package func write(_ state: TrainingState, finished seconds: Double?) throws(KitError) {
    try state.write(to: self.state)
    try WholeFile.write(state.history.csv, to: history, replacing: true)
    if state.step == 0, let record = state.history.epochs.last {
      try Checkpoint(state.keptWeights, origin: state.origin(record)).write(to: last, replacing: true)
    }
    if let best = state.best {
      try Checkpoint(state.bestWeights, origin: state.origin(best)).write(to: self.best, replacing: true)
    }
    if let seconds { try appendTiming(epoch: state.epoch, seconds: seconds) }
  }

  /// Adds an epoch's seconds to `timings.csv`, dropping what an earlier process wrote about it or later ones.
  private func appendTiming(epoch: Int, seconds: Double) throws(KitError) {
    let name = timings
    var lines = ["epoch,seconds"]
    if Self.exists(name) {
      let text = String(decoding: try InputFile.bytes(ofFileAt: name, limit: 1 << 24), as: UTF8.self)
      lines += text.split(separator: "\n").dropFirst().map(String.init).filter { line in
        (Int(line.prefix { $0 != "," }) ?? epoch) < epoch
      }
    }
    let milliseconds = (seconds * 1000).rounded() / 1000
    lines.append("\(epoch),\(milliseconds)")
    try WholeFile.write(lines.joined(separator: "\n") + "\n", to: name, replacing: true)
  }
}
