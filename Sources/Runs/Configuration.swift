import Augmentation
import Competition
import Foundations
import NeuralNetworks

/// All that decides what a training computes. Threads, instruction set and paths are not part of it.
///
/// Each property is set by an option, declared in `schema` with its range and description.
public struct Configuration: Sendable, Equatable {
  /// The recipe that the other options were given over. It is only a name: two configurations are equal without it.
  public var recipe = Recipe.fast
  /// The networks in notation; members take turns.
  public var networks = [NamedNetwork.compact.notation]
  /// Passes over the training rows.
  public var epochs = 12
  /// Images per step.
  public var batch = 128
  /// The learning rate, which the schedule scales.
  public var learningRate = 0.003
  /// How the learning rate changes during training.
  public var schedule = Schedule.oneCycle
  /// How a step changes the weights.
  public var optimizer = Optimizer.adam
  /// AdamW's weight decay.
  public var weightDecay = 0.01
  /// How weights are initialized.
  public var initialization = Initialization.glorot
  /// The share of the rows that is held out for validation.
  public var validation = 0.1
  /// What all random draws derive from.
  public var seed: UInt64 = 1
  /// How many networks are trained.
  public var members = 1
  /// What the rows are classified as; the table decides it.
  public var classes = Classes.digits
  /// How many rows are used, stratified by digit; nil for all.
  public var limit: Int?
  /// Preprocessing of every image, in training and prediction; members take turns.
  public var preprocessings = [Preprocessing.deskew]
  /// Random changes to training images.
  public var augmentation = ImageAugmentation.standard
  /// How many epochs at the end of the training are without augmentation.
  public var plainEpochs = 1
  /// From which probability of its label on a row counts as learnt, and is visited less often; 0 for never.
  public var skipLearnt = 0.99
  /// The share of each label that is spread evenly over the classes (Szegedy et al., 2016).
  public var labelSmoothing = 0.0
  /// Which epoch's weights are used.
  public var select = Selection.last
  /// Whether weights are averaged over the training.
  public var averaging = WeightAveraging.none
  /// The folds of a cross-validation, and which of them this training holds out; nil without folds.
  public var folds: Folds?

  /// The defaults, which are the recipe `fast`.
  public init() {}

  /// Refuses (`usage`) values out of range, naming the option.
  public func validate() throws(KitError) {
    for option in Self.schema { try option.check(self) }
    if let conflict { throw KitError(.usage, conflict) }
  }

  /// The networks with their shapes. Throws `usage` if one can't be built.
  public func shapedNetworks() throws(KitError) -> [ShapedNetwork] {
    var result: [ShapedNetwork] = []
    for notation in networks {
      result.append(
        try ShapedNetwork(
          Network(notation: notation), side: DigitTable.side, classes: classes.count))
    }
    return result
  }

  /// The notation of a member's network; members are counted from 1.
  public func network(ofMember member: Int) -> String { networks.turn(of: member) }

  /// The preprocessing of a member's images; members are counted from 1.
  public func preprocessing(ofMember member: Int) -> Preprocessing { preprocessings.turn(of: member) }

  /// A member's seed. It depends on the run's seed, the fold's and the member's number (from 1), not on how many members
  /// there are.
  public func seed(ofMember member: Int) -> UInt64 {
    var stream = RandomStream(Philox(seed: seed), .memberSeed, epoch: folds?.number ?? 0, image: member)
    return stream.next64()
  }

  /// Splits a table into the rows to train on, for validation, and of the fold that is held out.
  public func split(of table: DigitTable) throws(KitError) -> RowSplit {
    try RowSplit(of: table, limit: limit, seed: seed, validation: validation, folds: folds)
  }
}

extension Array {
  /// The element of a member, counted from 1: members take turns.
  package func turn(of member: Int) -> Element { self[(member - 1) % count] }
}

/// Which epoch's weights are used.
public enum Selection: String, Sendable, CaseIterable {
  /// The epoch with the best score on the validation rows; its score on them is then optimistic.
  case best
  /// The last epoch, whatever its score.
  case last
}

/// Whether and how weights are averaged over the training.
///
/// Batch normalization's statistics are recomputed for the average, on the epoch's augmented images.
public enum WeightAveraging: Sendable, Equatable {
  /// No average: the weights after the last step.
  case none
  /// After each step, average ← d · average + (1 - d) · weights, with d = min(decay, (1 + steps) / (10 + steps)), so that
  /// the initial weights are soon forgotten.
  case exponential(decay: Double)
  /// The mean of the weights after each of the last N epochs (Izmailov et al., 2018).
  case lastEpochs(Int)

  /// The decay of an exponential average; nil if it is none. A decay replaces another average, nil does not.
  public var decay: Double? {
    get { if case .exponential(let decay) = self { decay } else { nil } }
    set { if newValue != nil || decay != nil { self = newValue.map { .exponential(decay: $0) } ?? .none } }
  }

  /// How many last epochs are averaged; nil without such a mean. A number replaces another average, nil does not.
  public var epochs: Int? {
    get { if case .lastEpochs(let count) = self { count } else { nil } }
    set { if newValue != nil || epochs != nil { self = newValue.map { .lastEpochs($0) } ?? .none } }
  }
}
