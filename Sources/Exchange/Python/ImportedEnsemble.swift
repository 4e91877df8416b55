import Checkpoints
import Foundations
import NeuralNetworks
import Runs

/// An ensemble that was exported to a Python library and comes back, trained there or not.
public struct ImportedEnsemble {
  /// A member that came back.
  public struct Member {
    /// Its weights, and how they came about.
    public let checkpoint: Checkpoint
    /// Its share of the average.
    public let weight: Double
    /// Whether its weights are others than those that were exported.
    public let isChanged: Bool
  }

  /// The members in order; at least one.
  public let members: [Member]
  /// How their probabilities become one prediction.
  public let average: Average

  /// What `rows_digest` says of weights that were trained elsewhere: no table has it.
  static let unknownRows = "unknown: trained outside the kit"
  /// More than the description of any ensemble that fits into memory.
  private static let longestDescription = 1 << 24

  /// Reads what `ExportedFolder` wrote, with its weights or others under the same names.
  ///
  /// - Parameters:
  ///   - path: The description, `model.json`.
  ///   - weights: The weights, `model.safetensors`.
  ///   - side: Rows and columns of an image.
  /// - Throws: `missingInput` if a file can't be read; `badData` if one is malformed, or a tensor is missing, unknown, of
  ///   another shape or type, or not finite.
  public init(description path: String, weights: String, side: Int) throws(KitError) {
    let json = try JSON.parse(InputFile.bytes(ofFileAt: path, limit: Self.longestDescription), from: path)
    let description = try Description(json, from: path)
    let file = try SafeTensors(reading: weights)
    try file.requireFinite()
    average = description.average
    var unknown = Set(file.tensors.keys)
    var members: [Member] = []
    for (number, member) in description.members.enumerated() {
      let network = try Checkpoint.network(member.metadata, side: side, from: path)
      var values: [String: [Float]] = [:]
      let exported = PythonNetwork(try ExportedLayer.all(of: network), for: description.library)
      for (name, layout) in exported.tensors {
        let name = description.library.name(name, ofMember: number)
        values[layout.checkpointName] = layout.imported(try file.float32(name, shape: layout.shape))
        unknown.remove(name)
      }
      for name in exported.counters { unknown.remove(description.library.name(name, ofMember: number)) }
      let weights = Weights(network, values: network.tensors.map { values[$0.name] ?? [] })
      members.append(try member.imported(weights, from: path))
    }
    if let name = unknown.min() {
      throw KitError(
        .badData, "\(file.source): tensor \(name) does not belong to any member in \(path)")
    }
    self.members = members
  }

  /// The members' shares of the average; nil if all have the same.
  public var weights: [Double]? {
    let weights = members.map(\.weight)
    return Set(weights).count == 1 ? nil : weights
  }
}

/// What `model.json` says.
private struct Description {
  struct Member {
    let metadata: [String: String]
    let weight: Double
    let digest: String
  }

  let library: PythonLibrary
  let average: Average
  let members: [Member]

  init(_ json: JSON, from path: String) throws(KitError) {
    guard json["format"]?.string == ExportedFolder.format else {
      throw KitError(.badData, "\(path) is not the description of a kaggle-digits export")
    }
    guard json["version"]?.integer == ExportedFolder.version else {
      throw KitError(
        .badData, "\(path) is of another version; this kit reads version \(ExportedFolder.version)")
    }
    library = try json.required("library", from: path) { $0.string.flatMap { PythonLibrary(rawValue: $0) } }
    average = try json.required("average", from: path) { $0.string.flatMap { Average(rawValue: $0) } }
    members = try json.required("members", from: path, \.array).map { member throws(KitError) in
      Member(
        metadata: try member.required("checkpoint", from: path, Self.strings),
        weight: try member.required("weight", from: path) { $0.number.flatMap { $0 > 0 ? $0 : nil } },
        digest: try member.required("weights_sha256", from: path, \.string))
    }
    guard !members.isEmpty else { throw KitError(.badData, "\(path): 'members' is empty") }
  }

  /// An object of strings.
  private static func strings(_ json: JSON) -> [String: String]? {
    guard case .object(let fields) = json else { return nil }
    var result: [String: String] = [:]
    for (key, value) in fields {
      guard let text = value.string else { return nil }
      result[key] = text
    }
    return result
  }
}

extension Description.Member {
  /// The member with these weights. What weights that were trained elsewhere have seen is not known.
  func imported(_ weights: Weights, from path: String) throws(KitError) -> ImportedEnsemble.Member {
    var origin = try Checkpoint.origin(metadata, from: path)
    let isChanged = weights.digest != digest
    if isChanged {
      origin.rowsDigest = ImportedEnsemble.unknownRows
      (origin.validationAccuracy, origin.validationLoss) = (nil, nil)
      (origin.limit, origin.fold, origin.isSelected) = (nil, nil, false)
    }
    return ImportedEnsemble.Member(
      checkpoint: Checkpoint(weights, origin: origin), weight: weight, isChanged: isChanged)
  }
}
