import Competition
import Compute
import Foundations
import NeuralNetworks
import Runs

/// The trainings of a cross-validation, begun or resumed: one run a fold, which holds its rows out.
public struct CrossValidationRun: Sendable {
  /// Where it is written.
  public let directory: RunDirectory
  /// What is computed, for all folds.
  public let configuration: Configuration
  /// The folds and repeats that the rows are split into.
  public let folds: Folds
  /// SHA-256 of the parsed table.
  public let rowsDigest: String
  /// How its held-out rows are predicted.
  public let prediction: PredictionSettings
  /// All rows.
  public let table: DigitTable
  /// Each fold's run, in order; with repeats, one repeat's folds after the other's.
  public private(set) var runs: [TrainingRun]

  /// Begins a cross-validation over the configuration's `folds`, whose held-out rows will be predicted by `prediction`.
  ///
  /// - Throws: `usage` if the configuration has no folds; `badData` if a digit has too few images for them, before
  ///   anything is written; `cannotWrite` if the output is taken.
  public static func begin(
    _ configuration: Configuration, prediction: PredictionSettings, table: DigitTable, data: String,
    output: String?, force: Bool
  ) throws(KitError) -> CrossValidationRun {
    guard let folds = configuration.folds else { throw KitError(.usage, "--folds is needed") }
    let splits = try splits(of: table, configuration, folds)
    let file = try ConfigurationFile(configuration, data: data, table: table, prediction: prediction)
    let networks = try file.configuration.shapedNetworks()
    let directory = try RunDirectory(creating: output, force: force, for: configuration)
    return try CrossValidationRun(
      file, prediction, in: directory, folds: folds, table: table, networks: networks, splits: splits)
  }

  /// Resumes one with the same rows, for `epochs` if given. Throws `badData` if the rows are not the same.
  public init(
    resuming directory: RunDirectory, prediction: PredictionSettings, table: DigitTable, epochs: Int?,
    data: String
  ) throws(KitError) {
    var file = try ConfigurationFile(ofRun: directory.path)
      .resumed(directory.path, table: table, data: data, epochs: epochs)
    guard let folds = file.configuration.folds, folds.number == nil else {
      throw KitError(.badData, "\(ConfigurationFile.path(in: directory.path)) is not a cross-validation's")
    }
    file.prediction = prediction
    try self.init(
      file, prediction, in: directory, folds: folds, table: table,
      networks: file.configuration.shapedNetworks(),
      splits: Self.splits(of: table, file.configuration, folds))
  }

  private init(
    _ file: ConfigurationFile, _ prediction: PredictionSettings, in directory: RunDirectory, folds: Folds,
    table: DigitTable, networks: [ShapedNetwork], splits: [RowSplit]
  ) throws(KitError) {
    self.directory = directory
    self.prediction = prediction
    self.folds = folds
    self.table = table
    configuration = file.configuration
    rowsDigest = file.rowsDigest
    try file.write(to: directory.path)
    var runs: [TrainingRun] = []
    for (index, split) in splits.enumerated() {
      var fold = file
      fold.prediction = nil
      fold.configuration.folds?.number = index + 1
      runs.append(
        try TrainingRun(
          fold, in: RunDirectory(fold: index + 1, in: directory), table: table, split: split,
          networks: networks))
    }
    self.runs = runs
  }

  /// Each fold's rows. Throws `usage` if this machine can't remember so many trainings.
  static func splits(
    of table: DigitTable, _ configuration: Configuration, _ folds: Folds
  ) throws(KitError) -> [RowSplit] {
    try requireMemory(for: configuration, folds, rows: table.count)
    return try RowSplit.all(
      of: table, limit: configuration.limit, seed: configuration.seed, validation: configuration.validation,
      folds: folds)
  }

  /// Of each training the rows' numbers, and until all are scored the checkpoints and the predictions.
  private static func requireMemory(
    for configuration: Configuration, _ folds: Folds, rows: Int
  ) throws(KitError) {
    let rows = Double(min(rows, configuration.limit ?? rows))
    let parameters = try configuration.shapedNetworks().map(\.parameterCount).max() ?? 0
    // Some twenty numbers for each row that is held out; what else a training leaves, as measured.
    let member = 4 * Double(parameters) + rows / Double(folds.count) * 8 * 20 + 2e5
    let trainings = folds.trainings * configuration.members
    try requirePhysicalMemory(
      Double(folds.trainings) * rows * 8 + Double(trainings) * member,
      for: "scoring \(grouped(trainings)) trainings", remedy: "Fewer --repeats or --folds may fit")
  }

  /// The same with the runs of some folds, by their numbers through the repeats, and of those that are trained already.
  /// Throws `usage` if there is no such fold.
  public func only(_ numbers: Set<Int>) throws(KitError) -> CrossValidationRun {
    try folds.requireAll(numbers)
    var result = self
    result.runs = runs.filter { numbers.contains($0.foldNumber) || $0.isFinished }
    return result
  }

  /// All trainings: each fold's members, one fold after the other.
  public var tasks: [TrainingTask] { runs.flatMap(\.tasks) }
}
