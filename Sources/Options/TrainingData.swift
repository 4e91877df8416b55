import Competition
import Foundations
import Runs
import Terminal

/// The training table of a command, and where it is.
public struct TrainingData: Sendable {
  /// All rows.
  public let table: DigitTable
  /// Where it was found.
  public let location: DataSource
  /// Where it is, from the root, for a record that a process in another folder may read.
  public let place: String

  /// Reads what `--data` names, or else what is found, which is then printed. Warns of pixels unlike Kaggle's.
  ///
  /// - Parameters:
  ///   - form: How it is to be read.
  ///   - output: The new run's folder, which must not hold what is read; nil for none that is named.
  ///   - files: What else is read.
  public init(
    finding option: String?, form: TableForm = TableForm(), output: String? = nil, files: [String] = []
  ) throws(KitError) {
    location = try locateData(option)
    if let output { try requireOwnFolder(output, inputs: location.files + files) }
    table = try location.training(form)
    if let fixes = table.fixes { note("labels corrected: \(fixes.summary)") }
    if let missing = table.missingClasses {
      note("note: no row is of \(missing), which no network can learn")
    }
    place = absolutePath(location.description)
    warnOfPixels(table, name: location.description)
  }

  /// Reads the rows of a new run, and says so if `--limit` leaves none of them out.
  ///
  /// - Parameters:
  ///   - configuration: What will be trained.
  ///   - source: Where the rows are.
  ///   - table: How they are to be read.
  ///   - output: The run's folder, which must not hold what is read; nil for none that is named.
  ///   - config: The file that options are read from, if one is.
  public init(
    for configuration: Configuration, _ source: DataOptions, _ table: TrainingTableOptions, output: String?,
    config: String?
  ) throws(KitError) {
    try self.init(
      finding: source.data, form: table.form(), output: output,
      files: table.files + (config.map { [$0] } ?? []))
    guard let limit = configuration.limit, limit > self.table.count else { return }
    note("note: --limit \(limit) is more than the table's \(grouped(self.table.count)) rows; all are used")
  }
}

/// Warns of a labelled table whose pixels are unlike Kaggle's.
public func warnOfPixels(_ table: DigitTable, name: String) {
  if let warning = trainingPixelsWarning(table.pixelStatistics) { printWarning("\(name): \(warning)") }
}

/// Prints which checkpoints of some sources are of trainings that are not finished.
public func noteUnfinished(_ sources: [String]) throws(KitError) {
  for path in try checkpointPaths(sources).joined() {
    guard let progress = MemberDirectory.progress(in: enclosingFolder(path)), progress.done < progress.planned
    else { continue }
    note("note: \(path) is of an unfinished training (\(progress.done) of \(progress.planned) epochs)")
  }
}
