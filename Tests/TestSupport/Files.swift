import Foundation

/// A file's bytes.
public func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// A file's text.
public func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

/// Writes a text over whatever is at a path.
public func write(_ text: String, to path: String) throws {
  try text.write(toFile: path, atomically: false, encoding: .utf8)
}

/// The bytes of all files of a folder and of the folders in it, by their paths in it; a folder has none.
public func files(in folder: String) throws -> [String: Data] {
  var result: [String: Data] = [:]
  for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder)
    result[path] = isFolder.boolValue ? Data() : try bytes("\(folder)/\(path)")
  }
  return result
}

/// What the byte promise covers of a run or of a member: all but the configuration (which holds a path), the timings,
/// the event file and the lock. Fails unless every member has all of its files; the best checkpoint is there with
/// `--select best` alone.
public func promisedFiles(in folder: String) throws -> [String: Data] {
  let names = ["state.safetensors", "last.safetensors", "history.csv"]
  func found(_ names: [String]) throws -> [String: Data] {
    try files(in: folder).filter { path, _ in names.contains((path as NSString).lastPathComponent) }
  }
  let always = try found(names)
  guard !always.isEmpty, always.count.isMultiple(of: names.count) else {
    throw TestProblem("a file of a member is missing in \(folder): \(always.keys.sorted())")
  }
  return try found(names + ["best.safetensors"])
}

/// Something that the tests themselves could not do.
public struct TestProblem: Error, CustomStringConvertible {
  /// What it is.
  public let description: String

  /// Says what it is.
  public init(_ description: String) { self.description = description }
}
