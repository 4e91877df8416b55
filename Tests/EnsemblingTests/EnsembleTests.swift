import TestSupport
import Checkpoints
import Competition
import Compute
import Ensembling
import Foundation
import Foundations
import NeuralNetworks
import Runs
import Scoring
import Testing

/// Checkpoints of untrained networks and images of noise: what an ensemble makes of them is arithmetic.
@Suite struct EnsembleTests {
  static let images = 50
  static let pixels = noise(images * DigitTable.pixelCount, seed: 3)

  private func ensemble(
    _ paths: [String], threads: Int = 1, average: Average = .arithmetic, weights: [Double]? = nil,
    views: Int = 1
  ) throws -> Ensemble {
    var options = Ensemble.Options(weights: weights)
    options.prediction.average = average
    options.prediction.views = views
    return try Ensemble(
      sources: paths, options: options, threads: threads, kernels: InstructionSets.detected())
  }

  private func predictions(_ paths: [String], threads: Int = 1) throws -> Predictions {
    try ensemble(paths, threads: threads).predict(Self.pixels)
  }

  /// Three checkpoints of two networks.
  private func withCheckpoints(_ body: ([String]) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let paths = (1...3).map { "\(folder)/\($0).safetensors" }
      for (index, notation) in ["4C5S3p-B-P2-D25-8N", "16N", "4C5S3p-B-P2-D25-8N"].enumerated() {
        try writeCheckpoint(notation, seed: UInt64(index), to: paths[index])
      }
      try body(paths)
    }
  }

  @Test func probabilitiesAreTheMembersMean() throws {
    try withCheckpoints { paths in
      let single = try paths.map { try predictions([$0]) }
      let pair = try predictions([paths[0], paths[1]])
      for index in pair.probabilities.indices {
        let mean = (single[0].probabilities[index] + single[1].probabilities[index]) / 2
        #expect(pair.probabilities[index] == mean)
      }
      let all = try predictions(paths)
      for image in 0..<Self.images {
        let range = image * 10..<image * 10 + 10
        let row = Array(all.probabilities[range])
        #expect(abs(row.reduce(0, +) - 1) < 1e-12)
        #expect(row.allSatisfy { $0 > 0 && $0 < 1 })
        #expect(row.firstIndex(of: row.max() ?? 0) == Int(all.labels[image]))
      }
      #expect(try predictions(paths, threads: 3).probabilities == all.probabilities)
    }
  }

  @Test func disagreementsAreCountedOnceAnImage() throws {
    try withCheckpoints { paths in
      let labels = try paths.map { try predictions([$0]).labels }
      let disputed = (0..<Self.images).filter { image in Set(labels.map { $0[image] }).count > 1 }
      #expect(!disputed.isEmpty)
      #expect(try predictions(paths).disagreements == disputed.count)
      #expect(try predictions([paths[0]]).disagreements == 0)
    }
  }

  @Test func aPredictionDoesNotDependOnWhatElseIsPredicted() throws {
    try withCheckpoints { paths in
      let ensemble = try ensemble(paths, threads: 2)
      let all = try ensemble.predict(Self.pixels)
      for image in [0, 15, 16, 49] {
        let start = image * DigitTable.pixelCount
        let alone = try ensemble.predict(Array(Self.pixels[start..<start + DigitTable.pixelCount]))
        #expect(alone.probabilities == Array(all.probabilities[image * 10..<image * 10 + 10]))
      }
      #expect(try ensemble.predict([]).labels.isEmpty)
    }
  }

  @Test func geometricMeanIsThatOfTheProbabilities() throws {
    try withCheckpoints { paths in
      let single = try paths.map { try predictions([$0]).probabilities }
      let mean = try ensemble(paths, average: .geometric).predict(Self.pixels).probabilities
      for image in 0..<Self.images {
        let products = (0..<10).map { digit in
          single.reduce(0.0) { $0 + log($1[image * 10 + digit]) / 3 }
        }.map { exp($0) }
        for digit in 0..<10 {
          #expect(abs(mean[image * 10 + digit] - products[digit] / products.reduce(0, +)) < 1e-12)
        }
      }
    }
  }

  @Test func theMajorityDecidesAVote() throws {
    try withCheckpoints { paths in
      let answers = try paths.map { try predictions([$0]).labels }
      let mean = try predictions(paths)
      let vote = try ensemble(paths, average: .vote).predict(Self.pixels)
      for image in 0..<Self.images {
        let votes = (0..<10).map { digit in answers.count { $0[image] == digit } }
        let most = votes.max() ?? 0
        let winners = (0..<10).filter { votes[$0] == most }
        let winner = winners.max { mean.probabilities[image * 10 + $0] < mean.probabilities[image * 10 + $1] }
        #expect(Int(vote.labels[image]) == winner)
        #expect(abs(vote.probabilities[image * 10..<image * 10 + 10].reduce(0, +) - 1) < 1e-12)
      }
    }
  }

  @Test func weightsCountAndAWeightOfZeroDoesNot() throws {
    try withCheckpoints { paths in
      let single = try paths.map { try predictions([$0]).probabilities }
      let weighted = try ensemble(paths, weights: [3, 0, 1]).predict(Self.pixels)
      for index in single[0].indices {
        #expect(abs(weighted.probabilities[index] - (3 * single[0][index] + single[2][index]) / 4) < 1e-15)
      }
      #expect(weighted.opinions.count == 2)
      for weights in [[1], [1, 1, 1, 1], [0, 0, 0], [1, -1, 1], [1, .nan, 1]] as [[Double]] {
        let error = #expect(throws: KitError.self) { try ensemble(paths, weights: weights) }
        #expect(error?.kind == .usage)
      }
    }
  }

  @Test func membersOfASourceShareItsWeight() throws {
    try withCheckpoints { paths in
      let run = "\(URL(fileURLWithPath: paths[0]).deletingLastPathComponent().path)/run"
      for (number, path) in [(1, paths[0]), (2, paths[1])] {
        try makeFolders("\(run)/member-\(number)")
        try FileManager.default.copyItem(atPath: path, toPath: "\(run)/member-\(number)/best.safetensors")
      }
      let single = try paths.map { try predictions([$0]).probabilities }
      let weighted = try ensemble([run, paths[2]], weights: [1, 1]).predict(Self.pixels).probabilities
      for index in weighted.indices {
        let pair = (single[0][index] + single[1][index]) / 2
        #expect(abs(weighted[index] - (pair + single[2][index]) / 2) < 1e-15)
      }
      // An image that one of the two was not asked about gets the other's answer for both.
      let table = DigitTable(pixels: Self.pixels, labels: [UInt8](repeating: 0, count: Self.images))
      let all = Array(0..<Self.images)
      let partly = try ensemble([run, paths[2]], weights: [1, 1]).predict(
        table, rows: all, places: [Array(all.dropFirst()), all, all])
      for digit in 0..<10 {
        #expect(abs(partly.probabilities[digit] - (single[1][digit] + single[2][digit]) / 2) < 1e-15)
        #expect(partly.probabilities[10 + digit] == weighted[10 + digit])
      }
    }
  }

  @Test func viewsAreAveragedAndTheFirstIsTheImageItself() throws {
    try withCheckpoints { paths in
      let plain = try predictions([paths[0]]).probabilities
      let one = try ensemble([paths[0]], views: 1).predict(Self.pixels).probabilities
      let nine = try ensemble([paths[0]], threads: 3, views: 9).predict(Self.pixels).probabilities
      #expect(one == plain)
      #expect(nine != plain)
      #expect(try ensemble([paths[0]], views: 9).predict(Self.pixels).probabilities == nine)
      for views in [0, -1, 10] {
        #expect(throws: KitError.self) { try ensemble([paths[0]], views: views) }
      }
    }
  }

  @Test func keptPredictionsAreTheSame() throws {
    try withCheckpoints { paths in
      let expected = try predictions(paths)
      let kept = try Ensemble(
        sources: paths, threads: 1, kernels: InstructionSets.detected(), keepsPredictions: true)
      for _ in 0..<2 {
        let predictions = try kept.predict(Self.pixels)
        #expect(predictions.probabilities == expected.probabilities)
        #expect(predictions.opinions.map(\.probabilities) == expected.opinions.map(\.probabilities))
      }
    }
  }

  @Test func anOcclusionMapIsWhatPaperChanges() throws {
    try withCheckpoints { paths in
      let ensemble = try ensemble(paths)
      // Ink in one row of pixels: at most three rows of patches touch it.
      var pixels = [UInt8](repeating: 0, count: DigitTable.pixelCount)
      for column in 8..<20 { pixels[12 * 28 + column] = 200 }
      let map = try ensemble.occlusionMap(of: pixels)
      let whole = try ensemble.predict(pixels)
      let digit = Int(whole.labels[0])
      // The pixel's nine patches begin at rows and columns 8, 10 and 12.
      var fall = 0.0
      for _ in [8, 10, 12] {
        for left in [8, 10, 12] {
          var covered = pixels
          for column in left..<left + 6 { covered[12 * 28 + column] = 0 }
          fall += whole.probabilities[digit] - (try ensemble.predict(covered).probabilities[digit])
        }
      }
      #expect(abs(map[12 * 28 + 12] - fall / 9) < 1e-12)
      #expect(fall != 0)
      #expect(map[..<(7 * 28)].allSatisfy { $0 == 0 } && map[(18 * 28)...].allSatisfy { $0 == 0 })
      // Of one member alone: as if it were the whole ensemble.
      #expect(
        try ensemble.occlusionMap(of: pixels, members: [1])
          == self.ensemble([paths[1]]).occlusionMap(of: pixels))
      let blank = try ensemble.occlusionMap(of: [UInt8](repeating: 0, count: DigitTable.pixelCount))
      #expect(blank.allSatisfy { $0 == 0 })
    }
  }

  @Test func aRunStandsForItsMembersInOrder() throws {
    try withTemporaryFolder { folder in
      let numbers = [1, 2, 9, 10, 11]
      for number in numbers { try makeFolders("\(folder)/run/member-\(number)") }
      let error = #expect(throws: KitError.self) { try checkpointPaths(["\(folder)/run"]) }
      #expect(error?.kind == .missingInput)
      #expect(error?.message.contains("train --resume \(folder)/run") == true)
      for number in numbers { try write("", to: "\(folder)/run/member-\(number)/best.safetensors") }
      let expected = numbers.map { "\(folder)/run/member-\($0)/best.safetensors" }
      #expect(try checkpointPaths(["\(folder)/run"]) == [expected])
      #expect(try checkpointPaths(["\(folder)/run/", "x"]) == [expected, ["x"]])
      #expect(try checkpointPaths(["\(folder)/run/member-9"]) == [[expected[2]]])
      #expect(throws: KitError.self) { try checkpointPaths([folder]) }
      #expect(throws: KitError.self) { try checkpointPaths(["\(folder)/run", "\(folder)/run/member-9"]) }
    }
  }

  @Test func aCrossValidationStandsForItsFoldsInOrder() throws {
    try withTemporaryFolder { folder in
      var expected: [String] = []
      for fold in [1, 2, 10] {
        for member in [1, 2] {
          try makeFolders("\(folder)/fold-\(fold)/member-\(member)")
          expected.append("\(folder)/fold-\(fold)/member-\(member)/best.safetensors")
        }
      }
      for path in expected.dropLast() { try write("", to: path) }
      let error = #expect(throws: KitError.self) { try checkpointPaths([folder]) }
      #expect(error?.message.contains("fold-10/member-2 has no checkpoint yet") == true)
      #expect(error?.message.contains("cross-validate --resume") == true)
      try write("", to: expected[5])
      #expect(try checkpointPaths([folder]) == [expected])
      #expect(try checkpointPaths(["\(folder)/fold-10"]) == [Array(expected.suffix(2))])
    }
  }
}

/// Writes a checkpoint of an untrained network.
func writeCheckpoint(
  _ notation: String, seed: UInt64, to path: String, rowsDigest: String = "none", fraction: Double = 0,
  isSelected: Bool = true, classes: Classes = .digits, fold: (number: Int, count: Int, repeats: Int)? = nil
) throws {
  let network = try ShapedNetwork(
    Network(notation: notation), side: DigitTable.side, classes: classes.count)
  let origin = Checkpoint.Origin(
    seed: seed, member: 1, epoch: 1, validationAccuracy: nil, validationLoss: nil, rowsDigest: rowsDigest,
    limit: nil, splitSeed: 1, splitFraction: fraction, isSelected: isSelected, classes: classes,
    fold: fold)
  try Checkpoint(Weights(initializing: network, seed: seed), origin: origin).write(to: path, replacing: true)
}
