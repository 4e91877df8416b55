import Foundation
import Platform

// What Linux and macOS do differently in tests alone. All else is in `Sources/Platform/Differences.swift`.

#if os(macOS)
  /// The folder of the built executables: where the test bundle is, which another program loads.
  public let builtFolder: String = {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? Bundle.main
    return bundle.bundleURL.deletingLastPathComponent().path
  }()
#else
  /// The folder of the built executables: where this program is.
  public let builtFolder = URL(fileURLWithPath: executablePath() ?? "").resolvingSymlinksInPath()
    .deletingLastPathComponent().path
#endif

#if os(macOS)
  /// Lets no file of this process grow beyond some bytes, setrlimit(2).
  public func limitFileSize(to bytes: Int) {
    var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
    setrlimit(RLIMIT_FSIZE, &limit)
  }
#else
  /// Lets no file of this process grow beyond some bytes, setrlimit(2); the limit is a case of an enumeration.
  public func limitFileSize(to bytes: Int) {
    var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  }
#endif

#if os(macOS)
  /// Mounts a disk of some bytes on a folder. Nil where the system has no disks in memory that one call mounts.
  public func withSmallDisk(at folder: String, bytes: Int, _ body: () throws -> Void) rethrows -> String? {
    "a small disk is mounted on Linux only"
  }
#else
  /// Calls `body` with a disk of some bytes mounted on a folder, tmpfs(5).
  ///
  /// - Returns: Why there is none; nil if `body` was called.
  public func withSmallDisk(at folder: String, bytes: Int, _ body: () throws -> Void) rethrows -> String? {
    guard mount("tmpfs", folder, "tmpfs", 0, "size=\(bytes)") == 0 else {
      return "a small disk can't be mounted here: \(String(cString: strerror(errno)))"
    }
    defer { umount(folder) }
    try body()
    return nil
  }
#endif
