import Foundations
@testable import NeuralNetworks

/// A map of one image: `[row][column][channel]` without padding.
struct ReferenceMap {
  var rows: Int
  var columns: Int
  var channels: Int
  /// The engine's floats a pixel, which number dropout's elements: see `MapShape`.
  var pixelStride: Int
  var values: [Double]

  init(rows: Int, columns: Int, channels: Int) {
    self.rows = rows
    self.columns = columns
    self.channels = channels
    pixelStride = (channels + 15) / 16 * 16
    values = [Double](repeating: 0, count: rows * columns * channels)
  }

  subscript(row: Int, column: Int, channel: Int) -> Double {
    get { values[(row * columns + column) * channels + channel] }
    set { values[(row * columns + column) * channels + channel] = newValue }
  }
}

/// A layer's definition in plain loops and double precision. Each layer's is in a file of its own, in
/// `Layers`.
protocol ReferenceLayer {
  /// The layer's outputs for the images of a batch.
  func outputs(_ maps: [ReferenceMap], _ pass: ReferencePass) -> [ReferenceMap]
}

/// What a layer's definition is given besides the maps.
struct ReferencePass {
  /// The layer's tensors by their names within it, such as `weight`, without padding.
  let tensors: [String: [Double]]
  /// The layer's number in the notation.
  let number: Int
  let seed: UInt64
  let isTraining: Bool
  /// In training each image's row, and the epoch.
  let rows: [Int]
  let epoch: Int
}

/// All layers' definitions, one after another: what the engine is compared with, forward directly and
/// backward by central differences of the loss.
struct ReferenceNetwork {
  let network: ShapedNetwork
  /// Weights by their names in a checkpoint, without padding.
  var tensors: [String: [Double]]
  let seed: UInt64

  /// The share of a label that is spread over the classes.
  var smoothing = 0.0

  init(_ weights: Weights, seed: UInt64) {
    network = weights.network
    self.seed = seed
    tensors = [:]
    for tensor in network.tensors { tensors[tensor.name] = weights.values(of: tensor).map(Double.init) }
  }

  /// The logits of all images; a batch in training, with `rows` and `epoch` naming dropout's draws.
  func logits(_ images: [[Float]], training: Bool, rows: [Int] = [], epoch: Int = 0) -> [[Double]] {
    let side = network.input.rows
    var maps = images.map { image in
      var map = ReferenceMap(rows: side, columns: side, channels: 1)
      map.pixelStride = 1
      map.values = image.map(Double.init)
      return map
    }
    let layers: [any Layer] =
      network.network.layers + [Dense(units: network.classes, activation: .linear)]
    for (number, layer) in layers.enumerated() {
      guard let layer = layer as? any ReferenceLayer else {
        preconditionFailure("\(layer.notation) has no definition in Tests/NeuralNetworksTests/Layers")
      }
      let prefix = "layers.\(number)."
      let own = tensors.filter { $0.key.hasPrefix(prefix) }.map { ($0.key.dropFirst(prefix.count), $0.value) }
      maps = layer.outputs(
        maps,
        ReferencePass(
          tensors: Dictionary(uniqueKeysWithValues: own.map { (String($0), $1) }), number: number, seed: seed,
          isTraining: training, rows: rows, epoch: epoch))
    }
    return maps.map(\.values)
  }

  /// The mean cross-entropy of a batch in training.
  func loss(_ images: [[Float]], _ labels: [UInt8], rows: [Int], epoch: Int) -> Double {
    let logits = logits(images, training: true, rows: rows, epoch: epoch)
    var sum = 0.0
    for (image, label) in zip(logits, labels) {
      let largest = image.max() ?? 0
      let total = image.reduce(0) { $0 + Elementary.exp($1 - largest) }
      for (digit, logit) in image.enumerated() {
        let target = (digit == Int(label) ? 1 - smoothing : 0) + smoothing / Double(network.classes)
        sum += target * (Elementary.log(total) - (logit - largest))
      }
    }
    return sum / Double(labels.count)
  }

  /// The loss's derivative to one weight, by central differences.
  mutating func slope(
    _ tensor: String, _ index: Int, _ images: [[Float]], _ labels: [UInt8], rows: [Int], epoch: Int
  ) -> Double {
    let step = 1e-6
    guard let value = tensors[tensor]?[index] else { return .nan }
    tensors[tensor]?[index] = value + step
    let above = loss(images, labels, rows: rows, epoch: epoch)
    tensors[tensor]?[index] = value - step
    let below = loss(images, labels, rows: rows, epoch: epoch)
    tensors[tensor]?[index] = value
    return (above - below) / (2 * step)
  }
}
