import Competition
import Foundation
import Foundations
import TestSupport
import Testing

/// The competition's own files, if this machine has them.
@Suite struct RealDataTests {
  /// `KAGGLE_DIGITS_DATA`, or the zip beside the checkout.
  static let path: String? = {
    if let given = ProcessInfo.processInfo.environment["KAGGLE_DIGITS_DATA"] { return given }
    let zip = "\((repository as NSString).deletingLastPathComponent)/shared/data/digit-recognizer.zip"
    return FileManager.default.fileExists(atPath: zip) ? zip : nil
  }()

  @Test(.enabled(if: path != nil, "set KAGGLE_DIGITS_DATA to Kaggle's digit-recognizer.zip to run this"))
  func wholeCompetition() throws {
    let source = try DataSource(finding: Self.path)
    let table = try source.training()
    #expect(table.count == 42_000)
    let test = try source.test()
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    var rows = 0
    var statistics = PixelStatistics()
    while true {
      pixels.removeAll(keepingCapacity: true)
      let count = try test.read(upTo: 1000, pixels: &pixels, labels: &labels)
      if count == 0 { break }
      statistics.add(pixels)
      rows += count
    }
    #expect(rows == 28_000 && labels.isEmpty)
    // Kaggle's two tables are alike, so nothing is said against them.
    let known = table.pixelStatistics
    #expect(trainingPixelsWarning(known) == nil && !statistics.isInverted && statistics.largest == 255)
    #expect((0.99...1.01).contains(statistics.mean / known.mean))
    #expect((0.99...1.01).contains(statistics.inkShare / known.inkShare))
    let split = try StratifiedSplit(of: table, rows: Array(0..<table.count), validation: 0.1, seed: 1)
    #expect(split.validation.count == 4200 && split.training.count == 37_800)
    let folds = try StratifiedFolds(of: table, rows: Array(0..<table.count), count: 5, seed: 1).folds
    #expect(folds.map(\.count).allSatisfy { (8399...8401).contains($0) })
  }
}
