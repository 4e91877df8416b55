import TestSupport
import Checkpoints
import Foundation
import Foundations
import Testing

/// One clear message, the right status, and what was there is still there.
@Suite struct BadInputTests {
  static let quick = ["--network", "4C5S3p-P2-8N", "--epochs", "1", "--quiet"]

  @Test(arguments: [
    ["--epochs", "0"], ["--epochs", "many"], ["--batch", "0"], ["--batch", "65537"],
    ["--learning-rate", "-1"],
    ["--learning-rate", "nan"], ["--learning-rate", "1e6"], ["--schedule", "linear"],
    ["--optimizer", "lion"],
    ["--initialization", "zero"], ["--validation", "1"], ["--validation", "-0.1"], ["--seed", "-1"],
    ["--members", "0"], ["--members", "1001"], ["--limit", "0"], ["--threads", "0"], ["--threads", "1025"],
    ["--shift", "1.5"], ["--rotate", "181"], ["--zoom", "1"], ["--shear", "90"], ["--elastic", "-1"],
    ["--erase", "2"],
    ["--plain-epochs", "1000"], ["--skip-learnt", "1"], ["--label-smoothing", "1"],
    ["--prepare", "none,sideways"],
    ["--prepare", ""],
    ["--recipe", "slow"], ["--weight-decay", "-1"], ["--no-augment", "--elastic", "1"],
    ["--final", "--validation", "0.1"], ["--final", "--select", "best"],
    ["--network", ""],
    ["--no-augment", "--zoom", "0.1"], ["--epochs"], ["--output", ""],
  ])
  func optionsOutOfRange(arguments: [String]) throws {
    try withTemporaryFolder { folder in
      let data = ["--data", competition]
      let outcome = try run("kaggle-digits-train", data + arguments, in: folder)
      expectRefusal(outcome, status: 64, "see 'kaggle-digits train --help'")
      #expect(try files(in: folder).isEmpty)
    }
  }

  @Test func networksPointAtTheirError() throws {
    try withTemporaryFolder { folder in
      let wrong: [(network: String, message: String)] = [
        ("32C3-Q7", "'Q7' is not a layer\n  32C3-Q7\n       ^^\nknown layers:"),
        ("32C3-P2-64C33", "\n  32C3-P2-64C33\n          ^^^^^\n"),
        ("8N,32C3-Q7", "'Q7' is not a layer\n  32C3-Q7\n       ^^\n"),
        ("8N,", "--network '8N,': a network is missing"),
        ("P2--16N", "a layer is missing\n  P2--16N\n     ^"),
        ("P5-32C7", "\n  P5-32C7\n     ^^^^\n"), ("99999999999999999999N", "units is 99999999999999999999"),
        ("65536N-65536N-65536N", "GB of memory; this machine has"),
      ]
      for (network, message) in wrong {
        expectRefusal(try train("\(folder)/run", ["--network", network]), status: 64, message)
      }
      #expect(try files(in: folder).isEmpty)
    }
  }

  @Test func dataThatIsNotThere() throws {
    try withTemporaryFolder { folder in
      let missing = "\(folder)/none.zip"
      let outcome = try run("kaggle-digits-train", ["--data", missing, "--output", "\(folder)/run"])
      expectRefusal(outcome, status: 66, missing, "kaggle-digits sample")
      expectRefusal(try run("kaggle-digits-train", [], in: folder), status: 66, "no data found")
      expectRefusal(
        try run("kaggle-digits-train", ["--data", "\(competition)/test.csv"], in: folder), status: 65,
        "test.csv:1:1")
      #expect(try files(in: folder).isEmpty)
    }
  }

