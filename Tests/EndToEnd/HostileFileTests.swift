import Checkpoints
import Foundation
import Platform
import TestSupport
import Testing

/// Files that are no files, or far too large: refused at once, whichever file of a run they stand for.
@Suite struct HostileFileTests {
  /// A finished run of two epochs, to which things are then done.
  private func withRun(_ body: (_ folder: String, _ run: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/run", smallNetwork + ["--epochs", "2"])
      try body(folder, "\(folder)/run")
    }
  }

  private static let runFiles = [
    "configuration.json", "state.safetensors", "last.safetensors", "history.csv",
  ]

  /// None waits for a pipe's writer or for a device's end.
  @Test(arguments: runFiles) func pipesAndDevices(name: String) throws {
    try withRun { folder, path in
      let file = "\(path)/member-1/\(name)"
      for kind in ["pipe", "device", "folder"] {
        try FileManager.default.removeItem(atPath: file)
        switch kind {
        case "pipe": #expect(mkfifo(file, 0o600) == 0)
        case "device":
          try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "/dev/zero")
        default: try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
        }
        for command in [
          ["kaggle-digits-train", "--resume", path], ["kaggle-digits-report", path],
          ["kaggle-digits-submit", path, "--data", competition, "--output", "\(folder)/s.csv", "--force"],
          ["kaggle-digits-evaluate", path, "--data", competition],
        ] {
          let outcome = try run(
            command[0], Array(command.dropFirst()) + (command[0].hasSuffix("report") ? [] : ["--quiet"]),
            limit: 60)
          let isClear = outcome.status == 0 || outcome.errors.contains("error: ")
          #expect(isClear && outcome.signal == nil, "\(kind) as \(name), \(command[0]): \(outcome)")
        }
      }
    }
  }

  @Test func checkpointsThatAreNoFiles() throws {
    try withTemporaryFolder { folder in
      let pipe = "\(folder)/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      for (path, kind) in [(pipe, "a pipe"), ("/dev/zero", "a device")] {
        expectRefusal(
          try run("kaggle-digits-evaluate", [path, "--data", competition], limit: 20), status: 66,
          "\(path) is \(kind); it must be a file")
      }
    }
  }

  /// 30 GiB of nothing: the first bytes are enough.
  @Test func sparseFiles() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/sparse.safetensors"
      try write("", to: path)
      #expect(truncate(path, 30 << 30) == 0)
      expectRefusal(
        try run("kaggle-digits-evaluate", [path, "--data", competition], limit: 20), status: 65,
        "the header does not begin with a brace")
    }
  }

  /// A bit that a disk has changed, anywhere in the file.
  @Test(arguments: ["last.safetensors", "state.safetensors"]) func flippedBits(name: String) throws {
    try withRun { folder, path in
      let file = "\(path)/member-1/\(name)"
      let whole = try bytes(file)
      let key = try #require(whole.firstRange(of: Data("file_crc32".utf8)))
      for number in 0..<60 {
        var damaged = whole
        let bit = (number * 7_919 * 104_729) % (whole.count * 8)
        // Under another name the checksum is not found, as in files from before it.
        if key.contains(bit / 8) { continue }
        damaged[bit / 8] ^= 1 << (bit % 8)
        try damaged.write(to: URL(fileURLWithPath: file))
        #expect(throws: (any Error).self, "bit \(bit)") { try SafeTensors(reading: file) }
      }
      let outcome =
        try name == "last.safetensors"
        ? submit([path], output: "\(folder)/s.csv") : resume(path, ["--quiet"])
      expectRefusal(outcome, status: 65, file)
    }
  }

  /// A notation of millions of layers is refused by its length, not by trying.
  @Test func longNotations() throws {
    try withRun { folder, path in
      for token in ["B", "65536N"] {
        var file = try SafeTensors(reading: "\(path)/member-1/last.safetensors")
        file.metadata["network"] = Array(repeating: token, count: 300_000).joined(separator: "-")
        let place = "\(folder)/long.safetensors"
        try file.write(to: place, replacing: true)
        expectRefusal(
          try run("kaggle-digits-evaluate", [place, "--data", competition], limit: 20), status: 65,
          "bytes long; the most are 2,000")
      }
      expectRefusal(
        try train("\(folder)/new", ["--network", String(repeating: "B-", count: 30_000) + "B"]), status: 64,
        "bytes long; the most are 2,000")
    }
  }

  /// Memory that the system does not give ends in a message that says how much.
  @Test(.enabled(if: installed("bash") != nil, "bash is not installed"))
  func noMemory() throws {
    try withTemporaryFolder { folder in
      let command = [
        built("kaggle-digits-train"), "--data", competition, "--output", "\(folder)/run", "--threads", "1",
      ]
      let outcome = try run(
        try #require(installed("bash")),
        ["-c", "ulimit -v 400000; exec \"$@\"", "bash"] + command
          + ["--network", "64C3-64C3-P2-4096N-4096N", "--batch", "4096"])
      expectRefusal(outcome, status: 1, "out of memory: training ", " MB, which the system does not give")
      #expect(try files(in: folder).isEmpty)
    }
  }
}
