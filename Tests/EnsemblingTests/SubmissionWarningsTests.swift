import Competition
import Runs
import TestSupport
import Testing
@testable import Ensembling

/// When a submission is said to look worthless, and when not.
@Suite struct SubmissionWarningsTests {
  private static let rows = smallTable(rows: 300)
  private static let known = TrainingFigures(digitCounts: rows.digitCounts, pixels: rows.pixelStatistics)
  private static let tenth = [Int](repeating: 30, count: 10)

  private func warnings(
    _ change: (UInt8) -> UInt8, predicted: [Int] = tenth, training: TrainingFigures = known, images: Int = 300
  ) -> [String] {
    let pixels = smallTable(rows: images, seed: 2).pixels.map(change)
    return submissionWarnings(
      predicted: predicted, test: PixelStatistics(of: pixels), name: "test.csv", training: training)
  }

  @Test func tablesLikeTheTrainingRows() {
    #expect(warnings { $0 } == [])
    #expect(warnings({ $0 }, training: TrainingFigures()) == [])
    // A few images may all show one digit and differ in their ink.
    for images in [1, 3, 20, 99] {
      #expect(warnings({ $0 / 2 }, predicted: [0, images, 0, 0, 0, 0, 0, 0, 0, 0], images: images) == [])
    }
    // Digits that are as frequent in the training rows.
    let counts = TrainingFigures(digitCounts: [290, 10, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(warnings({ $0 }, predicted: [200, 100, 0, 0, 0, 0, 0, 0, 0, 0], training: counts) == [])
  }

  @Test func anotherScale() {
    for training in [Self.known, TrainingFigures()] {
      for images in [1, 300] {
        #expect(
          warnings({ $0 > 127 ? 1 : 0 }, training: training, images: images)
            == [
              "the largest pixel of test.csv is 1, but the network was trained on pixels up to 255; write them in the same scale"
            ])
      }
    }
    let bits = TrainingFigures(pixels: PixelStatistics(of: Self.rows.pixels.map { $0 > 127 ? 1 : 0 }))
    #expect(warnings({ $0 > 127 ? 1 : 0 }, training: bits) == [])
    #expect(warnings({ $0 }, training: bits).count == 1)
  }

  @Test func inverted() {
    #expect(
      warnings { 255 - $0 } == [
        "paper is darker than ink in test.csv, unlike in the training rows; in Kaggle's tables 0 is paper and 255 is ink"
      ])
    #expect(
      warnings({ 255 - $0 }, training: TrainingFigures(), images: 1)
        == ["paper is darker than ink in test.csv; in Kaggle's tables 0 is paper and 255 is ink"])
    let inverted = TrainingFigures(pixels: PixelStatistics(of: Self.rows.pixels.map { 255 - $0 }))
    #expect(warnings({ 255 - $0 }, training: inverted) == [])
  }

  @Test func anotherDistribution() {
    let half = warnings { $0 / 2 }
    #expect(
      half.count == 1 && half[0].hasPrefix("the mean pixel is ") && half[0].hasSuffix("in the same way?"))
    let bare = warnings { $0 > 127 ? 255 : 0 }
    #expect(bare.contains { $0.hasPrefix("the share of pixels above 0 is ") })
    #expect(warnings({ $0 / 2 }, training: TrainingFigures()) == [])
  }

  @Test func oneDigitForMostImages() {
    let predicted = [0, 0, 0, 0, 0, 0, 0, 0, 200, 100]
    for training in [Self.known, TrainingFigures()] {
      #expect(
        warnings({ $0 }, predicted: predicted, training: training)
          == ["200 of 300 images are predicted as 8; in Kaggle's test.csv each digit has about a tenth"])
    }
  }
}
