import Foundations
import Runs
import TestSupport
import Testing
@testable import Sweeps

/// What a plan stores of a sweep, whatever became of it on the disk.
@Suite struct SweepFileTests {
  static func sweeps() throws -> [Sweep] {
    var base = Configuration()
    base.recipe = .best
    base.averaging = .lastEpochs(3)
    base.select = .best
    return [
      try Sample.sweep(), try Sample.sweep(trials: 20, seed: .max, rungs: 3, folds: 4),
      try Sweep(
        Sample.space(["ema": "0.9,0.99", "prepare": "none,spread"]), over: Configuration(), search: .grid,
        folds: SweepFolds(count: 3, choosing: [2], reporting: [1])),
      try Sweep(
        Sample.space(["network": "lenet5,8C3-16N"]), over: base, search: .grid, folds: SweepFolds()),
    ]
  }

  static func parsed(_ text: String) throws -> JSON { try JSON.parse(Array(text.utf8), from: "plan.json") }

  @Test func whatIsWrittenIsRead() throws {
    for sweep in try Self.sweeps() {
      let text = sweep.json.serialized(pretty: true)
      let read = try Sweep(Self.parsed(text), from: "plan.json")
      #expect(read == sweep && read.json.serialized(pretty: true) == text)
      #expect(read.base.recipe == sweep.base.recipe)
    }
    for score in [TaskScore(rows: 7, wrong: 2, logLoss: 0.25), .diverged(rows: 3)] {
      #expect(try TaskScore(Self.parsed(score.json.serialized(pretty: false)), from: "s") == score)
    }
  }

  /// Each value of the file replaced by each of many: it is read or refused as bad data, and all that a sweep is asked
  /// then answers.
  @Test func hostileFilesAreRefused() throws {
    let values = [
      "null", "true", "0", "-1", "1", "2", "9223372036854775807", "-9223372036854775808", "1e308", "\"\"",
      "\"1..2\"", "\"0..1e308\"", "\"1..9223372036854775807\"", "\"x,y\"", "\"nan..inf\"", "\"grid\"", "[]",
      "[1]", "[[]]", "[0,1]", "[[\"0.1\"],[\"0.1\"]]", "{}", "{\"seed\":\"1,2\"}", "{\"shift\":\"0,1\"}",
    ]
    var accepted = 0
    for sweep in try Self.sweeps().prefix(3) {
      for path in Self.paths(in: sweep.json) {
        for value in values {
          let json = try Self.replaced(sweep.json, path[...], by: Self.parsed(value))
          do {
            exercise(try Sweep(json, from: "plan.json"))
            accepted += 1
          } catch {
            #expect(error.kind == .badData && error.message.hasPrefix("plan.json"), "\(error)")
          }
        }
      }
    }
    #expect(accepted > 0)
  }

  @Test(arguments: [
    (#"{"rows": 3, "wrong": 4, "log-loss": 1}"#), (#"{"rows": -3, "wrong": -4}"#),
    (#"{"rows": 0, "wrong": 0}"#),
    (#"{"rows": 9223372036854775807, "wrong": 1}"#), (#"{"rows": 3, "wrong": 1, "log-loss": -1}"#), "[]",
  ])
  func hostileScoresAreRefused(text: String) {
    #expect(message(of: .badData) { try TaskScore(Self.parsed(text), from: "s") } != "accepted")
  }

  @Test func thereAreNotTooManyTrials() throws {
    guard case .object(var members) = try Sample.sweep().json else { return }
    let rows = JSON.array(Array(repeating: .array([]), count: 10_001))
    for index in members.indices where members[index].key == "trials" { members[index].value = rows }
    #expect(
      message(of: .badData) { try Sweep(.object(members), from: "f") }
        == "f: 'trials' has 10,001; there must be 2 to 10,000")
  }

  private func exercise(_ sweep: Sweep) {
    let scores = Sample.scores(of: sweep, rungs: 1)
    for rung in -1...sweep.finalRung + 1 {
      if let survivors = sweep.survivors(ofRung: rung, scores), let number = sweep.task(1) {
        #expect(sweep.number(of: number) == 1 && sweep.training(1, survivors: survivors) != nil)
      }
    }
    #expect(sweep.task(sweep.taskCount) != nil)
  }

  /// The paths to all values: keys, and places in arrays.
  private static func paths(in json: JSON) -> [[String]] {
    switch json {
    case .object(let members):
      [[]] + members.flatMap { member in paths(in: member.value).map { [member.key] + $0 } }
    case .array(let elements):
      [[]]
        + elements.prefix(3).enumerated().flatMap { place, element in
          paths(in: element).map { ["\(place)"] + $0 }
        }
    default: [[]]
    }
  }

  private static func replaced(_ json: JSON, _ path: ArraySlice<String>, by value: JSON) -> JSON {
    guard let first = path.first else { return value }
    switch json {
    case .object(let members):
      return .object(
        members.map { ($0.key, $0.key == first ? replaced($0.value, path.dropFirst(), by: value) : $0.value) }
      )
    case .array(let elements):
      return .array(
        elements.enumerated().map { "\($0)" == first ? replaced($1, path.dropFirst(), by: value) : $1 })
    default: return json
    }
  }
}
