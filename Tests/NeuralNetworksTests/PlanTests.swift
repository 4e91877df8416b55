import Compute
import Foundations
import Testing
@testable import NeuralNetworks

/// What a step of training does in which order, and where it keeps its numbers.
@Suite struct PlanTests {
  private func plan(_ notation: String) throws -> Plan {
    let layers = try ShapedNetwork(Network(notation: notation), side: 9).layers
    let layout = try layout(notation)
    return Plan(training: layers, recomputed: layout.recomputed)
  }

  private func layout(_ notation: String, batch: Int = 37, threads: Int = 2, training: Bool = true) throws
    -> PassLayout
  {
    try PassLayout(
      ShapedNetwork(Network(notation: notation), side: 9), batch: batch, threads: threads, training: training)
  }

  /// Without batch statistics the shards never wait for each other.
  @Test func oneMeetingWithoutBatchStatistics() throws {
    // 0 convolution and pooling, 1 flatten, 2 the softmax's layer.
    #expect(
      try plan("4C3-P2").steps == [
        .derive,
        .shards([
          .fill, .forward(0), .forward(1), .forward(2), .finish, .backward(2), .backward(1), .backward(0),
        ]),
      ])
  }

  /// A layer with batch statistics adds a meeting in each direction; its output is computed again for the layer that
  /// reads it.
  @Test func batchStatisticsAddMeetings() throws {
    // 0 convolution, 1 normalization, 2 convolution, 3 flatten, 4 the softmax's layer.
    #expect(
      try plan("4C3-B-5C3").steps == [
        .derive,
        .shards([.fill, .forward(0), .gather(1)]),
        .merge(1),
        .shards([
          .forward(1), .forward(2), .forward(3), .forward(4), .finish, .backward(4), .backward(3),
          .forwardAgain(1), .backward(2), .gatherGradient(1),
        ]),
        .mergeGradient(1),
        .shards([.backward(1), .backward(0)]),
      ])
  }

  @Test func predictionIsOneStep() throws {
    let layers = try ShapedNetwork(Network(notation: "4C3-B"), side: 9).layers
    #expect(
      Plan(predicting: layers).steps == [
        .shards([.fill, .forward(0), .forward(1), .forward(2), .forward(3), .finish])
      ])
  }

  /// A slot for each thread, or for each shard where shards wait for each other.
  @Test func slotsFollowFromTheMeetings() throws {
    #expect(try layout("4C3-P2").slots == 2)
    #expect(try layout("4C3-B").slots == 3)
    #expect(try layout("4C3-B", training: false).slots == 2)
  }

  /// The estimate is what is taken.
  @Test(arguments: ["4C3-P2-20N", "16C3-B-16C3-P2-B"]) func theEstimateIsWhatIsTaken(notation: String) throws
  {
    let network = try ShapedNetwork(Network(notation: notation), side: 9)
    let runner = PlanRunner(
      Weights(initializing: network, seed: 1), batch: 37, training: true, pool: ThreadPool(threads: 2),
      kernels: try #require(InstructionSets.available.first), clock: nil)
    #expect(runner.takenBytes == Backpropagation.memoryBytes(of: network, batch: 37, threads: 2))
  }

  /// Regions of a lifetime follow one another by whole cache lines, and those of training alone come last.
  @Test func regionsFollowOneAnother() {
    var memory = LayerMemory()
    let first = memory.region(5, .scratch)
    let other = memory.region(40, .workspace)
    let second = memory.bytes(65, .scratch)
    let third = memory.region(1, .scratch, onlyInTraining: true)
    #expect([first, other, second, third].map(\.offset) == [0, 0, 16, 48])
    #expect(second.count == 17)
    #expect(memory.count(.scratch, training: false) == 48)
    #expect(memory.count(.scratch, training: true) == 64)
    #expect(memory.count(.workspace, training: false) == 48)
    #expect(memory.count(.derived, training: true) == 0)
  }
}
