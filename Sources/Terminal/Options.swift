import ArgumentParser

/// Where the competition's files are.
public struct DataOptions: ParsableArguments {
  /// The zip, folder or file that was named; nil asks for the search.
  @Option(
    help: ArgumentHelp(
      """
      Kaggle's digit-recognizer.zip as downloaded, a folder that holds the files, a .csv or a .csv.gz. \
      Without it: $KAGGLE_DIGITS_DATA, Kaggle's mounts (/kaggle/input/digit-recognizer, \
      /kaggle/input/competitions/digit-recognizer), ./data, then the current folder.
      """, valueName: "path"),
    completion: .file())
  public var data: String?

  /// As ArgumentParser makes it.
  public init() {}
}

/// How a command reports, and whether it may replace files.
public struct OutputOptions: ParsableArguments {
  /// No progress on standard error; notes, errors and results stay.
  @Flag(help: "Show no progress.")
  public var quiet = false

  /// The result for another program, on standard output.
  @Flag(help: "Print the result as JSON.")
  public var json = false

  /// Files that exist may be replaced.
  @Flag(help: "Replace files that exist.")
  public var force = false

  /// As ArgumentParser makes it.
  public init() {}
}

/// `--threads`, where a command computes.
public struct ThreadOptions: ParsableArguments {
  /// How many threads to use; nil for as many as the process may.
  @Option(help: ArgumentHelp("Threads to use. (default: as many as the process may)", valueName: "count"))
  public var threads: Int?

  /// No threads given.
  public init() {}

  /// Refuses a number out of range.
  public func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads); from 1 to 1024 are possible")
    }
  }
}
