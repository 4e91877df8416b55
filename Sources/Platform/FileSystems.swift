/// The file system that a folder is on.
public struct FileSystem: Sendable, Equatable {
  /// Its kind as the system calls it: `ext4`, `nfs4`, `lustre`.
  public let type: String
  /// How it is mounted.
  let options: [String]

  /// Whether other machines may have the same files.
  public var isShared: Bool {
    [
      "nfs", "nfs4", "lustre", "ceph", "cifs", "smb3", "smbfs", "gpfs", "beegfs", "glusterfs",
      "fuse.glusterfs", "9p", "afs", "orangefs", "wekafs",
    ]
    .contains(type)
  }

  /// Whether `flock` is between processes of this machine only, although others have the same files: nfs(5) and
  /// mount.lustre(8) have these options, and Lustre has no `flock` at all without its own.
  public var locksAreLocal: Bool {
    isShared
      && !Set(options).isDisjoint(with: [
        "nolock", "local_lock=all", "local_lock=flock", "localflock", "nobrl",
      ])
  }
}

/// The file system of a file or folder by the text of Linux's `/proc/self/mountinfo`, see proc(5): of the mounts whose place the path begins with, the
/// longest place, and of those the last one.
package func fileSystem(ofFileAt path: String, mounts: String) -> FileSystem? {
  var best: (length: Int, system: FileSystem)?
  for line in mounts.split(separator: "\n") {
    let fields = line.split(separator: " ").map(String.init)
    guard let dash = fields.firstIndex(of: "-"), dash >= 6, dash + 3 < fields.count else { continue }
    // Blanks are written as octal numbers.
    let place = fields[4].replacing("\\040", with: " ")
    guard path == place || place == "/" || path.hasPrefix(place + "/") else { continue }
    if let best, best.length > place.utf8.count { continue }
    let options = (fields[5].split(separator: ",") + fields[dash + 3].split(separator: ",")).map(String.init)
    best = (place.utf8.count, FileSystem(type: fields[dash + 1], options: options))
  }
  return best?.system
}
