import Foundations

/// A network as a paper writes it: its layers in order. The linear layer with an output for each class and
/// the softmax at the end are implied.
///
///     let network = Network {
///       Convolution(filters: 32, kernel: 3)
///       MaxPooling(2)
///       Dropout(0.25)
///       Dense(units: 128)
///     }
public struct Network: Sendable {
  /// The layers as written, without the implied ones.
  public let layers: [any Layer]

  /// A network of the listed layers.
  public init(@NetworkBuilder _ layers: () -> [any Layer]) {
    self.layers = layers()
  }

  init(layers: [any Layer]) { self.layers = layers }

  /// The layers' notations, joined by hyphens.
  public var notation: String { layers.map(\.notation).joined(separator: "-") }

  /// Its notation, after its name if it has one: `simple, 32C3-P2-64C3-P2-128N`.
  public var named: String {
    let name = NamedNetwork.name(of: notation)
    return name == notation ? notation : "\(name), \(notation)"
  }
}

/// Lets a network be written as a list of its layers.
@resultBuilder
public enum NetworkBuilder {
  /// One layer.
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  /// Layers in order.
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
}

/// A network that has a name.
public struct NamedNetwork: Sendable {
  /// What replaces the notation on the command line.
  public let name: String
  /// The layers.
  public let notation: String
  /// Where it comes from.
  public let origin: String

  /// All of them for help: name and origin, and the notation on the next line.
  public static var help: String {
    all.map { "  \($0.name): \($0.origin)\n    \($0.notation)" }.joined(separator: "\n")
  }

  /// The name of a network in the notation; the notation if it has none.
  public static func name(of notation: String) -> String {
    all.first { $0.notation == notation }?.name ?? notation
  }

  /// The default network.
  public static let compact = NamedNetwork(
    name: "compact", notation: "32C5-P2-B-64C3-B-64C3-B-96C3-B-96C3-B-A4",
    origin: "the kit's own: five convolutions, then the mean of each map")

  /// Chris Deotte's, from Kaggle's best-known notebook.
  public static let deotte = NamedNetwork(
    name: "deotte", notation: "32C3-B-32C3-B-32C5S2p-B-D40-64C3-B-64C3-B-64C5S2p-B-D40-128C4-B-D40",
    origin: "Kaggle's best-known notebook")

  /// All of them, in the order in which help lists them.
  public static let all = [
    compact,
    NamedNetwork(name: "simple", notation: "32C3-P2-64C3-P2-128N", origin: "the textbook network"),
    NamedNetwork(
      name: "simple-dropout", notation: "32C3-P2-D25-64C3-P2-D25-128N-D50", origin: "the same with dropout"),
    NamedNetwork(name: "small", notation: "28C3-P2-128N", origin: "one convolution"),
    NamedNetwork(name: "lenet5", notation: "6C5p-A2-16C5-A2-120N-84N", origin: "LeCun 1998, with ReLU"),
    deotte,
  ]
}
