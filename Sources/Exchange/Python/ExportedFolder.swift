import Checkpoints
import Foundations
import Runs

/// An ensemble as a Python library has it: a folder with the code, the weights, and a description that `import` reads.
public enum ExportedFolder {
  /// The code.
  public static let codeName = "model.py"
  /// The weights, in the library's names and layouts.
  public static let weightsName = "model.safetensors"
  /// What the weights are of, for `import`.
  public static let descriptionName = "model.json"
  static let format = "kaggle-digits export"
  static let version = 1

  /// The files that are written, in order.
  public static let names = [codeName, weightsName, descriptionName]

  /// Writes an ensemble into a folder, which is made if it is missing.
  ///
  /// - Throws: `cannotWrite` if a file is there already and is not to be replaced, or can't be written.
  public static func write(
    _ ensemble: ExportedEnsemble, for library: PythonLibrary, to folder: String, replacing: Bool
  ) throws(KitError) {
    try makeFolders(folder)
    // Before the work, so that what can't be written is known.
    for name in names { try WholeFile(at: "\(folder)/\(name)", replacing: replacing).discard() }
    try WholeFile.write(library.code(of: ensemble), to: "\(folder)/\(codeName)", replacing: replacing)
    // Without the checksum of the kit's own files: other programs keep metadata and change the rest.
    let weights = weights(of: ensemble, for: library).serialized()
    try WholeFile.write(weights, to: "\(folder)/\(weightsName)", replacing: replacing)
    let description = description(of: ensemble, for: library).serialized(pretty: true) + "\n"
    try WholeFile.write(description, to: "\(folder)/\(descriptionName)", replacing: replacing)
  }

  /// All members' tensors as the library has them.
  static func weights(of ensemble: ExportedEnsemble, for library: PythonLibrary) -> SafeTensors {
    var tensors: [String: SafeTensors.Tensor] = [:]
    for (number, member) in ensemble.members.enumerated() {
      let network = PythonNetwork(member.layers, for: library)
      for (name, layout) in network.tensors {
        tensors[library.name(name, ofMember: number)] = SafeTensors.Tensor(
          shape: layout.shape, values: .float32(member.values(layout)))
      }
      for name in network.counters {
        tensors[library.name(name, ofMember: number)] = SafeTensors.Tensor(shape: [], values: .int64([0]))
      }
    }
    return SafeTensors(metadata: ["format": library == .pytorch ? "pt" : "np"], tensors: tensors)
  }

  private static func description(of ensemble: ExportedEnsemble, for library: PythonLibrary) -> JSON {
    .object([
      ("format", .string(format)), ("version", .integer(version)), ("kit", .string(kitVersion)),
      ("library", .string(library.rawValue)), ("average", .string(ensemble.average.rawValue)),
      (
        "members",
        .array(
          ensemble.members.map { member in
            let metadata = member.checkpoint.metadata.sorted { $0.key < $1.key }
            return .object([
              ("weight", .number(member.weight)),
              ("weights_sha256", .string(member.checkpoint.weights.digest)),
              ("checkpoint", .object(metadata.map { ($0.key, .string($0.value)) })),
            ])
          })
      ),
    ])
  }
}
