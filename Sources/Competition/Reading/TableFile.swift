import Foundations

/// Opens a CSV file: plain, compressed by gzip, or in a zip archive. Its first bytes tell which; its name may be anything.
///
/// - Parameters:
///   - path: The file.
///   - table: The table wanted of an archive, `train` for its `train.csv`; nil for the only CSV file in it.
///   - isStoppable: Whether reading ends with `stopped` when the user asks to stop.
/// - Returns: The text, and its name in messages: the path, or `ZIP/MEMBER`.
/// - Throws: `missingInput` if there is no such file; `badData` if it is damaged, or of a kind that can't be read.
func openTable(
  _ path: String, _ table: String?, isStoppable: Bool = true
) throws(KitError) -> (stream: any ByteStream, name: String) {
  let file = try FileBytes(at: path, isStoppable: isStoppable)
  let start = try file.bytes(from: 0, count: min(file.size, 4))
  file.select(from: 0, count: file.size)
  if start.starts(with: [0x50, 0x4B]) || path.hasSuffix(".zip") && FileKind(startingWith: start) == nil {
    let archive = try ZipArchive(file)
    let member = try archive.member(table)
    let name = "\(path)/\(member.name)"
    return (try archive.contents(of: member, name: name), name)
  }
  if start.starts(with: [0x1F, 0x8B]) || start == [0x1F] {
    return (try Inflater(file, wrapping: .gzip, name: path), path)
  }
  return (file, path)
}

extension ZipArchive {
  /// The member `TABLE.csv`, in any folder of the archive, or one whose name ends so after a hyphen or an underscore; without
  /// a table the only CSV file.
  fileprivate func member(_ table: String?) throws(KitError) -> Member {
    let ending = table.map { "/\($0).csv" } ?? ".csv"
    let wanted = table.map { "\($0).csv" } ?? "CSV file"
    let own = members.filter { !$0.name.hasPrefix("__MACOSX/") }
    var found = own.filter { ("/" + $0.name).hasSuffix(ending) }
    if found.isEmpty, let table {
      found = own.filter { $0.name.hasSuffix("_\(table).csv") || $0.name.hasSuffix("-\(table).csv") }
    }
    guard let first = found.first else {
      let names = members.map(\.name)
      if let kind = FileKind(zipWith: names) { throw kind.refusal(of: path, wanted: .table) }
      let contents = "it contains \(names.prefix(5).joined(separator: ", "))\(names.count > 5 ? ", …" : "")"
      // Another file of this name, as in the archives within an archive that some downloads are.
      let packed = names.contains { ("/" + $0).contains(ending + ".") } ? "; unpack it first (unzip)" : ""
      throw KitError(
        .badData, "\(path) has no \(wanted); \(names.isEmpty ? "it is empty" : contents + packed)")
    }
    guard found.count == 1 else {
      throw KitError(
        .badData, "\(path) has more than one \(wanted): \(found[0].name), \(found[1].name)")
    }
    return first
  }
}
