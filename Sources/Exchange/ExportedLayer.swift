import Foundations
import NeuralNetworks

/// A layer of a network as other libraries have it: what it computes, its shapes, and how its tensors are written.
struct ExportedLayer {
  /// What a layer computes. Activations are parts of their layers.
  enum Kind {
    case convolution(Convolution)
    case dense(Dense)
    case maxPooling(Int)
    case averagePooling(Int)
    case batchNormalization
    case dropout(percent: Int)
    case flatten
  }

  /// Its number in the notation, from 0; of a flattening that is implied, that of the dense layer after it.
  let number: Int
  /// The layer in the notation; what it does, if it is implied.
  let notation: String
  let kind: Kind
  let input: MapShape
  let output: MapShape
  /// The map that was flattened into what this layer takes, if nothing has mixed its features since: libraries with
  /// channels first have them in another order.
  let flattened: MapShape?

  /// Whether it is dropout, which does nothing to an image when the network predicts.
  var isDropout: Bool { if case .dropout = kind { true } else { false } }
}

extension ExportedLayer {
  /// The layers of a network, with those that its notation implies.
  ///
  /// - Throws: `usage` if a layer is of a kind that can't be exported.
  static func all(of network: ShapedNetwork) throws(KitError) -> [ExportedLayer] {
    var result: [ExportedLayer] = []
    var shape = network.input
    var flattened: MapShape?
    func append(_ layer: any Layer, _ notation: String, _ number: Int) throws(KitError) {
      let output = try layer.shaped(for: shape).output
      let kind = try Kind(layer)
      result.append(
        ExportedLayer(
          number: number, notation: notation, kind: kind, input: shape, output: output, flattened: flattened))
      switch kind {
      case .flatten: if shape.pixels > 1 && shape.channels > 1 { flattened = shape }
      case .convolution, .dense: flattened = nil
      case .maxPooling, .averagePooling, .batchNormalization, .dropout: break
      }
      shape = output
    }
    let classes = network.tensors.last?.shape.count ?? 0
    let implied: [(any Layer, String)] = [
      (Dense(units: classes, activation: .linear), "\(classes)-way softmax")
    ]
    let written = network.network.layers.map { ($0, $0.notation) }
    for (number, (layer, notation)) in (written + implied).enumerated() {
      if layer.takesFeatures, shape.pixels > 1 || shape.pixelStride == 1 {
        try append(Flatten(), "flatten", number)
      }
      try append(layer, notation, number)
    }
    return result
  }
}

extension ExportedLayer.Kind {
  init(_ layer: any Layer) throws(KitError) {
    switch layer {
    case let layer as Convolution: self = .convolution(layer)
    case let layer as Dense: self = .dense(layer)
    case let layer as MaxPooling: self = .maxPooling(layer.size)
    case let layer as AveragePooling: self = .averagePooling(layer.size)
    case is BatchNormalization: self = .batchNormalization
    case let layer as Dropout: self = .dropout(percent: layer.percent)
    case is Flatten: self = .flatten
    default: throw KitError(.usage, "a layer \(layer.notation) can't be exported")
    }
  }
}
