import CommandLine
import Compute
import Foundations
import NeuralNetworks
import Training

/// Says on standard error what is about to be trained: the network with its shapes, the rows, the steps, the machine.
public func describeTraining(
  _ configuration: Configuration, rows: String, threads: Int, kernels: InstructionSet, run: String
) {
  for network in configuration.distinctNetworks {
    note("network \(network.network.named)\n\(network.summary)")
  }
  note("rows    \(rows)")
  note("images  \(configuration.augmentationText)")
  if let recipe = Recipe(of: configuration) { note("recipe  \(recipe)") }
  note("steps   \(configuration.stepsText)")
  note("machine \(threads) \(threads == 1 ? "thread" : "threads"), \(kernels.name)")
  note("run     \(run)\n")
}

extension Configuration {
  /// Its networks with their shapes, each once; none if one can't be built, which a file may ask for.
  var distinctNetworks: [FittedNetwork] {
    var seen: Set<String> = []
    return ((try? fittedNetworks()) ?? []).filter { seen.insert($0.network.notation).inserted }
  }

  /// What is done to training images, in a line.
  var augmentationText: String {
    let ways = preparations.map(\.rawValue).joined(separator: ", then ")
    let prepared = preparations == [.none] ? "" : "prepared: \(ways); "
    if augmentation == .none { return prepared + (prepared.isEmpty ? "as they are" : "not augmented") }
    var text = prepared
    text +=
      "shift ±\(augmentation.shift), rotate ±\(augmentation.rotation)°, zoom ±\(augmentation.zoom), "
      + "shear ±\(augmentation.shear)°"
    if augmentation.elastic > 0 { text += ", elastic \(augmentation.elastic) pixels" }
    if augmentation.erase > 0 { text += ", a rectangle erased in \(augmentation.erase) of them" }
    text += ", drawn anew each epoch"
    if plainEpochs == 1 { text += "; not bent or moved in the last epoch" }
    if plainEpochs > 1 { text += "; not bent or moved in the last \(plainEpochs) epochs" }
    return text
  }

  /// Epochs, batch, optimizer, learning rate and averages, in a line.
  var stepsText: String {
    var text = "\(epochs) \(epochs == 1 ? "epoch" : "epochs"), batch \(batch), \(optimizer.rawValue)"
    text += ", learning rate \(learningRate) \(schedule.rawValue)"
    switch averaging {
    case .none: break
    case .exponential(let decay): text += ", weights averaged with decay \(decay)"
    case .lastEpochs(let count): text += ", the last \(count) epochs' weights averaged"
    }
    if labelSmoothing > 0 { text += ", labels smoothed by \(labelSmoothing)" }
    return text
  }
}
