import Competition
import Compute
import Foundation
import Foundations
import NeuralNetworks
import Synchronization

@testable import Training

/// A table of images that a network can tell apart: noise, and for each digit a row of ink of its own.
func smallTable(rows: Int, seed: UInt64 = 1) -> DigitTable {
  var stream = RandomStream(Philox(seed: seed), .sample)
  var pixels: [UInt8] = []
  let labels = (0..<rows).map { UInt8($0 % 10) }
  for label in labels {
    for index in 0..<DigitTable.pixelCount {
      let isInk = index / DigitTable.side == 4 + 2 * Int(label)
      pixels.append(isInk ? 255 : UInt8(stream.below(64)))
    }
  }
  return DigitTable(pixels: pixels, labels: labels)
}

/// A training of a few steps: 60 rows, 48 to train on, three steps an epoch.
func smallConfiguration() -> Configuration {
  var configuration = Configuration()
  configuration.networks = ["4C5S3p-B-P2-D25-8N"]
  configuration.epochs = 2
  configuration.batch = 16
  configuration.validation = 0.2
  configuration.schedule = .oneCycle
  configuration.plainEpochs = 0
  configuration.select = .best
  return configuration
}

/// Gives a new empty folder to `body` and removes it afterwards, whatever happens.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = "\(FileManager.default.temporaryDirectory.path)/kaggle-digits-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

extension TrainingRun {
  /// Begins a run in a folder.
  init(_ configuration: Configuration, at path: String, table: DigitTable) throws {
    try self.init(
      configuration, in: RunDirectory(creating: path, force: false), table: table,
      split: configuration.split(of: table), data: "table")
  }

  /// Trains to the end, or until so many steps of all members are done; whether it got to the end.
  func fit(threads: Int = 1, stoppingAfter limit: Int = Int.max) throws -> Bool {
    let steps = Mutex(0)
    return try tasks.fit(
      threads: threads, kernels: try InstructionSet.detected(),
      isStopping: { steps.withLock { $0 } >= limit },
      observe: { _, _, event in
        if case .step = event { steps.withLock { $0 += 1 } }
      })
  }
}

/// What the byte promise covers of a member's folder.
func promisedFiles(of member: String) throws -> [String: Data] {
  var files: [String: Data] = [:]
  for name in ["state.safetensors", "last.safetensors", "best.safetensors", "history.csv"] {
    files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(member)/\(name)"))
  }
  return files
}
