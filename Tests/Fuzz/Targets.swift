import ArgumentParser
import Checkpoints
import Competition
import Exchange
import Foundations
import NeuralNetworks
import Options
import Pictures
import Runs
import Scoring
import Serving
import Sweeps
import TestSupport
import Training

/// A reader of the kit that is given malformed input.
struct Target: Sendable {
  /// Its name, and that of its folder in the corpus.
  let name: String
  /// What mutations put in, beside bytes: words that the reader knows.
  var words: [String] = []
  /// Reads the input; a `KitError` refuses it. Where the reader has a writer, what was read is written and read again.
  let run: @Sendable (Input) throws -> Void
}

/// What a reader gets.
struct Input {
  let bytes: [UInt8]
  /// A file of the bytes.
  let path: String
  /// Another file, to be written.
  let copy: String
}

extension Target {
  /// All readers: another one is a line here and a folder in the corpus.
  static let all = [
    Target(
      name: "csv", words: [",", "\"", "\r\n", "256", "-1", "1e9", "7.0", "label", "pixel783"], run: table),
    Target(name: "zip", words: ["PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "train.csv"], run: table),
    Target(name: "gzip", run: table),
    Target(name: "idx", words: ["\u{0}\u{0}\u{8}\u{3}", "\u{0}\u{0}\u{0}\u{1C}"]) { input in
      _ = try DataSource(finding: input.path, environment: nil, folders: []).test().readAll()
    },
    Target(name: "label-fixes", words: csvWords + ["row,label", "drop"]) { input in
      let fixes = try LabelFixes(reading: input.path, classes: .digits)
      try requireEqual(LabelFixes(fixes.json), fixes)
      _ = try smallTable(rows: 60).corrected(by: fixes, name: "table").digest()
    },
    Target(name: "submission", words: ["ImageId", "Label", "\"", ",", "\r\n"]) {
      try checkSubmission(at: $0.path, expectedRows: nil)
    },
    Target(name: "json", words: jsonWords) { input in
      let text = try JSON.parse(input.bytes, from: "input").serialized(pretty: false)
      try requireEqual(try JSON.parse(Array(text.utf8), from: "text").serialized(pretty: false), text)
    },
    Target(name: "manifest", words: jsonWords + ["uploads", "public-score", "0.99757", "scored"]) { input in
      let manifest = try ManifestFile(reading: input.path)
      try WholeFile.write(manifest.updated.serialized(pretty: true), to: input.copy, replacing: true)
      let again = try ManifestFile(reading: input.copy)
      try requireEqual(again.uploads, manifest.uploads)
      try requireEqual(again.checkpoints, manifest.checkpoints)
      _ = manifest.lastUpload?.score?.meaning
      _ = manifest.outOfFold?.expectedAccuracy(on: 28_000)
    },
    Target(name: "notation", words: notationWords) { input in
      let network = try Network(notation: String(decoding: input.bytes, as: UTF8.self))
      try requireEqual(try Network(notation: network.notation).notation, network.notation)
      _ = try ShapedNetwork(network, side: DigitTable.side)
    },
    Target(name: "safetensors", words: jsonWords + ["F32", "F64", "data_offsets", "shape"]) { input in
      let file = try SafeTensors(parsing: input.bytes, from: "input")
      try file.write(to: input.copy, replacing: true)
      let again = try SafeTensors(reading: input.copy)
      try requireEqual(again.metadata, file.metadata)
      try requireEqual(again.tensors.count, file.tensors.count)
    },
    Target(name: "checkpoint", words: jsonWords + notationWords) { input in
      let checkpoint = try Checkpoint(reading: input.path, side: DigitTable.side)
      try checkpoint.write(to: input.copy, replacing: true)
      let again = try Checkpoint(reading: input.copy, side: DigitTable.side)
      try requireEqual(again.origin.rowsDigest, checkpoint.origin.rowsDigest)
      try requireEqual(again.weights.network.network.notation, checkpoint.weights.network.network.notation)
    },
    Target(name: "import", words: jsonWords + notationWords + ["pytorch", "keras", "vote"]) { input in
      // A description; the weights are those of the first in the corpus.
      let ensemble = try ImportedEnsemble(
        description: input.path, weights: "\(repository)/Tests/Fuzz/Corpus/import/weights.safetensors",
        side: DigitTable.side)
      for member in ensemble.members { try member.checkpoint.write(to: input.copy, replacing: true) }
    },
    Target(name: "state", words: jsonWords + notationWords) { input in
      let state = try StateFile.read(input.path, side: DigitTable.side, epochs: nil)
      try StateFile.write(state, to: input.copy)
      let again = try StateFile.read(input.copy, side: DigitTable.side, epochs: nil)
      try requireEqual(again.history, state.history)
    },
    Target(name: "configuration", words: jsonWords + notationWords) { input in
      let file = try ConfigurationFile(reading: input.path)
      try use(file.configuration)
      let fields = JSON.object(file.configuration.fields).serialized(pretty: false)
      let again = try Configuration(JSON.parse(Array(fields.utf8), from: "fields"), from: "fields")
      try requireEqual(again == file.configuration, true)
    },
    Target(name: "sweep", words: jsonWords + notationWords + ["..", "1..10", "0,1", "grid", "random"]) {
      input in
      let sweep = try Sweep(JSON.parse(input.bytes, from: "input"), from: "input")
      let text = sweep.json.serialized(pretty: false)
      try requireEqual(try Sweep(JSON.parse(Array(text.utf8), from: "text"), from: "text") == sweep, true)
      for number in [1, sweep.taskCount / 2 + 1, sweep.taskCount] {
        try requireEqual(sweep.task(number).flatMap(sweep.number), number)
      }
      _ = try sweep.space.random(10, seed: 1, over: sweep.base)
    },
    Target(name: "history", words: csvWords) { input in
      let history = try HistoryFile.read(input.path)
      try HistoryFile.write(history, to: input.copy)
      try requireEqual(try HistoryFile.read(input.copy), history)
    },
    Target(name: "timings", words: csvWords) { _ = try TimingsFile.read($0.path) },
    Target(name: "folds", words: csvWords) { input in
      let folds = try FoldsFile.read(input.path)
      try FoldsFile.write(folds, to: input.copy)
      try requireEqual(try FoldsFile.read(input.copy).map(\.number), folds.map(\.number))
    },
    Target(name: "cross-validation", words: jsonWords) { _ = try CrossValidationFile(reading: $0.path) },
    Target(name: "out-of-fold", words: csvWords) { input in
      let evaluation = try OutOfFoldFile.read(input.path)
      try OutOfFoldFile.write(evaluation, to: input.copy)
      try requireEqual(try OutOfFoldFile.read(input.copy).probabilities, evaluation.probabilities)
    },
    Target(name: "member-predictions", words: csvWords) { input in
      let predictions = try MemberPredictionsFile.read(input.path)
      try MemberPredictionsFile.write(predictions, to: input.copy)
      try requireEqual(try MemberPredictionsFile.read(input.copy), predictions)
    },
    Target(name: "picture", words: ["IHDR", "PLTE", "tRNS", "IDAT", "\u{FF}", "P5"]) { input in
      let picture = try Picture(file: input.bytes, named: "input")
      if picture.pixels.count <= 1 << 16 { _ = DigitFinder.find(in: picture, many: true) }
    },
    Target(name: "http", words: ["\r\n", "Content-Length: ", "Transfer-Encoding: chunked\r\n", "HTTP/1.1"]) {
      _ = parseRequest($0.bytes)
    },
    Target(name: "arguments", words: AllOptions.words + notationWords) { input in
      // A word a line.
      let words = String(decoding: input.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
      guard let options = try? AllOptions.parse(words) else { return }
      try use(try options.folds.configuration(over: options.training.configuration(over: Configuration())))
      _ = try options.folds.chosen()
      _ = try? options.table.form()
      _ = try options.weights.weighted(options.prediction, sources: ["a", "b"])
    },
  ]

  private static let numbers = ["-1", "0", "1", "65536", "4611686018427387904", "1e308", "nan", "0.5"]
  private static let csvWords = numbers + [",", "\"", "\r\n"]
  private static let jsonWords =
    numbers + ["null", "true", "[", "]", "{", "}", "\"", ":", ",", "\\ud800", "__metadata__"]
  private static let notationWords = ["-", "32C3", "S2", "p", "P2", "A2", "D25", "128N", "B", "65536N"]

  /// Reads a whole training table, as `train` does.
  @Sendable private static func table(_ input: Input) throws {
    _ = try DataSource(finding: input.path, environment: nil, folders: []).training()
  }

  /// What a command does with a configuration that it takes, before it trains.
  private static func use(_ configuration: Configuration) throws {
    try configuration.validate()
    try TrainingRun.requireMemory(for: configuration, threads: 2)
    _ = configuration.options(for: configuration.folds == nil ? "train" : "cross-validate")
    _ = try configuration.split(of: smallTable(rows: 60))
    for step in 0..<6 {
      _ = configuration.schedule.factor(step: step, stepsPerEpoch: 3, epochs: configuration.epochs)
    }
  }

  /// Throws unless two values are equal: what was read, and what was read of what was written.
  private static func requireEqual<Value: Equatable>(_ first: Value, _ second: Value) throws {
    guard first == second else { throw TestProblem("\(first) was written and read back as \(second)") }
  }
}

/// The options of all commands that train or predict.
private struct AllOptions: ParsableArguments {
  @OptionGroup var training: TrainingOptions
  @OptionGroup var folds: FoldOptions
  @OptionGroup var place: RunOptions
  @OptionGroup var table: TrainingTableOptions
  @OptionGroup var prediction: PredictionOptions
  @OptionGroup var weights: WeightOptions

  /// The options' names, and a value of each kind.
  static let words =
    Configuration.schema.map { "--\($0.name)\n" } + Configuration.schema.flatMap(\.choices)
    + [
      "--weights\n", "--tta\n", "--average\n", "--only-folds\n", "--fit-weights\n", "-1", "0", "1", "2",
      "1e308",
    ]
}
