import Augmentation
import Competition
import Foundations
import NeuralNetworks

/// All that decides what a training computes. Threads, instruction set and paths are not part of it.
public struct Configuration: Sendable, Equatable {
  /// The networks in the notation, the members taking turns.
  public var networks = [NamedNetwork.compact.notation]
  /// Passes over the training rows.
  public var epochs = 12
  /// Images a step.
  public var batch = 128
  /// The learning rate that the schedule scales.
  public var learningRate = 0.003
  /// How the learning rate changes.
  public var schedule = Schedule.oneCycle
  /// What a step does.
  public var optimizer = Optimizer.adam
  /// AdamW's weight decay.
  public var weightDecay = 0.01
  /// How the weights start.
  public var initialization = Initialization.glorot
  /// The share of the rows that is kept for validation.
  public var validation = 0.1
  /// What all draws derive from.
  public var seed: UInt64 = 1
  /// How many networks are trained.
  public var members = 1
  /// How many rows are taken, stratified, before splitting; nil takes all.
  public var limit: Int?
  /// How images are set before the networks see them, the members taking turns.
  public var preprocessings = [Preprocessing.deskew]
  /// What is done to training images.
  public var augmentation = ImageAugmentation.standard
  /// In how many last epochs the training images stay as they are.
  public var plainEpochs = 1
  /// The share of a label that is spread evenly over the ten classes (Szegedy et al., 2016).
  public var labelSmoothing = 0.0
  /// Which epoch's weights a member's checkpoint `best` holds.
  public var select = Selection.last
  /// Which weights are validated and kept: an epoch's last, or an average.
  public var averaging = WeightAveraging.none
  /// The folds of a cross-validation, and which of them this training holds out; nil without folds.
  public var folds: Folds?

  /// The defaults, which are the recipe `fast`.
  public init() {}

  /// Refuses numbers out of range (`usage`), naming the option.
  public func validate() throws(KitError) {
    func require(_ condition: Bool, _ text: String) throws(KitError) {
      if !condition { throw KitError(.usage, text) }
    }
    try require((1...100_000).contains(epochs), "--epochs is \(epochs); from 1 to 100000 are possible")
    try require((1...65_536).contains(batch), "--batch is \(batch); from 1 to 65536 are possible")
    try require(
      learningRate > 0 && learningRate <= 100,
      "--learning-rate is \(learningRate); above 0, up to 100 is possible")
    try require(
      weightDecay >= 0 && (optimizer != .adamw || weightDecay * learningRate < 1),
      "--weight-decay is \(weightDecay); from 0 to below 1 / --learning-rate is possible")
    try require(
      validation >= 0 && validation < 1, "--validation is \(validation); from 0 to below 1 is possible")
    try require((1...1000).contains(members), "--members is \(members); from 1 to 1000 are possible")
    if let limit { try require(limit >= 1, "--limit is \(limit); at least 1 row is needed") }
    try require(
      (0...epochs).contains(plainEpochs),
      "--plain-epochs is \(plainEpochs); from 0 to the \(epochs) epochs are possible")
    try require(
      labelSmoothing >= 0 && labelSmoothing < 1,
      "--label-smoothing is \(labelSmoothing); from 0 to below 1 is possible")
    if case .exponential(let decay) = averaging {
      try require(decay > 0 && decay < 1, "--ema is \(decay); above 0 and below 1 is possible")
    }
    if case .lastEpochs(let count) = averaging {
      try require(
        (2...epochs).contains(count),
        "--average-checkpoints is \(count); from 2 to the \(epochs) epochs are possible")
    }
    if let folds {
      try require((2...10_000).contains(folds.count), "--folds is \(folds.count); at least 2 are needed")
      try require(
        (1...1000).contains(folds.repeats), "--repeats is \(folds.repeats); from 1 to 1000 are possible")
      try require(
        (1...folds.trainings).contains(folds.number ?? 1),
        "there is no fold \(folds.number ?? 0) of \(folds.trainings)")
      try require(
        (select == .best) == (validation > 0),
        "--validation goes with --select best, which chooses each fold's epoch on that share of its training rows"
      )
    }
    let shift = augmentation.shift
    try require(shift >= 0 && shift <= 1, "--shift is \(shift); from 0 to 1 (of the side) is possible")
    let rotation = augmentation.rotation
    try require(
      rotation >= 0 && rotation <= 180, "--rotate is \(rotation); from 0 to 180 degrees is possible")
    let zoom = augmentation.zoom
    try require(zoom >= 0 && zoom < 1, "--zoom is \(zoom); from 0 to below 1 is possible")
    let shear = augmentation.shear
    try require(shear >= 0 && shear < 90, "--shear is \(shear); from 0 to below 90 degrees is possible")
    let elastic = augmentation.elastic
    try require(elastic >= 0 && elastic <= 28, "--elastic is \(elastic); from 0 to 28 pixels is possible")
    let erase = augmentation.erase
    try require(erase >= 0 && erase <= 1, "--erase is \(erase); from 0 to 1 (of the images) is possible")
  }

  /// The networks with their shapes. Throws `usage` if one can't be built.
  public func shapedNetworks() throws(KitError) -> [ShapedNetwork] {
    var result: [ShapedNetwork] = []
    for notation in networks {
      result.append(try ShapedNetwork(Network(notation: notation), side: DigitTable.side))
    }
    return result
  }

  /// The network of a member, counted from 1, in the notation.
  public func network(ofMember member: Int) -> String { networks.turn(of: member) }

  /// How images are set for a member, counted from 1.
  public func preprocessing(ofMember member: Int) -> Preprocessing {
    preprocessings.turn(of: member)
  }

