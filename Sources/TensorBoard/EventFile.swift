import Foundations
import Platform
import SwiftProtobuf

/// TensorBoard's file of a training: `events.out.tfevents.NUMBER.kaggle-digits` in the run's folder.
///
/// A sequence of TFRecords, each an `Event` of TensorFlow's. The first says the format's version, the second that a
/// training starts at step 0, the others hold what `append` was given.
///
/// A training that goes on from an earlier step makes a file of the next number, because a TensorBoard that is
/// open keeps its place in the old one: it finds the new one, reads the start at step 0 and forgets the rest.
public final class EventFile {
  /// The file's path.
  public let path: String
  /// The last step of what was taken over from an earlier process; nil if nothing was.
  public let lastKeptStep: Int?
  private let file: AppendedFile

  /// Opens a folder's event file, or begins one; makes the folder if it is missing.
  ///
  /// Of what an earlier process wrote it keeps the steps up to and including `step`, and nothing if that is nil
  /// (a new training). What is behind the first record that is damaged or that a kill cut off is dropped. If
  /// there is nothing to drop, the same file goes on.
  ///
  /// Fails with `badData` if a file of that name is no event file, with `missingInput` if it can't be read and
  /// with `cannotWrite`; the earlier file then stays as it was.
  public init(in folder: String, keepingStepsUpTo step: Int?) throws(KitError) {
    let folder = withoutFinalSlash(folder)
    try makeFolders(folder)
    let earlier = try folderEntries(folder).filter { Self.number(of: $0) != nil }
    var kept = KeptRecords()
    if let latest = earlier.last { kept = try KeptRecords(ofFileAt: "\(folder)/\(latest)", upTo: step) }

    let name: String
    if let latest = earlier.last, kept.areAll {
      name = latest
    } else {
      name = Self.name(earlier.last.flatMap(Self.number).map { $0 + 1 } ?? 0)
      try WholeFile.write(Self.start() + kept.bytes, to: "\(folder)/\(name)", replacing: false)
    }
    path = "\(folder)/\(name)"
    lastKeptStep = kept.lastStep
    file = try AppendedFile(at: path)
    // One that stays, after a kill here, is hidden by the start in the new one and removed the next time.
    for other in earlier where other != name { unlink("\(folder)/\(other)") }
  }

  /// Appends what belongs to a step, at the present time, as one event.
  ///
  /// Fails with `cannotWrite`, as on a full disk; the file then keeps what it had and takes no more.
  public func append(_ values: [SummaryValue], step: Int) throws(KitError) {
    var summary = Tensorflow_Summary()
    summary.value = values.map(\.message)
    try file.append(Self.record(.summary(summary), step: step))
  }

  /// What each file begins with.
  private static func start() throws(KitError) -> [UInt8] {
    var session = Tensorflow_SessionLog()
    session.status = .start
    return try record(.fileVersion(version), step: 0) + record(.sessionLog(session), step: 0)
  }

  fileprivate static let version = "brain.Event:2"

  private static func record(_ what: Tensorflow_Event.OneOf_What, step: Int) throws(KitError) -> [UInt8] {
    var event = Tensorflow_Event()
    event.wallTime = secondsSince1970()
    event.step = Int64(step)
    event.what = what
    do {
      return Record.framed(try event.serializedBytes())
    } catch {
      throw KitError(.failure, "TensorBoard's event of step \(step) is too large: \(error)")
    }
  }

  private static func secondsSince1970() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  private static let prefix = "events.out.tfevents."
  private static let suffix = ".kaggle-digits"
  /// So that names sort as their numbers do, which is the order that TensorBoard reads files in.
  private static let digits = 10

  private static func name(_ number: Int) -> String {
    let number = String(number)
    return prefix + String(repeating: "0", count: max(0, digits - number.count)) + number + suffix
  }

  /// The number in an event file's name; nil for another program's file.
  private static func number(of name: String) -> Int? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    let number = name.dropFirst(prefix.count).dropLast(suffix.count)
    return number.utf8.count == digits && number.allSatisfy { "0"..."9" ~= $0 } ? Int(number) : nil
  }
}

/// What a new event file takes over from an earlier one.
private struct KeptRecords {
  /// The records, as they were written.
  var bytes: [UInt8] = []
  /// Whether the earlier file has nothing else.
  var areAll = false
  /// The last of their steps.
  var lastStep: Int?

  /// None.
  init() {}

  /// The records of a file up to and including a step, none if that is nil. Fails with `badData` if it is no event
  /// file.
  init(ofFileAt path: String, upTo last: Int?) throws(KitError) {
    let file = try InputFile.bytes(ofFileAt: path, limit: 1 << 30)
    let records = Record.whole(in: file)
    guard let first = records.first, Self.event(file[first])?.what == .fileVersion(EventFile.version) else {
      throw KitError(.badData, "\(path) is no event file of TensorBoard's; move it away")
    }
    areAll = records.last?.upperBound == file.count - Record.suffixSize
    for record in records.dropFirst() {
      guard let event = Self.event(file[record]) else {
        areAll = false
        return
      }
      guard case .summary = event.what else { continue }
      if let last, event.step <= last {
        lastStep = max(lastStep ?? 0, Int(event.step))
        bytes += file[record.lowerBound - Record.prefixSize..<record.upperBound + Record.suffixSize]
      } else {
        areAll = false
      }
    }
  }

  private static func event(_ bytes: ArraySlice<UInt8>) -> Tensorflow_Event? {
    try? Tensorflow_Event(serializedBytes: Array(bytes))
  }
}