  /// Rows that went away, or became malformed, after the run was begun.
  @Test func dataThatVanishedOrBroke() throws {
    try withTemporaryFolder { folder in
      let (data, path) = ("\(folder)/train.csv", "\(folder)/run")
      try FileManager.default.copyItem(atPath: "\(competition)/train.csv", toPath: data)
      let begin = ["--data", data, "--output", path] + Self.quick
      #expect(try run("kaggle-digits-train", begin).status == 0)
      let before = try files(in: path)
      try FileManager.default.removeItem(atPath: data)
      expectRefusal(try resume(path, ["--epochs", "2"]), status: 66, data)
      let rows = try text("\(competition)/train.csv").split(
        separator: "\n")
      let fields = rows[3].split(separator: ",", omittingEmptySubsequences: false)
      let damages: [(row: String, message: String)] = [
        ("256," + fields.dropFirst().joined(separator: ","), "\(data):4:1: "),
        (fields.dropLast().joined(separator: ","), "\(data):4:"),
        (fields.dropLast().joined(separator: ",") + ",256", "\(data):4:785: pixel783 is 256"),
        (rows[3] + ",0", "\(data):4:"), ("", "\(data):4:"),
      ]
      for (row, message) in damages {
        let text = (rows[..<3] + [Substring(row)] + rows[4...]).joined(separator: "\n")
        try write(text, to: data)
        expectRefusal(try resume(path, ["--epochs", "2"]), status: 65, message)
      }
      try write(String(rows[0]), to: data)
      expectRefusal(try resume(path, ["--epochs", "2"]), status: 65, data)
      #expect(try files(in: path) == before)
    }
  }

  @Test func outputsThatExist() throws {
    try withTemporaryFolder { folder in
      let (path, file) = ("\(folder)/run", "\(folder)/s.csv")
      try trained(path, Self.quick)
      #expect(try submit([path], output: file).status == 0)
      let sample = ["--output", "\(folder)/sample", "--train-rows", "20", "--test-rows", "5"]
      #expect(try run("kaggle-digits-sample", sample).status == 0)
      let before = try files(in: folder)
      expectRefusal(try train(path, Self.quick), status: 73, "\(path) holds a run", "--force", "--resume")
      expectRefusal(try submit([path], output: file), status: 73, "already exists (use --force")
      expectRefusal(
        try submit([path], output: "\(folder)/new.csv", ["--probabilities", file]), status: 73,
        "\(file) already exists")
      expectRefusal(
        try run("kaggle-digits-sample", sample + ["--seed", "2"]), status: 73, "already exists (use --force")
      expectRefusal(
        try train(folder, Self.quick + ["--force"]), status: 73, "\(folder) exists and is not a run")
      #expect(try files(in: folder) == before)

      let seed = ["--seed", "2"]
      #expect(try train(path, Self.quick + seed + ["--force"]).status == 0)
      #expect(try submit([path], output: file, ["--force"]).status == 0)
      #expect(try run("kaggle-digits-sample", sample + seed + ["--force"]).status == 0)
      let after = try files(in: folder)
      #expect(Set(after.keys) == Set(before.keys))
      for name in ["run/member-1/last.safetensors", "s.csv", "s.json", "sample/train.csv"] {
        #expect(after[name] != before[name], "\(name)")
      }
    }
  }

