import Foundations
import Platform

/// Where the competition's files are: Kaggle's zip as downloaded, a folder that holds the files, or a file.
public struct DataSource: Sendable {
  /// The path as it was given or found, for messages.
  public let description: String
  /// Whether `--data` named it; otherwise it was found by looking, and the command says which it took.
  public let isExplicit: Bool

  /// Finds the data: what `--data` says, else `$KAGGLE_DIGITS_DATA`, else the first that holds a table of
  /// the places where Kaggle's notebooks mount the competition, `./data` and the current folder.
  ///
  /// Fails with `missingInput` and how to get the files.
  public init(finding option: String?) throws(KitError) {
    try self.init(
      finding: option,
      environment: Self.environmentPath,
      folders: [
        "/kaggle/input/digit-recognizer", "/kaggle/input/competitions/digit-recognizer", "./data", ".",
      ])
  }

  /// Whether `$KAGGLE_DIGITS_DATA` says where the data is.
  public static var isNamedByEnvironment: Bool { environmentPath.map { !$0.isEmpty } ?? false }

  private static var environmentPath: String? { getenv("KAGGLE_DIGITS_DATA").map { String(cString: $0) } }

  /// The same with the variable's value and the folders given.
  package init(finding option: String?, environment: String?, folders: [String]) throws(KitError) {
    isExplicit = option != nil
    if let option {
      if option.isEmpty { throw KitError(.usage, "--data needs the path of a file or folder") }
      description = option
      try Self.requirePresence(of: option, given: "")
    } else if let environment, !environment.isEmpty {
      description = environment
      try Self.requirePresence(of: environment, given: " (given by $KAGGLE_DIGITS_DATA)")
    } else {
      let found = folders.first { folder in
        Self.place(of: "train", in: folder) != nil || Self.place(of: "test", in: folder) != nil
      }
      guard let found else {
        throw KitError(
          .missingInput,
          "no data found in $KAGGLE_DIGITS_DATA, \(folders.joined(separator: ", ")); \(Self.howToGet)")
      }
      description = found
    }
  }

  /// Reads the whole training table.
  ///
  /// Fails with `missingInput` if there is none, `badData` (file, line and field) if it is malformed.
  public func training() throws(KitError) -> DigitTable {
    let reader = try open("train")
    guard reader.isLabelled else {
      throw KitError(
        .badData,
        "\(reader.name):1:1: there is no label column, so this is a test.csv; training reads train.csv "
          + "(label,pixel0,…,pixel783)")
    }
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    while try reader.read(upTo: 1 << 12, pixels: &pixels, labels: &labels) > 0 {}
    return DigitTable(pixels: pixels, labels: labels)
  }

  /// Opens the test table, whose rows have no labels, and reads its header.
  ///
  /// Fails with `missingInput` if there is none, `badData` if its header is not a test table's.
  public func test() throws(KitError) -> DigitReader {
    let reader = try open("test")
    if reader.isLabelled {
      throw KitError(
        .badData,
        "\(reader.name):1:1: there is a label column, so this is a train.csv; a submission is made from "
          + "test.csv (pixel0,…,pixel783)")
    }
    return reader
  }

  private static let howToGet =
    "download digit-recognizer.zip from https://www.kaggle.com/competitions/digit-recognizer/data and give "
    + "it by --data digit-recognizer.zip, or try things out on synthetic digits: kaggle-digits sample"

  private static func requirePresence(of path: String, given origin: String) throws(KitError) {
    guard access(path, F_OK) != 0 else { return }
    let reason = systemMessage(errno)
    throw KitError(.missingInput, "\(path)\(origin) can't be read: \(reason); \(howToGet)")
  }

  /// The file in a folder that holds a table: unpacked, compressed on its own, or in the competition's zip.
  private static func place(of table: String, in folder: String) -> String? {
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
      guard let place = Self.place(of: table, in: path) else {
        throw KitError(
          .missingInput,
          "\(path) holds no \(table).csv, \(table).csv.gz or digit-recognizer.zip; \(Self.howToGet)")
      }
      path = place
    }
    let file = try FileBytes(at: path)
    // What a file is, its first bytes tell; its name may be anything.
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

  /// The archive's `train.csv` or `test.csv`, in whatever folder of it.
  private static func member(
    of archive: ZipArchive, table: String, path: String
  ) throws(KitError) -> ZipArchive.Member {
    let found = archive.members.filter { $0.name == "\(table).csv" || $0.name.hasSuffix("/\(table).csv") }
    guard let first = found.first else {
      let names = archive.members.prefix(5).map(\.name).joined(separator: ", ")
      let more = archive.members.count > 5 ? ", …" : ""
      let holds = names.isEmpty ? "it is empty" : "it holds \(names)\(more)"
      throw KitError(.badData, "\(path) has no \(table).csv in it; \(holds)")
    }
    if found.count > 1 {
      throw KitError(
        .badData, "\(path) has more than one \(table).csv in it: \(found[0].name), \(found[1].name)")
    }
    return first
  }
}

/// How a following command names the data for the test rows: a table alone holds the training rows only.
public func testDataOption(_ place: String) -> String {
  place.hasSuffix(".csv") || place.hasSuffix(".csv.gz") ? "test.csv" : quoted(place)
}
