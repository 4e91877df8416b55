import Competition
import Foundations
import TestSupport
import Testing

/// What `--data` accepts, and the errors for what it does not.
@Suite struct DataSourceTests {
  private let rows = randomRows(300, seed: 11)
  private let testRows = randomRows(300, seed: 12, labelled: false)
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func training(_ path: String) throws(KitError) -> Rows {
    let table = try DataSource(finding: path).training()
    return Rows(pixels: table.pixels, labels: table.labels)
  }

  private func test(_ path: String) throws(KitError) -> Rows {
    try readRows(DataSource(finding: path).test())
  }

  private func refusal(_ path: String) -> String {
    message { try training(path) }
  }

  @Test func files() throws {
    let plain = csv(rows)
    #expect(try training(folder.write("a.csv", plain)) == rows)
    #expect(try training(folder.write("a.csv.gz", deflated(plain, gzip: true))) == rows)
    #expect(try training(folder.write("of any name", deflated(plain, gzip: true))) == rows)
    let halves =
      deflated(Array(plain[..<1000]), gzip: true) + deflated([], gzip: true)
      + deflated(Array(plain[1000...]), gzip: true)
    #expect(try training(folder.write("members.gz", halves)) == rows)
    #expect(try test(folder.write("b.csv", csv(testRows))) == testRows)
  }

  @Test func zips() throws {
    let members = [
      ZipMember(name: "sample_submission.csv", bytes: Array("ImageId,Label\n".utf8)),
      ZipMember(name: "test.csv", bytes: csv(testRows)),
      ZipMember(name: "train.csv", bytes: csv(rows)),
    ]
    let path = try folder.write("a.zip", zip(members))
    #expect(try training(path) == rows)
    #expect(try test(path) == testRows)
    #expect(try test(folder.write("c.zip", zip(members, comment: "PK\u{5}\u{6} a comment"))) == testRows)
    var others = members
    for index in others.indices {
      others[index].name = "digits/" + others[index].name
      others[index].method = 0
      others[index].usesZip64 = true
    }
    others.append(ZipMember(name: "__MACOSX/._train.csv", bytes: [1]))
    let large = try folder.write("b.zip", zip(others))
    #expect(try training(large) == rows)
    #expect(try test(large) == testRows)
  }

