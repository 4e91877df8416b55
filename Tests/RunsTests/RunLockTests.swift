import Foundations
import Platform
import TestSupport
import Testing
@testable import Runs

@Suite struct RunLockTests {
  @Test func oneWriterOrSeveralThatShare() throws {
    try withTemporaryFolder { folder in
      do {
        let first = try RunLock(folder)
        #expect(message(of: .failure) { try RunLock(folder) } == "another process is writing to \(folder)")
        #expect(message(of: .failure) { try RunLock(folder, shared: true) }.contains("another process"))
        withExtendedLifetime(first) {}
      }
      let shares = [try RunLock(folder, shared: true), try RunLock(folder, shared: true)]
      #expect(message(of: .failure) { try RunLock(folder) } == "another process is writing to \(folder)")
      withExtendedLifetime(shares) {}
    }
  }

  /// What is no lock's fault is called by its name, and nothing outside the folder is made.
  @Test func aLockFileThatIsNone() throws {
    try withTemporaryFolder { folder in
      let lock = "\(folder)/.lock"
      symlink("elsewhere", lock)
      #expect(
        message(of: .cannotWrite) { try RunLock(folder) }
          == "\(lock) can't be opened: it is a symbolic link, which is not followed; remove it")
      #expect(!fileExists("\(folder)/elsewhere"))
      unlink(lock)
      mkfifo(lock, 0o600)
      #expect(message(of: .cannotWrite) { try RunLock(folder) }.contains("is not a regular file"))
      unlink(lock)
      try makeFolders(lock)
      #expect(message(of: .cannotWrite) { try RunLock(folder) } == "\(lock) can't be opened: is a directory")
      let none = "\(folder)/none"
      #expect(message(of: .cannotWrite) { try RunLock(none) }.contains("none/.lock can't be opened: no such"))
      // Root may write everywhere.
      if geteuid() != 0 {
        rmdir(lock)
        chmod(folder, 0o500)
        #expect(
          message(of: .cannotWrite) { try RunLock(folder) }.contains(
            "permission denied; to work on a copy: cp -R"))
      }
    }
  }
}
