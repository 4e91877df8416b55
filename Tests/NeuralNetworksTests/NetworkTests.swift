import Foundations
import NeuralNetworks
import Testing

@Suite struct NetworkTests {
  /// Counted by hand: a convolution has kernel² · in · out weights and out biases and as many multiply-adds
  /// as weights at each output pixel; γ and β are trained, the running statistics are not.
  @Test(arguments: [
    ("simple", 225_034, 2_631_040), ("simple-dropout", 225_034, 2_631_040), ("small", 607_394, 777_328),
    ("lenet5", 61_706, 416_520), ("deotte", 326_410, 15_162_752),
  ])
  func namedNetworksHaveTheirSizes(name: String, parameters: Int, multiplyAdds: Int) throws {
    let network = try ShapedNetwork(Network(notation: name), side: 28)
    #expect(network.trainedParameters == parameters)
    #expect(network.multiplyAdds == multiplyAdds)
  }

  @Test func shapesOfDeotte() throws {
    let network = try ShapedNetwork(Network(notation: "deotte"), side: 28)
    #expect(
      network.layers.map(\.output.description) == [
        "26×26×32", "26×26×32", "24×24×32", "24×24×32", "12×12×32", "12×12×32", "12×12×32",
        "10×10×64", "10×10×64", "8×8×64", "8×8×64", "4×4×64", "4×4×64", "4×4×64",
        "1×1×128", "1×1×128", "1×1×128", "1×1×10",
      ])
  }

  /// The first convolution and its pooling are one layer.
  @Test func shapesOfLenet() throws {
    let network = try ShapedNetwork(Network(notation: "lenet5"), side: 28)
    #expect(
      network.layers.map(\.output.description) == [
        "14×14×6", "10×10×16", "5×5×16", "1×1×400", "1×1×120", "1×1×84", "1×1×10",
      ])
  }

  @Test func tensorsHaveTheirNamesAndShapes() throws {
    let network = try ShapedNetwork(Network(notation: "6C5x3-B-D10-7N"), side: 28)
    #expect(
      network.tensors.map { "\($0.name) \($0.shape.shape)" } == [
        "layers.0.weight [5, 3, 1, 6]", "layers.0.bias [6]", "layers.1.gamma [6]", "layers.1.beta [6]",
        "layers.1.moving_mean [6]", "layers.1.moving_variance [6]", "layers.3.weight [3744, 7]",
        "layers.3.bias [7]", "layers.4.weight [7, 10]", "layers.4.bias [10]",
      ])
    #expect(
      network.tensors.map(\.isStatistic)
        == [4, 5].reduce(into: Array(repeating: false, count: 10)) { $0[$1] = true })
  }

  @Test(arguments: [
    ("32C3-P2-64C14", "a 14×14 kernel does not fit into a map of 13×13×32", 10, 5),
    ("P16-P2", "a pooling window of 2×2 does not fit into a map of 1×1×1", 6, 2),
    ("P17", "a max pooling window of 17×17 is larger than 16×16", 2, 3),
    ("128N-A2", "a pooling window of 2×2 does not fit into a map of 1×1×128", 7, 2),
    ("4C28x1-4C1x28-4C2", "a 2×2 kernel does not fit into a map of 1×1×4", 16, 3),
  ])
  func whatDoesNotFit(notation: String, problem: String, column: Int, width: Int) throws {
    let network = try Network(notation: notation)
    let error = #expect(throws: KitError.self) { try ShapedNetwork(network, side: 28) }
    let lines = try #require(error).message.split(separator: "\n")
    #expect(error?.kind == .usage)
    #expect(lines.count == 3)
    #expect(lines[0] == "network: \(problem)")
    #expect(lines[1] == "  \(notation)")
    #expect(lines[2] == String(repeating: " ", count: column) + String(repeating: "^", count: width))
  }

  @Test func anEmptyNetworkIsLogisticRegression() throws {
    let network = try ShapedNetwork(Network {}, side: 28)
    #expect(network.trainedParameters == 7850)
    #expect(network.layers.map(\.output.description) == ["1×1×784", "1×1×10"])
  }

  @Test func summaryNamesEveryLayer() throws {
    let lines = try ShapedNetwork(Network(notation: "simple-dropout"), side: 28).summary.split(
      separator: "\n")
    #expect(
      lines.map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") } == [
        "layer output receptive field parameters multiply-adds",
        "32C3 26×26×32 3×3 320 194,688",
        "P2 13×13×32 4×4 0 0",
        "D25 13×13×32 4×4 0 0",
        "64C3 11×11×64 8×8 18,496 2,230,272",
        "P2 5×5×64 10×10 0 0",
        "D25 5×5×64 10×10 0 0",
        "flatten 1×1×1600 10×10 0 0",
        "128N 1×1×128 28×28 204,928 204,800",
        "D50 1×1×128 28×28 0 0",
        "10-way softmax 1×1×10 28×28 1,290 1,280",
        "total 225,034 2,631,040",
      ])
    #expect(Set(lines.map(\.count)).count == 1)
  }

  /// An output depends on exactly the pixels of its receptive field: what is outside can be changed.
  @Test(arguments: ["4C3x5-P2-3C3S2", "3C5S2p-A2-4C2", "2C3-B-P3-2C3p"])
  func receptiveFieldsAreWhatAnOutputDependsOn(notation: String) throws {
    let network = try ShapedNetwork(Network(notation: notation), side: 28)
    let row = try #require(network.rows.dropLast().last { $0.name != "flatten" })
    let layers = Array(network.network.layers)
    // Windows, followed backwards from one output to the image's rows, as far as they lie within it.
    func field(_ keyPath: KeyPath<LayerWindow, Int>) -> Int {
      layers.reversed().reduce(1) { ($0 - 1) * $1.window.stride + $1.window[keyPath: keyPath] }
    }
    #expect(row.receptiveField.rows == field(\.rows))
    #expect(row.receptiveField.columns == field(\.columns))
  }
}

