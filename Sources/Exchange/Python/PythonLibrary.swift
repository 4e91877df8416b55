import Augmentation
import Checkpoints
import Foundations
import NeuralNetworks
import Runs

/// A Python library that networks are exported to and imported from.
public enum PythonLibrary: String, Sendable, CaseIterable {
  /// PyTorch.
  case pytorch
  /// Keras 3, on any of its backends.
  case keras
}

extension PythonLibrary {
  /// The name of a member's tensor in the weights; members are numbered from 0.
  func name(_ tensor: String, ofMember number: Int) -> String {
    switch self {
    case .pytorch: "members.\(number).network.\(tensor)"
    case .keras: "member\(number + 1)/\(tensor)"
    }
  }

  private var template: String {
    switch self {
    case .pytorch: String(decoding: PackageResources.pytorch_py, as: UTF8.self)
    case .keras: String(decoding: PackageResources.keras_py, as: UTF8.self)
    }
  }

  /// The code of an ensemble: `model.py`.
  func code(of ensemble: ExportedEnsemble) -> String {
    var notations: [String] = []
    for member in ensemble.members where !notations.contains(member.notation) {
      notations.append(member.notation)
    }
    func number(_ member: ExportedMember) -> Int {
      1 + (notations.firstIndex(of: member.notation) ?? 0)
    }
    let networks = notations.compactMap { notation in
      ensemble.members.first { $0.notation == notation }.map { function(of: $0, number: number($0)) }
    }
    let members = ensemble.members.enumerated().map { place, member in
      switch self {
      case .pytorch: "Member(\(member.preprocessing.rawValue), network\(number(member))()),"
      case .keras:
        "(\"\(member.preprocessing.rawValue)\", network\(number(member))(\"member\(place + 1)\")),"
      }
    }
    let range = Preprocessing.spreadRange
    let constants = [
      "SPREAD_DEVIATION, SPREAD_LEAST_VARIANCE = \(Preprocessing.spreadDeviation), \(Preprocessing.spreadLeastVariance)",
      "SPREAD_FROM, SPREAD_TO = \(range.lowerBound), \(range.upperBound)",
      "# Each member's share of the average.",
      "SHARES = [\(ensemble.members.map { "\($0.weight)" }.joined(separator: ", "))]",
    ]
    let parts = [
      "CONSTANTS": constants, "NETWORKS": Array(networks.joined(separator: ["", ""])), "MEMBERS": members,
      "AVERAGE": lines(of: ensemble.average, classes: ensemble.classes.count),
    ]
    return filled(parts)
  }

  /// The template with lines in place of the comments that name them, indented as these are.
  private func filled(_ parts: [String: [String]]) -> String {
    template.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      let indentation = line.prefix { $0 == " " }
      guard line.dropFirst(indentation.count).hasPrefix("# "),
        let lines = parts[String(line.dropFirst(indentation.count + 2))]
      else { return [String(line)] }
      return lines.map { $0.isEmpty ? "" : indentation + $0 }
    }.joined(separator: "\n")
  }

  /// The function that makes a member's network.
  private func function(of member: ExportedMember, number: Int) -> [String] {
    let layers = PythonNetwork(member.layers, for: self).lines
    let text = "    \"\"\"\(member.checkpoint.weights.network.network.named)\"\"\""
    switch self {
    case .pytorch:
      return ["def network\(number)():", text, "    return nn.Sequential("]
        + layers.map { "        " + $0 } + ["    )"]
    case .keras:
      let side = member.checkpoint.weights.network.input.rows
      return ["def network\(number)(name):", text, "    return keras.Sequential(", "        ["]
        + (["keras.Input((\(side), \(side), 1)),"] + layers).map { "            " + $0 }
        + ["        ],", "        name=name,", "    )"]
    }
  }

  /// The body of the function that averages.
  private func lines(of average: Average, classes: Int) -> [String] {
    let isKeras = self == .keras
    switch average {
    case .arithmetic: return ["return weighted(probabilities)"]
    case .geometric:
      let logarithm = isKeras ? "ops.log(ops.maximum(values, 1e-15))" : "values.clamp(min=1e-15).log()"
      let mean = "weighted([\(logarithm) for values in probabilities])"
      return ["return " + (isKeras ? "ops.softmax(\(mean))" : "\(mean).softmax(1)")]
    case .vote:
      let vote =
        isKeras
        ? "ops.one_hot(ops.argmax(values, 1), \(classes))"
        : "nn.functional.one_hot(values.argmax(1), \(classes)).float()"
      let larger = "mean[:, :, None] > mean[:, None, :]"
      return [
        "votes = weighted([\(vote) for values in probabilities])", "mean = weighted(probabilities)",
        "# Where votes are equal, the larger mean decides.",
        "rank = " + (isKeras ? "ops.sum(ops.cast(\(larger), \"float32\"), 2)" : "(\(larger)).sum(2)"),
        "return votes + \(ExportedEnsemble.tieBreak(classes: classes)) * rank",
      ]
    }
  }
}
