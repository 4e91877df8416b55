import Checkpoints
import Competition
import Compute
import Foundations
import NeuralNetworks
import Runs

/// A network to describe, and the checkpoint that has it, if one was named.
struct DescribedNetwork {
  let network: ShapedNetwork
  let checkpoint: (path: String, value: Checkpoint)?

  /// What arguments name: a file or folder that is there, else a network by name or notation.
  static func all(named arguments: [String]) throws(KitError) -> [DescribedNetwork] {
    var result: [DescribedNetwork] = []
    for argument in arguments {
      if fileExists(argument) || argument.contains("/") || argument.hasSuffix(".safetensors") {
        for path in try checkpointPaths([argument]).joined() {
          let checkpoint = try Checkpoint(reading: path, side: DigitTable.side)
          result.append(DescribedNetwork(network: checkpoint.weights.network, checkpoint: (path, checkpoint)))
        }
      } else {
        let network = try Network(notation: argument)
        result.append(
          DescribedNetwork(network: try ShapedNetwork(network, side: DigitTable.side), checkpoint: nil))
      }
    }
    return result
  }

  private var notation: String { network.network.notation }

  private var name: String? {
    let name = NamedNetwork.name(of: notation)
    return name == notation ? nil : name
  }

  /// The description as a table and some lines.
  func text(
    _ costs: NetworkCosts, _ speed: (trained: Double, predicted: Double)?, threads: Int,
    kernels: any InstructionSet
  ) -> String {
    var lines: [(String, String)] = []
    if let checkpoint {
      let origin = checkpoint.value.origin
      lines.append(("checkpoint", checkpoint.path))
      let accuracy = origin.validationAccuracy.map { ", validation accuracy \(fixed($0, 4))" } ?? ""
      lines.append(
        ("member", "\(origin.member), epoch \(origin.epoch), seed \(origin.seed)\(accuracy)"))
      lines.append(("preprocessing", origin.preprocessing.rawValue))
    }
    lines += [
      ("network", network.network.named), ("checkpoint of", megabytes(costs.checkpointBytes)),
      (
        "memory",
        "\(megabytes(costs.trainingBytes)) to train with batch \(costs.batch), "
          + "\(megabytes(costs.predictionBytes)) to predict"
      ),
    ]
    if let speed {
      lines.append(
        (
          "speed",
          "\(grouped(Int(speed.trained))) images/s in training, \(grouped(Int(speed.predicted))) in prediction "
            + "(\(threads == 1 ? "1 thread" : "\(threads) threads"), \(kernels.name))"
        ))
    }
    let width = lines.map(\.0.count).max() ?? 0
    let text = lines.map { "\($0.0.padded(to: width))  \($0.1)" }.joined(separator: "\n")
    return "\(text)\n\n\(network.summary)"
  }

  /// The same as JSON.
  func json(
    _ costs: NetworkCosts, _ speed: (trained: Double, predicted: Double)?, threads: Int,
    kernels: any InstructionSet
  ) -> JSON {
    let layers = network.rows.map { row in
      JSON.object([
        ("layer", .string(row.name)),
        ("output", .array([row.output.rows, row.output.columns, row.output.channels].map { .integer($0) })),
        (
          "receptive-field",
          .array([row.receptiveField.rows, row.receptiveField.columns].map { .integer($0) })
        ),
        ("parameters", .integer(row.parameters)), ("multiply-adds", .integer(row.multiplyAdds)),
      ])
    }
    return .object([
      ("kit", .string(kitVersion)), ("network", .string(notation)),
      ("name", name.map { .string($0) } ?? .null),
      ("checkpoint", checkpoint.map { Self.json($0.path, $0.value.origin) } ?? .null),
      ("layers", .array(layers)), ("parameters", .integer(network.trainedParameters)),
      ("multiply-adds", .integer(network.multiplyAdds)),
      ("checkpoint-bytes", .integer(costs.checkpointBytes)),
      ("batch", .integer(costs.batch)), ("training-memory-bytes", .integer(costs.trainingBytes)),
      ("prediction-memory-bytes", .integer(costs.predictionBytes)), ("threads", .integer(threads)),
      ("instruction-set", .string(kernels.name)),
      ("training-images-per-second", speed.map { .number($0.trained) } ?? .null),
      ("prediction-images-per-second", speed.map { .number($0.predicted) } ?? .null),
    ])
  }

  private static func json(_ path: String, _ origin: Checkpoint.Origin) -> JSON {
    .object([
      ("file", .string(path)), ("member", .integer(origin.member)), ("epoch", .integer(origin.epoch)),
      ("seed", .string("\(origin.seed)")), ("preprocessing", .string(origin.preprocessing.rawValue)),
      ("validation-accuracy", origin.validationAccuracy.map { .number($0) } ?? .null),
      ("validation-loss", origin.validationLoss.map { .number($0) } ?? .null),
      ("training-rows-sha256", .string(origin.rowsDigest)),
    ])
  }
}

/// Bytes as `1.3 MB`.
private func megabytes(_ bytes: Int) -> String { "\(fixed(Double(bytes) / 1e6, 1)) MB" }
