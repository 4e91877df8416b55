import Competition
import Foundations
import NeuralNetworks
import Runs

/// The trainings of a cross-validation, begun or resumed: one run a fold, which holds its rows out.
public struct CrossValidationRun: Sendable {
  /// Where it is written.
  public let directory: RunDirectory
  /// What is computed, for all folds.
  public let configuration: Configuration
  /// How the rows are dealt.
  public let folds: Folds
  /// SHA-256 of the parsed table.
  public let rowsDigest: String
  /// How its rows are predicted, as it was given.
  public let prediction: JSON
  /// All rows.
  public let table: DigitTable
  /// Each fold's run, in order; with repeats, one repeat's folds after the other's.
  public private(set) var runs: [TrainingRun]

  /// Begins a cross-validation, which is predicted as `prediction` will remind whoever resumes it, and which the configuration's `folds` describe. Throws `badData` if a digit has too few
  /// images for the folds, before anything is written.
  public static func begin(
    _ configuration: Configuration, prediction: JSON, table: DigitTable, data: String,
    output: String?, force: Bool
  ) throws(KitError) -> CrossValidationRun {
    guard let folds = configuration.folds else { throw KitError(.usage, "--folds is needed") }
    let splits = try splits(of: table, configuration, folds)
    let networks = try configuration.shapedNetworks()
    let directory = try RunDirectory(creating: output, force: force)
    let saved = SavedConfiguration(
      configuration: configuration, data: data, rowsDigest: table.digest(), prediction: prediction)
    return try CrossValidationRun(
      saved, in: directory, folds: folds, table: table, networks: networks, splits: splits)
  }

  /// Continues one with the same rows, for `epochs` if given. Throws `badData` if the rows are others.
  public init(
    resuming directory: RunDirectory, prediction: JSON, table: DigitTable, epochs: Int?, data: String
  ) throws(KitError) {
    let saved = try SavedConfiguration(ofRun: directory.path).prolonged(to: epochs)
    guard let folds = saved.configuration.folds, folds.number == nil else {
      throw KitError(.badData, "\(directory.configuration) is no cross-validation's")
    }
    guard table.digest() == saved.rowsDigest else {
      throw KitError(.badData, "\(data) holds other rows than \(directory.path) was trained on")
    }
    try self.init(
      SavedConfiguration(
        configuration: saved.configuration, data: data, rowsDigest: saved.rowsDigest, prediction: prediction),
      in: directory, folds: folds, table: table,
      networks: saved.configuration.shapedNetworks(),
      splits: Self.splits(of: table, saved.configuration, folds))
  }

  private init(
    _ saved: SavedConfiguration, in directory: RunDirectory, folds: Folds, table: DigitTable,
    networks: [ShapedNetwork], splits: [RowSplit]
  ) throws(KitError) {
    self.directory = directory
    configuration = saved.configuration
    prediction = saved.prediction
    rowsDigest = saved.rowsDigest
    self.folds = folds
    self.table = table
    try saved.write(to: directory.configuration, with: [("prediction", saved.prediction)])
    var runs: [TrainingRun] = []
    for (index, split) in splits.enumerated() {
      var configuration = saved.configuration
      configuration.folds?.number = index + 1
      runs.append(
        try TrainingRun(
          SavedConfiguration(
            configuration: configuration, data: saved.data, rowsDigest: saved.rowsDigest),
          in: RunDirectory(fold: index + 1, in: directory), table: table, split: split, networks: networks))
    }
    self.runs = runs
  }

  /// Each fold's rows.
  private static func splits(
    of table: DigitTable, _ configuration: Configuration, _ folds: Folds
  ) throws(KitError) -> [RowSplit] {
    var splits: [RowSplit] = []
    for number in 1...folds.trainings {
      var configuration = configuration
      configuration.folds?.number = number
      splits.append(try configuration.split(of: table))
    }
    return splits
  }

  /// The same with the runs of some folds, by their numbers through the repeats, and of those that were trained before.
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
