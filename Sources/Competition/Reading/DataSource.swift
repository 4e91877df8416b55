import Foundations
import Platform

/// Where the competition's data is: Kaggle's zip as downloaded, a folder with its files, or one file.
public struct DataSource: Sendable {
  /// The path, as it was given or found.
  public let description: String
  /// Whether `--data` named it. Otherwise the command tells the user which data it found.
  public let isExplicit: Bool

  /// Finds the data: at `option` (the value of `--data`), else `$KAGGLE_DIGITS_DATA`, else the first folder with a
  /// `train.csv` or `test.csv` (or the zip) among those where Kaggle's notebooks mount the competition, `./data` and the
  /// current folder.
  ///
  /// - Throws: `missingInput`, with how to get the files; `usage` if `option` is empty.
  public init(finding option: String?) throws(KitError) {
    try self.init(
      finding: option,
      environment: Self.environmentPath,
      folders: [
        "/kaggle/input/digit-recognizer", "/kaggle/input/competitions/digit-recognizer", "./data", ".",
      ])
  }

  /// Whether `$KAGGLE_DIGITS_DATA` is set and not empty.
  public static var isNamedByEnvironment: Bool { environmentPath.map { !$0.isEmpty } ?? false }

  private static var environmentPath: String? { getenv("KAGGLE_DIGITS_DATA").map { String(cString: $0) } }

  /// Finds the data with the variable's value and the folders given, for tests.
  package init(finding option: String?, environment: String?, folders: [String]) throws(KitError) {
    isExplicit = option != nil
    if let option {
      if option.isEmpty { throw KitError(.usage, "--data is empty; it takes the path of a file or folder") }
      description = option
      try Self.requirePresence(of: option, given: "")
    } else if let environment, !environment.isEmpty {
      description = environment
      try Self.requirePresence(of: environment, given: " (from $KAGGLE_DIGITS_DATA)")
    } else {
      let found = folders.first { folder in
        Self.path(of: "train", in: folder) != nil || Self.path(of: "test", in: folder) != nil
      }
      guard let found else {
        throw KitError(
          .missingInput,
          "no data found in $KAGGLE_DIGITS_DATA, \(folders.joined(separator: ", ")); \(Self.howToGet)")
      }
      description = found
    }
  }

  /// The whole training table.
  ///
  /// - Throws: `missingInput` if there is none, `badData` with file, line and field if it is malformed.
  public func training() throws(KitError) -> DigitTable {
    let reader = try open("train")
    guard reader.isLabelled else {
      throw KitError(
        .badData,
        "\(reader.name):1:1: there is no label column, so this is a test.csv; a train.csv is needed "
          + "(label,pixel0,…,pixel783)")
    }
    let (pixels, labels) = try reader.readAll()
    return DigitTable(pixels: pixels, labels: labels)
  }

  /// A reader of the test table, which has no labels; the header has been read.
  ///
  /// - Throws: `missingInput` if there is none, `badData` if its header is not a test table's.
  public func test() throws(KitError) -> DigitReader {
    let reader = try open("test")
    if reader.isLabelled {
      throw KitError(
        .badData,
        "\(reader.name):1:1: there is a label column, so this is a train.csv; a test.csv is needed "
          + "(pixel0,…,pixel783)")
    }
    return reader
  }

  private static let howToGet =
    "download digit-recognizer.zip (by kaggle-digits download, or from "
    + "https://www.kaggle.com/competitions/digit-recognizer/data) and pass --data digit-recognizer.zip, or create synthetic data with: kaggle-digits sample"

  private static func requirePresence(of path: String, given origin: String) throws(KitError) {
    guard access(path, F_OK) != 0 else { return }
    let reason = systemMessage(errno)
    throw KitError(.missingInput, "\(path)\(origin) can't be read: \(reason); \(howToGet)")
  }

  /// The file in a folder that has a table: plain, compressed by itself, or in the competition's zip. Nil for none.
  private static func path(of table: String, in folder: String) -> String? {
    let prefix = folder == "." ? "" : folder.hasSuffix("/") ? folder : folder + "/"
    return ["\(table).csv", "\(table).csv.gz", "\(table).csv.zip", "digit-recognizer.zip"]
      .map { prefix + $0 }
      .first { access($0, F_OK) == 0 }
  }

  /// The files that the tables are read from, as far as they are there.
  public var files: [String] {
    guard isFolder(description) else { return [description] }
    return ["train", "test"].compactMap { table in try? Self.path(of: table, inOrBelow: description) }
  }

  /// The file in a folder that has a table; of a folder without any table, that in the only one of its folders that has it.
  private static func path(of table: String, inOrBelow folder: String) throws(KitError) -> String {
    if let path = path(of: table, in: folder) { return path }
    let hasOther = ["train", "test"].contains { path(of: $0, in: folder) != nil }
    let below =
      try hasOther
      ? []
      : folderEntries(folder).filter { !$0.hasPrefix(".") }
        .compactMap { path(of: table, in: withoutFinalSlash(folder) + "/" + $0) }
    guard let first = below.first else {
      throw KitError(
        .missingInput, "\(folder) has no \(table).csv, \(table).csv.gz or digit-recognizer.zip; \(howToGet)")
    }
    guard below.count == 1 else {
      throw KitError(
        .missingInput,
        "\(folder) has no \(table).csv, but several of its folders have: \(below.joined(separator: ", ")); --data takes one"
      )
    }
    return first
  }

  /// Opens a table and reads its header.
  private func open(_ table: String) throws(KitError) -> DigitReader {
    let isFolder = isFolder(description)
    let path = isFolder ? try Self.path(of: table, inOrBelow: description) : description
    let (stream, name) = try openTable(path, table)
    return try DigitReader(stream, name: name)
  }
}

/// The `--data` value to suggest for predicting the test rows, given the one for training: `test.csv` if that was a single
/// table, which has only training rows.
public func testDataOption(_ training: String) -> String {
  training.hasSuffix(".csv") || training.hasSuffix(".csv.gz") ? "test.csv" : quoted(training)
}
