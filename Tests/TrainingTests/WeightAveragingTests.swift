import Competition
import Foundation
import Foundations
import NeuralNetworks
import Runs
import TestSupport
import Testing
@testable import Training

/// Averaged weights are the averages that the options describe, to the bit, also over a stop.
@Suite struct WeightAveragingTests {
  static let table = smallTable(rows: 60)

  private func configuration(_ averaging: WeightAveraging, network: String = "8N") -> Configuration {
    var configuration = smallConfiguration()
    configuration.networks = [network]
    configuration.averaging = averaging
    configuration.schedule = .constant
    return configuration
  }

  private func parameters(_ weights: Weights) -> [Float] { weights.parameters.array }

  /// The state after some steps, of which three are an epoch; the last one's end comes with the step behind it.
  private func state(_ configuration: Configuration, after steps: Int = .max) throws -> TrainingState {
    try withTemporaryFolder { folder in
      let run = try TrainingRun(configuration, at: "\(folder)/run", table: Self.table)
      _ = try run.fit(stoppingAfter: steps)
      return try StateFile.read(
        "\(folder)/run/member-1/state.safetensors", side: DigitTable.side, epochs: nil)
    }
  }

  @Test func exponentialAverageFollowsEachStep() throws {
    let decay = 0.3
    let configuration = configuration(.exponential(decay: decay))
    let network = try ShapedNetwork(Network(notation: configuration.networks[0]), side: DigitTable.side)
    var average = parameters(
      TrainingState(configuration, member: 1, network: network, rowsDigest: "", rows: 0).weights)
    for step in 1...5 {
      let state = try state(configuration, after: step)
      let share = Float(1 - min(decay, Double(step) / Double(9 + step)))
      let weights = parameters(state.weights)
      for index in average.indices {
        average[index] = average[index].addingProduct(share, weights[index] - average[index])
      }
      expectSame(parameters(state.keptWeights), average, "step \(step)")
    }
  }

  @Test func lastEpochsAreTheirMean() throws {
    var averaged = configuration(.lastEpochs(3))
    averaged.epochs = 4
    averaged.select = .last
    let ends = try (1...4).map { epochs in
      var plain = configuration(.none)
      plain.epochs = epochs
      return try parameters(state(plain).weights)
    }
    for epoch in 1...4 {
      var expected = ends[min(epoch, 2) - 1]
      for (number, later) in ends[2...].prefix(max(0, epoch - 2)).enumerated() {
        for index in expected.indices {
          expected[index] = expected[index].addingProduct(
            1 / Float(number + 2), later[index] - expected[index])
        }
      }
      let state = try state(averaged, after: epoch < 4 ? 3 * epoch + 1 : .max)
      expectSame(parameters(state.keptWeights), expected, "average of epoch \(epoch)")
      expectSame(parameters(state.selectedWeights), expected, "kept of epoch \(epoch)")
    }
  }

  /// The steps go on as if nothing had been averaged, and the averaged weights get statistics of their own.
  @Test(arguments: [WeightAveraging.exponential(decay: 0.9), .lastEpochs(2)])
  func statisticsAreRenewed(averaging: WeightAveraging) throws {
    let notation = "4C5S3p-B-P2-D25-8N"
    let plain = try state(configuration(.none, network: notation))
    let averaged = try state(configuration(averaging, network: notation))
    expectSame(parameters(averaged.weights), parameters(plain.weights), "weights")
    expectSame(averaged.weights.statistics.array, plain.weights.statistics.array, "statistics")
    // The running variances began at 1; the batches' own are small. Six steps leave nothing of the beginning.
    let (renewed, running) = (averaged.keptWeights.statistics.array, plain.weights.statistics.array)
    for channel in 0..<4 {
      #expect(running[16 + channel] > 0 && running[16 + channel] < 0.1)
      #expect(renewed[16 + channel] > 0 && renewed[16 + channel] < 0.1)
      #expect(renewed[16 + channel] != running[16 + channel])
    }
  }

  @Test(arguments: [WeightAveraging.exponential(decay: 0.9), .lastEpochs(2)])
  func stoppedAndResumedIsTheSame(averaging: WeightAveraging) throws {
    let configuration = configuration(averaging, network: "4C5S3p-B-P2-D25-8N")
    let expected = try withTemporaryFolder { folder in
      #expect(try TrainingRun(configuration, at: "\(folder)/run", table: Self.table).fit())
      return try promisedFiles(in: "\(folder)/run/member-1")
    }
    for steps in 1...5 {
      try withTemporaryFolder { folder in
        let path = "\(folder)/run"
        #expect(try !TrainingRun(configuration, at: path, table: Self.table).fit(stoppingAfter: steps))
        let resumed = try TrainingRun(
          resuming: RunDirectory(resuming: path), table: Self.table, epochs: nil, data: "table")
        #expect(try resumed.fit(threads: 3))
        let isSame = try promisedFiles(in: "\(path)/member-1") == expected
        #expect(isSame, "stopped after \(steps) steps")
      }
    }
  }

  @Test func anAverageOfTheLastEpochsCanNotBeProlonged() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      do {
        let run = try TrainingRun(configuration(.lastEpochs(2)), at: path, table: Self.table)
        #expect(try run.fit())
      }
      let error = #expect(throws: KitError.self) {
        try TrainingRun(resuming: RunDirectory(resuming: path), table: Self.table, epochs: 4, data: "table")
      }
      #expect(error?.kind == .usage)
      #expect(error?.message.contains("average of its last epochs") == true)
    }
  }

  @Test func selectingTheLastEpochKeepsIt() throws {
    var last = configuration(.none)
    last.select = .last
    for epochs in 1...3 {
      last.epochs = epochs
      let state = try state(last)
      #expect(state.selected?.epoch == epochs)
      expectSame(parameters(state.selectedWeights), parameters(state.weights), "epoch \(epochs)")
    }
  }

  /// Without the thousands of numbers in the message.
  private func expectSame(_ left: [Float], _ right: [Float], _ name: String) {
    let difference = zip(left, right).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    #expect(left.count == right.count && difference == nil, "\(name): number \(difference ?? -1) differs")
  }
}
