import Foundation

/// The folder that holds `Package.swift`, with no symbolic link in it.
public let repository: String = {
  let file = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
  return file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
}()
