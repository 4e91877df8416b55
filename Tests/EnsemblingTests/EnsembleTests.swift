import Competition
import Compute
import Ensembling
import Foundation
import Foundations
import NeuralNetworks
import Testing

/// Checkpoints of untrained networks and images of noise: what an ensemble makes of them is arithmetic.
@Suite struct EnsembleTests {
  static let images = 50
  static let pixels: [UInt8] = {
    var stream = RandomStream(Philox(seed: 3), .sample)
    return (0..<images * DigitTable.pixelCount).map { _ in UInt8(stream.below(256)) }
  }()

  private func writeCheckpoint(_ notation: String, seed: UInt64, to path: String) throws {
    let network = try FittedNetwork(Network(notation: notation), side: DigitTable.side)
    let origin = Checkpoint.Origin(
      seed: seed, member: 1, epoch: 1, validationAccuracy: nil, validationLoss: nil, rowsDigest: "none",
      limit: nil, splitSeed: 1, splitFraction: 0)
    try Checkpoint(Weights(initializing: network, seed: seed), origin: origin).write(
      to: path, replacing: true)
  }

  private func predictions(_ paths: [String], threads: Int = 1) throws -> Ensemble.Predictions {
    try Ensemble(paths: paths, threads: threads, kernels: InstructionSet.detected()).predict(Self.pixels)
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
      #expect(try predictions([paths[0], paths[0]]).disagreements == 0)
    }
  }

  @Test func aPredictionDoesNotDependOnWhatElseIsPredicted() throws {
    try withCheckpoints { paths in
      let ensemble = try Ensemble(paths: paths, threads: 2, kernels: InstructionSet.detected())
      let all = try ensemble.predict(Self.pixels)
      for image in [0, 15, 16, 49] {
        let start = image * DigitTable.pixelCount
        let alone = try ensemble.predict(Array(Self.pixels[start..<start + DigitTable.pixelCount]))
        #expect(alone.probabilities == Array(all.probabilities[image * 10..<image * 10 + 10]))
      }
      #expect(try ensemble.predict([]).labels.isEmpty)
    }
  }

  @Test func scoreIsTheMeanOverItsRows() throws {
    try withCheckpoints { paths in
      let ensemble = try Ensemble(paths: paths, threads: 2, kernels: InstructionSet.detected())
      let table = DigitTable(pixels: Self.pixels, labels: (0..<Self.images).map { UInt8($0 % 10) })
      let rows = [3, 4, 17, 49]
      let all = try ensemble.predict(Self.pixels)
      let losses = rows.map { -Elementary.log(all.probabilities[$0 * 10 + $0 % 10]) }
      let score = try Score(of: ensemble, on: table, rows: rows)
      #expect(score.rows == 4)
      #expect(score.correct == rows.count { Int(all.labels[$0]) == $0 % 10 })
      #expect(abs(score.logLoss - losses.reduce(0, +) / 4) < 1e-15)
      #expect(score.accuracy == Double(score.correct) / 4)
    }
  }

  @Test func aRunStandsForItsMembersInOrder() throws {
    try withTemporaryFolder { folder in
      let numbers = [1, 2, 9, 10, 11]
      for number in numbers { try makeFolders("\(folder)/run/member-\(number)") }
      let error = #expect(throws: KitError.self) { try Ensemble.checkpointPaths(["\(folder)/run"]) }
      #expect(error?.kind == .missingInput)
      #expect(error?.message.contains("--resume \(folder)/run") == true)
      for number in numbers {
        try "".write(
          toFile: "\(folder)/run/member-\(number)/best.safetensors", atomically: false, encoding: .utf8)
      }
      let expected = numbers.map { "\(folder)/run/member-\($0)/best.safetensors" }
      #expect(try Ensemble.checkpointPaths(["\(folder)/run"]) == expected)
      #expect(try Ensemble.checkpointPaths(["\(folder)/run/", "x"]) == expected + ["x"])
      #expect(try Ensemble.checkpointPaths(["\(folder)/run/member-9"]) == [expected[2]])
      #expect(throws: KitError.self) { try Ensemble.checkpointPaths([folder]) }
    }
  }
}

/// Gives a new empty folder to `body` and removes it afterwards, whatever happens.
private func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = "\(FileManager.default.temporaryDirectory.path)/kaggle-digits-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}
