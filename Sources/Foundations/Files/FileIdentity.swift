import Platform

/// Which file a path leads to, by device and inode, so that two paths of one file are known as such: links of both kinds are
/// followed. A file that is not there yet is known by its folder and its name in it, and one without a folder by its path.
public struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  /// Empty for a file that is there.
  private let name: String

  /// The file of a path.
  public init(_ path: String) {
    var status = stat()
    if stat(path, &status) == 0 {
      (device, inode, name) = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(status.st_ino), "")
      return
    }
    var target = path
    // A link that leads to no file yet; the system follows no more than 40.
    for _ in 0..<40 {
      guard let next = Self.destination(target) else { break }
      target = next
    }
    let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { String(target[...$0]) } ?? "."
    if stat(folder, &status) == 0 {
      (device, inode) = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(status.st_ino))
      name = slash.map { String(target[target.utf8.index(after: $0)...]) } ?? target
    } else {
      (device, inode, name) = (0, 0, target)
    }
  }

  /// Where a symbolic link leads, nil for anything else.
  private static func destination(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { raw in
      raw.baseAddress.map { readlink(path, $0.assumingMemoryBound(to: CChar.self), raw.count) } ?? -1
    }
    guard count > 0 else { return nil }
    let text = String(decoding: buffer[..<count], as: UTF8.self)
    return isAbsolute(text) ? text : "\(enclosingFolder(path))/\(text)"
  }
}

/// A file that a command writes, with the words that name it in a message: `--output`, `the page beside it`.
public struct OutputFile: Sendable {
  /// What the user calls it.
  public let role: String
  /// Where it will be.
  public let path: String

  /// A file by its role.
  public init(_ role: String, _ path: String) {
    self.role = role
    self.path = path
  }
}

/// Refuses (`usage`) outputs that are an input, which would be lost, and two outputs that are one file; whatever the paths
/// look like, and also where files may be replaced.
///
/// - Parameters:
///   - outputs: What will be written.
///   - inputs: Paths of all files that are read; those that are not there don't matter.
public func requireOwnFiles(_ outputs: [OutputFile], inputs: [String]) throws(KitError) {
  var own: [FileIdentity: OutputFile] = [:]
  for output in outputs {
    let identity = FileIdentity(output.path)
    if let other = own[identity] {
      throw KitError(
        .usage,
        "\(output.role) \(quoted(output.path)) is the same file as \(other.role) \(quoted(other.path)); each needs a file of its own"
      )
    }
    own[identity] = output
  }
  for input in inputs {
    guard let output = own[FileIdentity(input)] else { continue }
    let same = input == output.path ? "" : " (\(quoted(input)))"
    throw KitError(
      .usage,
      "\(output.role) \(quoted(output.path)) is a file that this command reads\(same), which would be lost; choose another name"
    )
  }
}

/// Refuses (`usage`) a file name that promises another format than what is written.
///
/// - Parameters:
///   - output: What will be written.
///   - ending: The format's ending, with its dot; other names without a known format's ending are fine.
///   - what: The subject of "is written as": "a submission".
public func requireFormat(_ output: OutputFile, ending: String, what: String) throws(KitError) {
  let name = lastName(output.path).lowercased()
  guard let other = otherFormats.first(where: { $0 != ending && name.hasSuffix($0) }) else { return }
  var better = String(output.path.dropLast(other.count))
  if !better.lowercased().hasSuffix(ending) { better += ending }
  throw KitError(
    .usage,
    "\(output.role) \(quoted(output.path)): \(what) is written as \(ending.dropFirst().uppercased()), not as \(other); name it "
      + quoted(better))
}

private let otherFormats = [
  ".csv", ".json", ".html", ".htm", ".zip", ".gz", ".tgz", ".xz", ".bz2", ".zst", ".7z", ".tar", ".rar",
  ".xlsx",
  ".xls", ".ods", ".parquet", ".feather", ".arrow", ".npy", ".npz", ".h5", ".hdf5", ".pkl", ".pickle", ".pt",
  ".safetensors", ".pdf", ".png", ".svg", ".md",
]
