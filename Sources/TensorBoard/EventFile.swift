import Foundations
import Platform
import SwiftProtobuf

/// A training's log for TensorBoard: `events.out.tfevents.NUMBER.kaggle-digits` in a run's folder.
///
/// A sequence of TFRecords, each a TensorFlow `Event`. The first has the format's version, the second says that a training
/// starts at step 0, and the others have the values passed to `append`.
///
/// A training that is resumed from an earlier step writes a file with the next number, because a running TensorBoard
/// never reads an old file again: it finds the new one, reads the start at step 0 and discards the later steps.
public final class EventFile {
  /// The file's path.
  public let path: String
  /// The last step taken over from an earlier process; nil if there is none.
  public let lastKeptStep: Int?
  private let file: AppendedFile

  /// Opens a folder's event file, or begins one; creates the folder if it is missing.
  ///
  /// Records after the first one that is damaged or truncated are dropped. If there is nothing to drop, the same file is
  /// continued.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - step: The last step to keep of those that an earlier process wrote; nil keeps none, for a new training.
  /// - Throws: `badData` if a file of that name is not an event file, `missingInput` if it can't be read, `cannotWrite`;
  ///   the earlier file then stays as it was.
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
    // If a kill here leaves one, the start in the new file hides it, and the next process removes it.
    for other in earlier where other != name { unlink("\(folder)/\(other)") }
  }

  /// Appends a step's values as one event, with the present time.
  ///
  /// - Throws: `cannotWrite`, as on a full disk; the file then keeps its earlier events and takes no more.
  public func append(_ values: [SummaryValue], step: Int) throws(KitError) {
    var summary = Tensorflow_Summary()
    summary.value = values.map(\.message)
    try file.append(Self.record(.summary(summary), step: step))
  }

  /// The first two records of each file.
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
  /// Enough that names sort like their numbers: TensorBoard reads files in the order of their names.
  private static let digits = 10

  private static func name(_ number: Int) -> String {
    prefix + String(number).leftPadded(to: digits, with: "0") + suffix
  }

  /// The number in an event file's name; nil for other files.
  private static func number(of name: String) -> Int? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    let number = name.dropFirst(prefix.count).dropLast(suffix.count)
    return number.utf8.count == digits && number.allSatisfy { "0"..."9" ~= $0 } ? Int(number) : nil
  }
}

/// The records that a new event file takes over from an earlier one.
private struct KeptRecords {
  /// The records as they were written.
  var bytes: [UInt8] = []
  /// Whether these are all of the earlier file's steps.
  var areAll = false
  /// The last step among them.
  var lastStep: Int?

  /// None.
  init() {}

  /// A file's records up to and including a step, none if that is nil. Throws `badData` if it is not an event file.
  init(ofFileAt path: String, upTo last: Int?) throws(KitError) {
    let file = try InputFile.bytes(ofFileAt: path, limit: 1 << 30)
    let records = Record.whole(in: file)
    guard let first = records.first, Self.event(file[first])?.what == .fileVersion(EventFile.version) else {
      throw KitError(.badData, "\(path) is not a TensorBoard event file; move it away")
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
