import Augmentation
import DrawingPage
import Foundations
import KernelShapes
import NeuralNetworks

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension ExportedEnsemble {
  /// More weights than a browser takes in reasonable time.
  private static let mostPageBytes = 200_000_000

  /// `serve`'s page to draw digits on, as one file that needs no server: with the weights, and JavaScript that computes the
  /// answers. The same checkpoints, weights and average give the same bytes.
  ///
  /// - Parameter unsure: The confidence below which the page says that it is not sure, and where the number is from.
  /// - Throws: `usage` if there are more weights than fit into a page.
  public func page(unsure: (below: Double, origin: String)) throws(KitError) -> String {
    guard weightBytes <= Self.mostPageBytes else {
      throw KitError(
        .usage,
        "the members' weights take \(grouped(weightBytes)) bytes; a page holds \(grouped(Self.mostPageBytes)), so export "
          + "fewer members")
    }
    let (members, weights) = networks()
    let range = Preprocessing.spreadRange
    let model = JSON.object([
      ("sources", .array([.string("kaggle-digits \(kitVersion)")])), ("average", .string(average.rawValue)),
      ("unsure", .object([("below", .number(unsure.below)), ("origin", .string(unsure.origin))])),
      (
        "spread",
        .object([
          ("deviation", .number(Preprocessing.spreadDeviation)),
          ("leastVariance", .number(Preprocessing.spreadLeastVariance)),
          ("from", .number(range.lowerBound)), ("to", .number(range.upperBound)),
        ])
      ), ("members", .array(members)), ("classes", .array(classes.map { .string($0) })),
    ])
    return PageBundle.html(
      // No text may end the element that it is in.
      model: model.serialized(pretty: false).replacing("<", with: "\\u003c"),
      weights: weights.withUnsafeBytes { Data($0) }.base64EncodedString())
  }

  /// The members' layers as `network.js` takes them, and all their weights.
  private func networks() -> (members: [JSON], weights: [Float]) {
    var weights: [Float] = []
    var described: [JSON] = []
    for (number, member) in members.enumerated() {
      let layers = member.layers.compactMap { layer -> JSON? in
        layer.pageFields(of: member, &weights).map { fields in
          .object(
            fields + [("input", layer.input.pageShape), ("output", layer.output.pageShape)])
        }
      }
      let network = NamedNetwork.name(of: member.notation)
      described.append(
        .object([
          ("name", .string("\(number + 1): \(network), \(member.preprocessing)")),
          ("share", .number(member.weight)),
          ("preprocessing", .string(member.preprocessing.rawValue)), ("layers", .array(layers)),
        ]))
    }
    return (described, weights)
  }
}

extension MapShape {
  fileprivate var pageShape: JSON { .array([.integer(rows), .integer(columns), .integer(channels)]) }
}

extension ExportedLayer {
  /// What `network.js` needs of the layer, whose weights are added to `weights`; nil if it does nothing there.
  fileprivate func pageFields(
    of member: ExportedMember, _ weights: inout [Float]
  ) -> [(key: String, value: JSON)]? {
    let tensors = channelsLast.map(member.values)
    /// Adds numbers; their place.
    func place(_ values: [Float], _ weights: inout [Float]) -> JSON {
      defer { weights += values }
      return .integer(weights.count)
    }
    func convolution(
      rows: Int, columns: Int, stride: Int, top: Int, left: Int, _ activation: Activation
    ) -> [(key: String, value: JSON)] {
      [
        ("kind", .string("convolution")), ("rows", .integer(rows)), ("columns", .integer(columns)),
        ("stride", .integer(stride)), ("top", .integer(top)), ("left", .integer(left)),
        ("relu", .bool(activation == .relu)), ("weight", place(tensors[0], &weights)),
        ("bias", place(tensors[1], &weights)),
      ]
    }
    switch kind {
    case .convolution(let layer):
      let padding = layer.padding(of: input)
      return convolution(
        rows: layer.kernelRows, columns: layer.kernelColumns, stride: layer.stride, top: padding.top,
        left: padding.left, layer.activation)
    case .dense(let layer):
      return convolution(rows: 1, columns: 1, stride: 1, top: 0, left: 0, layer.activation)
    case .maxPooling(let size), .averagePooling(let size):
      let isMaximum = if case .maxPooling = kind { true } else { false }
      return [
        ("kind", .string("pooling")), ("size", .integer(size)), ("isMaximum", .bool(isMaximum)),
      ]
    case .batchNormalization:
      let (gamma, beta, mean, variance) = (tensors[0], tensors[1], tensors[2], tensors[3])
      let factor = zip(gamma, variance).map { $0 / ($1 + BatchNormalization.epsilon).squareRoot() }
      let summand = beta.indices.map { beta[$0] - mean[$0] * factor[$0] }
      return [
        ("kind", .string("normalization")), ("factor", place(factor, &weights)),
        ("summand", place(summand, &weights)),
      ]
    case .dropout, .flatten: return nil
    }
  }
}
