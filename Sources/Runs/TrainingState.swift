import Checkpoints
import Foundations
import NeuralNetworks

/// Everything that a member's training needs to be resumed; all other files of the member follow from it.
public final class TrainingState {
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
  /// The weights of `selected`.
  public let selectedWeights: Weights
  /// The epoch that `--select` takes so far: the last, or the best by validation; nil before the first.
  public package(set) var selected: EpochRecord?
  /// Epochs that are done.
  public package(set) var history = History()
  /// Which rows were learnt; nil if that changes nothing.
  public package(set) var learnt: LearntRows?
  /// Steps of the current epoch that are done.
  public package(set) var step = 0
  /// The current epoch's losses, summed in image order.
  public package(set) var lossSum = 0.0
  /// The current epoch's images that were classified correctly.
  public package(set) var correct = 0

  /// The current epoch, counted from 0.
  public var epoch: Int { history.epochs.count }

  /// The weights that are validated and kept.
  public var keptWeights: Weights { averagedWeights ?? weights }

  /// The state before the first step, of a training on rows of a table with `rows` of them.
  public init(
    _ configuration: Configuration, member: Int, network: ShapedNetwork, rowsDigest: String, rows: Int
  ) {
    learnt = configuration.skipLearnt > 0 ? LearntRows(rows: rows) : nil
    self.configuration = configuration
    self.member = member
    self.rowsDigest = rowsDigest
    weights = Weights(
      initializing: network, seed: configuration.seed(ofMember: member), configuration.initialization)
    averagedWeights = configuration.averaging == .none ? nil : Weights(copying: weights)
    selectedWeights = Weights(copying: weights)
    optimizer = OptimizerState(
      configuration.optimizer, weightDecay: configuration.weightDecay, parameterCount: network.parameterCount)
  }

  /// The state that a file holds; `StateFile` checks it.
  init(
    _ configuration: Configuration, member: Int, rowsDigest: String, weights: Weights,
    optimizer: OptimizerState, averagedWeights: Weights?, selectedWeights: Weights
  ) {
    self.configuration = configuration
    self.member = member
    self.rowsDigest = rowsDigest
    self.weights = weights
    self.optimizer = optimizer
    self.averagedWeights = averagedWeights
    self.selectedWeights = selectedWeights
  }

  /// A checkpoint's origin for weights of an epoch.
  func origin(_ record: EpochRecord?) -> Checkpoint.Origin {
    Checkpoint.Origin(
      seed: configuration.seed(ofMember: member), member: member, epoch: record?.epoch ?? 0,
      validationAccuracy: record?.validationAccuracy, validationLoss: record?.validationLoss,
      rowsDigest: rowsDigest, limit: configuration.limit, splitSeed: configuration.seed,
      splitFraction: configuration.validation, isSelected: configuration.select == .best,
      preprocessing: configuration.preprocessing(ofMember: member), classes: configuration.classes,
      fold: configuration.folds.flatMap { folds in
        folds.number.map { (number: $0, count: folds.count, repeats: folds.repeats) }
      })
  }
}
