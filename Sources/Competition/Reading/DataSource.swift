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
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    while try reader.read(upTo: 1 << 12, pixels: &pixels, labels: &labels) > 0 {}
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
    "download digit-recognizer.zip from https://www.kaggle.com/competitions/digit-recognizer/data and pass "
    + "--data digit-recognizer.zip, or create synthetic data with: kaggle-digits sample"

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

  /// Opens a table and reads its header.
  private func open(_ table: String) throws(KitError) -> DigitReader {
    var path = description
    var status = stat()
    if stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR {
      guard let file = Self.path(of: table, in: path) else {
        throw KitError(
          .missingInput,
          "\(path) has no \(table).csv, \(table).csv.gz or digit-recognizer.zip; \(Self.howToGet)")
      }
      path = file
    }
    let file = try FileBytes(at: path)
    // The first bytes tell the format; the name may be anything.
    let start = try file.bytes(from: 0, count: min(file.size, 4))
    file.select(from: 0, count: file.size)
    if start.starts(with: [0x50, 0x4B]) || path.hasSuffix(".zip") {
      let archive = try ZipArchive(file)
      let member = try Self.member(of: archive, table: table, path: path)
      let name = "\(path)/\(member.name)"
      return try DigitReader(try archive.contents(of: member, name: name), name: name)
    }
    if start.starts(with: [0x1F, 0x8B]) || (path.hasSuffix(".gz") && file.size > 0) {
      return try DigitReader(try Inflater(file, wrapping: .gzip, name: path), name: path)
    }
    return try DigitReader(file, name: path)
  }

  /// The archive's `train.csv` or `test.csv`, in any folder of it.
  private static func member(
    of archive: ZipArchive, table: String, path: String
  ) throws(KitError) -> ZipArchive.Member {
    let found = archive.members.filter { $0.name == "\(table).csv" || $0.name.hasSuffix("/\(table).csv") }
    guard let first = found.first else {
      let names = archive.members.prefix(5).map(\.name).joined(separator: ", ")
      let more = archive.members.count > 5 ? ", …" : ""
      let contents = names.isEmpty ? "it is empty" : "it contains \(names)\(more)"
      throw KitError(.badData, "\(path) has no \(table).csv; \(contents)")
    }
    if found.count > 1 {
      throw KitError(
        .badData, "\(path) has more than one \(table).csv: \(found[0].name), \(found[1].name)")
    }
    return first
  }
}

/// The `--data` value to suggest for predicting the test rows, given the one for training: `test.csv` if that was a single
/// table, which has only training rows.
public func testDataOption(_ training: String) -> String {
  training.hasSuffix(".csv") || training.hasSuffix(".csv.gz") ? "test.csv" : quoted(training)
}
