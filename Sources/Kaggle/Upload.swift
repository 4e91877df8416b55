import Competition
import Foundations
import Platform
import Runs
import Scoring

/// An upload of a submission: its bytes are checked, and Kaggle gets them once.
///
/// The manifest beside the submission is the memory. Before the upload it gets the upload's tag, which is part of the message
/// and made of the bytes: if the process is killed, the next one asks Kaggle whether a submission with the tag has arrived.
public struct Upload {
  /// The submission.
  private let path: String
  private let program: KaggleProgram
  private let bytes: [UInt8]
  private let digest: String
  /// Keeps other uploads from this folder out.
  private let lock: FolderLock
  /// What is known, and written each time that it changes.
  public private(set) var manifest: ManifestFile
  /// Whether Kaggle got the bytes by this call; false if it had them already.
  public private(set) var isNew = false

  /// Seconds to wait for a score.
  private static let patience = 600

  /// Reads and checks a submission.
  ///
  /// - Throws: `badData` if it is not one of 28,000 rows, or not the one that its manifest describes; `failure` if another
  ///   process uploads from the same folder.
  public init(of path: String, by program: KaggleProgram) throws(KitError) {
    self.path = path
    self.program = program
    lock = try FolderLock(
      enclosingFolder(path), busy: "another process is uploading from \(enclosingFolder(path))")
    bytes = try InputFile.bytes(ofFileAt: path, limit: 1 << 26)
    var hash = SHA256()
    hash.update(bytes)
    digest = SHA256.hexadecimal(of: hash.finalize())
    try Self.requireWhole(path)
    let rows = try checkSubmission(at: path, expectedRows: KaggleProgram.rows)
    guard try SHA256.hexadecimal(ofFileAt: path) == digest else {
      throw KitError(.failure, "\(path) was changed while it was checked; run the command again")
    }
    manifest = try Self.manifest(of: path, rows: rows, digest: digest)
  }

  /// Refuses a part of a submission.
  private static func requireWhole(_ path: String) throws(KitError) {
    let place = SubmissionManifest.path(besideSubmission: path)
    guard let part = (try? ManifestFile(reading: place))?.part else { return }
    throw KitError(
      .badData,
      "\(path) is only a part of a submission, \(part.rows.words); join all parts, and upload the whole")
  }

  private static func manifest(of path: String, rows: Int, digest: String) throws(KitError) -> ManifestFile {
    let place = SubmissionManifest.path(besideSubmission: path)
    guard fileExists(place) else { return try ManifestFile(of: path, rows: rows, digest: digest) }
    let remembered = ManifestFile.uploads(rememberedIn: place)
    let manifest: ManifestFile
    do throws(KitError) {
      manifest = try ManifestFile(reading: place)
    } catch {
      if remembered.isEmpty { throw error }
      // The process that replaced the submission was killed before it had described the new one.
      var new = try ManifestFile(of: path, rows: rows, digest: digest)
      new.uploads = remembered
      return new
    }
    if manifest.digest == digest { return manifest }
    guard manifest.checkpoints.isEmpty else {
      throw KitError(
        .badData,
        "\(path) is not the file that \(place) describes; it was changed since. Submit again, or give the file another name "
          + "to upload it as it is")
    }
    return try manifest.describing(rows: rows, digest: digest)
  }

  /// Uploads the bytes, unless Kaggle has them, and waits for the score.
  ///
  /// - Parameters:
  ///   - message: What to say of the submission; the tag is added.
  ///   - again: Whether to upload bytes that were uploaded before.
  ///   - say: Is told what happens, in sentences.
  /// - Throws: `failure` if the bytes were uploaded under another name, no submission is left today, Kaggle's program fails or
  ///   Kaggle could not score them; `cannotWrite` if the manifest can't be written; `stopped`.
  public mutating func run(message: String, again: Bool, say: (String) -> Void) throws(KitError) {
    let own = manifest.uploads.lastIndex { $0.isUpload(of: digest) }
    var place = own
    if let own, manifest.uploads[own].reference != nil {
      if !again { return try settle(own) }
      place = nil
    }
    if place == nil && !again { try requireNoOther() }
    let index = place ?? begin(message)
    // Also an upload that nobody here remembers, as from another machine.
    if let found = try program.submissions().first(where: { $0.message.hasSuffix(tag(index)) }) {
      manifest.uploads[index].take(found)
      try manifest.write()
      return try settle(index)
    }
    try requireLeft()
    try manifest.write()
    try send(index, say: say)
    try settle(index)
  }

  /// The latest upload of these bytes.
  public var record: UploadRecord? { manifest.uploads.last { $0.isUpload(of: digest) } }

  private func tag(_ index: Int) -> String { "[\(manifest.uploads[index].tag)]" }

  /// Adds an upload that is about to begin; its place.
  private mutating func begin(_ message: String) -> Int {
    let earlier = manifest.uploads.count { $0.isUpload(of: digest) } + (elsewhere == nil ? 0 : 1)
    let tag = digest.prefix(8) + (earlier == 0 ? "" : "-\(earlier + 1)")
    manifest.uploads.append(
      UploadRecord(digest: digest, tag: String(tag), message: "\(message) [\(tag)]", begun: utcNow()))
    return manifest.uploads.count - 1
  }

