import Competition
import Compute
import Foundations
import NeuralNetworks

/// A network that is measured.
struct Subject {
  /// Its name, or its notation if it has none.
  let name: String
  let network: ShapedNetwork
  /// Images a training step.
  let batch: Int

  /// The network with that name or notation; `batch` nil for the one that its figures are quoted with.
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

  /// Bytes that a training works in, but for the images: what the steps take, the weights, and Adam's two moments.
  func memoryBytes(threads: Int) -> Int {
    Backpropagation.memoryBytes(of: network, batch: batch, threads: threads)
      + 4 * (3 * network.parameterCount + network.statisticCount)
  }

  /// Refuses (`usage`) what this machine's memory can't hold: a member on all threads, and `members` on one each.
  func requireMemory(threads: Int, members: Int) throws(KitError) {
    let bytes = max(memoryBytes(threads: threads), members * memoryBytes(threads: 1))
    try requirePhysicalMemory(
      Double(bytes), for: "training \(notation) with --batch \(batch)",
      remedy: "A smaller network, or a smaller --batch, may fit")
  }

  /// Operations of direct convolutions for an image's forward pass in a layer: two a multiply-add.
  func forwardOperations(_ layer: Int) -> Double { 2 * Double(network.layers[layer].multiplyAdds) }

  /// Those of the backward pass: the weights' gradient, and the input's where one is wanted.
  func backwardOperations(_ layer: Int) -> Double {
    forwardOperations(layer) * (layer == network.firstTrainedLayer ? 1 : 2)
  }

  /// All layers' forward operations for an image.
  var predictionOperations: Double { network.layers.indices.reduce(0) { $0 + forwardOperations($1) } }

  /// All layers' operations for an image in training.
  var trainingOperations: Double {
    network.layers.indices.reduce(predictionOperations) { $0 + backwardOperations($1) }
  }
}
