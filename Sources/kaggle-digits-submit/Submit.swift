import ArgumentParser
import CommandLine
import Competition
import Compute
import Ensembling
import Foundations
import NeuralNetworks

@main
struct Submit: Stage {
  static let configuration = CommandConfiguration.stage(
    "submit",
    discussion: """
      Averages the probabilities of all checkpoints, predicts test.csv and writes ImageId,Label as Kaggle takes it, \
      with a manifest of the same name in .json. A run stands for its members' best checkpoints; checkpoints of \
      different networks mix. The test rows are streamed: memory does not grow with them.
      """)

  @Argument(help: ArgumentHelp("Checkpoints or runs.", valueName: "checkpoint-or-run"), completion: .file())
  var sources: [String] = []

  @OptionGroup var source: DataOptions

  @Option(
    help: ArgumentHelp(
      "Where to write the submission. (default: Submissions/ with the run's name)", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Also write ImageId and the ten probabilities of each image to this file.", valueName: "file"),
    completion: .file())
  var probabilities: String?

  @Option(
    help: ArgumentHelp(
      "Only check a submission: its header, its ids, its labels, and its rows against test.csv.",
      valueName: "file"),
    completion: .file())
  var check: String?

  @Option(help: ArgumentHelp("Threads to use. (default: as many as the process may)", valueName: "count"))
  var threads: Int?

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads); from 1 to 1024 are possible")
    }
    if check != nil && !(sources.isEmpty && output == nil && probabilities == nil) {
      throw ValidationError("--check only checks; it goes with nothing but --data")
    }
    if let probabilities, [output, output.map(SubmissionWriter.manifestPath)].contains(probabilities) {
      throw ValidationError("--probabilities takes a file of its own, not the submission or its manifest")
    }
    if check == nil && sources.isEmpty { throw ValidationError("a checkpoint or a run is needed") }
  }

  func run() throws {
    if let check { return try checkFile(check) }
    let kernels = try InstructionSet.detected()
    let paths = try Ensemble.checkpointPaths(sources)
    let ensemble = try Ensemble(paths: paths, threads: threads ?? ThreadPool.available, kernels: kernels)
    let location = try DataSource(finding: source.data)
    if !location.isExplicit { note("data: \(location.description) (--data takes another)") }
    let reader = try location.test()
    let path = try outputPath()
    let result = try SubmissionWriter(
      ensemble, path: path, probabilities: probabilities, reporting: reporting
    )
    .write(reader)
    let manifest = try writeManifest(path, location, ensemble, result)
    if reporting.json {
      print(manifest)
    } else {
      print("\(path): \(grouped(result.rows)) rows from \(result.testName), checked")
      let count = ensemble.checkpoints.count
      if count > 1 {
        print(
          "the \(count) members disagree on \(grouped(result.disagreements)) of them; their average decides")
      }
    }
    note("next: upload \(path) at https://www.kaggle.com/competitions/digit-recognizer/submit")
  }

  private func outputPath() throws -> String {
    if let output { return output }
    let name = absolutePath(sources[0]).split(separator: "/").map(String.init)
    // A checkpoint within a run takes the run's name and its own place in it.
    var parts = [name.last ?? "submission"]
    if parts[0].hasSuffix(".safetensors") {
      parts = Array(name.suffix(3))
      parts[parts.count - 1] = String(parts[parts.count - 1].dropLast(".safetensors".count))
    }
    if sources.count > 1 { parts.append("and-\(sources.count - 1)-more") }
    try makeFolders("Submissions")
    return "Submissions/\(parts.joined(separator: "-")).csv"
  }

  private func checkFile(_ path: String) throws {
    let test = try findTest()
    if test == nil { note("no test.csv was found, so the number of rows is not checked; --data names one") }
    let rows = try checkSubmission(at: path, expectedRows: try test.map { try countRows(of: $0) })
    if reporting.json {
      printJSON(.object([("file", .string(path)), ("rows", .integer(rows)), ("valid", .bool(true))]))
    } else {
      let comparison = test.map { ", as many as \($0.name)" } ?? ""
      print("\(path): a valid submission of \(grouped(rows)) rows\(comparison)")
    }
  }

  /// The test table; nil if none was named and none is found.
  private func findTest() throws(KitError) -> DigitReader? {
    do {
      return try DataSource(finding: source.data).test()
    } catch {
      if source.data == nil, error.kind == .missingInput { return nil }
      throw error
    }
  }

  private func countRows(of reader: DigitReader) throws(KitError) -> Int {
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    var rows = 0
    while true {
      pixels.removeAll(keepingCapacity: true)
      let count = try reader.read(upTo: 1024, pixels: &pixels, labels: &labels)
      if count == 0 { return rows }
      rows += count
    }
  }

  /// Writes the manifest beside the submission and returns its text.
  private func writeManifest(
    _ path: String, _ location: DataSource, _ ensemble: Ensemble, _ result: SubmissionWriter.Result
  ) throws(KitError) -> String {
    var checkpoints: [JSON] = []
    for (name, checkpoint) in zip(ensemble.paths, ensemble.checkpoints) {
      let origin = checkpoint.origin
      checkpoints.append(
        .object([
          ("file", .string(name)), ("sha256", .string(try SHA256.hexadecimal(ofFileAt: name))),
          ("network", .string(checkpoint.weights.network.network.notation)),
          ("seed", .string(String(origin.seed))), ("epoch", .integer(origin.epoch)),
          ("validation-accuracy", origin.validationAccuracy.map { .number($0) } ?? .null),
          ("validation-loss", origin.validationLoss.map { .number($0) } ?? .null),
          ("validation-note", origin.validationAccuracy == nil ? .null : .string("selected on these rows")),
          ("training-rows-sha256", .string(origin.rowsDigest)),
        ]))
    }
    let manifest = JSON.object([
      ("kit", .string(kitVersion)), ("submission", .string(path)), ("rows", .integer(result.rows)),
      ("sha256", .string(try SHA256.hexadecimal(ofFileAt: path))),
      ("test", .string(result.testName)), ("test-rows-sha256", .string(result.testDigest)),
      ("average", .string("arithmetic")), ("members-disagree-on", .integer(result.disagreements)),
      ("checkpoints", .array(checkpoints)),
    ]).serialized(pretty: true)
    try WholeFile.write(manifest + "\n", to: SubmissionWriter.manifestPath(path), replacing: true)
    return manifest
  }
}
