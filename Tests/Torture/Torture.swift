import ArgumentParser
import Foundation
import Foundations
import Platform
import TestSupport

/// Tries to break what the kit promises of its files; `Tests/README.md` says what, and how long it takes.
@main
struct Torture: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torture",
    abstract: "Kills commands and fails their disk, and checks that nothing is lost.",
    discussion: "Ends with 1 if anything is found. See Tests/README.md.",
    subcommands: [Kills.self, Calls.self, Faults.self, SmallDisk.self])
}

/// What all subcommands take.
struct SharedOptions: ParsableArguments {
  @Option(help: "The folder of the kit's executables. (default: that of this one)")
  var bin: String?

  @Option(help: "Seed of all that is random.")
  var seed: UInt64 = 1

  @Option(parsing: .upToNextOption, help: "Scenarios to run. (default: all)")
  var only: [String] = []

  /// The bench, and a stream of random numbers.
  func bench() throws -> (Bench, RandomStream) {
    let bin = bin.map { URL(fileURLWithPath: $0).path } ?? builtFolder
    return (try Bench(bin: bin, only: only), RandomStream(Philox(seed: seed), .sample))
  }
}

/// Prints a line at once, also into a file.
func say(_ line: String) {
  print(line)
  fflush(nil)
}

/// How much of a sweep is run.
struct SweepOptions: ParsableArguments {
  @Option(help: "How many of the trials to run, drawn at random. (default: all)")
  var sample: Int?

  /// All trials in order, or the sample of them.
  func chosen<Trial>(_ trials: [Trial], _ stream: inout RandomStream) -> [Trial] {
    guard let sample, sample < trials.count else { return trials }
    return stream.permutation(trials.count).prefix(sample).sorted().map { trials[$0] }
  }
}

extension Bench {
  /// Prints what came of all, and ends the process with 1 if anything was found.
  func conclude(since start: Date) throws {
    func row(_ cells: [String]) -> String {
      cells[0].padding(toLength: 16, withPad: " ", startingAt: 0)
        + cells.dropFirst().map { String(repeating: " ", count: max(1, 9 - $0.count)) + $0 }.joined()
    }
    var all = Tally()
    print(row(["scenario", "runs", "kills", "faults", "survived", "resumed", "anew", "--force", "found"]))
    func show(_ name: String, _ tally: Tally) {
      let numbers = [
        tally.runs, tally.kills, tally.faults, tally.survived, tally.resumed, tally.anew, tally.forced,
        tally.findings.count,
      ]
      print(row([name] + numbers.map { "\($0)" }))
    }
    for scenario in scenarios {
      let tally = tallies[scenario.name] ?? Tally()
      show(scenario.name, tally)
      all.runs += tally.runs
      all.kills += tally.kills
      all.faults += tally.faults
      all.survived += tally.survived
      all.resumed += tally.resumed
      all.anew += tally.anew
      all.forced += tally.forced
      for (problem, times) in tally.findings { all.findings["\(scenario.name): \(problem)"] = times }
    }
    show("all", all)
    for (problem, times) in all.findings.sorted(by: { $0.key < $1.key }) { print("\(times) × \(problem)") }
    print("in \(Int(Date().timeIntervalSince(start))) s")
    if !all.findings.isEmpty { throw ExitCode(1) }
  }
}

/// Kills at random moments.
struct Kills: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "SIGKILL at random moments, up to six times a run, until there were enough.")

  @Option(help: "How many kills.")
  var kills = 1000

  @OptionGroup var shared: SharedOptions

  func run() throws {
    let start = Date()
    var (bench, stream) = try shared.bench()
    while bench.tallies.values.reduce(0, { $0 + $1.kills }) < kills {
      for scenario in bench.scenarios {
        bench.threads = 1 + stream.below(3)
        let most = 1 + stream.below(6)
        let length = bench.seconds[scenario.name] ?? 1
        try bench.play(scenario) { attempt in
          guard attempt < most else { return nil }
          // A third in the first moments, where folders are made.
          let after = stream.uniform(0, stream.below(3) == 0 ? length / 4 : length)
          return Disturbance(
            signals: [PlannedSignal(number: SIGKILL, moment: .after(after))],
            description: "a kill after \(Int(after * 1000)) ms")
        }
      }
    }
    try bench.conclude(since: start)
  }
}

/// Kills at each call by which a command changes the disk.
struct Calls: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "SIGKILL at each call that changes the disk, and within each write (Linux).")

  @OptionGroup var sweep: SweepOptions

  @OptionGroup var shared: SharedOptions

  func run() throws {
    let start = Date()
    var (bench, stream) = try shared.bench()
    var trials: [(scenario: Scenario, calls: Int, number: Int, name: String, action: String)] = []
    for scenario in bench.scenarios {
      let calls = try bench.calls(of: scenario)
      for (index, call) in calls.enumerated() {
        for action in call.name == "write" ? ["kill", "half"] : ["kill"] {
          trials.append((scenario, calls.count, index + 1, "\(call.name) \(call.path)", action))
        }
      }
    }
    say("\(trials.count) moments")
    for trial in sweep.chosen(trials, &stream) {
      // Every other resumed run is killed once more, anywhere.
      let second = stream.below(2) == 0 ? 1 + stream.below(trial.calls) : 0
      try bench.play(trial.scenario) { attempt in
        guard attempt == 0 || (attempt == 1 && second > 0) else { return nil }
        let number = attempt == 0 ? trial.number : second
        let action = attempt == 0 ? trial.action : "kill"
        return Disturbance(
          environment: try bench.preloading([
            "FAILING_DISK_CALL": "\(number)", "FAILING_DISK_ACTION": action,
          ]), description: "\(action) at call \(number)" + (attempt == 0 ? " (\(trial.name))" : ""))
      }
    }
    try bench.conclude(since: start)
  }
}
