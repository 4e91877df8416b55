/// `last.safetensors`: a member's weights after its last finished epoch.
public enum LastCheckpointFile: RunFile {
  package static let name = "last.safetensors"
  package static let owners = [RunFolder.member]
  package static let summary = "the checkpoint after the last finished epoch"
}

/// `best.safetensors`: a member's weights after its best epoch by the validation rows; only with `--select best`.
///
/// Earlier versions of the kit wrote it always, without `--select best` as a copy of the last epoch's.
public enum BestCheckpointFile: RunFile {
  package static let name = "best.safetensors"
  package static let owners = [RunFolder.member]
  package static let summary =
    "with --select best, the checkpoint of the best epoch"
}