  /// A member's seed: the words of Philox at the fold's and the member's number, whatever the number of members.
  public func seed(ofMember member: Int) -> UInt64 {
    var stream = RandomStream(Philox(seed: seed), .memberSeed, epoch: folds?.number ?? 0, image: member)
    return stream.next64()
  }

  /// The rows that train, that validate, and that are held out.
  public func split(of table: DigitTable) throws(KitError) -> RowSplit {
    try RowSplit(of: table, limit: limit, seed: seed, validation: validation, folds: folds)
  }

  /// The options by their names on the command line, in one order: what two configurations differ in, and JSON.
  public var fields: [(key: String, value: JSON)] {
    [
      ("network", .string(networks.joined(separator: ","))), ("epochs", .integer(epochs)),
      ("batch", .integer(batch)),
      ("learning-rate", .number(learningRate)), ("schedule", .string(schedule.rawValue)),
      ("optimizer", .string(optimizer.rawValue)), ("weight-decay", .number(weightDecay)),
      ("initialization", .string(initialization.rawValue)), ("validation", .number(validation)),
      ("seed", .string(String(seed))), ("members", .integer(members)),
      ("limit", limit.map { .integer($0) } ?? .null),
      ("prepare", .string(preprocessings.map(\.rawValue).joined(separator: ","))),
      ("shift", .number(augmentation.shift)), ("rotate", .number(augmentation.rotation)),
      ("zoom", .number(augmentation.zoom)), ("shear", .number(augmentation.shear)),
      ("elastic", .number(augmentation.elastic)), ("erase", .number(augmentation.erase)),
      ("plain-epochs", .integer(plainEpochs)), ("label-smoothing", .number(labelSmoothing)),
      ("select", .string(select.rawValue)), ("ema", averaging.decay.map { .number($0) } ?? .null),
      ("average-checkpoints", averaging.epochs.map { .integer($0) } ?? .null),
      ("folds", folds.map { .integer($0.count) } ?? .null),
      ("repeats", folds.map { .integer($0.repeats) } ?? .null),
      ("fold", folds?.number.map { .integer($0) } ?? .null),
    ]
  }

  /// Reads `fields` back; throws `badData` with the field that is missing or wrong.
  public init(_ json: JSON, from source: String) throws(KitError) {
    func need<Value>(_ key: String, _ value: Value?) throws(KitError) -> Value {
      guard let value else { throw KitError(.badData, "\(source): '\(key)' is missing or malformed") }
      return value
    }
    func number(_ key: String) throws(KitError) -> Double { try need(key, json[key]?.number) }
    func integer(_ key: String) throws(KitError) -> Int { try need(key, json[key]?.integer) }
    func string(_ key: String) throws(KitError) -> String { try need(key, json[key]?.string) }
    func optional<Value>(_ key: String, _ parse: (JSON) -> Value?) throws(KitError) -> Value? {
      let value = try need(key, json[key])
      if case .null = value { return nil }
      return try need(key, parse(value))
    }
    networks = try string("network").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    epochs = try integer("epochs")
    batch = try integer("batch")
    learningRate = try number("learning-rate")
    schedule = try need("schedule", Schedule(rawValue: try string("schedule")))
    optimizer = try need("optimizer", Optimizer(rawValue: try string("optimizer")))
    weightDecay = try number("weight-decay")
    initialization = try need("initialization", Initialization(rawValue: try string("initialization")))
    validation = try number("validation")
    seed = try need("seed", UInt64(try string("seed")))
    members = try integer("members")
    limit = try optional("limit") { $0.integer }
    preprocessings = try need("prepare", Preprocessing.list(try string("prepare")))
    augmentation = ImageAugmentation(
      shift: try number("shift"), rotation: try number("rotate"), zoom: try number("zoom"),
      shear: try number("shear"), elastic: try number("elastic"), erase: try number("erase"))
    plainEpochs = try integer("plain-epochs")
    labelSmoothing = try number("label-smoothing")
    select = try need("select", Selection(rawValue: try string("select")))
    let decay = try optional("ema") { $0.number }
    let averaged = try optional("average-checkpoints") { $0.integer }
    if let decay { averaging = .exponential(decay: decay) }
    if let averaged { averaging = .lastEpochs(averaged) }
    let count = try optional("folds") { $0.integer }
    let repeats = try optional("repeats") { $0.integer }
    let number = try optional("fold") { $0.integer }
    if let count { folds = Folds(count: count, repeats: try need("repeats", repeats), number: number) }
    do { try validate() } catch { throw KitError(.badData, "\(source): \(error.message)") }
  }
}

extension Array {
  /// The element whose turn it is at a member, counted from 1.
  package func turn(of member: Int) -> Element { self[(member - 1) % count] }
}

/// Which epoch's weights are taken.
public enum Selection: String, Sendable, CaseIterable {
  /// The one with the best score on the validation rows, which are then no honest judges of it any more.
  case best
  /// The last one, whatever its score.
  case last
}

/// Weights that are averaged over the training rather than taken as the last step left them.
///
/// Batch normalisation's statistics are computed anew for them, on images of the epoch as they were augmented.
public enum WeightAveraging: Sendable, Equatable {
  /// No average.
  case none
  /// After each step, average ← d · average + (1 - d) · weights, with d = min(decay, (1 + steps) / (10 + steps)), so that
  /// the weights of the start do not linger.
  case exponential(decay: Double)
  /// The mean of the weights that the last so many epochs ended with (Izmailov et al., 2018).
  case lastEpochs(Int)

  /// The exponential average's decay; nil of the others.
  public var decay: Double? {
    if case .exponential(let decay) = self { decay } else { nil }
  }

  /// How many epochs are averaged; nil of the others.
  public var epochs: Int? {
    if case .lastEpochs(let count) = self { count } else { nil }
  }
}
