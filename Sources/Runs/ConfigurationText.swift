import Foundations
import NeuralNetworks

extension Configuration {
  /// Its networks with their shapes, each once; none if one can't be built, which a file may ask for.
  public var distinctNetworks: [ShapedNetwork] {
    var seen: Set<String> = []
    return ((try? shapedNetworks()) ?? []).filter { seen.insert($0.network.notation).inserted }
  }

  /// What is done to training images, in a line.
  public var augmentationText: String {
    let ways = preprocessings.map(\.rawValue).joined(separator: ", then ")
    let prepared = preprocessings == [.none] ? "" : "prepared: \(ways); "
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
  public var stepsText: String {
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
