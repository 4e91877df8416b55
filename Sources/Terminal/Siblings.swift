import Foundations

import Platform

/// The path of a command's executable: beside this program's file, behind all symbolic links.
///
/// Throws `failure` if this program can't find its own file.
public func siblingPath(of command: KitCommand) throws(KitError) -> String {
  guard let own = ownPath(), let slash = own.lastIndex(of: "/") else {
    throw KitError(.failure, "the kit can't find its own file, beside which \(command.executable) is")
  }
  return own[...slash] + command.executable
}

/// Why a command's executable could not be started, as an error for people.
public func startFailure(of path: String, _ code: Int32) -> KitError {
  if code == ENOENT {
    return KitError(
      .failure,
      "\(path) is not there; the commands' executables belong beside kaggle-digits, as 'swift build' leaves them"
    )
  }
  return KitError(.failure, "\(path) can't be run: \(systemMessage(code))")
}

private func ownPath() -> String? {
  #if os(Linux)
    let link = "/proc/self/exe"
  #else
    var size = UInt32(PATH_MAX)
    var bytes = [CChar](repeating: 0, count: Int(size) + 1)
    guard _NSGetExecutablePath(&bytes, &size) == 0 else { return nil }
    let link = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  #endif
  return absolutePath(link)
}
