import ArgumentParser

/// `--data`: where the competition's files are.
public struct DataOptions: ParsableArguments {
  /// The zip, folder or file; nil if the option is not given, and the data has to be found.
  @Option(
    help: ArgumentHelp(
      """
      Kaggle's digit-recognizer.zip as downloaded, a folder with its files, a .csv or a .csv.gz; or IDX files (MNIST, \
      Fashion-MNIST), or a folder with a folder of pictures for each class. \
      (default: $KAGGLE_DIGITS_DATA, else the first with data of /kaggle/input/digit-recognizer, \
      /kaggle/input/competitions/digit-recognizer, ./data and the current folder)
      """, valueName: "path"),
    completion: .file())
  public var data: String?

  /// For ArgumentParser.
  public init() {}
}

/// `--quiet`, `--json` and `--force`: how a command reports, and whether it may replace files.
public struct OutputOptions: ParsableArguments {
  /// Whether progress on standard error is off; notes, errors and results are still printed.
  @Flag(help: "Don't show progress.")
  public var quiet = false

  /// Whether standard output gets the result as JSON, for another program.
  @Flag(help: "Print the result as JSON.")
  public var json = false

  /// Whether existing files may be replaced.
  @Flag(help: "Replace existing files.")
  public var force = false

  /// For ArgumentParser.
  public init() {}
}

/// `--threads`: for commands that compute.
public struct ThreadOptions: ParsableArguments {
  /// How many threads to use; nil for as many as the process may use.
  @Option(
    help: ArgumentHelp("Number of threads. (default: as many as the process may use)", valueName: "count"))
  public var threads: Int?

  /// For ArgumentParser.
  public init() {}

  /// Throws `ValidationError` for a number out of range.
  public func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads); it must be from 1 to 1024")
    }
  }
}
