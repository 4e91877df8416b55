import ArgumentParser
import Foundation
import Foundations
import Platform
import TestSupport

/// Fails each call by which a command changes the disk, once.
struct Faults: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Each call that changes the disk fails once, with each error that it may have (Linux).")

  @OptionGroup var sweep: SweepOptions

  @OptionGroup var shared: SharedOptions

  /// The errors of each call.
  private static let errors: [String: [(name: String, action: String)]] = {
    func errors(_ codes: KeyValuePairs<String, Int32>) -> [(name: String, action: String)] {
      codes.map { ($0.key, "\($0.value)") }
    }
    return [
      "open": errors(["EACCES": EACCES, "ENOSPC": ENOSPC, "EMFILE": EMFILE, "EDQUOT": EDQUOT]),
      "write": errors(["ENOSPC": ENOSPC, "EIO": EIO, "EDQUOT": EDQUOT, "EINTR": EINTR]) + [
        ("short", "short")
      ],
      "fsync": errors(["EIO": EIO, "ENOSPC": ENOSPC]),
      "close": errors(["EIO": EIO, "EDQUOT": EDQUOT]),
      "rename": errors(["EIO": EIO, "EACCES": EACCES, "ENOSPC": ENOSPC]),
      "link": errors(["EPERM": EPERM, "EIO": EIO]),
      "mkdir": errors(["ENOSPC": ENOSPC, "EACCES": EACCES, "EDQUOT": EDQUOT]),
      "unlink": errors(["EACCES": EACCES, "EIO": EIO]),
      "rmdir": errors(["EACCES": EACCES]),
      "ftruncate": errors(["EIO": EIO]),
      "fchmod": errors(["EPERM": EPERM]),
      "flock": errors(["ENOLCK": ENOLCK]),
    ]
  }()

  func run() throws {
    let start = Date()
    var (bench, stream) = try shared.bench()
    var trials:
      [(scenario: Scenario, number: Int, call: String, path: String, error: String, action: String)] = []
    for scenario in bench.scenarios {
      for (index, call) in try bench.calls(of: scenario).enumerated() {
        for error in Self.errors[call.name] ?? [] {
          trials.append((scenario, index + 1, call.name, call.path, error.name, error.action))
        }
      }
    }
    say("\(trials.count) faults")
    for trial in sweep.chosen(trials, &stream) {
      try bench.play(trial.scenario) { attempt in
        guard attempt == 0 else { return nil }
        return Disturbance(
          environment: try bench.preloading([
            "FAILING_DISK_CALL": "\(trial.number)", "FAILING_DISK_ACTION": trial.action,
          ]), failing: trial.call,
          description: "\(trial.error) at call \(trial.number) (\(trial.call) \(trial.path))")
      }
    }
    try bench.conclude(since: start)
  }
}

/// Runs commands on a real disk of 3 MB that has less and less room.
struct SmallDisk: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Commands on a disk of 3 MB with little room, which is freed for the resume (Linux, as root).")

  @OptionGroup var sweep: SweepOptions

  @OptionGroup var shared: SharedOptions

  private static let size = 3 << 20

  func run() throws {
    let start = Date()
    var (bench, stream) = try shared.bench()
    let disk = try TemporaryFolder()
    let problem = try withSmallDisk(at: disk.path, bytes: Self.size) {
      bench.arena = disk.path
      let trials = bench.scenarios.flatMap { scenario in (0..<24).map { (scenario, room: $0 * $0 * 512) } }
      let filler = "\(disk.path)/filler"
      for (scenario, room) in sweep.chosen(trials, &stream) {
        try bench.play(scenario) { attempt in
          unlink(filler)
          var status = statvfs()
          guard attempt == 0, statvfs(disk.path, &status) == 0 else { return }
          let free = Int(status.f_bavail) * Int(status.f_bsize)
          try Data(count: max(0, free - room)).write(to: URL(fileURLWithPath: filler))
        } disturbance: { attempt in
          attempt > 0 ? nil : Disturbance(failing: "room", description: "a disk with \(room / 1024) KiB left")
        }
      }
      unlink(filler)
      try bench.conclude(since: start)
    }
    if let problem { print("SKIPPED: \(problem)") }
  }
}
