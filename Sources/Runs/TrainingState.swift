import Checkpoints
import Foundations
import NeuralNetworks

/// Everything that a member's training needs to go on; all other files of the member follow from it.
public final class TrainingState {
  private static let format = "kaggle-digits training state"
  private static let version = "2"

  /// What is computed.
  public let configuration: Configuration
  /// The member's number, from 1.
  public let member: Int
  /// SHA-256 of the parsed table.
  public let rowsDigest: String
  /// The weights now.
  public let weights: Weights
  /// The optimizer's moments and running products.
  public let optimizer: OptimizerState
  /// The average that the configuration asks for; nil without one.
  public let averagedWeights: Weights?
  /// The best epoch's weights so far.
  public let bestWeights: Weights
  /// The best epoch so far.
  public package(set) var best: EpochRecord?
  /// Epochs that are done.
  public package(set) var history = History()
  /// Steps of the current epoch that are done.
  public package(set) var step = 0
  /// The current epoch's losses, summed in image order.
  public package(set) var lossSum = 0.0
  /// The current epoch's images that were predicted right.
  public package(set) var correct = 0

  /// The epoch that goes on, counted from 0.
  public var epoch: Int { history.epochs.count }

  /// The weights that are validated and kept.
  public var keptWeights: Weights { averagedWeights ?? weights }

  /// The state before the first step.
  public init(
    _ configuration: Configuration, member: Int, network: ShapedNetwork, rowsDigest: String
  ) {
    self.configuration = configuration
    self.member = member
    self.rowsDigest = rowsDigest
    weights = Weights(
      initializing: network, seed: configuration.seed(ofMember: member), configuration.initialization)
    averagedWeights = configuration.averaging == .none ? nil : Weights(copying: weights)
    bestWeights = Weights(copying: weights)
    optimizer = OptimizerState(
      configuration.optimizer, weightDecay: configuration.weightDecay, parameterCount: network.parameterCount)
  }

  /// Reads a state. `epochs` trains longer than the configuration says.
  public init(reading path: String, side: Int, epochs: Int?) throws(KitError) {
    let file = try SafeTensors(reading: path)
    func refuse(_ problem: String) -> KitError { KitError(.badData, "\(path): \(problem)") }
    guard file.metadata["format"] == Self.format else { throw refuse("is no training state") }
    guard file.metadata["version"] == Self.version else {
      throw refuse(
        "is of version \(file.metadata["version"] ?? "unknown"); this kit resumes version \(Self.version)")
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
    self.configuration = configuration
    member = try parsed("member") { text in Int(text).flatMap { $0 >= 1 ? $0 : nil } }
    rowsDigest = try parsed("rows_digest") { $0 }
    let network: ShapedNetwork
    do {
      network = try ShapedNetwork(Network(notation: configuration.network(ofMember: member)), side: side)
    } catch {
      throw refuse(error.message)
    }
    weights = try Weights(network, reading: file, prefix: "weights.")
    averagedWeights =
      configuration.averaging == .none ? nil : try Weights(network, reading: file, prefix: "averaged.")
    bestWeights = try Weights(network, reading: file, prefix: "best.")
    optimizer = OptimizerState(
      configuration.optimizer, weightDecay: configuration.weightDecay,
      parameterCount: network.parameterCount, beta1Power: try parsed("beta1_power") { Double($0) },
      beta2Power: try parsed("beta2_power") { Double($0) })
    optimizer.first.assign(try file.float32("moments.first", shape: [optimizer.first.count]))
    optimizer.second.assign(try file.float32("moments.second", shape: [optimizer.second.count]))
    step = try parsed("step") { Int($0) }
    lossSum = try parsed("loss_sum") { Double($0) }
    correct = try parsed("correct") { Int($0) }
    let rows = try parsed("epochs_done") { Int($0) }
    history = History(values: try file.float64("history", shape: [rows, 6]))
    let bestEpoch = try parsed("best_epoch") { Int($0) }
    best = history.epochs.first { $0.epoch == bestEpoch }
    guard history.epochs.enumerated().allSatisfy({ $0.element.epoch == $0.offset + 1 }) else {
      throw refuse("its history is not in order")
    }
    guard weights.isFinite, keptWeights.isFinite, bestWeights.isFinite, lossSum.isFinite else {
      throw refuse("it has a value that is not finite")
    }
  }

  /// Writes the state, whole or not at all.
  public func write(to path: String) throws(KitError) {
    let metadata = [
      "format": Self.format, "version": Self.version,
      "configuration": JSON.object(configuration.fields).serialized(pretty: false),
      "member": "\(member)", "rows_digest": rowsDigest,
      "beta1_power": "\(optimizer.beta1Power)", "beta2_power": "\(optimizer.beta2Power)",
      "step": "\(step)", "loss_sum": "\(lossSum)", "correct": "\(correct)",
      "epochs_done": "\(history.epochs.count)", "best_epoch": "\(best?.epoch ?? 0)",
    ]
    var tensors = weights.tensors(prefix: "weights.")
    tensors.merge(bestWeights.tensors(prefix: "best.")) { first, _ in first }
    if let averagedWeights {
      tensors.merge(averagedWeights.tensors(prefix: "averaged.")) { first, _ in first }
    }
    tensors["moments.first"] = SafeTensors.Tensor(
      shape: [optimizer.first.count], values: .float32(optimizer.first.array))
    tensors["moments.second"] = SafeTensors.Tensor(
      shape: [optimizer.second.count], values: .float32(optimizer.second.array))
    tensors["history"] = SafeTensors.Tensor(
      shape: [history.epochs.count, 6], values: .float64(history.values))
    try SafeTensors(metadata: metadata, tensors: tensors).write(to: path, replacing: true)
  }

  /// A checkpoint's origin for weights of an epoch.
  func origin(_ record: EpochRecord?) -> Checkpoint.Origin {
    Checkpoint.Origin(
      seed: configuration.seed(ofMember: member), member: member, epoch: record?.epoch ?? 0,
      validationAccuracy: record?.validationAccuracy, validationLoss: record?.validationLoss,
      rowsDigest: rowsDigest, limit: configuration.limit, splitSeed: configuration.seed,
      splitFraction: configuration.validation, isSelected: configuration.select == .best,
      preprocessing: configuration.preprocessing(ofMember: member),
      fold: configuration.folds.flatMap { folds in
        folds.number.map { (number: $0, count: folds.count, repeats: folds.repeats) }
      })
  }
}
