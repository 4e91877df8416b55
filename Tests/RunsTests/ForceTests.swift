import Competition
import Foundation
import Foundations
import Platform
import TestSupport
import Testing
@testable import Runs

/// What `--force` removes, and what survives it.
@Suite struct ForceTests {
  private static let table = smallTable(rows: 10)

  private func configuration(folds: Int? = nil, members: Int = 1) -> Configuration {
    var configuration = folds == nil ? Configuration() : .crossValidation
    configuration.members = members
    configuration.folds = folds.map { Folds(count: $0, repeats: 1) }
    return configuration
  }

  /// A run with a file of each kind that the kit writes.
  private func makeRun(_ configuration: Configuration, at path: String) throws {
    let file = try ConfigurationFile(configuration, data: "", table: Self.table)
    try makeFolders(path)
    if let folds = configuration.folds {
      try fill(path, .crossValidation)
      try file.write(to: path)
      for number in 1...folds.trainings {
        let fold = RunDirectory.fold(number, of: path)
        try makeMembers(file, configuration.members, at: fold)
        try write("", to: "\(fold)/.lock")
      }
    } else {
      try makeMembers(file, configuration.members, at: path)
    }
  }

  private func makeMembers(_ file: ConfigurationFile, _ count: Int, at path: String) throws {
    for number in 1...count {
      let member = RunDirectory.member(number, of: path)
      try member.write(file)
      try fill(member.path, .member)
      try write("", to: "\(member.path)/events.out.tfevents.000000000\(number).kaggle-digits")
      try write("", to: "\(member.path)/.state.safetensors.4194305-1.partial")
    }
    try fill(path, .training)
  }

  private func fill(_ folder: String, _ owner: RunFolder) throws {
    for file in RunFiles.all where file.owners.contains(owner) && file.name == file.name.lowercased() {
      if file.isFolder {
        try makeFolders(file.path(in: folder))
        for figure in FiguresFolder.figures {
          try write("", to: FiguresFolder.path(ofFigure: figure, in: folder))
        }
      } else if file != ConfigurationFile.self && file != PlanFile.self {
        try write("old", to: file.path(in: folder))
      }
    }
  }

