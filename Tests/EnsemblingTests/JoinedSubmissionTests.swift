import Competition
import Compute
import Ensembling
import Foundation
import Foundations
import Runs
import TestSupport
import Testing

/// Parts of a submission and what they are joined to.
@Suite struct JoinedSubmissionTests {
  /// A test table of noise and two checkpoints that predict it.
  private struct Bench {
    let folder: TemporaryFolder
    let rows: Int
    let ensemble: Ensemble

    /// `ids` are those of the rows, if the table has any.
    init(rows: Int, ids: ((Int) -> String)? = nil) throws {
      self.rows = rows
      folder = try TemporaryFolder()
      let pixels = noise(rows * DigitTable.pixelCount, seed: UInt64(rows))
      var text = (ids == nil ? "" : "id,") + (0..<784).map { "pixel\($0)" }.joined(separator: ",") + "\n"
      for row in 0..<rows {
        if let ids { text += "\(ids(row + 1))," }
        text += pixels[row * 784..<(row + 1) * 784].map { "\($0)" }.joined(separator: ",") + "\n"
      }
      try write(text, to: "\(folder.path)/test.csv")
      let paths = ["\(folder.path)/1.safetensors", "\(folder.path)/2.safetensors"]
      for (seed, path) in paths.enumerated() { try writeCheckpoint("16N", seed: UInt64(seed), to: path) }
      ensemble = try Ensemble(sources: paths, threads: 1, kernels: InstructionSets.detected())
    }

    func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    /// Submits the rows of a range, or all, as `NAME.csv` with `NAME-p.csv`.
    @discardableResult
    func submit(
      _ name: String, _ range: RowRange? = nil, by ensemble: Ensemble? = nil, probabilities: Bool = true
    ) throws -> String {
      let reader = try DataSource(finding: path("test.csv")).test()
      if let range { try reader.select(range) }
      let submission = try Submission(
        of: ensemble ?? self.ensemble, on: reader, to: path("\(name).csv"),
        probabilities: probabilities ? path("\(name)-p.csv") : nil, training: TrainingFigures(),
        fittedWeights: nil, replacing: true, progress: { _ in true })
      #expect(submission?.manifest.part?.rows.first == range?.first)
      return path("\(name).csv")
    }

    /// Submits parts with these last rows; the last of them is to the table's end.
    func submit(cutAfter cuts: [Int]) throws -> [String] {
      try zip([0] + cuts, cuts + [nil]).enumerated().map { place, ends in
        try submit("part-\(place + 1)", RowRange(first: ends.0 + 1, last: ends.1))
      }
    }
  }

  /// What a manifest says, but for names and the digest of the test images.
  private func facts(_ path: String) throws -> [String: String] {
    guard case .object(let members) = try JSON.parse(Array(bytes(path)), from: path) else { return [:] }
    let others = ["submission", "probabilities", "test-rows-sha256", "parts"]
    return Dictionary(
      uniqueKeysWithValues: members.filter { !others.contains($0.key) }
        .map { ($0.key, $0.value.serialized(pretty: false)) })
  }

  /// For any cuts and any order of the parts, the bytes and the manifest are those of one submission.
  @Test(arguments: 0..<12)
  func partsMakeTheWhole(seed: Int) throws {
    var stream = RandomStream(Philox(seed: UInt64(seed)), .sample, epoch: 9)
    let bench = try Bench(rows: 1 + stream.below(160), ids: seed % 3 == 2 ? { "row \($0 * 7)" } : nil)
    let whole = try bench.submit("whole")
    let cuts = Set((0..<stream.below(5)).map { _ in 1 + stream.below(bench.rows) }).filter { $0 < bench.rows }
    var parts = try bench.submit(cutAfter: cuts.sorted())
    for place in parts.indices { parts.swapAt(place, stream.below(parts.count)) }
    let joined = try JoinedSubmission(of: parts)
    #expect(joined.rows == bench.rows && joined.haveProbabilities)
    let path = bench.path("joined.csv")
    let manifest = try joined.write(to: path, probabilities: bench.path("joined-p.csv"), replacing: false)
    #expect(try bytes(path) == bytes(whole))
    #expect(try bytes(bench.path("joined-p.csv")) == bytes(bench.path("whole-p.csv")))
    #expect(try facts(bench.path("joined.json")) == facts(bench.path("whole.json")))
    #expect(manifest.parts.map(\.rows.first) == [1] + cuts.sorted().map { $0 + 1 })
    #expect(manifest.part == nil && manifest.testRowsDigest == nil && manifest.rows == bench.rows)
    #expect(manifest.warnings == (try ManifestFile(reading: bench.path("whole.json"))).warnings)
    #expect(!FileManager.default.fileExists(atPath: bench.path("joined.html")))
  }

