import Augmentation
import Foundations
import NeuralNetworks

/// A trained network in a file: safetensors with the weights in Keras's layouts, and metadata that tell what it is and
/// which rows it saw.
public struct Checkpoint: Sendable {
  /// The version of the format that this kit writes and reads.
  public static let version = "1"
  private static let format = "kaggle-digits checkpoint"

  /// What metadata say of the images, in a way that a kit which knows no preprocessing refuses where there is one.
  private static func normalization(_ preprocessing: Preprocessing) -> String {
    preprocessing == .none ? "byte / 255" : "byte / 255, \(preprocessing)"
  }

  /// How the weights came about.
  public struct Origin: Sendable {
    /// The seed of this network.
    public var seed: UInt64
    /// Its number among the members, from 1.
    public var member: Int
    /// Epochs that it was trained.
    public var epoch: Int
    /// Accuracy on the validation rows; nil without such rows.
    public var validationAccuracy: Double?
    /// Loss on the validation rows.
    public var validationLoss: Double?
    /// SHA-256 of the parsed table that its rows were taken from.
    public var rowsDigest: String
    /// How many of the table's rows were taken before the split; nil for all.
    public var limit: Int?
    /// The seed of the split.
    public var splitSeed: UInt64
    /// The share of the rows kept for validation.
    public var splitFraction: Double
    /// Whether the epoch was chosen by the validation score, which is then optimistic.
    public var isSelected: Bool
    /// How images are set before the network sees them.
    public var preprocessing: Preprocessing
    /// The classes that it tells apart.
    public var classes: Classes
    /// The fold that was held out, from 1, numbered through the repeats; the folds of a repeat; the repeats.
    public var fold: (number: Int, count: Int, repeats: Int)?

    /// A value of each field.
    public init(
      seed: UInt64, member: Int, epoch: Int, validationAccuracy: Double?, validationLoss: Double?,
      rowsDigest: String, limit: Int?, splitSeed: UInt64, splitFraction: Double, isSelected: Bool,
      preprocessing: Preprocessing = .none, classes: Classes = .digits,
      fold: (number: Int, count: Int, repeats: Int)?
    ) {
      self.seed = seed
      self.member = member
      self.epoch = epoch
      self.validationAccuracy = validationAccuracy
      self.validationLoss = validationLoss
      self.rowsDigest = rowsDigest
      self.limit = limit
      self.splitSeed = splitSeed
      self.splitFraction = splitFraction
      self.isSelected = isSelected
      self.preprocessing = preprocessing
      self.classes = classes
      self.fold = fold
    }
  }

  /// The network's numbers.
  public let weights: Weights
  /// How they came about.
  public let origin: Origin
  /// SHA-256 of the file that was read; nil of what was not.
  public let digest: String?

  /// A checkpoint of weights as they are now; their network must tell the origin's classes apart.
  public init(_ weights: Weights, origin: Origin) {
    precondition(weights.network.classes == origin.classes.count, "an output for each class")
    self.weights = weights
    self.origin = origin
    digest = nil
  }

  /// Reads a checkpoint of a network for images of `side`×`side` pixels.
  ///
  /// Throws `missingInput` without a file; `badData` if it is truncated, was changed, is of another format or version, does
  /// not fit its network, or has a weight that is not finite.
  public init(reading path: String, side: Int) throws(KitError) {
    let bytes = try SafeTensors.bytes(ofFileAt: path)
    var hash = SHA256()
    hash.update(bytes)
    digest = SHA256.hexadecimal(of: hash.finalize())
    let file = try SafeTensors(parsing: bytes, from: path)
    origin = try Self.origin(file.metadata, from: path)
    let network = try Self.network(file.metadata, side: side, from: path)
    guard file.tensors.count == network.tensors.count else {
      throw KitError(
        .badData,
        "\(path): has \(file.tensors.count) tensors; its network needs \(network.tensors.count)")
    }
    try file.requireFinite()
    weights = try Weights(network, reading: file)
  }

  /// A checkpoint's origin, from its file's header alone: the weights are not read.
  ///
  /// - Throws: `missingInput` if the file can't be read; `badData` if it is not a checkpoint of this format and version.
  public static func origin(ofFileAt path: String) throws(KitError) -> Origin {
    try origin(SafeTensors.metadata(ofFileAt: path), from: path)
  }

