import Foundations
import Platform

/// Where the competition's data is: Kaggle's zip as downloaded, a folder with its files, or one file; IDX files, or pictures in folders.
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
        Table.allCases.contains { (try? TablePlace($0, filesIn: folder)) != nil }
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
  /// - Parameter form: How it is to be read.
  /// - Throws: `missingInput` if there is none, `badData` with file, line and field if it is malformed.
  public func training(_ form: TableForm = TableForm()) throws(KitError) -> DigitTable {
    let table = try labelled(.train, form)
    return try table.corrected(by: form.fixes(for: table), name: description)
  }

  /// The whole test table with its labels, which IDX files, pictures by class and some CSV files have.
  ///
  /// - Throws: As `training` does.
  public func labelledTest(_ form: TableForm = TableForm()) throws(KitError) -> DigitTable {
    try labelled(.test, form)
  }

  /// A reader of the test table, whose labels are not read if it has any.
  ///
  /// - Throws: `missingInput` if there is none, `badData` if its header is not a test table's.
  public func test(_ form: TableForm = TableForm()) throws(KitError) -> DigitReader {
    let (reader, _) = try open(.test, form, isLabelled: false)
    if reader.isLabelled, case .lines = reader.naming {
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

  /// The files that the tables are read from, as far as they are there; of pictures their folders.
  public var files: [String] {
    guard isFolder(description) else { return TablePlace(file: description).files }
    return Table.allCases.flatMap { table in (try? Self.place(of: table, inOrBelow: description))?.files ?? []
    }
  }

  /// Where a table is in a folder; of a folder without any table, in the only one of its folders that has it.
  private static func place(of table: Table, inOrBelow folder: String) throws(KitError) -> TablePlace {
    if let place = try TablePlace(table, filesIn: folder) { return place }
    var hasOther = false
    for other in Table.allCases where try TablePlace(other, filesIn: folder) != nil { hasOther = true }
    var below: [TablePlace] = []
    if !hasOther {
      if let pictures = PictureFolder(table, in: folder) { return .pictures(pictures) }
      for name in try folderEntries(folder) where !name.hasPrefix(".") {
        if let place = try? TablePlace(table, filesIn: withoutFinalSlash(folder) + "/" + name) {
          below.append(place)
        }
      }
    }
    guard let first = below.first else {
      throw KitError(
        .missingInput,
        "\(folder) has no \(table).csv, \(table).csv.gz or digit-recognizer.zip; \(howToGet)"
      )
    }
    guard below.count == 1 else {
      throw KitError(
        .missingInput,
        "\(folder) has no \(table).csv, but several of its folders have: \(below.compactMap(\.files.first).joined(separator: ", ")); --data takes one"
      )
    }
    return first
  }

  private func labelled(_ table: Table, _ form: TableForm) throws(KitError) -> DigitTable {
    let (reader, classes) = try open(table, form, isLabelled: true)
    guard reader.isLabelled else {
      throw KitError(
        .badData,
        "\(reader.name):1:1: there is no label column, so this is a test.csv; a train.csv is needed "
          + "(label,pixel0,…,pixel783)")
    }
    let (pixels, labels) = try reader.readAll()
    return DigitTable(
      pixels: pixels, labels: labels, classes: classes, naming: reader.naming,
      isTransposed: form.isTransposed)
  }

  /// Opens a table and reads its header. Returns the classes, too, as the form or the data says.
  private func open(
    _ table: Table, _ form: TableForm, isLabelled: Bool
  ) throws(KitError) -> (DigitReader, Classes) {
    let place =
      isFolder(description)
      ? try Self.place(of: table, inOrBelow: description) : TablePlace(file: description)
    var form = form
    let classes: Classes
    if let known = form.classes { classes = known } else { classes = try place.classes }
    form.classes = classes
    switch place {
    case .csv(let path):
      let (stream, name) = try openTable(path, table.rawValue)
      return (try DigitReader(stream, name: name, form: form), classes)
    case .idx(let images, let labels):
      if isLabelled && labels == nil {
        // What is wrong with the file itself comes first.
        _ = try IDXRows(images: images, labels: nil, classes: classes)
        throw KitError(.missingInput, "\(images) has no file of labels beside it")
      }
      let rows = try IDXRows(images: images, labels: isLabelled ? labels : nil, classes: classes)
      return (DigitReader(rows, name: images, isTransposed: form.isTransposed), classes)
    case .pictures(let folder):
      let rows = try PictureRows(folder, classes: classes, isLabelled: isLabelled)
      return (DigitReader(rows, name: folder.path, isTransposed: form.isTransposed), classes)
    }
  }
}

/// The `--data` value to suggest for predicting the test rows, given the one for training: `test.csv` if that was a single
/// table, which has only training rows.
public func testDataOption(_ training: String) -> String {
  training.hasSuffix(".csv") || training.hasSuffix(".csv.gz") ? "test.csv" : quoted(training)
}
