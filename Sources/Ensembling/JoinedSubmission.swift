import Competition
import Foundations
import Runs

/// Parts of a submission, made by `submit --rows`, that together are the whole.
public struct JoinedSubmission: Sendable {
  /// A part.
  public struct Part: Sendable {
    /// The submission's file.
    public let path: String
    /// The manifest beside it.
    public let manifest: ManifestFile
    /// Which rows it has.
    public let part: SubmissionPart
  }

  /// The parts, in the order of their rows.
  public let parts: [Part]

  /// Reads the manifests beside parts and checks that they make one submission: all made alike, from the first row to the last
  /// of one table, without gaps. The files themselves are checked when they are joined.
  ///
  /// - Parameter paths: The parts' files, at least one, in any order.
  /// - Throws: `missingInput` if a file or its manifest is missing; `unfinished` if rows are missing; `badData` if a manifest
  ///   is malformed or not a part's, or parts don't belong together.
  public init(of paths: [String]) throws(KitError) {
    var parts: [Part] = []
    for path in paths { parts.append(try Part(at: path)) }
    parts.sort { ($0.part.rows.first, $0.path) < ($1.part.rows.first, $1.path) }
    self.parts = parts
    guard let first = parts.first else { throw KitError(.usage, "there are no parts to join") }
    for part in parts.dropFirst() {
      guard let difference = part.manifest.difference(from: first.manifest) else { continue }
      throw KitError(.badData, "\(part.path) and \(first.path) were made with different \(difference)")
    }
    try requireAllRows()
  }

  /// How many rows all parts have together.
  public var rows: Int { parts.map(\.manifest.rows).reduce(0, +) }

  /// Whether there is a file of probabilities of every part.
  public var haveProbabilities: Bool { parts.allSatisfy { $0.part.probabilitiesDigest != nil } }

  /// All files that are read.
  public var inputs: [String] {
    parts.flatMap { [$0.path, $0.manifest.path] + ($0.probabilitiesPath.map { [$0] } ?? []) }
  }

  private func requireAllRows() throws(KitError) {
    var next = 1
    var missing: [RowRange] = []
    for (place, part) in parts.enumerated() {
      let rows = part.part.rows
      if rows.first < next {
        let other = parts[place - 1]
        throw KitError(
          .badData,
          "\(other.path) (\(other.part.rows.words)) and \(part.path) (\(rows.words)) overlap; join each row once"
        )
      }
      if rows.first > next { missing.append(RowRange(first: next, last: rows.first - 1)) }
      next = (rows.last ?? rows.first) + 1
    }
    let tableRows = try tableRows()
    if next <= tableRows ?? next { missing.append(RowRange(first: next, last: tableRows)) }
    if missing.isEmpty { return }
    throw KitError(
      .unfinished,
      "\(missing.map(\.words).joined(separator: " and ")) are missing; predict them with submit --rows, and join again"
    )
  }

  /// How many rows the table has that all parts are of; nil if none of them knows.
  private func tableRows() throws(KitError) -> Int? {
    let known = parts.filter { $0.part.tableRows != nil }
    guard let first = known.first, let count = first.part.tableRows else { return nil }
    for part in parts where part.part.tableRows ?? max(count, part.part.rows.last ?? 0) != count {
      throw KitError(
        .badData,
        "\(first.path) is of a test table of \(grouped(count)) rows, \(part.path) of another one: it "
          + (part.part.tableRows.map { "has \(grouped($0)) rows" } ?? "has \(part.part.rows.words)"))
    }
    return count
  }

  /// Writes the submission that the parts make, its manifest and, if wanted, its probabilities. The bytes are those of one
  /// `submit` of all rows; memory does not grow with them. There is no page: the least certain images are on the parts' pages.
  ///
  /// All files are opened first, so that what can't be written is known before the work; none is written if a part is not
  /// what its manifest describes.
  ///
  /// - Parameters:
  ///   - path: The submission's file.
  ///   - probabilities: The file for all probabilities; nil for none.
  ///   - replacing: Whether earlier files are replaced.
  /// - Returns: The manifest.
  /// - Throws: `badData` if a part was changed; `missingInput` if a part or its probabilities are not there;
  ///   `cannotWrite`; `stopped`.
  public func write(
    to path: String, probabilities: String? = nil, replacing: Bool
  ) throws(KitError) -> ManifestFile {
    let place = SubmissionManifest.path(besideSubmission: path)
    let submission = try JoinedFile(at: path, replacing: replacing)
    let manifest = try WholeFile(at: place, replacing: replacing)
    // An earlier page would describe the new submission.
    try WholeFile(at: SubmissionManifest.pagePath(besideSubmission: path), replacing: replacing).discard()
    let table = try probabilities.map { path throws(KitError) in
      try JoinedFile(at: path, replacing: replacing)
    }
    for part in parts {
      try submission.append(part.path, digest: part.manifest.digest)
      if let table { try part.appendProbabilities(to: table) }
    }
    try table?.commit()
    let uploads = ManifestFile.uploads(rememberedIn: place)
    try replaceAlone(at: path, remembering: uploads) { () throws(KitError) in try submission.commit() }
    let digest = submission.digest()
    try requireWritten(path, digest: digest)
    let json = ManifestFile.joined(
      parts.map(\.manifest), submission: path, digest: digest, probabilities: probabilities,
      warnings: warnings, uploads: uploads)
    try manifest.write(json.serialized(pretty: true) + "\n")
    try manifest.commit()
    return try ManifestFile(reading: place)
  }

