import Foundations
import Runs
import Scoring

/// Scores that submissions get after their upload.
public enum Scores {
  /// Asks Kaggle for the user's submissions and writes what it says of them into their manifests. A submission is found by
  /// Kaggle's number for it, or by the tag in its message.
  ///
  /// - Returns: How many manifests changed, and how many of Kaggle's submissions are of none of them.
  /// - Throws: `failure` if Kaggle's program fails, or another process uploads one of them; `cannotWrite`.
  public static func fetch(
    into manifests: [ManifestFile], by program: KaggleProgram
  ) throws(KitError) -> (changed: Int, unknown: Int) {
    let all = try program.submissions()
    var (changed, known): (Int, Set<Int>) = (0, [])
    for manifest in manifests {
      var manifest = manifest
      let before = manifest.uploads
      for found in all where take(found, &manifest) { known.insert(found.reference) }
      if manifest.uploads == before { continue }
      try write(manifest)
      changed += 1
    }
    return (changed, all.count - known.count)
  }

  /// Whether Kaggle's submission is one of a manifest's, which then says so.
  private static func take(_ found: KaggleSubmission, _ manifest: inout ManifestFile) -> Bool {
    let place = manifest.uploads.firstIndex { upload in
      upload.reference == found.reference
        || upload.reference == nil && !upload.tag.isEmpty && found.message.hasSuffix("[\(upload.tag)]")
    }
    if let place {
      manifest.uploads[place].take(found)
      return true
    }
    // Uploaded from elsewhere.
    let tag = String(manifest.digest.prefix(8))
    guard found.message.hasSuffix("[\(tag)]"), !manifest.uploads.contains(where: { $0.tag == tag }) else {
      return false
    }
    var upload = UploadRecord(digest: manifest.digest, tag: tag, message: found.message, begun: found.date)
    upload.take(found)
    manifest.uploads.append(upload)
    return true
  }

  /// Writes a score that was read on Kaggle's page into a submission's manifest.
  public static func enter(_ score: PublicScore, into manifest: ManifestFile) throws(KitError) {
    var manifest = manifest
    let place = manifest.uploads.lastIndex { $0.digest == manifest.digest }
    if place == nil {
      manifest.uploads.append(
        UploadRecord(digest: manifest.digest, tag: "", message: "score entered by hand", begun: utcNow()))
    }
    let index = place ?? manifest.uploads.count - 1
    manifest.uploads[index].score = score
    manifest.uploads[index].status = .scored
    try write(manifest)
  }

  private static func write(_ manifest: ManifestFile) throws(KitError) {
    let folder = enclosingFolder(manifest.path)
    let lock = try FolderLock(folder, busy: "another process is uploading from \(folder); try again then")
    defer { withExtendedLifetime(lock) {} }
    try manifest.write()
  }
}
