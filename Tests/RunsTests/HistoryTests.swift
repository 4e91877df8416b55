import TestSupport
import Foundation
import Foundations
import Testing
@testable import Runs

@Suite struct HistoryTests {
  private func record(_ epoch: Int, accuracy: Double?, loss: Double?) -> EpochRecord {
    EpochRecord(
      epoch: epoch, trainingLoss: 0.5, trainingAccuracy: 0.25, validationLoss: loss,
      validationAccuracy: accuracy, learningRate: 0.001)
  }

  @Test func betterIsHigherAccuracyThenLowerLossThenEarlier() {
    let first = record(1, accuracy: 0.9, loss: 0.3)
    #expect(first.isBetter(than: nil))
    #expect(record(2, accuracy: 0.91, loss: 9).isBetter(than: first))
    #expect(!record(2, accuracy: 0.89, loss: 0).isBetter(than: first))
    #expect(record(2, accuracy: 0.9, loss: 0.29).isBetter(than: first))
    #expect(!record(2, accuracy: 0.9, loss: 0.31).isBetter(than: first))
    #expect(!record(2, accuracy: 0.9, loss: 0.3).isBetter(than: first))
    #expect(record(2, accuracy: nil, loss: nil).isBetter(than: record(1, accuracy: nil, loss: nil)))
  }

  @Test func fileHasARowAnEpoch() {
    var history = History()
    #expect(
      HistoryFile.text(of: history)
        == "epoch,training_loss,training_accuracy,validation_loss,validation_accuracy,learning_rate\n")
    history.epochs = [record(1, accuracy: 0.1 + 0.2, loss: 1e-7), record(2, accuracy: nil, loss: nil)]
    let lines = HistoryFile.text(of: history).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.dropFirst() == ["1,0.5,0.25,1e-07,0.30000000000000004,0.001", "2,0.5,0.25,,,0.001", ""])
  }

  @Test func theFileReadsBack() throws {
    try withTemporaryFolder { folder in
      let path = HistoryFile.path(in: folder)
      var history = History()
      history.epochs = [record(1, accuracy: 0.1 + 0.2, loss: 1e-7), record(2, accuracy: nil, loss: nil)]
      try HistoryFile.write(history, to: path)
      #expect(try HistoryFile.read(path) == history)
      let text = HistoryFile.text(of: history)
      for (text, message) in [
        (text + "3,x\n", ":4:2: training_loss is \"x\""),
        (text + "3,1\n", ":4:2: the row must have 6 fields"),
        (text + "4,1,1,1,1,1\n", ":4:1: epoch is 4; the row of epoch 3 belongs here"),
        (text + "3,1,1.5,1,1,1\n", ":4:3: training_accuracy is 1.5; it must be a number from 0 to 1"),
        (text + "3,nan,1,1,1,1\n", ":4:2: training_loss is \"nan\""),
        (text + "3,1,1,-1,1,1\n", ":4:4: validation_loss is -1; it must be a number of at least 0"),
        ("epoch\n", ":1:1: the header must be epoch,training_loss"), ("", " is empty; the header epoch,"),
      ] {
        try write(text, to: path)
        let error = #expect(throws: KitError.self) { try HistoryFile.read(path) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test func numbersReadBack() {
    var history = History()
    history.epochs = [record(1, accuracy: 0.1 + 0.2, loss: 1e-7), record(2, accuracy: nil, loss: nil)]
    #expect(History(values: history.values) == history)
    #expect(History(values: []).epochs.isEmpty)
    for wrong in [Double.nan, .infinity, -.infinity, 1e300, 0.5] {
      #expect(History(values: [wrong, 0, 0, 0, 0, 0]).epochs[0].epoch == 0)
    }
  }
}
