import Foundations
import Platform

/// The path of a command's executable: in the folder of this program's own file, symbolic links resolved.
///
/// - Throws: `failure` if the program can't find its own file.
public func siblingPath(of command: KitCommand) throws(KitError) -> String {
  try siblingPath(command.file)
}

/// The path of the front door, `kaggle-digits`, likewise.
public func frontDoorPath() throws(KitError) -> String { try siblingPath("kaggle-digits") }

private func siblingPath(_ file: String) throws(KitError) -> String {
  guard let own = executablePath().map(absolutePath), let slash = own.lastIndex(of: "/") else {
    throw KitError(.failure, "can't find this program's own file; \(file) is expected in its folder")
  }
  return own[...slash] + file
}

/// The error for an executable at `path` that could not be started; `code` is the system's error number.
public func startFailure(of path: String, _ code: Int32) -> KitError {
  if code == ENOENT {
    return KitError(
      .failure,
      "\(path) is missing; the commands' executables must be in the same folder as kaggle-digits, where 'swift build' puts them"
    )
  }
  return KitError(.failure, "\(path) can't be run: \(systemMessage(code))")
}
