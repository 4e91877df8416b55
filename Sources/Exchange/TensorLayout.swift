import Checkpoints
import NeuralNetworks

/// A tensor of a checkpoint in another library: its name and shape there, and the order of its numbers.
struct TensorLayout {
  /// Its name within a layer: `weight`, `running_mean`, ….
  let name: String
  /// Its name in the checkpoint.
  let checkpointName: String
  /// Its shape in the library.
  let shape: [Int]
  /// For each number in the library's order its place in the checkpoint's; nil if the orders are the same. Worked out when
  /// it is needed: a forged network may have any size.
  let places: (() -> [Int])?

  /// A checkpoint's numbers in the library's order.
  func exported(_ values: [Float]) -> [Float] { places.map { $0().map { values[$0] } } ?? values }

  /// The library's numbers in the checkpoint's order.
  func imported(_ values: [Float]) -> [Float] {
    guard let places else { return values }
    var result = values
    for (value, place) in zip(values, places()) { result[place] = value }
    return result
  }
}

extension ExportedLayer {
  /// The layer's tensors where channels come first (PyTorch, ONNX), by PyTorch's names.
  var channelsFirst: [TensorLayout] {
    let count = input.channels
    // The order of the features that come in.
    let features = { [flattened] in flattened.map(Self.channelsFirst) ?? Array(0..<count) }
    func tensor(
      _ name: String, _ own: String, _ shape: [Int], _ places: (() -> [Int])?
    ) -> TensorLayout {
      TensorLayout(name: name, checkpointName: "layers.\(number).\(own)", shape: shape, places: places)
    }
    switch kind {
    case .convolution(let layer):
      let (rows, columns) = (layer.kernelRows, layer.kernelColumns)
      let places = {
        let features = features()
        var places: [Int] = []
        places.reserveCapacity(layer.filters * count * rows * columns)
        for filter in 0..<layer.filters {
          for channel in features {
            for position in 0..<rows * columns {
              places.append((position * count + channel) * layer.filters + filter)
            }
          }
        }
        return places
      }
      return [
        tensor("weight", "weight", [layer.filters, count, rows, columns], places),
        tensor("bias", "bias", [layer.filters], nil),
      ]
    case .dense(let layer):
      let places = {
        let features = features()
        return (0..<layer.units).flatMap { unit in features.map { $0 * layer.units + unit } }
      }
      return [
        tensor("weight", "weight", [layer.units, count], places),
        tensor("bias", "bias", [layer.units], nil),
      ]
    case .batchNormalization:
      let order = flattened == nil ? nil : features
      return [
        ("weight", "gamma"), ("bias", "beta"), ("running_mean", "moving_mean"),
        ("running_var", "moving_variance"),
      ].map { tensor($0, $1, [count], order) }
    case .maxPooling, .averagePooling, .dropout, .flatten:
      return []
    }
  }

  /// The layer's tensors where channels come last, as in the checkpoint, by Keras's names.
  var channelsLast: [TensorLayout] {
    func tensor(_ name: String, _ own: String, _ shape: [Int]) -> TensorLayout {
      TensorLayout(name: name, checkpointName: "layers.\(number).\(own)", shape: shape, places: nil)
    }
    switch kind {
    case .convolution(let layer):
      return [
        tensor(
          "kernel", "weight", [layer.kernelRows, layer.kernelColumns, input.channels, layer.filters]),
        tensor("bias", "bias", [layer.filters]),
      ]
    case .dense(let layer):
      return [
        tensor("kernel", "weight", [input.channels, layer.units]), tensor("bias", "bias", [layer.units]),
      ]
    case .batchNormalization:
      return ["gamma", "beta", "moving_mean", "moving_variance"].map { tensor($0, $0, [input.channels]) }
    case .maxPooling, .averagePooling, .dropout, .flatten:
      return []
    }
  }

  /// The features of a flattened map in the order of channel, row, column: for each its place in row, column, channel.
  private static func channelsFirst(_ map: MapShape) -> [Int] {
    (0..<map.channels).flatMap { channel in (0..<map.pixels).map { $0 * map.channels + channel } }
  }
}
