import ArgumentParser
import CommandLine
import Competition
import Compute
import Ensembling
import Foundations
import NeuralNetworks
import Training

@main
struct Train: Stage {
  static let configuration = CommandConfiguration.stage(
    "train",
    discussion: """
      Trains on train.csv, validates after every epoch on rows that are kept apart, and writes a run: checkpoints, \
      history and all that is needed to continue it. The same data, options and seed give the same bytes, whatever \
      the threads and the processor.

      Networks are written as layers joined by hyphens; the 10-way softmax at the end is implied:
      \(Network.notationHelp)

      or named:
      \(NamedNetwork.help)
      """)

  @OptionGroup var source: DataOptions

  @Option(
    help: ArgumentHelp(
      "Where to write the run. (default: runs/ with the date and a letter)", valueName: "folder"),
    completion: .directory)
  var output: String?

  @OptionGroup(title: "Training options") var options: TrainingOptions

  @Option(
    help: ArgumentHelp(
      "Continue a run where it stopped; with --epochs, for more of them; with --data, if they moved.",
      valueName: "run"),
    completion: .directory)
  var resume: String?

  @OptionGroup var threading: ThreadOptions

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    if output == "" || resume == "" { throw ValidationError("an empty name is no folder") }
    if resume != nil && output != nil {
      throw ValidationError("--resume writes to its run; --output goes without it")
    }
    if resume != nil && reporting.force {
      throw ValidationError("--resume continues a run; --force replaces one")
    }
  }

  func run() throws {
    Interruption.install()
    let kernels = try InstructionSet.detected()
    let threads = threading.threads ?? ThreadPool.available
    let (run, data) = try resume.map { try resumed($0, threads: threads) } ?? begun(threads: threads)
    describe(run, data: data, threads: threads, kernels: kernels)

    let report = ProgressReport(lanes: run.lanes(threads: threads), quiet: reporting.quiet)
    let members = run.configuration.members
    let epochs = run.configuration.epochs
    let isComplete = try run.fit(
      threads: threads, kernels: kernels, isStopping: { Interruption.requested != nil }
    ) { member, lane, event in
      let name = members > 1 ? "member \(member) " : ""
      switch event {
      case .step(let epoch, let images, let total, let loss):
        report.update(
          lane: lane, label: "\(name)epoch \(epoch)/\(epochs)", completed: images, total: total,
          unit: "images",
          detail: "loss \(fixed(loss, 4))")
      case .epoch(let record, let isBest, let seconds):
        report.line(name + Self.line(record, of: epochs, isBest: isBest, seconds: seconds))
      }
    }
    report.finish()
    guard isComplete else {
      note("stopped; to go on: kaggle-digits train --resume \(quoted(run.directory.path))")
      throw ExitCode(Interruption.exitStatus)
    }
    try conclude(run, data: data, threads: threads, kernels: kernels)
  }

  /// A new run from the options.
  private func begun(threads: Int) throws -> (TrainingRun, data: String) {
    let configuration = try options.configuration(over: Configuration())
    let network = try FittedNetwork(Network(notation: configuration.network), side: DigitTable.side)
    try TrainingRun.requireMemory(for: network, configuration, threads: threads)
    let (table, data) = try read(source.data)
    let split = try configuration.split(of: table)
    let directory = try RunDirectory(creating: output, force: reporting.force)
    let run = try TrainingRun(
      configuration, in: directory, table: table, split: split, network: network, data: data)
    return (run, data)
  }

  /// A run that goes on, with the data it was begun with unless `--data` says where they are now.
  private func resumed(_ path: String, threads: Int) throws -> (TrainingRun, data: String) {
    let directory = try RunDirectory(resuming: path)
    let saved = try TrainingRun.saved(in: directory)
    try options.requireAgreement(with: saved.configuration, of: directory.path)
    let network = try FittedNetwork(Network(notation: saved.configuration.network), side: DigitTable.side)
    try TrainingRun.requireMemory(for: network, saved.configuration, threads: threads)
    let (table, data) = try read(source.data ?? saved.data)
    let run = try TrainingRun(resuming: directory, table: table, epochs: options.epochs, data: data)
    return (run, data)
  }

  private func read(_ path: String?) throws -> (DigitTable, data: String) {
    let location = try DataSource(finding: path)
    if !location.isExplicit { note("data: \(location.description) (--data takes another)") }
    return (try location.training(), absolutePath(location.description))
  }

  private func describe(_ run: TrainingRun, data: String, threads: Int, kernels: InstructionSet) {
    if reporting.quiet { return }
    let configuration = run.configuration
    let name = NamedNetwork.all.first { $0.notation == configuration.network }.map { "\($0.name), " } ?? ""
    note("network \(name)\(configuration.network)\n\(run.network.summary)")
    let validation = run.split.validation.count
    let kept =
      validation == 0
      ? "none kept for validation"
      : "\(grouped(validation)) kept for validation (stratified, seed \(configuration.seed))"
    note("rows    \(grouped(run.split.training.count)) to train on, \(kept)")
    let augmentation = configuration.augmentation
    note(
      augmentation == .none
        ? "images  as they are"
        : "images  shift ±\(augmentation.shift), rotate ±\(augmentation.rotation)°, zoom ±\(augmentation.zoom), "
          + "shear ±\(augmentation.shear)°, drawn anew each epoch")
    note(
      "steps   \(configuration.epochs) \(configuration.epochs == 1 ? "epoch" : "epochs"), batch \(configuration.batch), \(configuration.optimizer.rawValue), "
        + "learning rate \(configuration.learningRate) \(configuration.schedule.rawValue)")
    note("machine \(threads) \(threads == 1 ? "thread" : "threads"), \(kernels.name)")
    note("run     \(run.directory.path)\n")
  }

  private static func line(_ record: EpochRecord, of epochs: Int, isBest: Bool, seconds: Double) -> String {
    var text = "epoch \(record.epoch)/\(epochs)  training loss \(fixed(record.trainingLoss, 4))"
    text += " accuracy \(fixed(record.trainingAccuracy, 4))"
    if let loss = record.validationLoss, let accuracy = record.validationAccuracy {
      text += "  validation loss \(fixed(loss, 4)) accuracy \(fixed(accuracy, 4))"
      text += isBest ? " *" : "  "
    }
    return text + "  \(fixed(seconds, 1)) s"
  }

  /// Prints each member's best epoch, the ensemble's score, and what to do next.
  private func conclude(_ run: TrainingRun, data: String, threads: Int, kernels: InstructionSet) throws {
    let ensemble = try Ensemble(
      paths: Ensemble.checkpointPaths([run.directory.path]), threads: threads, kernels: kernels)
    var score: Score?
    if !run.split.validation.isEmpty {
      score = try Score(of: ensemble, on: run.table, rows: run.split.validation)
    }
    if reporting.json {
      printJSON(json(run, ensemble, score))
    } else {
      for checkpoint in ensemble.checkpoints {
        let origin = checkpoint.origin
        guard let accuracy = origin.validationAccuracy, let loss = origin.validationLoss else {
          print("member \(origin.member): epoch \(origin.epoch), the last (no rows were kept for validation)")
          continue
        }
        print(
          "member \(origin.member): best epoch \(origin.epoch), validation accuracy \(fixed(accuracy, 4)), "
            + "loss \(fixed(loss, 4)) (selected on these rows)")
      }
      if let score, ensemble.checkpoints.count > 1 {
        print(
          "ensemble of \(ensemble.checkpoints.count): validation accuracy \(fixed(score.accuracy, 4)), "
            + "loss \(fixed(score.logLoss, 4)) (members selected on these rows)")
      }
      print("run: \(run.directory.path)")
    }
    // A table alone holds the training rows; the test rows are in another.
    let place = source.data ?? data
    let isTable = place.hasSuffix(".csv") || place.hasSuffix(".csv.gz")
    note(
      "next: kaggle-digits submit \(quoted(run.directory.path)) --data \(isTable ? "test.csv" : quoted(place))"
    )
  }

  private func json(_ run: TrainingRun, _ ensemble: Ensemble, _ score: Score?) -> JSON {
    func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
    let members = zip(ensemble.paths, ensemble.checkpoints).map { path, checkpoint in
      JSON.object([
        ("member", .integer(checkpoint.origin.member)), ("checkpoint", .string(path)),
        ("epoch", .integer(checkpoint.origin.epoch)),
        ("validation-accuracy", number(checkpoint.origin.validationAccuracy)),
        ("validation-loss", number(checkpoint.origin.validationLoss)),
      ])
    }
    return .object([
      ("run", .string(run.directory.path)), ("options", .object(run.configuration.fields)),
      ("training-rows", .integer(run.split.training.count)),
      ("validation-rows", .integer(run.split.validation.count)), ("members", .array(members)),
      ("ensemble-validation-accuracy", number(score?.accuracy)),
      ("ensemble-validation-loss", number(score?.logLoss)),
      ("selected-on-validation-rows", .bool(score != nil)),
    ])
  }
}
