import Foundation
import Foundations
import TestSupport
import Testing
@testable import Runs

@Suite struct RunDirectoryTests {
  /// A folder that holds a run with a file in it.
  private func makeRun(at path: String) throws {
    let run = try RunDirectory(creating: path, force: false)
    let file = try ConfigurationFile(Configuration(), data: "", table: smallTable(rows: 10))
    for number in 1...2 { try run.member(number).write(file) }
    try write("kept", to: "\(path)/member-1/history.csv")
  }

  private func refusal(_ body: () throws -> Void) -> KitError? {
    #expect(throws: KitError.self) { try body() }
  }

  @Test func newFoldersAreMadeAndEmptyOnesTaken() throws {
    try withTemporaryFolder { folder in
      let run = try RunDirectory(creating: "\(folder)/a/b/", force: false)
      #expect(run.path == "\(folder)/a/b")
      #expect(run.member(3).path == "\(folder)/a/b/member-3")
      try makeFolders("\(folder)/empty")
      _ = try RunDirectory(creating: "\(folder)/empty", force: false)
      // Begun but without a member: as good as empty.
      _ = try RunDirectory(creating: "\(folder)/empty", force: false)
    }
  }

  @Test func aRunIsReplacedByForceAlone() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try makeRun(at: path)
      let error = refusal { _ = try RunDirectory(creating: path, force: false) }
      #expect(error?.kind == .cannotWrite)
      #expect(error?.message.contains("--resume \(path)") == true)
      #expect(try folderEntries("\(path)/member-1") == ["configuration.json", "history.csv"])
      _ = try RunDirectory(creating: path, force: true)
      #expect(try folderEntries(path) == [".lock"])
    }
  }

  @Test func whatIsNotARunIsNeverReplaced() throws {
    try withTemporaryFolder { folder in
      try write("mine", to: "\(folder)/thesis.txt")
      for force in [false, true] {
        #expect(refusal { _ = try RunDirectory(creating: folder, force: force) }?.kind == .cannotWrite)
        let file = "\(folder)/thesis.txt"
        #expect(refusal { _ = try RunDirectory(creating: file, force: force) }?.kind == .cannotWrite)
        #expect(refusal { _ = try RunDirectory(creating: "\(file)/run", force: force) }?.kind == .cannotWrite)
      }
      #expect(try folderEntries(folder) == ["thesis.txt"])
    }
  }

  @Test func aSecondWriterIsKeptOut() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try makeRun(at: path)
      let first = try RunDirectory(resuming: path)
      for attempt in [
        { _ = try RunDirectory(resuming: path) }, { _ = try RunDirectory(creating: path, force: true) },
      ] {
        let error = refusal(attempt)
        #expect(error?.kind == .failure)
        #expect(error?.message == "another process is writing to \(path)")
      }
      #expect(try folderEntries("\(path)/member-1") == ["configuration.json", "history.csv"])
      withExtendedLifetime(first) {}
    }
  }

  @Test func resumingNeedsARunAndClearsWhatAKilledWriterLeft() throws {
    try withTemporaryFolder { folder in
      for path in ["\(folder)/nothing", folder, "/dev/null", ""] {
        #expect(refusal { _ = try RunDirectory(resuming: path) }?.kind == .missingInput)
      }
      let path = "\(folder)/run"
      try makeRun(at: path)
      for name in [".state.safetensors.4194305-1.partial", ".other"] {
        try write("", to: "\(path)/member-1/\(name)")
      }
      _ = try RunDirectory(resuming: "\(path)/")
      #expect(try folderEntries("\(path)/member-1") == [".other", "configuration.json", "history.csv"])
    }
  }

  @Test func membersAreOrderedByNumber() throws {
    try withTemporaryFolder { folder in
      for name in [
        "member-10", "member-9", "member-1", "member-0", "member-01", "member--2", "member-x", "members",
        "member-99999999999999999999", "member-",
      ] {
        try makeFolders("\(folder)/\(name)")
      }
      #expect(RunDirectory.members(of: folder).map(\.number) == [1, 9, 10])
      #expect(RunDirectory.members(of: folder).map(\.path).last == "\(folder)/member-10")
    }
  }
}
