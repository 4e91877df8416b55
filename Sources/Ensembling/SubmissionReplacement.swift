import Foundations
import Platform
import Runs

/// Gives a submission its name when what describes an earlier one of that name is gone: a process that is killed in between
/// must not leave a manifest or a page beside another submission. If it can't be written, the earlier ones come back. Of
/// uploads the manifest says all the time.
func replaceAlone(
  at path: String, remembering uploads: [UploadRecord], commit: () throws(KitError) -> Void
) throws(KitError) {
  let manifest = SubmissionManifest.path(besideSubmission: path)
  let descriptions = [manifest, SubmissionManifest.pagePath(besideSubmission: path)]
  let earlier = descriptions.map { file in
    let bytes = try? InputFile.bytes(ofFileAt: file, limit: 1 << 28)
    // The file that a link leads to.
    if bytes != nil, file != manifest || uploads.isEmpty { unlink(absolutePath(file)) }
    return bytes
  }
  if !uploads.isEmpty {
    let memory = ManifestFile.remembering(uploads).serialized(pretty: true) + "\n"
    try WholeFile.write(memory, to: manifest, replacing: true)
  }
  do throws(KitError) {
    try commit()
  } catch {
    for (file, bytes) in zip(descriptions, earlier) {
      if let bytes { try? WholeFile.write(bytes, to: file, replacing: true) }
    }
    throw error
  }
}

/// Refuses (`failure`) a file whose bytes are not those that were written to it.
func requireWritten(_ path: String, digest: String) throws(KitError) {
  guard try SHA256.hexadecimal(ofFileAt: path) == digest else {
    throw KitError(
      .failure, "\(path) is not what was written; another program changed it, or the disk is damaged")
  }
}
