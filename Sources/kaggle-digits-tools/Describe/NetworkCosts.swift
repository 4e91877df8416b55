import Competition
import Compute
import Foundations
import NeuralNetworks

/// The memory that a network takes.
struct NetworkCosts {
  /// Images in a training step.
  let batch: Int
  /// The numbers of a checkpoint, 4 bytes each; its header takes a few thousand more.
  let checkpointBytes: Int
  /// For a training: the steps, the weights and Adam's two moments, without the images.
  let trainingBytes: Int
  /// For predictions: their work and the weights.
  let predictionBytes: Int

  init(of network: ShapedNetwork, batch: Int, threads: Int) {
    self.batch = batch
    checkpointBytes = 4 * network.tensors.reduce(0) { $0 + $1.shape.count }
    let weights = network.parameterCount + network.statisticCount
    trainingBytes =
      Backpropagation.memoryBytes(of: network, batch: batch, threads: threads)
      + 4 * (weights + 2 * network.parameterCount)
    predictionBytes = Prediction.memoryBytes(of: network, threads: threads) + 4 * weights
  }

  /// Refuses (`usage`) what this machine has too little memory to train.
  func requireMemory(for network: ShapedNetwork) throws(KitError) {
    try requirePhysicalMemory(
      Double(trainingBytes), for: "training \(network.network.notation) with --batch \(batch)",
      remedy: "A smaller --batch may fit, or --no-speed, which does not train")
  }
}
