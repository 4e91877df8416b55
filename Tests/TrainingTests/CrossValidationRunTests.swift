import Competition
import Compute
import Foundation
import Foundations
import Runs
import Synchronization
import TestSupport
import Testing
@testable import Training

@Suite struct CrossValidationRunTests {
  static let table = smallTable(rows: 90)

  private func configuration(folds: Int, repeats: Int = 1) -> Configuration {
    var configuration = smallConfiguration()
    configuration.folds = Folds(count: folds, repeats: repeats)
    configuration.select = .last
    configuration.validation = 0
    return configuration
  }

  private func begin(_ configuration: Configuration, at path: String) throws -> CrossValidationRun {
    try CrossValidationRun.begin(
      configuration, prediction: PredictionSettings(), table: Self.table, data: "table", output: path,
      force: false)
  }

  private func resume(_ path: String) throws -> CrossValidationRun {
    try CrossValidationRun(
      resuming: RunDirectory(resuming: path), prediction: PredictionSettings(), table: Self.table,
      epochs: nil, data: "table"
    )
  }

  /// Fold by fold, of a fold's networks the one with more arithmetic first.
  @Test func longTrainingsBeginFirst() throws {
    var configuration = configuration(folds: 2)
    configuration.networks = ["2C5S3p-P2-4N", "8C5p-P2-8N"]
    configuration.members = 5
    try withTemporaryFolder { folder in
      let run = try begin(configuration, at: "\(folder)/run")
      #expect(run.tasks.order == [1, 3, 0, 2, 4, 6, 8, 5, 7, 9])
    }
  }

  /// Folds that are trained already come along with those that are chosen.
  @Test func someFoldsAndThoseThatAreDone() throws {
    try withTemporaryFolder { folder in
      let run = try begin(configuration(folds: 4), at: "\(folder)/run")
      #expect(try run.only([2]).runs.map(\.foldNumber) == [2])
      #expect(try run.only([2]).tasks.fit())
      #expect(try !run.only([3]).tasks.fit(stoppingAfter: 9))
      #expect(try run.only([4]).runs.map(\.foldNumber) == [2, 4])
    }
  }

  @Test func eachRowIsHeldOutOnceARepeat() throws {
    try withTemporaryFolder { folder in
      let run = try begin(configuration(folds: 3, repeats: 2), at: "\(folder)/run")
      #expect(run.runs.count == 6)
      for repetition in 0..<2 {
        let splits = run.runs[repetition * 3..<repetition * 3 + 3].map(\.split)
        #expect(splits.flatMap(\.heldOut).sorted() == Array(0..<90))
        for split in splits {
          #expect(Set(split.heldOut).isDisjoint(with: split.training))
          #expect(split.training.count + split.heldOut.count == 90)
          #expect(split.validation == split.heldOut)
        }
      }
      #expect(run.runs[0].split.heldOut != run.runs[3].split.heldOut)
      let seeds = run.runs.map { $0.configuration.seed(ofMember: 1) }
      #expect(Set(seeds).count == 6)
    }
  }

  /// The rows that choose the epoch are training rows of the fold, never its own.
  @Test func theInnerSplitIsNoneOfTheFold() throws {
    var configuration = configuration(folds: 3)
    configuration.select = .best
    configuration.validation = 0.2
    for number in 1...3 {
      configuration.folds?.number = number
      let split = try configuration.split(of: Self.table)
      #expect(split.validation.count == 12)
      #expect((split.training + split.validation + split.heldOut).sorted() == Array(0..<90))
    }
  }

  /// Stopped anywhere and resumed, with other threads, is the same; folds that were done keep their very files.
  @Test(arguments: [1, 9, 11, 17, 24]) func stoppedAndResumedIsTheSame(steps: Int) throws {
    let expected = try withTemporaryFolder { folder in
      #expect(try begin(configuration(folds: 3), at: "\(folder)/run").tasks.fit(threads: 2))
      return try promisedFiles(in: "\(folder)/run")
    }
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      #expect(try !begin(configuration(folds: 3), at: path).tasks.fit(stoppingAfter: steps))
      let finished = (1...3).map { "\(path)/fold-\($0)/member-1" }.filter { member in
        let timings = try? text("\(member)/timings.csv")
        return timings?.contains("\n2,") == true
      }
      let before = try finished.map { try identities(of: $0) }
      #expect(try resume(path).tasks.fit(threads: 3))
      let isSame = try promisedFiles(in: path) == expected
      #expect(isSame)
      #expect(try finished.map { try identities(of: $0) } == before)
      #expect(finished.count == (steps - 1) / 8, "folds of eight steps")
    }
  }

  /// Each file's inode and time of change.
  private func identities(of folder: String) throws -> [String: [Int]] {
    var result: [String: [Int]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
      let date = attributes[.modificationDate] as? Date
      result[name] = [
        attributes[.systemFileNumber] as? Int ?? 0, Int((date?.timeIntervalSince1970 ?? 0) * 1e6),
      ]
    }
    return result
  }

  @Test func tooManyFoldsAreRefusedBeforeAnythingIsWritten() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: KitError.self) { try begin(configuration(folds: 10), at: "\(folder)/run") }
      #expect(error?.kind == .badData)
      #expect(
        error?.message.contains("there are only 9 different images of digit 0; 10 folds need 10") == true)
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/run"))
    }
  }

  @Test func otherRowsAreRefused() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      _ = try begin(configuration(folds: 3), at: path)
      let error = #expect(throws: KitError.self) {
        try CrossValidationRun(
          resuming: RunDirectory(resuming: path), prediction: PredictionSettings(),
          table: smallTable(rows: 90, seed: 2),
          epochs: nil,
          data: "other")
      }
      #expect(error?.message.contains("holds different rows") == true)
    }
  }

  @Test func forceReplacesACrossValidationAndLeavesOtherFiles() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      _ = try begin(configuration(folds: 3), at: path)
      try write("mine", to: "\(path)/notes.txt")
      #expect(throws: KitError.self) { try begin(configuration(folds: 2), at: path) }
      _ = try CrossValidationRun.begin(
        configuration(folds: 2), prediction: PredictionSettings(), table: Self.table, data: "table",
        output: path,
        force: true)
      #expect(RunDirectory.folds(of: path).count == 2)
      #expect(FileManager.default.fileExists(atPath: "\(path)/notes.txt"))
    }
  }
}
