import Competition
import Foundations

extension ManifestFile {
  /// In which of the things that all parts of a submission have in common another manifest differs, in words; nil for none.
  public func difference(from other: ManifestFile) -> String? {
    func text(_ key: String, of manifest: ManifestFile) -> String? {
      manifest.json[key]?.serialized(pretty: false)
    }
    if kit != other.kit { return "versions of the kit (\(kit) and \(other.kit))" }
    if test != other.test { return "test tables (\(test ?? "none") and \(other.test ?? "none"))" }
    if checkpoints.map(\.digest) != other.checkpoints.map(\.digest)
      || checkpoints.map(\.source) != other.checkpoints.map(\.source)
    {
      return "checkpoints"
    }
    if prediction != other.prediction { return "prediction settings (--average, --tta)" }
    if weights != other.weights { return "weights" }
    if columns != other.columns { return "titles (--submission-columns)" }
    return text("classes", of: self) == text("classes", of: other) ? nil : "classes"
  }

  /// The classes that the submission's labels are of; nil if the manifest tells of none that there can be.
  public var classes: Classes? { Classes(json["classes"] ?? .null) }

  /// How many rows the members classify differently.
  public var disagreements: Int { json["members-disagree-on"]?.integer ?? 0 }

  /// What the manifest of a submission says that was joined of parts: what their manifests have in common, and each part's
  /// digests. The test images have no digest as a whole, since it can't be made of the parts'.
  ///
  /// - Parameters:
  ///   - manifests: The parts', in order, all of them with a `part`; at least one.
  ///   - submission: The submission's name.
  ///   - digest: Its SHA-256.
  ///   - probabilities: The file with all probabilities; nil if none was written.
  ///   - warnings: Why the submission may be worthless.
  ///   - uploads: Uploads of an earlier submission of the same name.
  public static func joined(
    _ manifests: [ManifestFile], submission: String, digest: String, probabilities: String?,
    warnings: [String],
    uploads: [UploadRecord]
  ) -> JSON {
    guard let first = manifests.first, case .object(let members) = first.json else { return .null }
    let parts = manifests.compactMap { manifest in
      manifest.part.map {
        JoinedPart(rows: $0.rows, digest: manifest.digest, testRowsDigest: manifest.testRowsDigest ?? "")
      }
    }
    let own: [String: JSON] = [
      "submission": .string(submission), "rows": .integer(manifests.map(\.rows).reduce(0, +)),
      "sha256": .string(digest), "test-rows-sha256": .null,
      "members-disagree-on": .integer(manifests.map(\.disagreements).reduce(0, +)),
      "probabilities": probabilities.map { .string($0) } ?? .null,
      "warnings": .array(warnings.map { .string($0) }), "uploads": .array(uploads.map(\.json)),
    ]
    let common = members.filter { $0.key != "part" }.map { (key: $0.key, value: own[$0.key] ?? $0.value) }
    return .object(common + [("parts", .array(parts.map(\.json)))])
  }
}
