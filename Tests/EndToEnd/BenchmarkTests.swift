import Foundation
import Platform
import TestSupport
import Testing

/// `kaggle-digits benchmark`: its output. Speed itself is not tested.
@Suite struct BenchmarkTests {
  private static let quick = [
    "--network", "4C3-B-P2-8N", "--batch", "32", "--seconds", "0.001", "--repeats", "3",
  ]

  @Test func tableHasItsColumnsAndRows() throws {
    let outcome = try run(
      "kaggle-digits", ["benchmark"] + Self.quick + ["--threads", "1", "2", "--members", "--layers"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    let columns = "set threads pass images/s least–most GFLOP/s share scaling memory"
    #expect(lines.contains { $0.joined(separator: " ") == columns })
    #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    for row in [["1", "training"], ["2", "training"]] {
      #expect(lines.contains { Array($0.dropFirst().prefix(2)) == row && $0.last == "MB" })
    }
    #expect(lines.contains { $0.prefix(2) == ["2", "members"] && $0.last == "MB" })
    for layer in ["4C3", "B", "P2", "flatten", "8N", "10-way", "waiting"] {
      #expect(lines.contains { $0.first == layer }, "\(layer)")
    }
  }

  @Test func jsonHasItsKeys() throws {
    let outcome = try run(
      "kaggle-digits-benchmark",
      Self.quick + ["--json", "--quiet", "--threads", "1", "--threads", "2", "--members", "--layers"])
    #expect(outcome.status == 0)
    // Two threads may share one core while other tests run; then there is a note.
    #expect(outcome.errors.split(separator: "\n").allSatisfy { $0.hasPrefix("the limit of ") })
    let report = try outcome.json()
    #expect(Set(report.keys) == ["kit", "processor", "limit", "results"])
    let limits = try #require(report["limit"] as? [[String: Any]])
    #expect(limits.allSatisfy { Set($0.keys) == ["instruction-set", "threads", "gflops"] })
    let results = try #require(report["results"] as? [[String: Any]])
    #expect(results.count == limits.count && results.count.isMultiple(of: 2))
    let rate = ["images-per-second", "gflops", "share", "scaling"]
    let keys = ["network", "notation", "instruction-set", "threads", "batch", "memory-bytes", "layers"]
    for result in results {
      let isAlone = result["threads"] as? Int == 1
      let passes = ["training", "prediction"] + (isAlone ? [] : ["members"])
      let rates = passes.flatMap { pass in rate.map { "\(pass)-\($0)" } }
      #expect(Set(result.keys) == Set(keys + rates + (isAlone ? [] : ["members-memory-bytes"])))
      for pass in passes {
        let spread = try #require(result["\(pass)-images-per-second"] as? [String: Double])
        let (least, median, most) = (spread["minimum"], spread["median"], spread["maximum"])
        #expect(least ?? 0 > 0 && least ?? 0 <= median ?? 0 && median ?? 0 <= most ?? 0)
      }
      try expectLayers(result)
    }
  }

  /// Every layer forward and backward, the other work, and shares that add up to 1.
  private func expectLayers(_ result: [String: Any]) throws {
    let parts = try #require(result["layers"] as? [[String: Any]])
    for (pass, works, others) in [("training", 2, 5), ("prediction", 1, 4)] {
      let mine = parts.filter { $0["pass"] as? String == pass }
      #expect(mine.count { $0["number"] is Int } == 6 * works)
      #expect(mine.count { !($0["number"] is Int) } == others)
      let shares = mine.compactMap { $0["share"] as? Double }
      #expect((shares.reduce(0, +) - 1).magnitude < 1e-9)
    }
  }

  @Test(arguments: [
    ["--network", "4C3-Q"], ["--network", "40C30"], ["--repeats", "0"], ["--seconds", "0"],
    ["--seconds", "nan"], ["--threads", "0"], ["--threads", "1", "2000"], ["--batch", "0"],
    ["--instruction-set", "sse"], ["--network", "4000C3-4000C3", "--batch", "60000"], ["simple"],
  ])
  func wrongUsageIsRefused(arguments: [String]) throws {
    expectRefusal(try run("kaggle-digits-benchmark", arguments), status: 64)
  }

  @Test func variableForcesAnInstructionSet() throws {
    let forced = ["KAGGLE_DIGITS_ISA": "avx2"]
    let outcome = try run(
      "kaggle-digits-benchmark", Self.quick + ["--threads", "1", "--json"], environment: forced)
    #if arch(x86_64)
      #expect(outcome.status == 0)
      #expect(outcome.output.contains("\"avx2\"") && !outcome.output.contains("\"avx512\""))
    #else
      expectRefusal(outcome, status: 64)
    #endif
  }

  @Test func canBeStopped() throws {
    let outcome = try run(
      "kaggle-digits-benchmark", Self.quick + ["--seconds", "0.02", "--repeats", "1000", "--threads", "1"],
      signals: [PlannedSignal(number: SIGINT, moment: .after(1))], limit: 60)
    #expect(outcome.status == 130)
    #expect(outcome.errors == "stopped\n")
    #expect(outcome.output.contains("the limit"))
  }
}
