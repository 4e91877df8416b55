import Augmentation
import Competition
import Foundations
import NeuralNetworks

/// All that decides what a training computes. Threads, instruction set and paths are not part of it.
public struct Configuration: Sendable, Equatable {
  /// The network, in the notation.
  public var network = "32C3-P2-D25-64C3-P2-D25-128N-D50"
  /// Passes over the training rows.
  public var epochs = 12
  /// Images a step.
  public var batch = 128
  /// The learning rate that the schedule scales.
  public var learningRate = 0.001
  /// How the learning rate changes.
  public var schedule = Schedule.constant
  /// What a step does.
  public var optimizer = Optimizer.adam
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
  /// What is done to training images.
  public var augmentation = AffineAugmentation.standard

  /// The first defaults.
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
      validation >= 0 && validation < 1, "--validation is \(validation); from 0 to below 1 is possible")
    try require((1...1000).contains(members), "--members is \(members); from 1 to 1000 are possible")
    if let limit { try require(limit >= 1, "--limit is \(limit); at least 1 row is needed") }
    let shift = augmentation.shift
    try require(shift >= 0 && shift <= 1, "--shift is \(shift); from 0 to 1 (of the side) is possible")
    let rotation = augmentation.rotation
    try require(
      rotation >= 0 && rotation <= 180, "--rotate is \(rotation); from 0 to 180 degrees is possible")
    let zoom = augmentation.zoom
    try require(zoom >= 0 && zoom < 1, "--zoom is \(zoom); from 0 to below 1 is possible")
    let shear = augmentation.shear
    try require(shear >= 0 && shear < 90, "--shear is \(shear); from 0 to below 90 degrees is possible")
  }

  /// A member's seed: the words of Philox at the member's number, whatever the number of members.
  public func seed(ofMember member: Int) -> UInt64 {
    var stream = RandomStream(Philox(seed: seed), .memberSeed, image: member)
    return stream.next64()
  }

  /// The rows that train and those that validate: `limit` first, then the split.
  public func split(of table: DigitTable) throws(KitError) -> StratifiedSplit {
    let rows = try stratifiedSubset(of: table, count: limit ?? table.count, seed: seed)
    return try StratifiedSplit(of: table, rows: rows, validation: validation, seed: seed)
  }

  /// The options by their names on the command line, in one order: what two configurations differ in, and JSON.
  public var fields: [(key: String, value: JSON)] {
    [
      ("network", .string(network)), ("epochs", .integer(epochs)), ("batch", .integer(batch)),
      ("learning-rate", .number(learningRate)), ("schedule", .string(schedule.rawValue)),
      ("optimizer", .string(optimizer.rawValue)),
      ("initialization", .string(initialization.rawValue)), ("validation", .number(validation)),
      ("seed", .string(String(seed))), ("members", .integer(members)),
      ("limit", limit.map { .integer($0) } ?? .null),
      ("shift", .number(augmentation.shift)), ("rotate", .number(augmentation.rotation)),
      ("zoom", .number(augmentation.zoom)), ("shear", .number(augmentation.shear)),
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
    network = try string("network")
    epochs = try integer("epochs")
    batch = try integer("batch")
    learningRate = try number("learning-rate")
    schedule = try need("schedule", Schedule(rawValue: try string("schedule")))
    optimizer = try need("optimizer", Optimizer(rawValue: try string("optimizer")))
    initialization = try need("initialization", Initialization(rawValue: try string("initialization")))
    validation = try number("validation")
    seed = try need("seed", UInt64(try string("seed")))
    members = try integer("members")
    if case .null? = json["limit"] { limit = nil } else { limit = try integer("limit") }
    augmentation = AffineAugmentation(
      shift: try number("shift"), rotation: try number("rotate"), zoom: try number("zoom"),
      shear: try number("shear"))
    do { try validate() } catch { throw KitError(.badData, "\(source): \(error.message)") }
  }
}
