import ArgumentParser
import Foundations
import Runs
import Terminal
import Training

/// Where a new run is written, or which run is resumed, for all commands that train.
public struct RunOptions: ParsableArguments {
  /// The new run's folder; nil for one named after the date.
  @Option(
    help: ArgumentHelp(
      "Folder for the new run. (default: runs/DATE-LETTER)", valueName: "folder"),
    completion: .directory)
  public var output: String?

  /// The run to resume; nil for a new one.
  @Option(
    help: ArgumentHelp(
      """
      Resume a run where it stopped; add --data if the data moved, --epochs to train for more of them: possible with a \
      constant or step schedule, --plain-epochs 0, --skip-learnt 0 and without --average-checkpoints.
      """, valueName: "run"),
    completion: .directory)
  public var resume: String?

  /// Whether the run is only planned.
  @Flag(
    help: """
      Train nothing, but write what there is to train as tasks, for several machines: kaggle-digits jobs prints a script \
      for a cluster, work trains a task, gather scores all.
      """)
  public var plan = false

  /// Minutes between two savings of the state.
  @OptionGroup public var saving: SavingOptions

  /// Required by ArgumentParser.
  public init() {}

  /// Refuses options that exclude each other.
  public func validate(_ reporting: OutputOptions, _ table: TrainingTableOptions) throws {
    if output == "" || resume == "" {
      throw ValidationError("--output and --resume take the name of a folder; it is empty")
    }
    if resume != nil && output != nil {
      throw ValidationError("--resume and --output are mutually exclusive: a resumed run stays in its folder")
    }
    if resume != nil && plan {
      throw ValidationError("--resume and --plan are mutually exclusive: --plan begins a run")
    }
    if resume != nil, let name = table.given {
      throw ValidationError(
        "--resume and \(name) are mutually exclusive: a resumed run has its own rows and labels")
    }
    if resume != nil && reporting.force {
      throw ValidationError("--resume and --force are mutually exclusive: --force replaces a run")
    }
  }
}

/// How often a training's state is saved, for all commands that train.
public struct SavingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Save the state after this many minutes within an epoch, too: what is lost at most if the machine is taken away \
      without warning.
      """, valueName: "minutes"))
  var saveEvery = 5.0

  /// Required by ArgumentParser.
  public init() {}

  /// Refuses what is not a time.
  public func validate() throws {
    guard saveEvery >= 0, saveEvery <= 1e6 else {
      throw ValidationError("--save-every is \(saveEvery); it must be from 0, after each step, to 1000000")
    }
  }

  /// The time between two savings.
  public var interval: Duration { .seconds(saveEvery * 60) }
}

/// A run that is resumed: its folder, locked, and its rows.
public struct ResumedRun {
  /// The folder.
  public let directory: RunDirectory
  /// What it was started with.
  public let file: ConfigurationFile
  /// The rows, from where they were at the run's start unless `--data` says where they are now.
  public let data: TrainingData

  /// Opens a run of `train` or `cross-validate`.
  ///
  /// - Parameters:
  ///   - path: The run's folder.
  ///   - command: The command that resumes it.
  ///   - data: What `--data` names, if given.
  ///   - options: Puts the options that were given over the run's own.
  /// - Throws: `usage` if it is a run of the other command, if an option differs from the run's (but `--epochs`, which may
  ///   grow), or if it needs more memory than this machine has.
  public init(
    _ path: String, command: String, data: String?, threads: Int,
    options: (Configuration) throws(KitError) -> Configuration
  ) throws(KitError) {
    try RunDirectory.requireBegun(path, command: command)
    if let own = RunDirectory.command(for: path), own != command {
      let kind = own == "train" ? "not a cross-validation" : "a cross-validation"
      throw KitError(
        .usage, "\(path) is \(kind); resume it with kaggle-digits \(own) --resume \(quoted(path))")
    }
    directory = try RunDirectory(resuming: path)
    file = try ConfigurationFile(ofRun: directory.path)
    var wanted = try options(file.configuration)
    wanted.epochs = file.configuration.epochs
    try wanted.requireAgreement(with: file.configuration, of: directory.path)
    try TrainingRun.requireMemory(for: wanted, threads: threads)
    self.data = try TrainingData(finding: data ?? file.data, form: file.form)
  }
}
