import Checkpoints
import Foundations
import NeuralNetworks

/// `state.safetensors`: what a member's training is resumed from.
public enum StateFile: RunFile {
  package static let name = "state.safetensors"
  package static let owners = [RunFolder.member]
  package static let summary = "what --resume continues from"

  private static let format = "kaggle-digits training state"
  private static let version = "2"

  /// Reads a state.
  ///
  /// - Parameters:
  ///   - side: pixels of an image's side.
  ///   - epochs: trains longer than the configuration says; nil for what it says.
  /// - Throws: `missingInput` if the file is not there; `badData` if it is of another format or version, malformed, or has
  ///   a value that is not finite.
  public static func read(_ path: String, side: Int, epochs: Int?) throws(KitError) -> TrainingState {
    let file = try SafeTensors(reading: path)
    func refuse(_ problem: String) -> KitError { KitError(.badData, "\(path): \(problem)") }
    guard file.metadata["format"] == format else { throw refuse("is not a training state") }
    guard file.metadata["version"] == version else {
      throw refuse(
        "is of version \(file.metadata["version"] ?? "unknown"); this kit resumes version \(version)")
    }
    func parsed<Value>(_ key: String, _ parse: (String) -> Value?) throws(KitError) -> Value {
      guard let value = file.metadata[key].flatMap(parse) else {
        throw refuse("metadata '\(key)' is missing or malformed")
      }
      return value
    }
    var configuration = try Configuration(
      JSON.parse(Array((file.metadata["configuration"] ?? "").utf8), from: path), from: path)
    if let epochs { configuration.epochs = epochs }
    let member = try parsed("member") { text in Int(text).flatMap { $0 >= 1 ? $0 : nil } }
    let network: ShapedNetwork
    do {
      network = try ShapedNetwork(
        Network(notation: configuration.network(ofMember: member)), side: side,
        classes: configuration.classes.count)
    } catch {
      throw refuse(error.message)
    }
    let optimizer = OptimizerState(
      configuration.optimizer, weightDecay: configuration.weightDecay,
      parameterCount: network.parameterCount, beta1Power: try parsed("beta1_power") { Double($0) },
      beta2Power: try parsed("beta2_power") { Double($0) })
    optimizer.first.assign(try file.float32("moments.first", shape: [optimizer.first.count]))
    optimizer.second.assign(try file.float32("moments.second", shape: [optimizer.second.count]))
    let state = TrainingState(
      configuration, member: member, rowsDigest: try parsed("rows_digest") { $0 },
      weights: try Weights(network, reading: file, prefix: "weights."), optimizer: optimizer,
      averagedWeights: configuration.averaging == .none
        ? nil : try Weights(network, reading: file, prefix: "averaged."),
      selectedWeights: try Weights(network, reading: file, prefix: "best."))
    state.step = try parsed("step") { Int($0) }
    state.lossSum = try parsed("loss_sum") { Double($0) }
    state.correct = try parsed("correct") { Int($0) }
    let rows = try parsed("epochs_done") { Int($0) }
    state.history = History(values: try file.float64("history", shape: [rows, 6]))
    if configuration.skipLearnt > 0 {
      let rows = try parsed("rows") { Int($0) }
      state.learnt = LearntRows(marks: try file.uint8("learnt", shape: [rows]))
    }
    let selected = try parsed("best_epoch") { Int($0) }
    state.selected = state.history.epochs.first { $0.epoch == selected }
    guard state.history.epochs.enumerated().allSatisfy({ $0.element.epoch == $0.offset + 1 }) else {
      throw refuse("its history is not in order")
    }
    guard state.weights.isFinite, state.keptWeights.isFinite, state.selectedWeights.isFinite,
      state.lossSum.isFinite
    else { throw refuse("it has a value that is not finite") }
    return state
  }

  /// Writes a state, whole or not at all.
  public static func write(_ state: TrainingState, to path: String) throws(KitError) {
    let (optimizer, history) = (state.optimizer, state.history)
    let weights = state.weights.parameters.count * (state.averagedWeights == nil ? 2 : 3)
    // Its tensors, and the file made of them.
    try requireAllocation(
      of: 2 * 4 * (weights + optimizer.first.count + optimizer.second.count), for: "writing \(path)")
    var metadata = [
      "format": format, "version": version,
      "configuration": JSON.object(state.configuration.fields).serialized(pretty: false),
      "member": "\(state.member)", "rows_digest": state.rowsDigest,
      "beta1_power": "\(optimizer.beta1Power)", "beta2_power": "\(optimizer.beta2Power)",
      "step": "\(state.step)", "loss_sum": "\(state.lossSum)", "correct": "\(state.correct)",
      "epochs_done": "\(history.epochs.count)", "best_epoch": "\(state.selected?.epoch ?? 0)",
    ]
    var tensors = state.weights.tensors(prefix: "weights.")
    tensors.merge(state.selectedWeights.tensors(prefix: "best.")) { first, _ in first }
    if let average = state.averagedWeights {
      tensors.merge(average.tensors(prefix: "averaged.")) { first, _ in first }
    }
    tensors["moments.first"] = SafeTensors.Tensor(
      shape: [optimizer.first.count], values: .float32(optimizer.first.array))
    tensors["moments.second"] = SafeTensors.Tensor(
      shape: [optimizer.second.count], values: .float32(optimizer.second.array))
    if let learnt = state.learnt {
      metadata["rows"] = "\(learnt.marks.count)"
      tensors["learnt"] = SafeTensors.Tensor(shape: [learnt.marks.count], values: .uint8(learnt.marks))
    }
    tensors["history"] = SafeTensors.Tensor(
      shape: [history.epochs.count, 6], values: .float64(history.values))
    try SafeTensors(metadata: metadata, tensors: tensors).write(to: path, replacing: true)
  }
}