  /// The network that metadata name, for images of `side`×`side` pixels; throws `badData`, with `path` in the message.
  public static func network(
    _ metadata: [String: String], side: Int, from path: String
  ) throws(KitError) -> ShapedNetwork {
    guard let notation = metadata["network"] else {
      throw KitError(.badData, "\(path): metadata 'network' is missing")
    }
    let classes = try origin(metadata, from: path).classes
    do {
      return try ShapedNetwork(Network(notation: notation), side: side, classes: classes.count)
    } catch {
      throw KitError(.badData, "\(path): \(error.message)")
    }
  }

  /// The origin that metadata tell; throws `badData`, with `path` in the message, if they are not of this format and version.
  public static func origin(
    _ metadata: [String: String], from path: String
  ) throws(KitError) -> Origin {
    func refuse(_ problem: String) -> KitError { KitError(.badData, "\(path): \(problem)") }
    guard metadata["format"] == Self.format else {
      throw refuse("is a safetensors file, but not a checkpoint of kaggle-digits")
    }
    guard metadata["version"] == Self.version else {
      throw refuse(
        "is of version \(metadata["version"] ?? "unknown"); this kit reads version \(Self.version)")
    }
    let preprocessing = Preprocessing.allCases.first {
      metadata["normalization"] == Self.normalization($0)
    }
    guard let classes = Classes(ofCheckpoint: metadata), let preprocessing else {
      throw refuse("was trained for other classes or another scale of pixels than this kit's")
    }
    func text(_ key: String) throws(KitError) -> String {
      guard let value = metadata[key] else { throw refuse("metadata '\(key)' is missing") }
      return value
    }
    func parsed<Value>(_ key: String, _ parse: (String) -> Value?) throws(KitError) -> Value {
      guard let value = parse(try text(key)) else { throw refuse("metadata '\(key)' is malformed") }
      return value
    }
    func optional<Value>(_ key: String, _ parse: (String) -> Value?) throws(KitError) -> Value? {
      metadata[key] == nil ? nil : try parsed(key, parse)
    }
    var fold: (number: Int, count: Int, repeats: Int)?
    if let number = try optional("fold", { Int($0) }) {
      let (count, repeats) = (try parsed("folds") { Int($0) }, try parsed("repeats") { Int($0) })
      guard (2...10_000).contains(count), (1...1000).contains(repeats), (1...count * repeats).contains(number)
      else { throw refuse("fold \(number) is out of range (\(count) folds, \(repeats) repeats)") }
      fold = (number, count, repeats)
    }
    return Origin(
      seed: try parsed("seed") { UInt64($0) }, member: try parsed("member") { Int($0) },
      epoch: try parsed("epoch") { Int($0) },
      validationAccuracy: try optional("validation_accuracy") { Double($0) },
      validationLoss: try optional("validation_loss") { Double($0) },
      rowsDigest: try text("rows_digest"), limit: try optional("limit") { Int($0) },
      splitSeed: try parsed("split_seed") { UInt64($0) },
      splitFraction: try parsed("split_fraction") { Double($0) },
      // Without the key: written by a version that always did.
      isSelected: try optional("selected") { Bool($0) } ?? true, preprocessing: preprocessing,
      classes: classes, fold: fold)
  }

  /// What the file says of the weights: the network, and how they came about.
  public var metadata: [String: String] {
    var metadata = [
      "format": Self.format, "version": Self.version, "network": weights.network.network.notation,
      "classes": "\(origin.classes.count)", "normalization": Self.normalization(origin.preprocessing),
      "seed": "\(origin.seed)", "member": "\(origin.member)", "epoch": "\(origin.epoch)",
      "rows_digest": origin.rowsDigest, "split_seed": "\(origin.splitSeed)",
      "split_fraction": "\(origin.splitFraction)", "selected": "\(origin.isSelected)",
    ]
    metadata["fold"] = origin.fold.map { "\($0.number)" }
    metadata["folds"] = origin.fold.map { "\($0.count)" }
    metadata["repeats"] = origin.fold.map { "\($0.repeats)" }
    metadata[Classes.namesKey] = origin.classes.namesText
    metadata["limit"] = origin.limit.map { "\($0)" }
    metadata["validation_accuracy"] = origin.validationAccuracy.map { "\($0)" }
    metadata["validation_loss"] = origin.validationLoss.map { "\($0)" }
    return metadata
  }

  /// Writes the file, whole or not at all.
  public func write(to path: String, replacing: Bool) throws(KitError) {
    try SafeTensors(metadata: metadata, tensors: weights.tensors()).write(to: path, replacing: replacing)
  }
}