  @Test(arguments: [nil, 3]) func allThatTheKitWroteGoes(folds: Int?) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try makeRun(configuration(folds: folds, members: 2), at: path)
      #expect(try files(in: path).count > 15)
      #expect(
        message(of: .cannotWrite) { try RunDirectory(creating: path, force: false) }.contains("holds a run"))
      _ = try RunDirectory(creating: path, force: true)
      #expect(try files(in: path).keys.sorted() == [".lock"])
    }
  }

  @Test func whatSomeoneElsePutThereStays() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try makeRun(configuration(folds: 2, members: 2), at: path)
      try makeFolders("\(path)/member-7")
      try makeFolders("\(path)/fold-9/member-1")
      let others = [
        "notes.txt", "figures/drawing.svg", "figures/loss.png", "fold-1/notes.txt",
        "fold-2/member-1/my-notes.txt",
        "fold-2/member-1/state.safetensors.bak", "member-7/configuration.json", "fold-9/member-1/history.csv",
        ".thesis.partial", "fold-1/member-2/events.out.tfevents.1.host",
      ]
      for other in others { try write("{}", to: "\(path)/\(other)") }
      _ = try RunDirectory(creating: path, force: true, for: configuration())
      let left = try files(in: path).filter { !$0.value.isEmpty }
      #expect(left.keys.sorted() == (others + [".lock"]).sorted())
    }
  }

  /// A configuration of another program, a member's folder of someone else: not runs.
  @Test func aRunIsKnownByWhatOnlyTheKitWrites() throws {
    try withTemporaryFolder { folder in
      for other in [
        "configuration.json", "member-1/configuration.json", "fold-1/member-1/configuration.json",
      ] {
        for text in ["{}", "[]", "", "{\"kit\": \"1\", \"options\": {}}"] {
          let path = "\(folder)/site"
          try makeFolders(enclosingFolder("\(path)/\(other)"))
          for name in [other, "report.html"] { try write(text, to: "\(path)/\(name)") }
          let before = try files(in: path)
          #expect(
            message(of: .cannotWrite) { try RunDirectory(creating: path, force: true) }
              == "\(path) exists and is not a run; give --output another name")
          #expect(try files(in: path) == before)
          try FileManager.default.removeItem(atPath: path)
        }
      }
    }
  }

  /// A link, or someone else's file, where the new run would write: refused with nothing removed.
  @Test(arguments: [
    "report.html", "figures", "member-1", "member-2", "figures/loss.svg", "member-1/history.csv",
    "member-1/events.out.tfevents.0000000007.kaggle-digits",
  ])
  func whatIsInTheWayIsNamed(place: String) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try makeRun(configuration(members: 1), at: path)
      try makeFolders("\(folder)/precious")
      try write("mine", to: "\(folder)/precious/thesis.tex")
      try? FileManager.default.removeItem(atPath: "\(path)/\(place)")
      symlink("\(folder)/precious", "\(path)/\(place)")
      let before = try files(in: folder)
      #expect(
        message(of: .cannotWrite) {
          try RunDirectory(creating: path, force: true, for: configuration(members: 2))
        }
          == (place == "member-1"
            ? "\(path) exists and is not a run; give --output another name"
            : "\(path)/\(place) is a symbolic link, which is neither followed nor removed; move it away, or give --output another name")
      )
      #expect(try files(in: folder).filter { $0.key != "run/.lock" } == before)
    }
  }

  /// Killed in the first moments: the same command begins the run, with `--force` too, and resuming says so.
  @Test(arguments: [true, false]) func aRunThatHadNotBegun(force: Bool) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      for place in ["member-1", "fold-1/member-1", "fold-2"] {
        try makeFolders("\(path)/\(place)")
        try write("", to: "\(path)/\(place)/.configuration.json.4194305-1.partial")
        try write("", to: "\(enclosingFolder("\(path)/\(place)"))/.lock")
      }
      try write("", to: "\(path)/.configuration.json.4194305-1.partial")
      for command in ["train", "cross-validate"] {
        #expect(
          message(of: .missingInput) { try RunDirectory.requireBegun(path, command: command) }
            .contains("to begin one there: kaggle-digits \(command) --output \(path), "))
      }
      _ = try RunDirectory(creating: path, force: force)
      #expect(try !files(in: path).keys.contains { $0.hasSuffix(".partial") })
    }
  }

  /// A process that is killed after it has removed the old run: the lock tells whose the folder is.
  @Test func theLockMarksAFolderThatHoldsNotesAlone() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try makeRun(configuration(), at: path)
      try write("mine", to: "\(path)/notes.txt")
      _ = try RunDirectory(creating: path, force: true)
      #expect(
        message(of: .missingInput) { try RunDirectory.requireBegun(path, command: "train") }.contains(
          "no run has"))
      for force in [false, true] { _ = try RunDirectory(creating: path, force: force) }
      #expect(try text("\(path)/notes.txt") == "mine")
    }
  }

  /// Nothing is removed while another process writes one of the folds.
  @Test func theFoldsAreAskedFirst() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try makeRun(configuration(folds: 3), at: path)
      let before = try files(in: path)
      for fold in 1...3 {
        let writer = try RunDirectory(resuming: "\(path)/fold-\(fold)")
        for configuration in [configuration(folds: 3), configuration()] {
          let refusal = message(of: .failure) {
            try RunDirectory(creating: path, force: true, for: configuration)
          }
          #expect(refusal == "another process is writing to \(path)")
        }
        #expect(
          message(of: .failure) { try RunDirectory(resuming: path) }
            == "another process is writing to \(path)")
        withExtendedLifetime(writer) {}
      }
      // An earlier version of the kit holds the fold's lock alone.
      let earlier = open("\(path)/fold-2/.lock", O_RDWR)
      defer { close(earlier) }
      #expect(flock(earlier, LOCK_EX | LOCK_NB) == 0)
      #expect(
        message(of: .failure) { try RunDirectory(creating: path, force: true) }
          == "another process is writing to \(path)/fold-2")
      let after = try files(in: path)
      #expect(
        before.allSatisfy {
          $0.key.hasSuffix(".lock") || $0.key.hasSuffix(".partial") || after[$0.key] == $0.value
        })
    }
  }

  /// Random trees of files, folders and links, some named like the kit's: whatever happens, what the kit did not write
  /// is as it was, and what it wrote is gone unless something is in the way.
  @Test(arguments: 0..<60) func whatIsNotOnTheListSurvives(seed: Int) throws {
    try withTemporaryFolder { folder in
      var stream = RandomStream(Philox(seed: UInt64(seed)), .sample)
      let path = "\(folder)/run"
      let old = configuration(folds: stream.below(2) == 0 ? 2 : nil, members: 1 + stream.below(2))
      try makeRun(old, at: path)
      let own = Set(try files(in: path).keys)
      try makeFolders("\(folder)/precious/member-1")
      for name in ["thesis.tex", "report.html", "member-1/history.csv"] {
        try write("mine", to: "\(folder)/precious/\(name)")
      }
      var foreign: [String] = []
      let names = [
        "notes.txt", "member-1", "member-3", "fold-1", "fold-4", "figures", "loss.svg", "report.html",
        "history.csv", "configuration.json", ".lock", "folds.csv", ".x.4194305-1.partial.", "drawing.svg",
      ]
      for _ in 0..<12 {
        var place = names[stream.below(names.count)]
        for _ in 0..<stream.below(3) { place = "\(names[stream.below(6)])/\(place)" }
        let full = "\(path)/\(place)"
        if fileExists(full) || (try? makeFolders(enclosingFolder(full))) == nil { continue }
        switch stream.below(3) {
        case 0: symlink("\(folder)/precious", full)
        case 1: mkdir(full, 0o777)
        default: try? write("mine", to: full)
        }
        foreign.append(place)
      }
      let precious = try files(in: "\(folder)/precious")
      func kinds() -> [String] {
        foreign.map { place in
          var status = stat()
          return lstat("\(path)/\(place)", &status) == 0 ? "\(place) \(status.st_mode)" : "\(place) is gone"
        }
      }
      let before = kinds()
      // A file in a folder of the kit that has a name of the kit's is the kit's, by its name.
      let taken = Set(
        foreign.filter { place in
          let name = String(place.split(separator: "/").last ?? "")
          let inFigures = enclosingFolder(place).hasSuffix("figures") && name == "loss.svg"
          return inFigures || RunFiles.all.contains { $0.isName(name) } || name == ".lock"
        })
      let outcome = message { try RunDirectory(creating: path, force: true, for: configuration(members: 2)) }
      #expect(try files(in: "\(folder)/precious") == precious)
      for (was, now) in zip(before, kinds()) where was != now {
        #expect(
          taken.contains { was.hasPrefix("\($0) ") } && !was.hasSuffix(" \(S_IFLNK | 0o777)"),
          "\(was): \(now)")
      }
      let left = Set(try files(in: path).keys)
      if outcome == "accepted" {
        let gone = own.subtracting(foreign).filter { !left.contains($0) }
        #expect(own.filter { $0.hasSuffix(".safetensors") }.isSubset(of: gone))
      } else {
        #expect(own.filter { !$0.hasSuffix(".partial") }.isSubset(of: left), "\(outcome)")
      }
    }
  }
}
