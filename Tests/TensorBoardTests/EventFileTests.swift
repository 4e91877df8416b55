import Foundation
import Foundations
import SwiftProtobuf
import TestSupport
import Testing
@testable import TensorBoard

struct EventFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func newFileHasTheVersionTheStartAndTheValues() throws {
    let before = Date().timeIntervalSince1970
    let file = try EventFile(in: folder.path + "/", keepingStepsUpTo: nil)
    try file.append([.scalar("loss/training", 0.1), .scalar("accuracy", .nan)], step: 3)
    try file.append([.image("mistakes", png: [1, 2, 3], width: 28, height: 29)], step: 4)
    try file.append([.text("about", markdown: "**bold**")], step: 5)

    #expect(file.path == "\(folder.path)/events.out.tfevents.0000000000.kaggle-digits")
    let events = try events(file.path)
    #expect(events.map(\.step) == [0, 0, 3, 4, 5])
    #expect(events[0].fileVersion == "brain.Event:2")
    #expect(events[1].sessionLog.status == .start)
    #expect(events[2].summary.value.map(\.tag) == ["loss/training", "accuracy"])
    #expect(events[2].summary.value[0].simpleValue == 0.1)
    #expect(events[2].summary.value[1].simpleValue.isNaN)
    let image = events[3].summary.value[0].image
    #expect(Array(image.encodedImageString) == [1, 2, 3] && image.width == 28 && image.height == 29)
    #expect(events[4].summary.value[0].tensor.stringVal == [Data("**bold**".utf8)])
    let times = events.map(\.wallTime)
    #expect(times == times.sorted())
    #expect(before <= times[0] && times[4] <= Date().timeIntervalSince1970)
  }

  @Test func sameFileIsContinuedIfThereIsNothingToDrop() throws {
    let first = try write(steps: 1...3)
    let before = try bytes(first)
    #expect(try EventFile(in: folder.path, keepingStepsUpTo: 3).lastKeptStep == 3)
    let again = try write(steps: 4...5, keepingStepsUpTo: 3)
    #expect(again == first)
    #expect(try bytes(again).starts(with: before))
    #expect(try steps(again) == [1, 2, 3, 4, 5])
  }

  @Test func laterStepsAreDroppedAndTheRestIsKept() throws {
    let first = try write(steps: 1...5)
    let kept = try events(first)[2..<5]
    let second = try write(steps: 4...4, keepingStepsUpTo: 3)
    #expect(second == "\(folder.path)/events.out.tfevents.0000000001.kaggle-digits")
    #expect(folder.names == ["events.out.tfevents.0000000001.kaggle-digits"])
    let events = try events(second)
    #expect(events.map(\.step) == [0, 0, 1, 2, 3, 4])
    #expect(events[1].sessionLog.status == .start)
    #expect(events[2..<5] == kept)
    let third = try write(steps: 2...2, keepingStepsUpTo: 1)
    #expect(third.hasSuffix("0000000002.kaggle-digits"))
    #expect(try steps(third) == [1, 2])
  }

  @Test func aNewTrainingKeepsNothing() throws {
    _ = try write(steps: 0...2)
    #expect(try EventFile(in: folder.path, keepingStepsUpTo: 2).lastKeptStep == 2)
    let second = try write(steps: 0...0)
    #expect(folder.names == ["events.out.tfevents.0000000001.kaggle-digits"])
    #expect(try steps(second) == [0])
  }

  @Test func otherFilesStay() throws {
    let others = [
      "events.out.tfevents.0000000007.host", "events.out.tfevents.7.kaggle-digits",
      "events.out.tfevents.000000000x.kaggle-digits", "history.csv",
    ]
    for name in others { try WholeFile.write("x", to: "\(folder.path)/\(name)", replacing: false) }
    _ = try write(steps: 1...2)
    _ = try write(steps: 2...2, keepingStepsUpTo: 1)
    #expect(folder.names == (others + ["events.out.tfevents.0000000001.kaggle-digits"]).sorted())
  }

  @Test func newerOfTwoFilesLeftByAKillCounts() throws {
    let first = try write(steps: 1...5)
    let old = try bytes(first)
    let second = try write(steps: 3...3, keepingStepsUpTo: 2)
    try WholeFile.write(old, to: first, replacing: false)
    #expect(try write(steps: 4...4, keepingStepsUpTo: 3) == second)
    #expect(try steps(second) == [1, 2, 3, 4])
    #expect(folder.names.count == 1)
  }

  @Test func truncatedRecordIsDropped() throws {
    let first = try write(steps: 1...3)
    let whole = try bytes(first)
    try WholeFile.write(Array(whole.dropLast(5)), to: first, replacing: true)
    let second = try write(steps: 3...4, keepingStepsUpTo: 3)
    #expect(try steps(second) == [1, 2, 3, 4])
    #expect(try events(second).count == 6)
  }

  @Test func recordsAfterADamagedOneAreDropped() throws {
    let first = try write(steps: 1...5)
    var damaged = try bytes(first)
    let third = try #require(Record.whole(in: damaged).dropFirst(4).first)
    damaged[third.lowerBound] ^= 1
    try WholeFile.write(damaged, to: first, replacing: true)
    #expect(try steps(write(steps: 6...6, keepingStepsUpTo: 5)) == [1, 2, 6])
  }

  @Test(arguments: ["", "epoch,loss\n1,0.5\n", String(repeating: "\0", count: 100)])
  func otherContentIsRefusedAndKept(content: String) throws {
    let path = "\(folder.path)/events.out.tfevents.0000000000.kaggle-digits"
    try WholeFile.write(content, to: path, replacing: false)
    let error = #expect(throws: KitError.self) { try write(steps: 1...1, keepingStepsUpTo: 5) }
    #expect(error == KitError(.badData, "\(path) is not a TensorBoard event file; move it away"))
    #expect(try bytes(path) == Array(content.utf8))
    #expect(folder.names.count == 1)
  }

  @Test func otherVersionIsRefused() throws {
    var event = Tensorflow_Event()
    event.fileVersion = "brain.Event:3"
    let path = "\(folder.path)/events.out.tfevents.0000000000.kaggle-digits"
    try WholeFile.write(Record.framed(event.serializedBytes()), to: path, replacing: false)
    #expect(throws: KitError.self) { try write(steps: 1...1) }
  }

  @Test func damagedFilesAreRefusedOrCut() throws {
    let first = try write(steps: 1...4)
    let good = try bytes(first)
    var random = SystemRandomNumberGenerator()
    for _ in 0..<100 {
      var bytes = good
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      bytes.removeLast(Int.random(in: 0...bytes.count / 4, using: &random))
      if Bool.random(using: &random) {
        // Garbage with right checksums, before or after the first record.
        let garbage = (0..<Int.random(in: 0...40, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        let positions = [0, Record.whole(in: good)[0].upperBound + Record.suffixSize]
        let position = positions[Int.random(in: 0...9, using: &random) == 0 ? 0 : 1]
        bytes.insert(contentsOf: Record.framed(garbage), at: position)
      }
      for name in folder.names { unlink("\(folder.path)/\(name)") }
      try Data(bytes).write(to: URL(fileURLWithPath: first))
      do {
        let path = try write(steps: 3...3, keepingStepsUpTo: 2)
        let steps = try steps(path)
        #expect(steps.last == 3 && steps.dropLast().allSatisfy { $0 <= 2 }, "\(bytes)")
      } catch let error as KitError {
        #expect(error.kind == .badData, "\(bytes)")
        #expect(try self.bytes(first) == bytes)
      }
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "this system has no /dev/full"))
  func failedWriteIsAnErrorAndEndsTheFile() throws {
    let file = try AppendedFile(at: "/dev/full")
    for _ in 0..<2 {
      let error = #expect(throws: KitError.self) { try file.append([1, 2, 3]) }
      #expect(error == KitError(.cannotWrite, "/dev/full can't be written: no space left on device"))
    }
  }

  @Test func folderThatCannotBeCreatedIsAnError() throws {
    try WholeFile.write("x", to: folder.path + "/file", replacing: false)
    let error = #expect(throws: KitError.self) {
      try EventFile(in: folder.path + "/file", keepingStepsUpTo: nil)
    }
    #expect(error?.kind == .cannotWrite)
  }

  /// Writes one scalar for each step; returns the file's path.
  @discardableResult
  private func write(steps: ClosedRange<Int>, keepingStepsUpTo last: Int? = nil) throws -> String {
    let file = try EventFile(in: folder.path, keepingStepsUpTo: last)
    for step in steps { try file.append([.scalar("loss", 1 / Double(step + 1))], step: step) }
    return file.path
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    try InputFile.bytes(ofFileAt: path, limit: 1 << 20)
  }

  /// A file's events; it must consist of whole records to its end.
  private func events(_ path: String) throws -> [Tensorflow_Event] {
    let bytes = try bytes(path)
    let records = Record.whole(in: bytes)
    #expect(records.last?.upperBound == bytes.count - Record.suffixSize)
    return try records.map { try Tensorflow_Event(serializedBytes: Array(bytes[$0])) }
  }

  private func steps(_ path: String) throws -> [Int] {
    try events(path).filter { $0.what != nil && !$0.summary.value.isEmpty }.map { Int($0.step) }
  }
}
