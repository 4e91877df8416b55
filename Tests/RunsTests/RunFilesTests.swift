import Checkpoints
import Competition
import Foundation
import Foundations
import NeuralNetworks
import Scoring
import TestSupport
import Testing
@testable import Runs

/// Each file of a run reads back what it writes, and is known by its type alone.
@Suite struct RunFilesTests {
  private func refusal(of text: String, at path: String, _ read: () throws -> Void) throws -> String {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    let error = #expect(throws: KitError.self, "\(text)") { try read() }
    #expect(error?.kind == .badData)
    return error?.message ?? ""
  }

  @Test func noOtherCodeSpellsAName() throws {
    let sources = URL(fileURLWithPath: "\(repository)/Sources")
    let home = sources.appendingPathComponent("Runs/Files").path
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var count = 0
    for case let file as URL in files where file.pathExtension == "swift" && !file.path.hasPrefix(home) {
      count += 1
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let isComment = line.drop { $0 == " " }.hasPrefix("//")
        for name in RunFiles.all.filter({ !$0.isFolder }).map({ $0.name }) where line.contains(name) {
          #expect(isComment, "\(file.lastPathComponent): \(line)")
        }
      }
    }
    #expect(count > 100)
  }

  @Test func theReadmeNamesAll() throws {
    let readme = try text("\(repository)/README.md")
    for file in RunFiles.all { #expect(readme.contains(file.name), "README.md does not name \(file.name)") }
    #expect(Set(RunFiles.all.map { $0.name }).count == RunFiles.all.count)
  }

  @Test func timingsReadBackAndAreReplacedFromAnEpochOn() throws {
    try withTemporaryFolder { folder in
      let path = TimingsFile.path(in: folder)
      for (epoch, seconds) in [(1, 1.23456), (2, 7), (4, 0.5), (2, 8.0004)] {
        try TimingsFile.add(epoch: epoch, seconds: seconds, to: path)
      }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "epoch,seconds\n1,1.235\n2,8.0\n")
      #expect(try TimingsFile.read(path).map(\.epoch) == [1, 2])
      #expect(try TimingsFile.read(path).map(\.seconds) == [1.235, 8])
      for (row, message) in [("1,1\n1,1\n", ":3:1: epoch is 1"), ("1,-1\n", ":2:2: seconds is -1")] {
        let text = "epoch,seconds\n" + row
        #expect(try refusal(of: text, at: path) { _ = try TimingsFile.read(path) }.contains(message))
      }
      try TimingsFile.add(epoch: 1, seconds: 2, to: path)
      #expect(try TimingsFile.read(path).count == 1)
    }
  }

  static let folds = [
    FoldScore(
      number: 3, repetition: 1, rows: 30, accuracy: 0.1 + 0.2, logLoss: 1e-7,
      epochs: [Int](repeating: 30, count: 40), seconds: 1.25),
    FoldScore(number: 4, repetition: 2, rows: 31, accuracy: 1, logLoss: 0, epochs: [2]),
  ]

  @Test func foldsReadBack() throws {
    try withTemporaryFolder { folder in
      let path = FoldsFile.path(in: folder)
      try FoldsFile.write(Self.folds, to: path)
      #expect(try FoldsFile.read(path) == Self.folds)
      let header = "fold,repeat,rows,accuracy,log_loss,best_epoch,seconds\n"
      for (row, message) in [
        ("0,1,1,1,1,1,1\n", ":2:1: fold is 0"), ("1,1,1,x,1,1,1\n", ":2:4: accuracy is \"x\""),
        ("1,1,1,1,1,1 x,1\n", ":2:6: best_epoch is"), ("1,1,1,1,1,1,-1\n", ":2:7: seconds is -1"),
        ("1,1,1,1,1,1\n", ":2:6: the row must have 7 fields"),
      ] {
        #expect(try refusal(of: header + row, at: path) { _ = try FoldsFile.read(path) }.contains(message))
      }
    }
  }

  /// A member whose fold was not trained says nothing: an empty cell.
  @Test func memberPredictionsReadBackWithEmptyCells() throws {
    try withTemporaryFolder { folder in
      let path = MemberPredictionsFile.path(in: folder)
      let predictions = MemberPredictions(
        rows: [0, 5, 7], names: ["repeat_1_member_1", "repeat_2_member_1"],
        answers: [[3, nil, 9], [nil, 0, nil]])
      try MemberPredictionsFile.write(predictions, to: path)
      #expect(
        try String(contentsOfFile: path, encoding: .utf8)
          == "row,repeat_1_member_1,repeat_2_member_1\n0,3,\n5,,0\n7,9,\n")
      #expect(try MemberPredictionsFile.read(path) == predictions)
      for (text, message) in [
        ("row\n0\n", ":1:1: the header must be row"), ("row,é\n0,1\n", ":1:1: the header must be row"),
        ("row,\(String(repeating: "a", count: 40))\n0,1\n", ":1:1: the header must be row"),
        ("row,a\n0,10\n", ":2:2: a is 10"),
        ("row,a\n1,1\n1,1\n", ":3:1: row is 1"), ("row,a\n1,1,1\n", ":2:2: the row must have 2 fields"),
      ] {
        #expect(
          try refusal(of: text, at: path) { _ = try MemberPredictionsFile.read(path) }.contains(message))
      }
    }
  }

  @Test func crossValidationsReadBackAndKnowTheirPredictions() throws {
    try withTemporaryFolder { folder in
      var probabilities = [Double](repeating: 0, count: 40)
      for row in 0..<4 { probabilities[row * 10 + row] = 1 }
      let right = Evaluation(rows: [0, 1, 2, 3], labels: [0, 1, 2, 3], probabilities: probabilities)
      let wrong = Evaluation(
        rows: [0, 1, 2, 3], labels: [0, 1, 2, 3], probabilities: probabilities.reversed())
      let outOfFold = OutOfFoldFile.path(in: folder)
      #expect(try CrossValidationFile(describing: outOfFold)?.rowsDigest == nil)
      try OutOfFoldFile.write(right, to: outOfFold)
      let opinions = [(0, right), (1, wrong)].map {
        Opinion(member: $0, places: [0, 1, 2, 3], probabilities: $1.probabilities)
      }
      let gain = MemberGain(
        Predictions(probabilities: right.probabilities, opinions: opinions), labels: right.labels)
      var prediction = PredictionSettings()
      prediction.average = .geometric
      prediction.views = 3
      let file = CrossValidationFile(
        rowsDigest: "rows", outOfFoldDigest: try SHA256.hexadecimal(ofFileAt: outOfFold),
        prediction: prediction, folds: Self.folds, averagingGain: gain,
        testTimeGain: try PairedComparison(of: right, against: wrong))
      let json = try file.write(to: folder, of: .crossValidation, right)
      #expect(json["log-loss-deviation"]?.number != nil)
      let read = try #require(try CrossValidationFile(describing: outOfFold))
      #expect(read.rowsDigest == "rows" && read.prediction == prediction)
      #expect(read.folds.map(\.epochs) == Self.folds.map(\.epochs))
      #expect(read.folds.map(\.number) == [3, 4] && read.folds.map(\.accuracy) == [0.1 + 0.2, 1])
      #expect(read.averagingGain?.summary == gain?.summary)
      #expect(read.testTimeGain?.summary == file.testTimeGain?.summary && read.testTimeGain?.gained == 4)
      try OutOfFoldFile.write(wrong, to: outOfFold)
      let error = #expect(throws: KitError.self) { _ = try CrossValidationFile(describing: outOfFold) }
      #expect(error?.message.contains("it was changed since") == true)
    }
  }

  /// A single fold has no spread.
  @Test func oneFoldHasNoDeviation() throws {
    try withTemporaryFolder { folder in
      let none = Evaluation(rows: [], labels: [], probabilities: [])
      let json = try CrossValidationFile(
        rowsDigest: "", outOfFoldDigest: "", prediction: PredictionSettings(), folds: [Self.folds[0]],
        averagingGain: nil, testTimeGain: nil
      ).write(to: folder, of: .crossValidation, none)
      for key in ["accuracy-deviation", "log-loss-deviation"] {
        if case .null? = json[key] { continue }
        Issue.record("\(key) is not null")
      }
    }
  }

  @Test func configurationsReadBack() throws {
    try withTemporaryFolder { folder in
      let table = smallTable(rows: 25)
      var prediction = PredictionSettings()
      prediction.average = .vote
      let file = try ConfigurationFile(.crossValidation, data: "here", table: table, prediction: prediction)
      try file.write(to: folder)
      let path = ConfigurationFile.path(in: folder)
      let read = try ConfigurationFile(reading: path)
      #expect(read.configuration == file.configuration && read.data == "here")
      #expect(try read.rowsDigest == table.digest() && read.prediction == prediction)
      #expect(read.digitCounts == [3, 3, 3, 3, 3, 2, 2, 2, 2, 2])
      #expect(read.pixels == table.pixelStatistics)
      // The file of a kit that did not count.
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let earlier = text.replacing(/\n *"digit-counts".*/, with: "")
        .replacing(/\n *"pixel-statistics": \{[^}]*\},/, with: "")
      try earlier.write(toFile: path, atomically: false, encoding: .utf8)
      let known = try ConfigurationFile(reading: path)
      #expect(known.digitCounts == nil && known.pixels == nil)
    }
  }

  /// What predicts for a member: its configuration decides; without one, the best checkpoint if there is one.
  @Test func theConfigurationSelectsTheCheckpoint() throws {
    try withTemporaryFolder { folder in
      let (best, last) = (BestCheckpointFile.path(in: folder), LastCheckpointFile.path(in: folder))
      #expect(checkpoint(inMemberFolder: folder) == nil)
      try "".write(toFile: last, atomically: false, encoding: .utf8)
      #expect(checkpoint(inMemberFolder: folder) == last)
      try "".write(toFile: best, atomically: false, encoding: .utf8)
      #expect(checkpoint(inMemberFolder: folder) == best)
      for (select, expected) in [(Selection.last, last), (.best, best)] {
        var configuration = Configuration()
        configuration.select = select
        try ConfigurationFile(configuration, data: "", table: smallTable(rows: 10)).write(to: folder)
        #expect(checkpoint(inMemberFolder: folder) == expected)
      }
      unlink(best)
      #expect(checkpoint(inMemberFolder: folder) == nil)
      #expect(try folderEntries(folder).contains(LastCheckpointFile.name))
    }
  }
}