  @Test func foldersThatCannotBeWritten() throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/run", Self.quick)
      try write("mine", to: "\(folder)/file")
      let before = try files(in: folder)
      var places = ["\(folder)/file/below", "\(folder)/file"]
      if FileManager.default.fileExists(atPath: "/proc/self") { places.append("/proc/kaggle-digits") }
      for place in places {
        expectRefusal(try train(place, Self.quick), status: 73, place)
        expectRefusal(try submit(["\(folder)/run"], output: "\(place)/s.csv"), status: 73, place)
        expectRefusal(try run("kaggle-digits-sample", ["--output", place, "--quiet"]), status: 73, place)
      }
      expectRefusal(try submit(["\(folder)/run"], output: folder), status: 73, "\(folder) is a folder")
      expectRefusal(
        try submit(["\(folder)/run"], output: "\(folder)/none/s.csv"), status: 73, "\(folder)/none/s.")
      let both = ["--probabilities", "\(folder)/s.csv"]
      expectRefusal(
        try submit(["\(folder)/run"], output: "\(folder)/s.csv", both), status: 64, "--probabilities")
      let spelled = ["--probabilities", "\(folder)/../\((folder as NSString).lastPathComponent)/s.json"]
      expectRefusal(
        try submit(["\(folder)/run"], output: "\(folder)/s.csv", spelled), status: 64, "--probabilities")
      #expect(try files(in: folder) == before)
    }
  }

  /// A full disk, played by the limit on a file's size; the shell counts it in units of 1024 bytes.
  @Test(.enabled(if: installed("bash") != nil, "bash is not installed"))
  func fullDisk() throws {
    func limited(_ units: Int, _ program: String, _ arguments: [String]) throws -> Outcome {
      let script = "trap '' XFSZ; ulimit -f \(units); exec \"$@\""
      return try run(try #require(installed("bash")), ["-c", script, "bash", built(program)] + arguments)
    }
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      try trained(
        path,
        smallNetwork + [
          "--epochs", "2", "--schedule", "constant", "--plain-epochs", "0", "--skip-learnt", "0",
        ])
      let before = try promisedFiles(in: path)
      let more = try limited(100, "kaggle-digits-train", ["--resume", path, "--epochs", "3", "--quiet"])
      expectRefusal(more, status: 73, "state.safetensors can't be written: file too large")
      #expect(try promisedFiles(in: path) == before)
      #expect(try !files(in: path).keys.contains { $0.hasSuffix(".partial") })

      let file = "\(folder)/s.csv"
      let arguments = [path, "--data", competition, "--output", file, "--probabilities", "\(folder)/p.csv"]
      #expect(try run("kaggle-digits-submit", arguments + ["--quiet"]).status == 0)
      let submitted = try files(in: folder)
      let again = try limited(1, "kaggle-digits-submit", arguments + ["--quiet", "--force"])
      expectRefusal(again, status: 73, "can't be written: file too large")
      #expect(try files(in: folder) == submitted)

      let sample = ["--output", "\(folder)/sample", "--quiet"]
      expectRefusal(try limited(9, "kaggle-digits-sample", sample), status: 73, "can't be written")
      #expect(try !files(in: folder).keys.contains { $0.hasSuffix(".csv") && $0.hasPrefix("sample") })
    }
  }

  @Test func aLossThatIsNotFinite() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      let arguments = [
        "--network", "16Nl-16Nl", "--optimizer", "sgd", "--schedule", "one-cycle", "--learning-rate", "20",
        "--epochs", "9", "--batch", "200", "--no-augment",
      ]
      let outcome = try train(path, arguments)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("error: member 1: the loss became NaN or infinite in epoch "))
      #expect(outcome.errors.hasSuffix("Try a lower --learning-rate than 20.0\n"))
      #expect(try submit(["\(path)/member-1/last.safetensors"], output: "\(folder)/s.csv").status == 0)
      #expect(try submit([path], output: "\(folder)/best.csv").status == 0)
      let before = try promisedFiles(in: path)
      #expect(try resume(path).status == 1)
      #expect(try promisedFiles(in: path) == before)
    }
  }

  @Test func checkpointsThatDoNotFit() throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/run", Self.quick)
      let good = "\(folder)/run/member-1/last.safetensors"
      let (bad, output) = ("\(folder)/bad.safetensors", "\(folder)/s.csv")
      func expectRefused(_ message: String, _ change: (inout SafeTensors) -> Void) throws {
        var file = try SafeTensors(reading: good)
        change(&file)
        try file.write(to: bad, replacing: true)
        // Among good ones too.
        for sources in [[bad], [good, bad]] {
          expectRefusal(try submit(sources, output: output), status: 65, "\(bad): ", message)
        }
      }
      try expectRefused("is of version 2; this kit reads version 1") { $0.metadata["version"] = "2" }
      try expectRefused("not a checkpoint of kaggle-digits") { $0.metadata["format"] = nil }
      try expectRefused("another scale of pixels") { $0.metadata["normalization"] = "byte / 255, sideways" }
      try expectRefused("metadata 'network' is missing") { $0.metadata["network"] = nil }
      try expectRefused("'Q7' is not a layer") { $0.metadata["network"] = "Q7" }
      try expectRefused("tensors; its network needs") { $0.metadata["network"] = "4C5S3p-P2-8N-8N" }
      try expectRefused("expected F32") { $0.metadata["network"] = "4C5S3p-P2-9N" }
      try expectRefused("expected F32") { $0.metadata["network"] = "65536N-65536N" }
      try expectRefused("layers.0.bias has a value that is not finite, at index 3") {
        $0.tensors["layers.0.bias"] = SafeTensors.Tensor(shape: [4], values: .float32([0, 0, 0, .nan]))
      }
      try expectRefused("layers.0.bias is F32 [5]; expected F32 [4]") {
        $0.tensors["layers.0.bias"] = SafeTensors.Tensor(shape: [5], values: .float32([0, 0, 0, 0, 0]))
      }
      try expectRefused("layers.0.bias is F64 [4]") {
        $0.tensors["layers.0.bias"] = SafeTensors.Tensor(shape: [4], values: .float64([0, 0, 0, 0]))
      }
      let whole = try bytes(good)
      for count in [0, 7, 8, 100, whole.count - 1] {
        try whole.prefix(count).write(to: URL(fileURLWithPath: bad))
        expectRefusal(try submit([bad], output: output), status: 65, bad)
      }
      try (whole + [0]).write(to: URL(fileURLWithPath: bad))
      expectRefusal(try submit([bad], output: output), status: 65, "1 bytes follow the last tensor")
      expectRefusal(try submit(["\(folder)/none"], output: output), status: 66, "\(folder)/none")
      expectRefusal(try submit([folder], output: output), status: 66, "\(folder) is not a run")
      expectRefusal(try submit([], output: output), status: 64, "a checkpoint or a run is needed")
      #expect(try Set(files(in: folder).keys.filter { !$0.hasPrefix("run") }) == ["bad.safetensors"])
    }
  }

  /// Damage at random: whatever it does, there is no trap, and what is refused is refused with a message.
  @Test(arguments: ["last.safetensors", "state.safetensors", "configuration.json", "train.csv"])
  func randomDamage(name: String) throws {
    try withTemporaryFolder { folder in
      let (path, data) = ("\(folder)/run", "\(folder)/train.csv")
      try FileManager.default.copyItem(atPath: "\(competition)/train.csv", toPath: data)
      let begin = ["--data", data, "--output", path, "--limit", "60"] + Self.quick
      #expect(try run("kaggle-digits-train", begin).status == 0)
      let place = name == "train.csv" ? data : "\(path)/member-1/\(name)"
      let whole = try bytes(place)
      var stream = RandomStream(Philox(seed: 20), .sample)
      var refused = 0
      for number in 0..<40 {
        try damaged(whole, &stream).write(to: URL(fileURLWithPath: place))
        let outcome =
          try name == "last.safetensors"
          ? submit([place], output: "\(folder)/s.csv", ["--force", "--quiet"])
          : resume(path, ["--quiet"])
        let isClear = outcome.status == 0 || outcome.errors.hasPrefix("error: ")
        #expect(isClear && !outcome.errors.contains("Fatal error"), "damage \(number): \(outcome.errors)")
        #expect([0, 1, 64, 65, 66].contains(outcome.status), "damage \(number): \(outcome)")
        if outcome.status != 0 { refused += 1 }
      }
      #expect(refused > 0)
    }
  }

  /// Up to four bytes changed, or a piece cut out; half of the time near the start, where headers are.
  private func damaged(_ whole: Data, _ stream: inout RandomStream) -> Data {
    var result = whole
    let end = stream.below(2) == 0 ? min(whole.count, 2000) : whole.count
    if stream.below(4) == 0 {
      let start = stream.below(end)
      result.removeSubrange(start..<start + stream.below(min(50, whole.count - start) + 1))
    } else {
      let bytes = Array("09-.eE\"{}[],:\n ".utf8) + [0, 255]
      for _ in 0...stream.below(4) {
        let isText = stream.below(2) == 0
        result[stream.below(end)] = isText ? bytes[stream.below(bytes.count)] : UInt8(stream.below(256))
      }
    }
    return result
  }
}
