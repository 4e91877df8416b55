import Competition
import Compute
import Foundations
import NeuralNetworks

/// A network to measure.
struct Subject {
  /// Its name, or its notation if it has none.
  let name: String
  let network: ShapedNetwork
  /// Images in a training step.
  let batch: Int

  /// A network by name or architecture notation. With `batch` nil it takes the batch that published figures use: 64 for
  /// `deotte`, else 128. Throws `usage`.
  init(_ text: String, batch: Int?) throws(KitError) {
    let network = try Network(notation: text)
    let notation = network.notation
    name = NamedNetwork.name(of: notation)
    self.network = try ShapedNetwork(network, side: DigitTable.side)
    self.batch = batch ?? (name == "deotte" ? 64 : 128)
  }

  var notation: String { network.network.notation }

  var title: String {
    name == notation ? "\(name), batch \(batch)" : "\(name), batch \(batch): \(notation)"
  }

  /// The memory for a training in bytes, without the images: for the steps, the weights and Adam's two moments.
  func memoryBytes(threads: Int) -> Int {
    Backpropagation.memoryBytes(of: network, batch: batch, threads: threads)
      + 4 * (3 * network.parameterCount + network.statisticCount)
  }

  /// Throws `usage` if this machine has too little memory for a member on all threads, or for `members` on one each.
  func requireMemory(threads: Int, members: Int) throws(KitError) {
    let bytes = max(memoryBytes(threads: threads), members * memoryBytes(threads: 1))
    try requirePhysicalMemory(
      Double(bytes), for: "training \(notation) with --batch \(batch)",
      remedy: "A smaller network, or a smaller --batch, may fit")
  }

  /// Operations for an image's forward pass in a layer, counted as for direct convolution: two for each multiply-add.
  func forwardOperations(_ layer: Int) -> Double { 2 * Double(network.layers[layer].multiplyAdds) }

  /// Operations of the backward pass: for the weights' gradient, and for the input's except in the first trained layer.
  func backwardOperations(_ layer: Int) -> Double {
    forwardOperations(layer) * (layer == network.firstTrainedLayer ? 1 : 2)
  }

  /// Operations for an image's prediction.
  var predictionOperations: Double { network.layers.indices.reduce(0) { $0 + forwardOperations($1) } }

  /// Operations for an image in training.
  var trainingOperations: Double {
    network.layers.indices.reduce(predictionOperations) { $0 + backwardOperations($1) }
  }
}
