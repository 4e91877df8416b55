import TestSupport
import Competition
import Compute
import Ensembling
import Foundations
import Runs
import Testing

/// What checkpoints say of the rows that they were trained on is what their training took.
@Suite struct SeenRowsTests {
  /// 200 rows of noise, of which 190 and 191 show the images of rows 0 and 1.
  static let table: DigitTable = {
    var pixels = noise(200 * DigitTable.pixelCount, seed: 9)
    for row in [0, 1] {
      let source = row * DigitTable.pixelCount
      let target = (row + 190) * DigitTable.pixelCount
      for index in 0..<DigitTable.pixelCount { pixels[target + index] = pixels[source + index] }
    }
    return DigitTable(pixels: pixels, labels: (0..<200).map { UInt8($0 % 10) })
  }()

  private func seen(_ paths: [String]) throws -> SeenRows {
    let ensemble = try Ensemble(sources: paths, threads: 1, kernels: InstructionSets.detected())
    return try SeenRows(of: ensemble, in: Self.table)
  }

  @Test func aRunLeavesItsValidationRows() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      try writeCheckpoint("16N", seed: 1, to: path, rowsDigest: Self.table.digest(), fraction: 0.2)
      var configuration = Configuration()
      configuration.validation = 0.2
      let split = try configuration.split(of: Self.table)
      let seen = try seen([path])
      #expect(seen.unseen == split.validation)
      #expect(seen.unseen.allSatisfy { seen.hasChosen[$0] })
      #expect(seen.trainedOn(Array(0..<200)) == split.training.count)
      #expect(seen.unseenPlaces(in: split.validation) == [Array(split.validation.indices)])
      #expect(seen.strangers.isEmpty)
    }
  }

  @Test func foldsLeaveEveryRowToOneOfThem() throws {
    try withTemporaryFolder { folder in
      for number in 1...4 {
        try makeFolders("\(folder)/fold-\(number)/member-1")
        try writeCheckpoint(
          "16N", seed: UInt64(number), to: "\(folder)/fold-\(number)/member-1/best.safetensors",
          rowsDigest: Self.table.digest(), isSelected: false, fold: (number, 4, 1))
      }
      let seen = try seen([folder])
      #expect(seen.unseen == Array(0..<200))
      #expect(!seen.hasChosen.contains(true))
      let places = seen.unseenPlaces(in: seen.unseen)
      #expect(places.flatMap { $0 }.sorted() == Array(0..<200))
      for row in 0..<200 {
        #expect(seen.members(predicting: row) == places.indices.filter { places[$0].contains(row) })
      }
      // As sources of their own, two folds share no row that neither of them saw.
      let pair = try self.seen(["\(folder)/fold-1", "\(folder)/fold-2"])
      #expect(pair.unseen.isEmpty)
      #expect(pair.trainedOn(Array(0..<200)) == 200)
    }
  }

  @Test func rowsWithATrainedImageCountAsSeen() throws {
    try withTemporaryFolder { folder in
      // Trained on the first 100 rows of a limited table is not expressible; a fold is: equal images share one.
      let path = "\(folder)/a.safetensors"
      try writeCheckpoint(
        "16N", seed: 1, to: path, rowsDigest: Self.table.digest(), isSelected: false, fold: (1, 4, 1))
      let unseen = Set(try seen([path]).unseen)
      #expect(unseen.contains(0) == unseen.contains(190))
      #expect(unseen.contains(1) == unseen.contains(191))
    }
  }

  @Test func ofAnotherTableNothingIsKnown() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      try writeCheckpoint("16N", seed: 1, to: path, rowsDigest: "other", fraction: 0.2)
      let seen = try seen([path])
      #expect(seen.strangers == [0])
      #expect(seen.unseen.count == 200)
    }
  }
}