  @Test func missingAndOverlappingRowsAreNamed() throws {
    let bench = try Bench(rows: 40)
    let parts = try bench.submit(cutAfter: [10, 20, 30])
    func refusal(_ kept: [Int], _ kind: KitError.Kind) -> String {
      message(of: kind) { try JoinedSubmission(of: kept.map { parts[$0] }) }
    }
    let advice = "are missing; predict them with submit --rows, and join again"
    #expect(refusal([0, 2, 3], .unfinished) == "rows 11 to 20 \(advice)")
    #expect(refusal([3, 1], .unfinished) == "rows 1 to 10 and rows 21 to 30 \(advice)")
    #expect(refusal([0, 1, 2], .unfinished) == "rows 31 to the last \(advice)")
    let middle = try bench.submit("middle", RowRange(first: 15, last: 25))
    #expect(
      message(of: .badData) { try JoinedSubmission(of: parts + [middle]) }
        == "\(parts[1]) (rows 11 to 20) and \(middle) (rows 15 to 25) overlap; join each row once")
    #expect(refusal([0, 0, 1, 2, 3], .badData).hasSuffix("(rows 1 to 10) overlap; join each row once"))
    #expect(message(of: .usage) { try JoinedSubmission(of: []) } == "there are no parts to join")
  }

  @Test func whatIsNotMadeAlikeIsRefused() throws {
    let bench = try Bench(rows: 20)
    let first = try bench.submit("first", RowRange(first: 1, last: 10))
    let other = try Ensemble(
      sources: [bench.path("1.safetensors")], threads: 1, kernels: InstructionSets.detected())
    func refusal(_ change: (String) -> String, by ensemble: Ensemble? = nil) throws -> String {
      let last = try bench.submit("last", RowRange(first: 11, last: nil), by: ensemble)
      try write(change(try text(bench.path("last.json"))), to: bench.path("last.json"))
      return message(of: .badData) { try JoinedSubmission(of: [first, last]) }
    }
    let start = "\(bench.path("last.csv")) and \(first) were made with different "
    #expect(try refusal({ $0 }) == "accepted")
    #expect(try refusal({ $0 }, by: other) == start + "checkpoints")
    #expect(
      try refusal({ $0.replacing("\"kit\": \"\(kitVersion)\"", with: "\"kit\": \"0.0\"") })
        == start + "versions of the kit (0.0 and \(kitVersion))")
    #expect(
      try refusal({ $0.replacing("arithmetic", with: "vote") }).hasPrefix(start + "prediction settings"))
    #expect(
      try refusal({ $0.replacing("\"weights\": null", with: "\"weights\": [1, 2]") }) == start + "weights")
    #expect(try refusal({ $0.replacing("test.csv", with: "new.csv") }).hasPrefix(start + "test tables"))
    #expect(
      try refusal({ $0.replacing("\"table-rows\": 20", with: "\"table-rows\": 19") })
        .hasSuffix("'part' has counts that can't be of rows 11 to 20"))
    #expect(
      try refusal({ $0.replacing("\"rows\": 10", with: "\"rows\": 11") }).contains("contradicts itself"))
    let whole = try bench.submit("whole")
    #expect(message(of: .badData) { try JoinedSubmission(of: [whole]) }.contains("is not a part"))
    #expect(message(of: .missingInput) { try JoinedSubmission(of: ["/none.csv"]) } == "/none.csv is missing")
  }

  /// A table that grew between two parts is another one.
  @Test func tablesOfOtherSizesAreRefused() throws {
    let bench = try Bench(rows: 20)
    let end = try bench.submit("end", RowRange(first: 11, last: 20))
    try write(
      try text(bench.path("test.csv")) + text(bench.path("test.csv")).split(separator: "\n")[1] + "\n",
      to: bench.path("test.csv"))
    let more = try bench.submit("more", RowRange(first: 21, last: nil))
    let start = try bench.submit("start", RowRange(first: 1, last: 10))
    #expect(
      message(of: .badData) { try JoinedSubmission(of: [start, end, more]) }
        == "\(end) is of a test table of 20 rows, \(more) of another one: it has 21 rows")
  }

  /// A part that is not what its manifest describes is found before anything is written, whatever is there.
  @Test func changedPartsLeaveNothing() throws {
    let bench = try Bench(rows: 20)
    let parts = try bench.submit(cutAfter: [10])
    let joined = try JoinedSubmission(of: parts)
    let good = try text(parts[1])
    try write(good.replacing("\n15,", with: "\n16,"), to: parts[1])
    let before = try files(in: bench.folder.path)
    func refusal(_ probabilities: String? = nil, replacing: Bool = false) -> String {
      message {
        try joined.write(to: bench.path("all.csv"), probabilities: probabilities, replacing: replacing)
      }
    }
    #expect(refusal().hasPrefix("\(parts[1]) is not the file that its manifest describes"))
    #expect(try files(in: bench.folder.path) == before)
    try write(good, to: parts[1])
    try FileManager.default.removeItem(atPath: bench.path("part-2-p.csv"))
    #expect(refusal(bench.path("all-p.csv")).contains("part-2-p.csv"))
    #expect(refusal() == "accepted")
    #expect(refusal().contains("all.csv"))
    // An earlier page is of another submission.
    try write("page", to: bench.path("all.html"))
    #expect(refusal(replacing: true) == "accepted")
    #expect(!FileManager.default.fileExists(atPath: bench.path("all.html")))
    let bare = try bench.submit("part-2", RowRange(first: 11, last: nil), probabilities: false)
    let without = try JoinedSubmission(of: [parts[0], bare])
    #expect(!without.haveProbabilities)
    #expect(
      message(of: .missingInput) {
        try without.write(to: bench.path("all.csv"), probabilities: bench.path("all-p.csv"), replacing: true)
      }.hasPrefix("\(bare) has no probabilities"))
  }
}