  /// The upload of the same bytes that another manifest of the folder remembers.
  private var elsewhere: (path: String, upload: UploadRecord)? {
    let folder = withoutFinalSlash(enclosingFolder(path))
    for name in (try? folderEntries(folder)) ?? [] where name.hasSuffix(".json") {
      let other = folder == "." ? name : "\(folder)/\(name)"
      if FileIdentity(other) == FileIdentity(manifest.path) { continue }
      if let upload = ManifestFile.uploads(rememberedIn: other).last(where: { $0.isUpload(of: digest) }) {
        return (other, upload)
      }
    }
    return nil
  }

  private func requireNoOther() throws(KitError) {
    guard let (other, upload) = elsewhere else { return }
    let score = upload.score.map { ", public score \($0.text)" } ?? ""
    throw KitError(
      .failure,
      "the same bytes as \(path) were uploaded before: \(other) says so (\(upload.date ?? upload.begun)\(score)); to upload "
        + "them again, which uses up one of today's submissions, add --again")
  }

  private func requireLeft() throws(KitError) {
    guard try program.submissionsLeft() == 0 else { return }
    throw KitError(
      .failure, "0 submissions are left today; the day ends at 00:00 UTC. Run the same command then")
  }

  /// Uploads a private copy, so that what Kaggle gets is what was checked.
  private mutating func send(_ index: Int, say: (String) -> Void) throws(KitError) {
    let copy = try PrivateCopy(of: bytes, name: lastName(path))
    say("uploading \(path): \(manifest.uploads[index].message)")
    var writing: KitError?
    var failure: KitError?
    let arguments = [
      "competitions", "submit", "-c", KaggleProgram.competition, "-f", copy.path,
      "--message=\(manifest.uploads[index].message)", "--wait", "\(Self.patience)",
    ]
    let program = program
    do throws(KitError) {
      _ = try program.call(arguments) { line in
        guard take(line, at: index) else { return }
        // At once: the process may be killed while it waits for the score.
        do throws(KitError) { try manifest.write() } catch { writing = error }
        if let reference = manifest.uploads[index].reference, line.contains("\(reference)") {
          isNew = true
          say("uploaded as submission \(reference); waiting for its score")
        }
      }
    } catch {
      failure = error
    }
    if let writing { throw writing }
    // From here Kaggle has it; whether it has a score, its list tells.
    if let failure, manifest.uploads[index].reference == nil || failure.kind == .stopped { throw failure }
    isNew = true
  }

  /// Takes what a line of the program's output tells; whether it told anything.
  private mutating func take(_ line: String, at index: Int) -> Bool {
    if line.hasPrefix("Submission ref: "), let reference = Int(line.dropFirst("Submission ref: ".count)) {
      manifest.uploads[index].reference = reference
      manifest.uploads[index].status = .uploaded
      return true
    }
    if line.hasSuffix(" submissions remaining today."), let left = Int(line.prefix { $0 != " " }) {
      manifest.uploads[index].left = left
      return true
    }
    return false
  }

  /// Asks for the score of an upload that Kaggle has, if it is not known. Throws `failure` if Kaggle could not score it.
  private mutating func settle(_ index: Int) throws(KitError) {
    if manifest.uploads[index].status != .scored {
      let (reference, tag) = (manifest.uploads[index].reference, tag(index))
      let found = try program.submissions().first {
        $0.reference == reference || reference == nil && $0.message.hasSuffix(tag)
      }
      if let found {
        manifest.uploads[index].take(found)
        if found.status == .failed {
          manifest.uploads[index].error =
            program.reason(ofFailed: found.reference) ?? manifest.uploads[index].error
        }
        try manifest.write()
      }
    }
    let upload = manifest.uploads[index]
    guard upload.status == .failed else { return }
    throw KitError(
      .failure,
      "Kaggle could not score submission \(upload.reference ?? 0): \(upload.error ?? "it gives no reason"); see "
        + "https://www.kaggle.com/competitions/\(KaggleProgram.competition)/submissions. --again uploads the same bytes again"
    )
  }
}

extension UploadRecord {
  /// Whether the kit uploaded, or began to upload, a submission with these bytes.
  fileprivate func isUpload(of digest: String) -> Bool { self.digest == digest && !tag.isEmpty }

  /// Takes what Kaggle's list says.
  public mutating func take(_ found: KaggleSubmission) {
    reference = found.reference
    date = found.date
    if !found.message.isEmpty { message = found.message }
    switch found.status {
    case .pending: status = .uploaded
    case .failed: status = .failed
    case .scored: status = .scored
    }
    if let text = found.score, let value = PublicScore(text) { score = value }
  }
}

/// Bytes in a file of a folder that only this user can read or change; both are gone with this object.
private final class PrivateCopy {
  let path: String
  private let folder: String

  init(of bytes: [UInt8], name: String) throws(KitError) {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    var template = Array("\(parent.isEmpty ? "/tmp" : parent)/kaggle-digits-XXXXXX".utf8CString)
    guard template.withUnsafeMutableBufferPointer({ $0.baseAddress.map { mkdtemp($0) } ?? nil }) != nil else {
      throw KitError(
        .cannotWrite,
        "no temporary folder can be made in \(parent.isEmpty ? "/tmp" : parent): \(systemMessage(errno))")
    }
    folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    path = "\(folder)/\(name)"
    try WholeFile.write(bytes, to: path, replacing: false)
  }

  deinit {
    unlink(path)
    rmdir(folder)
  }
}

/// The moment in UTC: `2026-11-27T10:00:00`.
func utcNow() -> String {
  let now = Moment.utc()
  return "\(now.date)T\(now.clock)"
}