  /// Why the submission may be worthless, by what the parts' manifests tell of all rows together.
  public var warnings: [String] {
    guard let first = parts.first else { return [] }
    var pixels = PixelStatistics()
    var predicted = first.part.predicted.map { _ in 0 }
    for part in parts {
      pixels.add(part.part.pixels)
      for (label, count) in part.part.predicted.enumerated() { predicted[label] += count }
    }
    return submissionWarnings(
      predicted: predicted, test: pixels, name: first.manifest.test ?? "the test table",
      training: first.part.training, classes: first.manifest.classes ?? .digits)
  }
}

extension JoinedSubmission.Part {
  fileprivate init(at path: String) throws(KitError) {
    guard fileExists(path) else { throw KitError(.missingInput, "\(path) is missing") }
    let manifest = try ManifestFile(reading: SubmissionManifest.path(besideSubmission: path))
    guard let part = manifest.part else {
      throw KitError(
        .badData, "\(path) is not a part of a submission, as submit --rows makes it, but a whole one")
    }
    guard let classes = manifest.classes, part.predicted.count == classes.count,
      part.rows.count == manifest.rows, (0...manifest.rows).contains(manifest.disagreements),
      manifest.testRowsDigest != nil, manifest.test != nil
    else { throw KitError(.badData, "\(manifest.path) contradicts itself; submit these rows again") }
    (self.path, self.manifest, self.part) = (path, manifest, part)
  }

  /// Where the probabilities are: beside the part, or where the manifest names them; nil without any.
  fileprivate var probabilitiesPath: String? {
    guard part.probabilitiesDigest != nil, let named = manifest.probabilities else { return nil }
    let beside = "\(enclosingFolder(path))/\(lastName(named))"
    return fileExists(beside) ? beside : named
  }

  fileprivate func appendProbabilities(to table: JoinedFile) throws(KitError) {
    guard let probabilities = probabilitiesPath, let digest = part.probabilitiesDigest else {
      throw KitError(
        .missingInput,
        "\(path) has no probabilities; join without them, or submit its rows again with --probabilities")
    }
    try table.append(probabilities, digest: digest)
  }
}

/// A file made of the lines of others, which begin with the same line.
private final class JoinedFile {
  private let file: WholeFile
  private var hash = SHA256()
  private var hasHeader = false

  init(at path: String, replacing: Bool) throws(KitError) {
    file = try WholeFile(at: path, replacing: replacing)
  }

  /// Appends a file, without its first line if it is not the first file.
  ///
  /// - Throws: `badData` if it has another SHA-256.
  func append(_ path: String, digest: String) throws(KitError) {
    var own = SHA256()
    var isInHeader = hasHeader
    var failure: KitError?
    try InputFile.read(path) { piece in
      own.update(piece)
      var rest = piece[...]
      if isInHeader {
        let end = rest.firstIndex(of: UInt8(ascii: "\n"))
        isInHeader = end == nil
        rest = end.map { piece[($0 + 1)...] } ?? piece[piece.endIndex...]
      }
      if failure != nil { return }
      do throws(KitError) {
        try StopRequest.check(while: "joining \(path)")
        let bytes = UnsafeRawBufferPointer(rebasing: rest)
        hash.update(bytes)
        try file.write(bytes)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    guard SHA256.hexadecimal(of: own.finalize()) == digest else {
      throw KitError(
        .badData,
        "\(path) is not the file that its manifest describes; it was changed since. Submit its rows again")
    }
    hasHeader = true
  }

  func commit() throws(KitError) { try file.commit() }

  /// The SHA-256 of all that was appended. To be asked for once.
  func digest() -> String { SHA256.hexadecimal(of: hash.finalize()) }
}
