import Competition
import Ensembling
import Foundations
import Kaggle
import Runs
import Scoring
import Terminal

extension Submit {
  /// The submission that is to be uploaded as it is, where the only source is one.
  var submissionToUpload: String? {
    guard upload, sources.count == 1, let source = sources.first else { return nil }
    return source.hasSuffix(".csv") ? source : nil
  }

  /// Whether what this command would write is there, whole, since an earlier call was stopped before the upload, or after.
  func isWritten(at path: String, by ensemble: Ensemble, _ source: DataSource) throws(KitError) -> Bool {
    guard upload, !reporting.force,
      let manifest = try? ManifestFile(reading: SubmissionManifest.path(besideSubmission: path)),
      (try? SHA256.hexadecimal(ofFileAt: path)) == manifest.digest,
      manifest.checkpoints.map(\.digest) == ensemble.members.map({ $0.checkpoint.digest ?? "" }),
      manifest.prediction == ensemble.options.prediction, manifest.weights == ensemble.options.weights
    else { return false }
    guard try Self.areTestRows(of: manifest, in: source.test()) else { return false }
    note("\(path) already exists, made from the same checkpoints and test images; it is not written again")
    return true
  }

  /// Whether a table's rows are those that a submission was made from, as a whole or in parts.
  private static func areTestRows(
    of manifest: ManifestFile, in reader: DigitReader
  ) throws(KitError) -> Bool {
    if manifest.parts.isEmpty { return try reader.readToEnd().digest == manifest.testRowsDigest }
    for part in manifest.parts {
      guard try reader.readToEnd(of: part.rows.count ?? 0).digest == part.testRowsDigest else { return false }
    }
    return try reader.readToEnd().rows == 0
  }

  /// Uploads a submission and prints its score.
  ///
  /// - Parameter isNamed: Whether the user named the file itself, and so has decided about its warnings.
  func uploadSubmission(_ path: String, isNamed: Bool) throws(KitError) {
    let quiet = reporting.quiet
    let program = try KaggleProgram { if !quiet { showProgress($0) } }
    var upload = try Upload(of: path, by: program)
    let warnings = upload.manifest.warnings
    if isNamed {
      for warning in warnings { printWarning(warning) }
    } else if !warnings.isEmpty {
      throw KitError(
        .failure,
        "\(path) was not uploaded because of the warnings: \(warnings.joined(separator: "; ")). Look at its page; to upload it "
          + "nevertheless: kaggle-digits submit \(quoted(path)) --upload")
    }
    try upload.run(message: message ?? Self.message(for: upload.manifest), again: again) { text in
      if !quiet { note(text) }
    }
    show(upload)
  }

  /// `kaggle-digits balanced, 9 members, out of fold 0.9968`.
  static func message(for manifest: ManifestFile) -> String {
    if manifest.checkpoints.isEmpty { return "uploaded by kaggle-digits" }
    let count = manifest.checkpoints.count
    var parts = manifest.recipe.map { [$0] } ?? []
    parts.append("\(count) member\(count == 1 ? "" : "s")")
    if let outOfFold = manifest.outOfFold { parts.append("out of fold \(fixed(outOfFold.accuracy, 4))") }
    return "kaggle-digits \(parts.joined(separator: ", "))"
  }

  private func show(_ upload: Upload) {
    if reporting.json { return printJSON(upload.manifest.updated) }
    guard let record = upload.record else { return }
    let reference = record.reference.map { " \($0)" } ?? ""
    let date = record.date ?? record.begun
    printLine(
      upload.isNew
        ? "uploaded: \(path(of: upload)), submission\(reference)"
        : "already uploaded: \(path(of: upload)), submission\(reference) of \(date); not uploaded again (--again uploads it)"
    )
    if let score = record.score {
      printLine("public score: \(score.text)\(score.meaning.isEmpty ? "" : " (\(score.meaning))")")
      if let outOfFold = upload.manifest.outOfFold { printLine(Self.comparison(score, outOfFold)) }
    } else {
      note(
        "Kaggle has not scored it yet; the same command, or kaggle-digits leaderboard --fetch, asks again")
    }
    if upload.isNew, let left = record.left {
      printLine("\(left) submission\(left == 1 ? "" : "s") left today")
    }
  }

  private func path(of upload: Upload) -> String { upload.manifest.submissionPath }

  /// How a score compares with the out-of-fold accuracy.
  private static func comparison(_ score: PublicScore, _ outOfFold: ScoredRows) -> String {
    let expected = score.expected(by: outOfFold)
    let range = "\(fixed(expected.lowerBound, 4)) to \(fixed(expected.upperBound, 4))"
    let promise =
      "the range expected from the out-of-fold accuracy \(fixed(outOfFold.accuracy, 4)) (\(range))"
    return switch score.verdict(outOfFold: outOfFold) {
    case .within: "it is within \(promise)"
    case .below: "it is below \(promise)"
    case .above: "it is above \(promise)"
    }
  }
}
