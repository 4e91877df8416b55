import Foundations

/// A folder of pictures, `DIR/CLASS/*.png` with a folder for each class, or of a test table the pictures themselves.
struct PictureFolder {
  /// Endings of pictures that can be read.
  static let endings = [".png", ".jpg", ".jpeg", ".pgm", ".ppm", ".pbm", ".pnm"]

  /// The folder.
  let path: String
  /// The classes' folders, in the classes' order; none if the pictures are in the folder itself.
  let classNames: [String]

  /// The folders that hold the pictures.
  var folders: [String] { classNames.isEmpty ? [path] : classNames.map { "\(path)/\($0)" } }

  /// The pictures of a table below a folder: in its folder `train` or `test`, if it has one, else in itself. Nil if it has no
  /// pictures.
  init?(_ table: Table, in folder: String) {
    let folder = withoutFinalSlash(folder)
    let own = table == .train ? ["train", "training"] : ["test", "testing"]
    let inside = own.map { "\(folder)/\($0)" }.first { isFolder($0) && Self.holdsPictures($0) }
    let path = inside ?? folder
    let classNames = Self.classFolders(of: path).filter { inside != nil || !own.contains($0) }
    // A training table's folders are no test table, unless the folder is given as one.
    let isTest = inside != nil || own.contains(lastName(absolutePath(folder)))
    if table == .test, !isTest, !classNames.isEmpty { return nil }
    guard !classNames.isEmpty || table == .test && !Self.pictures(in: path).isEmpty else { return nil }
    self.path = path
    self.classNames = classNames
  }

  private static func holdsPictures(_ folder: String) -> Bool {
    !classFolders(of: folder).isEmpty || !pictures(in: folder).isEmpty
  }

  /// The folders with pictures in a folder: by number if all names are numbers, else by their bytes.
  private static func classFolders(of folder: String) -> [String] {
    let names = ((try? folderEntries(folder)) ?? []).filter { name in
      !name.hasPrefix(".") && isFolder("\(folder)/\(name)") && !pictures(in: "\(folder)/\(name)").isEmpty
    }
    return inOrder(names)
  }

  /// The names of a folder's pictures.
  private static func pictures(in folder: String) -> [String] {
    ((try? folderEntries(folder)) ?? []).filter { name in
      !name.hasPrefix(".") && endings.contains { name.lowercased().hasSuffix($0) }
    }
  }

  /// Names by number if all of them are numbers, else as they are.
  private static func inOrder(_ names: [String]) -> [String] {
    let numbers = names.map { name in (Int(name), name) }
    guard numbers.allSatisfy({ $0.0 != nil }) else { return names }
    return numbers.sorted { ($0.0 ?? 0, $0.1) < ($1.0 ?? 0, $1.1) }.map(\.1)
  }

  /// A picture: its path, its name in messages and as an id, and its class by the place of its folder.
  struct Entry {
    let path: String
    let name: String
    var id: String
    let folder: Int?
  }

  /// All pictures, class after class.
  ///
  /// - Throws: `badData` if there is a file of another kind among them, `missingInput` if a folder can't be read.
  func entries() throws(KitError) -> [Entry] {
    var entries: [Entry] = []
    for (number, folder) in folders.enumerated() {
      for name in try folderEntries(folder)
      where !name.hasPrefix(".") && !Self.leftovers.contains(name.lowercased()) {
        let isPicture = Self.endings.contains { name.lowercased().hasSuffix($0) }
        guard isPicture || classNames.isEmpty else {
          throw KitError(
            .badData,
            "\(folder)/\(name) is not a picture that can be read (\(Self.endings.joined(separator: ", "))); convert it, or move it away"
          )
        }
        if !isPicture { continue }
        guard !name.unicodeScalars.contains(where: \.controlsText) else {
          throw KitError(.badData, "\(folder): a picture's name has a control character; rename it")
        }
        let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
        entries.append(
          Entry(
            path: "\(folder)/\(name)", name: classNames.isEmpty ? name : "\(classNames[number])/\(name)",
            id: stem,
            folder: classNames.isEmpty ? nil : number))
      }
    }
    // Two pictures of a name, in two folders or of two formats, are told apart by more of it.
    if Set(entries.map(\.id)).count < entries.count {
      for index in entries.indices { entries[index].id = entries[index].name }
    }
    // Numbers in their order, as people count, not 1, 10, 2.
    guard classNames.isEmpty, entries.allSatisfy({ Int($0.id) != nil }) else { return entries }
    return entries.sorted { (Int($0.id) ?? 0, $0.name) < (Int($1.id) ?? 0, $1.name) }
  }

  /// What systems leave among pictures.
  private static let leftovers = ["thumbs.db", "desktop.ini"]
}
