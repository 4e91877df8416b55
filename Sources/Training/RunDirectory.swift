import Foundations
import NeuralNetworks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The folder of a training: `member-1`, `member-2`, … in it, and a lock that keeps a second writer out.
public final class RunDirectory: Sendable {
  /// The folder, as it was given or named.
  public let path: String
  /// An open file, locked until this is gone.
  private let lock: Int32

  /// Makes a new run's folder: `output`, or `runs/` with the date and the first free letter.
  ///
  /// Throws `cannotWrite` if the folder holds anything, unless `force` is given and what it holds is a run, whose
  /// members are then removed; or if it can't be made.
  public init(creating output: String?, force: Bool) throws(KitError) {
    if let output {
      path = withoutFinalSlash(output)
      try makeFolders(path)
      _ = try Self.replaceableMembers(of: path, force: force)
      lock = try Self.lock(path)
      // Another process may have begun a run there before the lock was ours.
      for member in try Self.replaceableMembers(of: path, force: force) {
        try removeFolder("\(path)/\(member)")
      }
    } else {
      path = try Self.makeDatedFolder(in: "runs")
      lock = try Self.lock(path)
    }
  }

  /// Opens a run that was begun. Throws `missingInput` if it is none, `failure` if another process writes to it.
  public init(resuming path: String) throws(KitError) {
    self.path = withoutFinalSlash(path)
    guard !Self.members(of: self.path).isEmpty else {
      throw KitError(.missingInput, "\(path) is no run: it has no folder member-1")
    }
    lock = try Self.lock(self.path)
    for member in Self.members(of: self.path) {
      // What a killed writer left beside the files.
      for name in try folderEntries(member.path) where name.hasPrefix(".") && name.hasSuffix(".partial") {
        unlink("\(member.path)/\(name)")
      }
    }
  }

  deinit { close(lock) }

  /// A member's folder.
  public func member(_ number: Int) -> MemberDirectory {
    MemberDirectory(path: "\(path)/member-\(number)", number: number)
  }

  /// The members that a run's folder holds, by number.
  public static func members(of path: String) -> [MemberDirectory] {
    let names = (try? folderEntries(path)) ?? []
    return names.compactMap { memberNumber($0) }.sorted()
      .map { MemberDirectory(path: "\(path)/member-\($0)", number: $0) }
  }

  private static let lockName = ".lock"

  /// The members' folders that a new run takes the place of; throws what the initializer says.
  private static func replaceableMembers(of path: String, force: Bool) throws(KitError) -> [String] {
    let names = try folderEntries(path).filter { $0 != lockName }
    let members = names.filter { memberNumber($0) != nil }
    if names.isEmpty { return [] }
    guard !members.isEmpty else {
      throw KitError(.cannotWrite, "\(path) exists and is no run; give --output another name")
    }
    guard force else {
      throw KitError(.cannotWrite, "\(path) holds a run; --resume \(path) continues it, --force replaces it")
    }
    return members
  }

  private static func memberNumber(_ name: String) -> Int? {
    guard name.hasPrefix("member-"), let number = Int(name.dropFirst(7)), number >= 1,
      name == "member-\(number)"
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

  /// Whether something is at a path.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Writes `configuration.json`, making the folder if need be.
  func write(_ configuration: Configuration, data: String, rowsDigest: String) throws(KitError) {
    try makeFolders(path)
    let json = JSON.object([
      ("kit", .string(kitVersion)), ("data", .string(data)), ("rows-digest", .string(rowsDigest)),
      ("member", .integer(number)), ("member-seed", .string(String(configuration.seed(ofMember: number)))),
      ("options", .object(configuration.fields)),
    ])
    try WholeFile.write(json.serialized(pretty: true) + "\n", to: self.configuration, replacing: true)
  }

  /// Writes the state first, then what follows from it. Within an epoch the checkpoints are the last epoch's and stay.
  func write(_ state: TrainingState, finished seconds: Double?) throws(KitError) {
    try state.write(to: self.state)
    try WholeFile.write(state.history.csv, to: "\(path)/history.csv", replacing: true)
    if state.step == 0, let record = state.history.epochs.last {
      try Checkpoint(state.weights, origin: state.origin(record)).write(to: last, replacing: true)
    }
    if let best = state.best {
      try Checkpoint(state.bestWeights, origin: state.origin(best)).write(to: self.best, replacing: true)
    }
    if let seconds { try appendTiming(epoch: state.epoch, seconds: seconds) }
  }

  /// Adds an epoch's seconds to `timings.csv`, dropping what an earlier process wrote about it or later ones.
  private func appendTiming(epoch: Int, seconds: Double) throws(KitError) {
    let name = "\(path)/timings.csv"
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
