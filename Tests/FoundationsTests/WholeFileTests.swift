import Foundations
import Platform
import TestSupport
import Testing

@Suite struct WholeFileTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/scores.csv" }

  init() throws {
    folder = try TemporaryFolder()
  }

  func permissions(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func noFileBeforeCommit() throws {
    let file = try WholeFile(at: path, replacing: false)
    try file.write("a,b\n")
    #expect(!folder.names.contains("scores.csv"))
    try file.commit()
    #expect(folder.names == ["scores.csv"])
    #expect(try text(path) == "a,b\n")
  }

  @Test func existingFileIsRefusedAndKept() throws {
    try WholeFile.write("old", to: path, replacing: false)
    let refusal = KitError(.cannotWrite, "\(path) already exists (use --force to replace it)")
    #expect(throws: refusal) { try WholeFile.write("new", to: path, replacing: false) }
    #expect(try text(path) == "old")
    #expect(folder.names == ["scores.csv"])
  }

  @Test func fileThatAppearedMeanwhileIsRefusedAndKept() throws {
    let file = try WholeFile(at: path, replacing: false)
    try file.write("mine")
    try WholeFile.write("theirs", to: path, replacing: false)
    #expect(throws: KitError(.cannotWrite, "\(path) already exists (use --force to replace it)")) {
      try file.commit()
    }
    #expect(try text(path) == "theirs")
    #expect(folder.names == ["scores.csv"])
  }

  @Test func releasedWriterLeavesTheOldFile() throws {
    try WholeFile.write("old", to: path, replacing: false)
    do {
      let file = try WholeFile(at: path, replacing: true)
      try file.write([UInt8](repeating: 1, count: 1_000_000))
      #expect(folder.names.count == 2)
    }
    #expect(try text(path) == "old")
    #expect(folder.names == ["scores.csv"])
  }

  @Test func replacingTakesTheNewContentsAndKeepsThePermissions() throws {
    try WholeFile.write("old", to: path, replacing: false)
    chmod(path, 0o640)
    try WholeFile.write("new", to: path, replacing: true)
    #expect(try text(path) == "new")
    #expect(permissions(path) == 0o640)
  }

  @Test func newFileHasTheUsersDefaultPermissions() throws {
    let mask = umask(0)
    umask(mask)
    try WholeFile.write("new", to: path, replacing: false)
    #expect(permissions(path) == 0o666 & ~mask)
  }

  @Test func symbolicLinkStays() throws {
    try WholeFile.write("old", to: folder.path + "/real", replacing: false)
    symlink("real", path)
    #expect(throws: KitError.self) { try WholeFile.write("new", to: path, replacing: false) }
    try WholeFile.write("new", to: path, replacing: true)
    #expect(try text(folder.path + "/real") == "new")
    #expect(folder.names == ["real", "scores.csv"])
    var status = stat()
    #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
  }

  @Test func linkThatLeadsNowhereIsRefusedOrReplaced() throws {
    symlink("nowhere", path)
    #expect(throws: KitError(.cannotWrite, "\(path) already exists (use --force to replace it)")) {
      try WholeFile.write("new", to: path, replacing: false)
    }
    try WholeFile.write("new", to: path, replacing: true)
    #expect(try text(path) == "new")
    #expect(folder.names == ["scores.csv"])
  }

  @Test func foldersAndDevicesAreNeverReplaced() {
    for replacing in [false, true] {
      #expect(throws: KitError(.cannotWrite, "\(folder.path) is a folder")) {
        try WholeFile.write("new", to: folder.path, replacing: replacing)
      }
    }
    #expect(throws: KitError(.cannotWrite, "/dev/null is not a regular file, so it can't be replaced")) {
      try WholeFile.write("new", to: "/dev/null", replacing: true)
    }
    #expect(throws: KitError(.cannotWrite, "\"\" is not a file name")) {
      try WholeFile.write("new", to: "", replacing: true)
    }
    #expect(throws: KitError(.cannotWrite, "\"\(path)/\" is not a file name")) {
      try WholeFile.write("new", to: path + "/", replacing: true)
    }
  }

  @Test func emptyFileIsAFile() throws {
    try WholeFile.write("", to: path, replacing: false)
    #expect(try text(path) == "")
    #expect(folder.names == ["scores.csv"])
  }

  @Test func piecesOfAnySizeKeepTheirOrder() throws {
    let file = try WholeFile(at: path, replacing: false)
    var expected: [UInt8] = []
    for size in [0, 1, 65_535, 2, 65_536, 3, 200_000, 0, 65_533, 5] {
      let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) }
      try file.write(piece)
      expected += piece
    }
    try file.commit()
    #expect(try InputFile.bytes(ofFileAt: path, limit: expected.count) == expected)
    #expect(throws: KitError(.badData, "\(path) is larger than 9 bytes, the most for a file of this kind")) {
      try InputFile.bytes(ofFileAt: path, limit: 9)
    }
  }

  @Test func twoWritersDoNotMix() throws {
    let first = try WholeFile(at: path, replacing: true)
    let second = try WholeFile(at: path, replacing: true)
    try first.write("first")
    try second.write("second")
    try first.commit()
    #expect(try text(path) == "first")
    try second.commit()
    #expect(try text(path) == "second")
    #expect(folder.names == ["scores.csv"])
  }

  /// A killed process's files of the same name go, and no others: not a living process's, not one that is locked, as by a
  /// process of another machine or container, not another file's, and nothing that is only named alike.
  @Test func whatKilledWritersLeftIsRemovedByTheNext() throws {
    // No process has such a number.
    let dead = 4_194_305
    let kept = [
      ".other.csv.\(dead)-1.partial", ".scores.csv.\(getppid())-1.partial", ".scores.csv.1-1.partial",
      ".scores.csv.partial", ".scores.csv.\(dead).partial", ".scores.csv.x-1.partial",
      ".scores.csv.\(dead)-2.partial",
    ]
    for name in kept + [".scores.csv.\(dead)-1.partial", ".scores.csv.\(getpid())-9.partial"] {
      try write("", to: "\(folder.path)/\(name)")
    }
    try makeFolders("\(folder.path)/.scores.csv.\(dead)-3.partial")
    symlink(".other.csv.\(dead)-1.partial", "\(folder.path)/.scores.csv.\(dead)-4.partial")
    let locked = open("\(folder.path)/.scores.csv.\(dead)-2.partial", O_RDWR)
    defer { close(locked) }
    #expect(flock(locked, LOCK_EX | LOCK_NB) == 0)
    try WholeFile.write("new", to: path, replacing: false)
    let others = [".scores.csv.\(dead)-3.partial", ".scores.csv.\(dead)-4.partial", "scores.csv"]
    #expect(folder.names == (kept + others).sorted())
  }

  @Test func discardedWriterCannotCommit() throws {
    let file = try WholeFile(at: path, replacing: false)
    try file.write("lost")
    file.discard()
    #expect(throws: KitError.self) { try file.commit() }
    #expect(folder.names == [])
  }

  @Test func longAndNonASCIINames() throws {
    for name in [
      String(repeating: "n", count: 255), "\u{301}combining", "数字 🙂", String(repeating: "é", count: 120),
    ] {
      try WholeFile.write("x", to: folder.path + "/" + name, replacing: false)
      #expect(folder.names == [name])
      unlink(folder.path + "/" + name)
    }
  }

  @Test func folderThatCannotBeWritten() throws {
    #expect(throws: KitError(.cannotWrite, "\(folder.path)/no/x can't be written: no such file or directory"))
    {
      try WholeFile.write("x", to: folder.path + "/no/x", replacing: false)
    }
    try WholeFile.write("old", to: path, replacing: false)
    #expect(throws: KitError(.cannotWrite, "\(path)/x can't be written: not a directory")) {
      try WholeFile.write("x", to: path + "/x", replacing: false)
    }
    // Root may write everywhere.
    if geteuid() != 0 {
      chmod(folder.path, 0o500)
      #expect(throws: KitError(.cannotWrite, "\(path) can't be written: permission denied")) {
        try WholeFile.write("new", to: path, replacing: true)
      }
      #expect(try text(path) == "old")
    }
  }

  @Test func folderThatVanishes() throws {
    let file = try WholeFile(at: path, replacing: true)
    try file.write("lost")
    for name in folder.names { unlink(folder.path + "/" + name) }
    rmdir(folder.path)
    #expect(throws: KitError(.cannotWrite, "\(path) can't be written: no such file or directory")) {
      try file.commit()
    }
  }

  /// A limit on the file's size acts like a full disk; it holds for a whole process, so the test runs in its own.
  @Test func fullDiskLeavesTheOldFileAndNoOther() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = folder.path + "/scores.csv"
      try WholeFile.write("old", to: path, replacing: false)
      signal(SIGXFSZ, SIG_IGN)
      limitFileSize(to: 100_000)
      // Larger than the buffer, and smaller: the first write fails, or the commit.
      for size in [150_000, 40_000] {
        let file = try WholeFile(at: path, replacing: true)
        #expect(throws: KitError(.cannotWrite, "\(path) can't be written: file too large")) {
          for _ in 0..<3 { try file.write([UInt8](repeating: 1, count: size)) }
          try file.commit()
        }
        #expect(folder.names == ["scores.csv"])
        #expect(try InputFile.bytes(ofFileAt: path, limit: 99) == Array("old".utf8))
      }
    }
  }
}
