import Foundations

/// A network with its shapes: every layer fitted to its input, the implied layers among them, and the place of
/// every weight.
public struct ShapedNetwork: Sendable {
  /// How many classes the softmax at the end tells apart.
  public static let classes = 10

  /// One tensor of the network: its name in a checkpoint, its shape and where it starts.
  public struct Tensor: Sendable {
    /// `layers.NUMBER.NAME`; layers are numbered as written, the implied 10-way layer comes last.
    public let name: String
    /// The tensor's shape.
    public let shape: ParameterShape
    /// Whether it stands among the statistics rather than the parameters.
    public let isStatistic: Bool
    /// Its first float there.
    public let offset: Int
  }

  /// The network as written.
  public let network: Network
  /// The image's shape.
  public let input: MapShape
  /// All layers, the implied ones too; some stand for two of the notation, see `ShapedLayer.joined`.
  public let layers: [any ShapedLayer]
  /// The layers as written, each with its name.
  private let written: [(name: String, layer: any ShapedLayer)]
  /// What people call each layer: its notation, two for layers that are computed as one, or what an implied one does.
  public let names: [String]
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

  /// Fits a network to images of `side`×`side` pixels; throws `usage`, pointing at the layer that does not fit.
  public init(_ network: Network, side: Int) throws(KitError) {
    self.network = network
    input = .image(side: side)
    var layers: [any ShapedLayer] = []
    var numbers: [Int] = []
    var names: [String] = []
    var written: [(name: String, layer: any ShapedLayer)] = []
    var shape = input
    for (number, layer) in (network.layers + [Dense(units: Self.classes, activation: .linear)]).enumerated() {
      if layer is Dense, shape.pixels > 1 || shape.pixelStride == 1 {
        let flatten = try Flatten().shaped(for: shape, number: number)
        layers.append(flatten)
        numbers.append(number)
        names.append("flatten")
        written.append(("flatten", flatten))
        shape = flatten.output
      }
      let fitted: any ShapedLayer
      do {
        fitted = try layer.shaped(for: shape, number: number)
      } catch {
        throw NetworkError.at(token: number, of: network.notation, error.message, hint: nil)
      }
      let name = number < network.layers.count ? layer.notation : "\(Self.classes)-way softmax"
      written.append((name, fitted))
      shape = fitted.output
      if let joined = layers.last?.joined(with: fitted) {
        layers[layers.count - 1] = joined
        names[names.count - 1] += "-\(name)"
        continue
      }
      layers.append(fitted)
      numbers.append(number)
      names.append(name)
    }
    self.layers = layers
    self.names = names
    self.written = written

    var parameterOffsets: [Int] = []
    var statisticOffsets: [Int] = []
    var tensors: [Tensor] = []
    var (parameterCount, statisticCount) = (0, 0)
    for (layer, number) in zip(layers, numbers) {
      parameterOffsets.append(parameterCount)
      statisticOffsets.append(statisticCount)
      for shape in layer.parameters {
        let name = "layers.\(number).\(shape.name)"
        tensors.append(Tensor(name: name, shape: shape, isStatistic: false, offset: parameterCount))
        parameterCount += shape.storedCount
      }
      for shape in layer.statistics {
        let name = "layers.\(number).\(shape.name)"
        tensors.append(Tensor(name: name, shape: shape, isStatistic: true, offset: statisticCount))
        statisticCount += shape.storedCount
      }
    }
    self.parameterOffsets = parameterOffsets
    self.statisticOffsets = statisticOffsets
    self.parameterCount = parameterCount
    self.statisticCount = statisticCount
    self.tensors = tensors
  }

  /// Trained numbers, padding not counted.
  public var trainedParameters: Int {
    tensors.reduce(0) { $0 + ($1.isStatistic ? 0 : $1.shape.count) }
  }

  /// Multiplications with addition for one image, forward.
  public var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }

  /// A table of the layers as written: notation, output, parameters, multiply-adds.
  public var summary: String {
    var lines = [["layer", "output", "parameters", "multiply-adds"]]
    for (name, layer) in written {
      let parameters = layer.parameters.reduce(0) { $0 + $1.count }
      lines.append([name, "\(layer.output)", grouped(parameters), grouped(layer.multiplyAdds)])
    }
    lines.append(["total", "", grouped(trainedParameters), grouped(multiplyAdds)])
    let widths = (0..<4).map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      let name = line[0].padded(to: widths[0])
      let output = line[1].padded(to: widths[1])
      let numbers = (2..<4).map { String(repeating: " ", count: widths[$0] - line[$0].count) + line[$0] }
      return "  \(name)  \(output)  \(numbers[0])  \(numbers[1])"
    }.joined(separator: "\n")
  }
}
