import Competition
import Foundations
import Runs

/// A table of images that a network can tell apart: noise, and for each digit a row of ink of its own.
public func smallTable(rows: Int, seed: UInt64 = 1) -> DigitTable {
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
public func smallConfiguration() -> Configuration {
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