@Suite struct InitialWeightsTests {
  private func weights(_ notation: String, seed: UInt64) throws -> Weights {
    Weights(initializing: try ShapedNetwork(Network(notation: notation), side: 28), seed: seed)
  }

  /// He's bound is √(6 / fan-in), Glorot's √(6 / (fan-in + fan-out)); biases are zeros.
  @Test(arguments: Initialization.allCases) func weightsLieWithinTheirBounds(initialization: Initialization)
    throws
  {
    let network = try ShapedNetwork(Network(notation: "32C3-16C5l-B-P2-64N"), side: 28)
    let weights = Weights(initializing: network, seed: 1, initialization)
    let fans: [String: (in: Double, out: Double)] = [
      "layers.0.weight": (9, 9 * 32), "layers.1.weight": (25 * 32, 25 * 16),
      "layers.4.weight": (1936, 64), "layers.5.weight": (64, 10),
    ]
    let bounds = fans.mapValues { (6 / (initialization == .he ? $0.in : $0.in + $0.out)).squareRoot() }
    for tensor in weights.network.tensors {
      let values = weights.values(of: tensor)
      guard let bound = bounds[tensor.name] else {
        let start: Float = tensor.name.hasSuffix("gamma") || tensor.name.hasSuffix("variance") ? 1 : 0
        #expect(values.allSatisfy { $0 == start }, "\(tensor.name)")
        continue
      }
      #expect(values.allSatisfy { Double($0.magnitude) <= bound * (1 + 1e-7) }, "\(tensor.name)")
      // Uniform: of n draws the largest comes near the bound, and the squares' mean is a third of its square.
      #expect((values.max().map(Double.init) ?? 0) > 0.95 * bound, "\(tensor.name)")
      let square = values.reduce(0) { $0 + Double($1 * $1) } / Double(values.count)
      let deviation = bound * bound * (4.0 / 45 / Double(values.count)).squareRoot()
      #expect((square - bound * bound / 3).magnitude < 5 * deviation, "\(tensor.name)")
    }
  }

  @Test func theSeedDecidesEveryByte() throws {
    let (first, again, other) = (
      try weights("6C5-P2-B-20N", seed: 9), try weights("6C5-P2-B-20N", seed: 9),
      try weights("6C5-P2-B-20N", seed: 10)
    )
    #expect(first.parameters.array.map(\.bitPattern) == again.parameters.array.map(\.bitPattern))
    #expect(first.statistics.array.map(\.bitPattern) == again.statistics.array.map(\.bitPattern))
    for tensor in first.network.tensors where tensor.name.hasSuffix("weight") {
      #expect(first.values(of: tensor) != other.values(of: tensor), "\(tensor.name)")
    }
  }

  /// Layers of one shape start differently.
  @Test func tensorsDrawApart() throws {
    let weights = try weights("20N-20N-20N", seed: 3)
    let tensors = weights.network.tensors.filter { $0.shape.shape == [20, 20] }
    #expect(tensors.count == 2)
    #expect(weights.values(of: tensors[0]) != weights.values(of: tensors[1]))
  }

  /// Values are in the order of the shape; the padding behind them stays zero.
  @Test func assignedValuesComeBackAndPaddingStaysZero() throws {
    let weights = try weights("5C3-17N", seed: 1)
    var numbers = 1
    for tensor in weights.network.tensors {
      let values = (0..<tensor.shape.count).map { Float(numbers + $0) }
      numbers += values.count
      weights.assign(values, to: tensor)
    }
    numbers = 1
    for tensor in weights.network.tensors {
      #expect(
        weights.values(of: tensor) == (0..<tensor.shape.count).map { Float(numbers + $0) }, "\(tensor.name)")
      numbers += tensor.shape.count
    }
    #expect(weights.parameters.array.filter { $0 == 0 }.count == weights.parameters.count - (numbers - 1))
    #expect(weights.isFinite)
    weights.parameters.pointer[3] = .infinity
    #expect(!weights.isFinite)
  }
}
