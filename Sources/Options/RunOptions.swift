import ArgumentParser
import Foundations
import Runs
import Terminal
import Training

/// Where a run is written, or which one goes on, for all commands that train.
public struct RunOptions: ParsableArguments {
  /// The new run's folder; nil for one with the date and a letter.
  @Option(
    help: ArgumentHelp(
      "Where to write the run. (default: runs/ with the date and a letter)", valueName: "folder"),
    completion: .directory)
  public var output: String?

  /// The run that goes on; nil for a new one.
  @Option(
    help: ArgumentHelp(
      """
      Continue a run where it stopped, what is done stays as it is; with --epochs, for more of them; with --data, if \
      they moved.
      """, valueName: "run"),
    completion: .directory)
  public var resume: String?

  /// As ArgumentParser makes it.
  public init() {}

  /// Refuses options that exclude each other.
  public func validate(_ reporting: OutputOptions) throws {
    if output == "" || resume == "" { throw ValidationError("an empty name is no folder") }
    if resume != nil && output != nil {
      throw ValidationError("--resume writes to its run; --output goes without it")
    }
    if resume != nil && reporting.force {
      throw ValidationError("--resume continues a run; --force replaces one")
    }
  }
}

/// A run of a command's kind that goes on: its folder, locked, and its rows.
public struct ResumedRun {
  /// The folder.
  public let directory: RunDirectory
  /// What it was begun with.
  public let saved: SavedConfiguration
  /// The rows, from where they were unless `--data` says where they are now.
  public let data: TrainingData

  /// Opens a run for `train` or `cross-validate`. `options` puts the options that were given over the run's own.
  ///
  /// Throws `usage` if it is a run of the other command, if an option differs from the run's (but `--epochs`, which may
  /// grow), or if this machine's memory can't hold it.
  public init(
    _ path: String, command: String, data: String?, threads: Int,
    options: (Configuration) throws(KitError) -> Configuration
  ) throws(KitError) {
    directory = try RunDirectory(resuming: path)
    let own = RunDirectory.isCrossValidation(directory.path) ? "cross-validate" : "train"
    guard own == command else {
      let kind = own == "train" ? "no cross-validation" : "a cross-validation"
      throw KitError(
        .usage, "\(path) is \(kind); kaggle-digits \(own) --resume \(quoted(path)) goes on with it")
    }
    saved = try SavedConfiguration(ofRun: directory.path)
    var wanted = try options(saved.configuration)
    wanted.epochs = saved.configuration.epochs
    try wanted.requireAgreement(with: saved.configuration, of: directory.path)
    try TrainingRun.requireMemory(for: wanted, threads: threads)
    self.data = try TrainingData(finding: data ?? saved.data)
  }
}