  @Test func folders() throws {
    let both = try folder.folder("both")
    try folder.write("both/train.csv.gz", deflated(csv(rows), gzip: true))
    try folder.write("both/test.csv", csv(testRows))
    #expect(try training(both) == rows)
    #expect(try test(both + "/") == testRows)
    let zipped = try folder.folder("zipped")
    try folder.write(
      "zipped/digit-recognizer.zip",
      zip([
        ZipMember(name: "train.csv", bytes: csv(rows)), ZipMember(name: "test.csv", bytes: csv(testRows)),
      ]))
    #expect(try training(zipped) == rows)
    let one = try folder.folder("one")
    try folder.write("one/train.csv.zip", zip([ZipMember(name: "train.csv", bytes: csv(rows))]))
    #expect(try training(one) == rows)
    #expect(
      message { try test(one) }
        .hasPrefix("\(one) has no test.csv, test.csv.gz or digit-recognizer.zip; download "))
  }

  /// Files one folder down, as an unpacked archive has them, and archives that Windows made.
  @Test func filesOneFolderDown() throws {
    let outer = try folder.folder("outer")
    _ = try folder.folder("outer/digit-recognizer")
    try folder.write("outer/digit-recognizer/train.csv", csv(rows))
    _ = try folder.folder("outer/.hidden")
    try folder.write("outer/.hidden/train.csv", csv(rows))
    #expect(try training(outer) == rows && training(outer + "/") == rows)
    _ = try folder.folder("outer/copy")
    try folder.write("outer/copy/train.csv", csv(rows))
    #expect(
      refusal(outer)
        == "\(outer) has no train.csv, but several of its folders have: \(outer)/copy/train.csv, \(outer)/digit-recognizer/train.csv; --data takes one"
    )
    // A folder with one table of its own has no other one elsewhere.
    try folder.write("outer/test.csv", csv(testRows))
    #expect(refusal(outer).hasPrefix("\(outer) has no train.csv, train.csv.gz or digit-recognizer.zip;"))
    let windows = ZipMember(name: "data\\train.csv", bytes: csv(rows))
    #expect(
      try training(folder.write("w.zip", zip([ZipMember(name: "data\\", bytes: []), windows]))) == rows)
  }

  /// A member that holds more than it declares is not inflated to its end.
  @Test func aMemberStopsAtItsSize() throws {
    let large = [UInt8](repeating: UInt8(ascii: "0"), count: 64 << 20)
    var archive = zip([ZipMember(name: "train.csv", bytes: csv(rows) + large)])
    // The size in the directory's entry.
    let directory = try #require(archive.indices.last { archive[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    archive.replaceSubrange(directory + 24..<directory + 28, with: little(1000, 4))
    let path = try folder.write("bomb.zip", archive)
    #expect(refusal(path) == "\(path)/train.csv is damaged (wrong length or checksum); download it again")
  }

  @Test func finding() throws {
    let empty = try folder.folder("empty")
    let full = try folder.folder("full")
    try folder.write("full/test.csv", csv(testRows))
    let found = try DataSource(finding: nil, environment: nil, folders: [empty, "/nowhere", full])
    #expect(found.description == full && !found.isExplicit)
    let variable = try DataSource(finding: nil, environment: empty, folders: [full])
    #expect(variable.description == empty && !variable.isExplicit)
    let option = try DataSource(finding: full, environment: "/nowhere", folders: [])
    #expect(option.description == full && option.isExplicit)
    do throws(KitError) {
      _ = try DataSource(finding: nil, environment: "", folders: [empty, "."])
      Issue.record("data found in an empty folder")
    } catch {
      #expect(error.kind == .missingInput)
      #expect(error.message.hasPrefix("no data found in $KAGGLE_DIGITS_DATA, \(empty), .; download"))
      #expect(error.message.contains("https://www.kaggle.com/competitions/digit-recognizer/data"))
      #expect(error.message.contains("kaggle-digits sample"))
    }
    do throws(KitError) {
      _ = try DataSource(finding: nil, environment: "/nowhere", folders: [full])
      Issue.record("a variable with a path that does not exist was ignored")
    } catch {
      #expect(error.kind == .missingInput)
      #expect(error.message.hasPrefix("/nowhere (from $KAGGLE_DIGITS_DATA) can't be read: no such file"))
    }
  }

  @Test func wrongTable() throws {
    let test = try folder.write("test.csv", csv(testRows))
    #expect(refusal(test).hasPrefix("\(test):1:1: there is no label column, so this is a test.csv;"))
    let train = try folder.write("train.csv", csv(rows))
    #expect(
      message { try self.test(train) }
        .hasPrefix("\(train):1:1: there is a label column, so this is a train.csv;"))
    let archive = try folder.write("a.zip", zip([ZipMember(name: "notes.txt", bytes: [65])]))
    #expect(refusal(archive) == "\(archive) has no train.csv; it contains notes.txt")
    let empty = try folder.write("b.zip", zip([]))
    #expect(refusal(empty) == "\(empty) has no train.csv; it is empty")
    let two = try folder.write(
      "c.zip", zip([ZipMember(name: "a/train.csv", bytes: []), ZipMember(name: "b/train.csv", bytes: [])]))
    #expect(refusal(two) == "\(two) has more than one train.csv: a/train.csv, b/train.csv")
  }

  @Test func errorsNameTheMember() throws {
    var bad = csv(rows)
    bad[bad.count - 2] = UInt8(ascii: "x")
    let path = try folder.write("digit-recognizer.zip", zip([ZipMember(name: "train.csv", bytes: bad)]))
    #expect(refusal(path).hasPrefix("\(path)/train.csv:301:785: pixel783 is \""))
  }

  @Test func brokenGzip() throws {
    let whole = deflated(csv(rows), gzip: true)
    for kept in [1, 2, 9, 10, 15, 5000, whole.count / 2, whole.count - 8, whole.count - 1] {
      let path = try folder.write("cut.gz", Array(whole[..<kept]))
      #expect(refusal(path) == "\(path) is truncated; download or copy it again", "\(kept) bytes")
    }
    // Zeros fill the last block of a tape.
    let padded = try folder.write("padded.gz", whole + [UInt8](repeating: 0, count: 1 << 17))
    #expect(try training(padded) == rows)
    let path = try folder.write("trailing.gz", whole + [0, 1])
    #expect(refusal(path) == "\(path) has trailing data after its compressed data; download or copy it again")
    var flipped = whole
    flipped[whole.count - 5] ^= 1
    let damaged = try folder.write("flipped.gz", flipped)
    #expect(refusal(damaged).hasPrefix("\(damaged) is damaged (incorrect data check);"))
    let other = try folder.write("other.csv.gz", csv(rows))
    #expect(try training(other) == rows)
    let empty = try folder.write("empty.csv.gz", [])
    #expect(refusal(empty).hasPrefix("\(empty) is empty;"))
  }

  @Test func brokenZip() throws {
    let member = ZipMember(name: "train.csv", bytes: csv(rows))
    let path = folder.path + "/a.zip"
    func refusal(_ bytes: [UInt8]) throws -> String {
      try folder.write("a.zip", bytes)
      return self.refusal(path)
    }
    let noArchive = "\(path) is not a zip archive, or is truncated; download it again"
    let whole = zip([member])
    for kept in [0, 1, 2, 21, 22, 1000, whole.count - 22, whole.count - 1] {
      #expect(try refusal(Array(whole[..<kept])) == noArchive, "\(kept) bytes")
    }
    // Other bytes after the archive.
    #expect(try refusal(whole + [7]) == "accepted")
    #expect(try refusal(whole + [UInt8](repeating: 0, count: 40_000)) == "accepted")
    var changed = member
    changed.checksumError = 1
    let damaged = "\(path)/train.csv is damaged (wrong length or checksum); download it again"
    #expect(try refusal(zip([changed])) == damaged)
    changed.method = 0
    #expect(try refusal(zip([changed])) == damaged)
    changed = member
    changed.flags = 1
    #expect(
      try refusal(zip([changed]))
        == "\(path)/train.csv is encrypted; unpack the archive with its password first")
    changed = member
    changed.method = 14
    #expect(
      try refusal(zip([changed]))
        == "\(path)/train.csv uses zip compression method 14, which can't be read; unpack the archive first")
  }

  /// With any single bit of a zip flipped, the rows are right or there is an error, never a crash.
  @Test func flippedBits() throws {
    let few = randomRows(2, seed: 13)
    var stream = RandomStream(Philox(seed: 13), .sample)
    var refused = 0
    for usesZip64 in [false, true] {
      let whole = zip([ZipMember(name: "train.csv", bytes: csv(few), usesZip64: usesZip64)])
      for _ in 0..<150 {
        var bytes = whole
        // Half of them in the headers at the end.
        let index =
          stream.below(2) == 0 ? stream.below(bytes.count) : bytes.count - 1 - stream.below(150)
        bytes[index] ^= UInt8(1 << stream.below(8))
        let path = try folder.write("a.zip", bytes)
        do throws(KitError) { #expect(try training(path) == few) } catch { refused += 1 }
      }
    }
    #expect(refused > 100)
  }

  @Test func notAFile() throws {
    #expect(refusal("/dev/null") == "/dev/null is a device; it must be a file")
    #expect(refusal("/nowhere/train.csv").hasPrefix("/nowhere/train.csv can't be read: no such file"))
    #expect(refusal("") == "--data is empty; it takes the path of a file or folder")
    let empty = try folder.write("empty.csv", [])
    #expect(refusal(empty).hasPrefix("\(empty) is empty; the header must be label,"))
    let submission = try folder.write("sample_submission.csv", Array("ImageId,Label\n1,0\n".utf8))
    #expect(refusal(submission).hasPrefix("\(submission):1:1: this is a submission"))
  }
}
