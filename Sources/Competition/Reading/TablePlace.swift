import Foundations

/// The tables of a competition.
enum Table: String, CaseIterable {
  case train
  case test
}

/// Where a table is, and in which form.
enum TablePlace {
  /// A CSV file: plain, compressed by itself, or in a zip archive.
  case csv(String)
  /// A file of images, and the one of their labels if it is there.
  case idx(images: String, labels: String?)
  /// A folder with a folder of pictures for each class, or of a test table, with pictures.
  case pictures(PictureFolder)

  /// The files or folders that are read.
  var files: [String] {
    switch self {
    case .csv(let path): [path]
    case .idx(let images, let labels): [images] + (labels.map { [$0] } ?? [])
    case .pictures(let folder): folder.folders
    }
  }

  /// The classes that the data itself tells: those of its folders' names, else the digits. Throws `badData` if the folders are
  /// too few or too many.
  var classes: Classes {
    get throws(KitError) {
      guard case .pictures(let folder) = self, !folder.classNames.isEmpty else { return .digits }
      return try Classes(named: folder.classNames, from: folder.path)
    }
  }

  /// A file that is given by itself.
  init(file path: String) {
    self = IDXFile.isIDX(at: path) ? .idx(images: path, labels: Self.labelPath(of: path)) : .csv(path)
  }

  /// The CSV or IDX file of a table in a folder; nil for none.
  ///
  /// - Throws: `missingInput` if several files might be the table.
  init?(_ table: Table, filesIn folder: String) throws(KitError) {
    let prefix = folder == "." ? "" : folder.hasSuffix("/") ? folder : folder + "/"
    let own = ["\(table).csv", "\(table).csv.gz", "\(table).csv.zip", "digit-recognizer.zip"].map {
      prefix + $0
    }
    if let path = own.first(where: fileExists) {
      self = .csv(path)
      return
    }
    let names = (try? folderEntries(folder)) ?? []
    let endings = ["csv", "csv.gz", "csv.zip"].flatMap { ["_\(table).\($0)", "-\(table).\($0)"] }
    if let name = try Self.only(names.filter { name in endings.contains(where: name.hasSuffix) }, in: folder)
    {
      self = .csv(prefix + name)
      return
    }
    if let name = try Self.only(names.filter { Self.isImages($0, of: table) }, in: folder) {
      self = .idx(images: prefix + name, labels: Self.labelPath(of: prefix + name))
      return
    }
    return nil
  }

  /// The only one of some names; a file beside its compressed copy is the one that is read. Nil for none.
  private static func only(_ names: [String], in folder: String) throws(KitError) -> String? {
    let distinct = names.filter { !($0.hasSuffix(".gz") && names.contains(String($0.dropLast(3)))) }
    guard distinct.count > 1 else { return distinct.first }
    throw KitError(
      .missingInput,
      "\(folder) has several tables: \(distinct.prefix(5).joined(separator: ", "))\(distinct.count > 5 ? ", …" : ""); --data takes one of them"
    )
  }

  /// Whether a name is that of a table's images: `train-images-idx3-ubyte`, `t10k-images.idx3-ubyte.gz`, with anything in
  /// front, as EMNIST's `emnist-letters-test-images-idx3-ubyte`.
  private static func isImages(_ name: String, of table: Table) -> Bool {
    let plain = (name.hasSuffix(".gz") ? String(name.dropLast(3)) : name).replacing(".", with: "-")
    let sets = table == .train ? ["train"] : ["t10k", "test"]
    return sets.contains { plain == "\($0)-images-idx3-ubyte" || plain.hasSuffix("-\($0)-images-idx3-ubyte") }
  }

  /// The file of labels beside one of images; nil if there is none.
  private static func labelPath(of images: String) -> String? {
    let folder = enclosingFolder(images)
    let name = lastName(images)
    let plain = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
    let labels = plain.replacing("images", with: "labels").replacing("idx3", with: "idx1")
    guard labels != plain else { return nil }
    return [labels, labels + ".gz"].map { images.contains("/") ? "\(folder == "/" ? "" : folder)/\($0)" : $0 }
      .first(where: fileExists)
  }
}
