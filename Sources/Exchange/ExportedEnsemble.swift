import Augmentation
import Checkpoints
import Ensembling
import Foundations
import NeuralNetworks
import Runs

/// An ensemble that leaves the kit, for programs that know nothing of it.
public struct ExportedEnsemble {
  /// The members in order; each has at least the implied layer.
  let members: [ExportedMember]
  /// How their probabilities become one prediction.
  let average: Average
  /// What the classes are called, in the order of the probabilities.
  let classes: [String]

  /// An ensemble's members with their weights.
  ///
  /// - Throws: `usage` for what other programs could not repeat: test-time augmentation, whose views are sampled by the kit.
  public init(_ ensemble: Ensemble) throws(KitError) {
    guard ensemble.options.prediction.views == 1 else {
      throw KitError(
        .usage,
        "--tta \(ensemble.options.prediction.views) can't be exported: test-time augmentation is done by the kit only; "
          + "export without --tta")
    }
    average = ensemble.options.prediction.average
    classes = ensemble.classes.names
    var weights = ensemble.members.map { _ in 1.0 }
    if let given = ensemble.options.weights {
      weights = ensemble.members.map { member in
        // A source's members share its weight.
        given[member.source] / Double(ensemble.members.count { $0.source == member.source })
      }
    }
    let total = weights.reduce(0, +)
    var members: [ExportedMember] = []
    for (member, weight) in zip(ensemble.members, weights) {
      members.append(try ExportedMember(member.checkpoint, weight: weight / total))
    }
    self.members = members
  }

  /// The preprocessings that members use, each once.
  var preprocessings: [Preprocessing] {
    Preprocessing.allCases.filter { preprocessing in members.contains { $0.preprocessing == preprocessing } }
  }

  /// What a vote gains for each class whose mean probability is smaller: more than a vote's rounding, and for all classes
  /// together less than exports may differ by.
  static func tieBreak(classes: Int) -> Double { min(5e-7, 8e-6 / Double(classes - 1)) }

  /// Bytes of all weights.
  var weightBytes: Int {
    members.reduce(0) { sum, member in
      sum + member.checkpoint.weights.network.tensors.reduce(0) { $0 + 4 * $1.shape.count }
    }
  }
}

/// A member of an ensemble that leaves the kit.
struct ExportedMember {
  let checkpoint: Checkpoint
  /// Its share of the average; all members' sum to 1.
  let weight: Double
  /// Its network's layers.
  let layers: [ExportedLayer]
  /// Its tensors by their names in the checkpoint.
  let tensors: [String: SafeTensors.Tensor]

  init(_ checkpoint: Checkpoint, weight: Double) throws(KitError) {
    self.checkpoint = checkpoint
    self.weight = weight
    layers = try ExportedLayer.all(of: checkpoint.weights.network)
    tensors = checkpoint.weights.tensors()
  }

  var preprocessing: Preprocessing { checkpoint.origin.preprocessing }
  /// Its network's notation.
  var notation: String { checkpoint.weights.network.network.notation }

  /// The numbers of one of its tensors in another library's order.
  func values(_ layout: TensorLayout) -> [Float] {
    guard case .float32(let values)? = tensors[layout.checkpointName]?.values else {
      preconditionFailure("a network has no tensor \(layout.checkpointName)")
    }
    return layout.exported(values)
  }
}
