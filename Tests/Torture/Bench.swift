import Foundation
import Foundations
import Platform
import TestSupport

/// What befalls a command on its way.
struct Disturbance {
  var environment: [String: String?] = [:]
  var signals: [PlannedSignal] = []
  /// Whether a call of the disk fails, of which the command may know: by its name, such as `write`.
  var failing: String?
  /// For a finding: what it is.
  let description: String
}

/// What came of disturbed runs.
struct Tally {
  /// Runs, each until its command ended by itself; kills and failing calls in them.
  var (runs, kills, faults) = (0, 0, 0)
  /// How a killed or failed run ended: resumed, begun anew by the same command, or by it with `--force`.
  var (resumed, anew, forced) = (0, 0, 0)
  /// Failing calls that the command did without.
  var survived = 0
  /// What was found, and how often.
  var findings: [String: Int] = [:]
}

/// A folder with a small competition, finished runs, and what each scenario leaves if nothing disturbs it.
final class Bench {
  static let testRows = 40
  let scenarios: [Scenario]
  /// Where runs are disturbed: a new folder for each.
  var arena: String
  /// The commands' threads. With one, calls of the disk come in the same order each time.
  var threads = 1
  private let bin: String
  private let folder: TemporaryFolder
  private var expected: [String: [String: Data]] = [:]
  private(set) var seconds: [String: Double] = [:]
  private(set) var tallies: [String: Tally] = [:]
  private var count = 0

  /// - Parameters:
  ///   - bin: the folder of the kit's executables.
  ///   - names: the scenarios; all if empty.
  init(bin: String, only names: [String]) throws {
    self.bin = bin
    folder = try TemporaryFolder()
    arena = folder.path
    let data = "\(folder.path)/data"
    scenarios = Scenario.all(data: data).filter { names.isEmpty || names.contains($0.name) }
    let sample = ["sample", "--output", data, "--train-rows", "120", "--test-rows", "\(Self.testRows)"]
    let given = try folder.folder("given")
    for command in [sample] + Scenario.given(data: data) {
      let outcome = try run(command, in: given)
      guard outcome.status == 0 else { throw TestProblem("\(command) failed: \(outcome.errors)") }
    }
    for scenario in scenarios {
      let place = try makePlace(for: scenario)
      let start = Date()
      let outcome = try run(scenario.begin, in: place)
      seconds[scenario.name] = Date().timeIntervalSince(start)
      guard outcome.status == 0 else { throw TestProblem("\(scenario.begin) failed: \(outcome.errors)") }
      let problems = try problems(in: place)
      guard problems.isEmpty else { throw TestProblem("undisturbed: \(problems)") }
      expected[scenario.name] = try scenario.promised(in: place)
      tallies[scenario.name] = Tally()
      try remove(place)
    }
  }

  /// The calls by which a scenario changes the disk, by name, in order.
  func calls(of scenario: Scenario) throws -> [(name: String, path: String)] {
    let (place, log) = (try makePlace(for: scenario), "\(folder.path)/calls")
    let environment = try preloading(["FAILING_DISK_LOG": log])
    _ = try run(scenario.begin, in: place, Disturbance(environment: environment, description: "a log"))
    defer { try? FileManager.default.removeItem(atPath: log) }
    try remove(place)
    return try text(log).split(separator: "\n").map { line in
      let words = line.split(separator: " ", maxSplits: 2)
      return (String(words[1]), String(words[2].split(separator: "/").last ?? ""))
    }
  }

  /// The environment that lets something befall a command's call of a number, counted from 1.
  func preloading(_ variables: [String: String]) throws -> [String: String?] {
    let library = "\(builtFolder)/libFailingDisk.so"
    guard fileExists(library) else { throw TestProblem("\(library) is missing; build it on Linux") }
    return variables.merging(["LD_PRELOAD": library]) { first, _ in first }
  }

  /// A new folder for a scenario, with the runs that it needs.
  func makePlace(for scenario: Scenario) throws -> String {
    count += 1
    let place = "\(arena)/\(count)"
    if scenario.hasRuns {
      try FileManager.default.copyItem(atPath: "\(folder.path)/given", toPath: place)
    } else {
      try makeFolders(place)
    }
    return place
  }

  func remove(_ place: String) throws { try FileManager.default.removeItem(atPath: place) }

