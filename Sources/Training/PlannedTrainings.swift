import Competition
import Foundations
import NeuralNetworks
import Runs

extension PlanFile {
  /// Makes a run that is trained task by task: its folder with the plan in it. Nothing is trained.
  ///
  /// What can be refused is refused before: rows that can't be split, a network that can't be built.
  ///
  /// - Parameter prediction: How a cross-validation's held-out rows will be predicted; nil for a training.
  /// - Returns: The plan, and the folder, locked.
  /// - Throws: As `TrainingRun.begin` and `CrossValidationRun.begin` do.
  public static func begin(
    _ configuration: Configuration, prediction: PredictionSettings?, table: DigitTable, data: String,
    output: String?, force: Bool
  ) throws(KitError) -> (plan: PlanFile, directory: RunDirectory) {
    if let folds = configuration.folds {
      _ = try CrossValidationRun.splits(of: table, configuration, folds)
    } else {
      _ = try configuration.split(of: table)
    }
    let file = try ConfigurationFile(configuration, data: data, table: table, prediction: prediction)
    _ = try file.configuration.shapedNetworks()
    try requireOneLine(output)
    let directory = try RunDirectory(creating: output, force: force, for: configuration)
    let command = configuration.folds == nil ? "train" : "cross-validate"
    // The plan last: with it there is one.
    if configuration.folds != nil { try file.write(to: directory.path) }
    return (try PlanFile(of: directory.path, command: command, file), directory)
  }

  /// Makes the folder of a sweep, as the library of sweeps describes it, with the plan in it.
  ///
  /// - Returns: The plan, and the folder, locked.
  /// - Throws: As `RunDirectory` does.
  public static func begin(
    _ file: ConfigurationFile, sweep: JSON, heldOutRows: [Int], output: String?, force: Bool
  ) throws(KitError) -> (plan: PlanFile, directory: RunDirectory) {
    try requireOneLine(output)
    let directory = try RunDirectory(creating: output, force: force)
    let plan = try PlanFile(
      of: directory.path, command: "sweep", file, sweep: sweep, heldOutRows: heldOutRows)
    return (plan, directory)
  }

  /// The trainings of some tasks, each of which is taken when it begins.
  ///
  /// - Throws: As `RowSplit` does; `badData` if a network can't be built.
  public func trainings(of tasks: [PlannedTask], on table: DigitTable) throws(KitError) -> [TrainingTask] {
    let folds = Set(tasks.map(\.file.configuration.folds?.number))
    // All at once, for which equal images are looked for once; or one alone.
    let all = folds.count > 1 ? try file.configuration.splits(of: table) : []
    let single = folds.count == 1 ? try tasks.first?.file.configuration.split(of: table) : nil
    var result: [TrainingTask] = []
    for task in tasks {
      let configuration = task.file.configuration
      let split: RowSplit
      if let known = single ?? configuration.folds?.number.map({ all[$0 - 1] }) {
        split = known
      } else {
        split = try configuration.split(of: table)
      }
      var training = TrainingTask(
        configuration: configuration, member: task.directory, table: table, split: split,
        network: try configuration.shapedNetworks().turn(of: task.directory.number),
        rowsDigest: task.file.rowsDigest)
      training.planned = (task, self)
      result.append(training)
    }
    return result
  }
}

extension Configuration {
  /// The rows of each of its folds. Throws as `RowSplit` does; `usage` without folds.
  public func splits(of table: DigitTable) throws(KitError) -> [RowSplit] {
    guard let folds else { throw KitError(.usage, "--folds is needed") }
    return try CrossValidationRun.splits(of: table, self, folds)
  }
}

/// Refuses (`usage`) a folder's name that a script for a cluster can't have in a line.
private func requireOneLine(_ output: String?) throws(KitError) {
  guard let output, output.unicodeScalars.contains(where: { $0.value < 32 }) else { return }
  throw KitError(
    .usage, "--output has a line end or another control character; scripts for clusters need a name without")
}
