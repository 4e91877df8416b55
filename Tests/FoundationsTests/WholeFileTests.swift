import Foundations
import Platform
import TestSupport
import Testing

@Suite struct WholeFileTests {
  let folder: TemporaryFolder
  var place: String { folder.path + "/scores.csv" }

  init() throws {
    folder = try TemporaryFolder()
  }

  func permissions(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func nothingIsAtThePlaceUntilCommit() throws {
    let file = try WholeFile(at: place, replacing: false)
    try file.write("a,b\n")
    #expect(!folder.names.contains("scores.csv"))
    try file.commit()
    #expect(folder.names == ["scores.csv"])
    #expect(try text(place) == "a,b\n")
  }

  @Test func existingFileIsRefusedAndStays() throws {
    try WholeFile.write("old", to: place, replacing: false)
    let refusal = KitError(.cannotWrite, "\(place) exists; --force replaces it")
    #expect(throws: refusal) { try WholeFile.write("new", to: place, replacing: false) }
    #expect(try text(place) == "old")
    #expect(folder.names == ["scores.csv"])
  }

  @Test func fileThatCameSinceIsRefusedAndStays() throws {
    let file = try WholeFile(at: place, replacing: false)
    try file.write("mine")
    try WholeFile.write("theirs", to: place, replacing: false)
    #expect(throws: KitError(.cannotWrite, "\(place) exists; --force replaces it")) { try file.commit() }
    #expect(try text(place) == "theirs")
    #expect(folder.names == ["scores.csv"])
  }

  @Test func droppedWriterLeavesTheOldFile() throws {
    try WholeFile.write("old", to: place, replacing: false)
    do {
      let file = try WholeFile(at: place, replacing: true)
      try file.write([UInt8](repeating: 1, count: 1_000_000))
      #expect(folder.names.count == 2)
    }
    #expect(try text(place) == "old")
    #expect(folder.names == ["scores.csv"])
  }

  @Test func replacingTakesTheNewContentsAndKeepsThePermissions() throws {
    try WholeFile.write("old", to: place, replacing: false)
    chmod(place, 0o640)
    try WholeFile.write("new", to: place, replacing: true)
    #expect(try text(place) == "new")
    #expect(permissions(place) == 0o640)
  }

  @Test func newFileHasTheUsersDefaultPermissions() throws {
    let mask = umask(0)
    umask(mask)
    try WholeFile.write("new", to: place, replacing: false)
    #expect(permissions(place) == 0o666 & ~mask)
  }

  @Test func symbolicLinkStaysOne() throws {
    try WholeFile.write("old", to: folder.path + "/real", replacing: false)
    symlink("real", place)
    #expect(throws: KitError.self) { try WholeFile.write("new", to: place, replacing: false) }
    try WholeFile.write("new", to: place, replacing: true)
    #expect(try text(folder.path + "/real") == "new")
    #expect(folder.names == ["real", "scores.csv"])
    var status = stat()
    #expect(lstat(place, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
  }

  @Test func linkThatLeadsNowhereIsRefusedOrReplaced() throws {
    symlink("nowhere", place)
    #expect(throws: KitError(.cannotWrite, "\(place) exists; --force replaces it")) {
      try WholeFile.write("new", to: place, replacing: false)
    }
    try WholeFile.write("new", to: place, replacing: true)
    #expect(try text(place) == "new")
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
    #expect(throws: KitError(.cannotWrite, "\"\" names no file")) {
      try WholeFile.write("new", to: "", replacing: true)
    }
    #expect(throws: KitError(.cannotWrite, "\"\(place)/\" names no file")) {
      try WholeFile.write("new", to: place + "/", replacing: true)
    }
  }

  @Test func emptyFileIsAFile() throws {
    try WholeFile.write("", to: place, replacing: false)
    #expect(try text(place) == "")
    #expect(folder.names == ["scores.csv"])
  }

  @Test func piecesOfAnySizeKeepTheirOrder() throws {
    let file = try WholeFile(at: place, replacing: false)
    var expected: [UInt8] = []
    for size in [0, 1, 65_535, 2, 65_536, 3, 200_000, 0, 65_533, 5] {
      let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) }
      try file.write(piece)
      expected += piece
    }
    try file.commit()
    #expect(try InputFile.bytes(ofFileAt: place, limit: expected.count) == expected)
    #expect(throws: KitError(.badData, "\(place) is longer than 9 bytes, more than any file of its sort")) {
      try InputFile.bytes(ofFileAt: place, limit: 9)
    }
  }

  @Test func twoWritersDoNotMix() throws {
    let first = try WholeFile(at: place, replacing: true)
    let second = try WholeFile(at: place, replacing: true)
    try first.write("first")
    try second.write("second")
    try first.commit()
    #expect(try text(place) == "first")
    try second.commit()
    #expect(try text(place) == "second")
    #expect(folder.names == ["scores.csv"])
  }

  @Test func discardedWriterCanNotCommit() throws {
    let file = try WholeFile(at: place, replacing: false)
    try file.write("lost")
    file.discard()
    #expect(throws: KitError.self) { try file.commit() }
    #expect(folder.names == [])
  }

  @Test func longAndForeignNames() throws {
    for name in [
      String(repeating: "n", count: 255), "\u{301}combining", "数字 🙂", String(repeating: "é", count: 120),
    ] {
      try WholeFile.write("x", to: folder.path + "/" + name, replacing: false)
      #expect(folder.names == [name])
      unlink(folder.path + "/" + name)
    }
  }

  @Test func folderThatCanNotBeWritten() throws {
    #expect(throws: KitError(.cannotWrite, "\(folder.path)/no/x can't be written: no such file or directory"))
    {
      try WholeFile.write("x", to: folder.path + "/no/x", replacing: false)
    }
    try WholeFile.write("old", to: place, replacing: false)
    #expect(throws: KitError(.cannotWrite, "\(place)/x can't be written: not a directory")) {
      try WholeFile.write("x", to: place + "/x", replacing: false)
    }
    // Root may write everywhere.
    if geteuid() != 0 {
      chmod(folder.path, 0o500)
      #expect(throws: KitError(.cannotWrite, "\(place) can't be written: permission denied")) {
        try WholeFile.write("new", to: place, replacing: true)
      }
      #expect(try text(place) == "old")
    }
  }

  @Test func folderThatVanishes() throws {
    let file = try WholeFile(at: place, replacing: true)
    try file.write("lost")
    for name in folder.names { unlink(folder.path + "/" + name) }
    rmdir(folder.path)
    #expect(throws: KitError(.cannotWrite, "\(place) can't be written: no such file or directory")) {
      try file.commit()
    }
  }

  /// A limit on the file's size stands for the full disk; it holds for a whole process, so it gets its own.
  @Test func fullDiskLeavesTheOldFileAndNoOther() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let place = folder.path + "/scores.csv"
      try WholeFile.write("old", to: place, replacing: false)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
      #if canImport(Glibc)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      #else
        setrlimit(RLIMIT_FSIZE, &limit)
      #endif
      // Larger than the buffer, and smaller: the first write fails, or the commit.
      for size in [150_000, 40_000] {
        let file = try WholeFile(at: place, replacing: true)
        #expect(throws: KitError(.cannotWrite, "\(place) can't be written: file too large")) {
          for _ in 0..<3 { try file.write([UInt8](repeating: 1, count: size)) }
          try file.commit()
        }
        #expect(folder.names == ["scores.csv"])
        #expect(try InputFile.bytes(ofFileAt: place, limit: 99) == Array("old".utf8))
      }
    }
  }
}
