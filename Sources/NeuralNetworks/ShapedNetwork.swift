import Foundations

/// A network with its shapes: every layer with those of its input and output, the implied layers among them,
/// and the place of every weight.
public struct ShapedNetwork: Sendable {
  /// One tensor of the network: its name in a checkpoint, its shape and where it starts.
  public struct Tensor: Sendable {
    /// `layers.NUMBER.NAME`; layers are numbered as written, the implied last layer, with an output for each class, comes last.
    public let name: String
    /// The tensor's shape.
    public let shape: ParameterShape
    /// Whether it is one of the statistics rather than the parameters.
    public let isStatistic: Bool
    /// Its first float among these; `shape.storedCount` floats belong to it.
    public let offset: Int
  }

  /// The network as written.
  public let network: Network
  /// How many classes it tells apart: the outputs of its implied last layer.
  public let classes: Int
  /// The image's shape.
  public let input: MapShape
  /// All layers, the implied ones too; one may compute two of the notation, see `ShapedLayer.joined`. There
  /// is at least one.
  public let layers: [any ShapedLayer]
  /// What people call each layer: its notation, two for layers that are computed as one, or what an implied
  /// one does.
  public let names: [String]
  /// Each layer's number in the notation, from 0; that of the first of two that are computed as one.
  let numbers: [Int]
  /// The layers as written and the implied ones, each with its name.
  private let written: [WrittenLayer]
  /// Where each layer's parameters start.
  let parameterOffsets: [Int]
  /// Where each layer's statistics start.
  let statisticOffsets: [Int]
  /// Floats of all parameters, padding included.
  public let parameterCount: Int
  /// Floats of all statistics, padding included.
  public let statisticCount: Int
  /// All tensors in the layers' order.
  public let tensors: [Tensor]

  /// A network for images of `side`×`side` pixels, of one of `classes` classes.
  ///
  /// - Throws: `usage`, pointing at the layer that does not fit.
  public init(
    _ network: Network, side: Int, classes: Int = DigitClass.count
  ) throws(KitError) {
    self.network = network
    self.classes = classes
    input = .image(side: side)
    var list = LayerList(input)
    for (number, layer) in network.layers.enumerated() {
      do {
        try list.append(layer, name: layer.notation, number: number)
      } catch {
        throw NetworkError.at(token: number, of: network.notation, error.message, hint: nil)
      }
    }
    try list.append(
      Dense(units: classes, activation: .linear), name: "\(classes)-way softmax",
      number: network.layers.count)
    (layers, numbers, names, written) = (list.layers, list.numbers, list.names, list.written)

    var parameterOffsets: [Int] = []
    var statisticOffsets: [Int] = []
    var tensors: [Tensor] = []
    /// Takes the places of some tensors from `offset` on; returns where they end.
    func place(_ shapes: [ParameterShape], of number: Int, isStatistic: Bool, from offset: Int) -> Int {
      shapes.reduce(offset) { offset, shape in
        let name = "layers.\(number).\(shape.name)"
        tensors.append(Tensor(name: name, shape: shape, isStatistic: isStatistic, offset: offset))
        return offset + shape.storedCount
      }
    }
    var (parameterCount, statisticCount) = (0, 0)
    for (layer, number) in zip(list.layers, list.numbers) {
      parameterOffsets.append(parameterCount)
      statisticOffsets.append(statisticCount)
      parameterCount = place(layer.parameters, of: number, isStatistic: false, from: parameterCount)
      statisticCount = place(layer.statistics, of: number, isStatistic: true, from: statisticCount)
    }
    self.parameterOffsets = parameterOffsets
    self.statisticOffsets = statisticOffsets
    self.parameterCount = parameterCount
    self.statisticCount = statisticCount
    self.tensors = tensors
  }

  /// The logits' shape: 1×1×`classes`.
  var output: MapShape { layers[layers.count - 1].output }

  /// The first layer with parameters; the gradients of what comes before it are of no use.
  public var firstTrainedLayer: Int { layers.firstIndex { !$0.parameters.isEmpty } ?? layers.count }

  /// Trained numbers, padding not counted.
  public var trainedParameters: Int {
    tensors.reduce(0) { $0 + ($1.isStatistic ? 0 : $1.shape.count) }
  }

  /// Multiplications with addition for one image, forward.
  public var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }

  /// One of the layers as written, the implied ones too, for a table.
  public struct LayerRow: Sendable {
    /// Its notation, or what an implied layer does.
    public let name: String
    /// Its output's shape.
    public let output: MapShape
    /// Rows and columns of the image's part that one of its outputs depends on.
    public let receptiveField: (rows: Int, columns: Int)
    /// Trained numbers.
    public let parameters: Int
    /// Multiplications with addition for one image, forward.
    public let multiplyAdds: Int
  }

  /// The layers as written.
  public var rows: [LayerRow] {
    var (field, step) = ((rows: 1, columns: 1), 1)
    return written.map { layer in
      if layer.written.takesFeatures { field = (input.rows, input.columns) }
      let window = layer.written.window
      field.rows = min(input.rows, field.rows + (window.rows - 1) * step)
      field.columns = min(input.columns, field.columns + (window.columns - 1) * step)
      step *= window.stride
      return LayerRow(
        name: layer.name, output: layer.shaped.output, receptiveField: field,
        parameters: layer.shaped.parameters.reduce(0) { $0 + $1.count },
        multiplyAdds: layer.shaped.multiplyAdds)
    }
  }

  /// A table of the layers as written: notation, output, receptive field, parameters, multiply-adds.
  public var summary: String {
    var lines = [["layer", "output", "receptive field", "parameters", "multiply-adds"]]
    for row in rows {
      lines.append([
        row.name, "\(row.output)", "\(row.receptiveField.rows)×\(row.receptiveField.columns)",
        grouped(row.parameters), grouped(row.multiplyAdds),
      ])
    }
    lines.append(["total", "", "", grouped(trainedParameters), grouped(multiplyAdds)])
    let widths = (0..<2).map { column in lines.map { $0[column].count }.max() ?? 0 }
    return aligned(
      lines.map { ["", $0[0].padded(to: widths[0]), $0[1].padded(to: widths[1])] + $0[2...] })
  }
}

/// A layer as the notation has it, or an implied one.
private struct WrittenLayer {
  let name: String
  let written: any Layer
  let shaped: any ShapedLayer
}

/// The layers of a network while their shapes are worked out.
private struct LayerList {
  private(set) var layers: [any ShapedLayer] = []
  private(set) var numbers: [Int] = []
  private(set) var names: [String] = []
  private(set) var written: [WrittenLayer] = []
  private var shape: MapShape

  init(_ input: MapShape) { shape = input }

  /// Adds a layer, with what it implies before it, or joins it with the last one. Throws `usage` if it does
  /// not fit.
  mutating func append(_ layer: any Layer, name: String, number: Int) throws(KitError) {
    if layer.takesFeatures, shape.pixels > 1 || shape.pixelStride == 1 {
      try append(Flatten(), name: "flatten", number: number)
    }
    let shaped = try layer.shaped(for: shape)
    written.append(WrittenLayer(name: name, written: layer, shaped: shaped))
    shape = shaped.output
    if let joined = layers.last?.joined(with: shaped) {
      layers[layers.count - 1] = joined
      names[names.count - 1] += "-\(name)"
    } else {
      layers.append(shaped)
      numbers.append(number)
      names.append(name)
    }
  }
}