  /// Runs a scenario in a new folder until a command ends by itself with status 0, continuing it as the kit says, and
  /// judges what it leaves and what is seen in between.
  ///
  /// - Parameters:
  ///   - prepare: is called before each attempt.
  ///   - disturbance: what befalls an attempt, counted from 0; nil for nothing.
  func play(
    _ scenario: Scenario, prepare: (_ attempt: Int) throws -> Void = { _ in },
    disturbance: (_ attempt: Int) throws -> Disturbance?
  ) throws {
    let place = try makePlace(for: scenario)
    let ways = [scenario.resume, scenario.begin, scenario.begin + ["--force"]]
    var way = 1
    var story: [String] = []
    var tally = tallies[scenario.name] ?? Tally()
    defer { tallies[scenario.name] = tally }
    func find(_ problem: String) {
      tally.findings[problem, default: 0] += 1
      guard tally.findings[problem] == 1 else { return }
      say("FOUND \(scenario.name): \(problem), after \(story.joined(separator: ", then "))")
    }
    tally.runs += 1
    for attempt in 0... {
      let disturbing = try disturbance(attempt)
      try prepare(attempt)
      guard ways.indices.contains(way), let command = ways[way] else { break }
      let outcome = try run(command, in: place, disturbing)
      if let disturbing, outcome.signal == SIGKILL {
        story.append(disturbing.description)
        tally.kills += 1
        way = scenario.resume == nil ? 1 : 0
      } else if let disturbing, let failing = disturbing.failing {
        story.append(disturbing.description)
        tally.faults += 1
        if outcome.status == 0 {
          tally.survived += 1
          return try judge(scenario, place, isPartialKnown: failing == "unlink", find)
        }
        if outcome.status != KitError.Kind.cannotWrite.rawValue { find("status \(describe(outcome))") }
        if outcome.errors.components(separatedBy: "error: ").count != 2 {
          find("not one message: \(outcome.errors)")
        }
        way = scenario.resume == nil ? 1 : 0
      } else if outcome.status == 0 {
        if !story.isEmpty {
          switch way {
          case 0: tally.resumed += 1
          case 1: tally.anew += 1
          default:
            tally.forced += 1
            if scenario.resume != nil { find("only --force goes on") }
          }
        }
        return try judge(scenario, place, find)
      } else if outcome.signal != nil || way == 2 {
        find("nothing goes on; \(ways[way]?.first ?? "") ended with \(describe(outcome))")
        return try remove(place)
      } else {
        way += 1
      }
      for problem in try problems(in: place) { find(problem) }
    }
  }

  private func describe(_ outcome: Outcome) -> String {
    let last = outcome.errors.split(separator: "\n").first { $0.contains("error") } ?? ""
    return "\(outcome.status.map { "\($0)" } ?? "signal \(outcome.signal ?? 0)"): \(last)"
  }

  /// Judges what a finished run leaves, and removes it.
  private func judge(
    _ scenario: Scenario, _ place: String, isPartialKnown: Bool = false, _ find: (String) -> Void
  ) throws {
    let left = try files(in: place).keys.filter { WholeFile.isTemporary(($0 as NSString).lastPathComponent) }
    if !isPartialKnown && !left.isEmpty { find("temporary files are left at the end") }
    let promised = try scenario.promised(in: place).filter { !left.contains($0.key) }
    for difference in differences(promised, from: expected[scenario.name] ?? [:]) { find(difference) }
    for problem in try problems(in: place) { find(problem) }
    try remove(place)
  }

  private func run(_ words: [String], in place: String, _ disturbance: Disturbance? = nil) throws -> Outcome {
    let threads = words[0] == "sample" ? [] : ["--threads", "\(threads)"]
    let own = "\(bin)/kaggle-digits-\(words[0])"
    // Commands that share an executable are called through the front door, which becomes it.
    let command = fileExists(own) ? [own] + words.dropFirst() : ["\(bin)/kaggle-digits"] + words
    return try TestSupport.run(
      command + threads,
      environment: disturbance?.environment ?? [:], in: place, signals: disturbance?.signals ?? [], limit: 60)
  }
}

/// The folder of this executable, and of the library that makes the disk fail.
let builtFolder: String = {
  let own = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
  return (Bundle.main.executableURL ?? own).resolvingSymlinksInPath().deletingLastPathComponent().path
}()
