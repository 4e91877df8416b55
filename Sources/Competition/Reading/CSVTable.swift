import Foundations

/// A file that the kit wrote itself: a header of known titles, then rows with a field for each.
extension CSVScanner {
  /// Opens a file.
  ///
  /// - Parameter textLimit: bytes that are kept of a field, more than any valid one is long.
  package init(fileAt path: String, textLimit: Int = 32) throws(KitError) {
    try self.init(FileBytes(at: path), name: path, chunkSize: 1 << 16, textLimit: textLimit)
  }

  /// Scans the first line's titles. Throws `badData` if the file is empty, or has more titles than any table.
  package mutating func scanTitles() throws(KitError) -> [String] {
    guard try !isAtEnd() else { throw KitError(.badData, "\(name) is empty; its header is missing") }
    var titles: [String] = []
    while true {
      let ending = try scanField()
      titles.append(String(decoding: text, as: UTF8.self))
      if ending == .line { return titles }
      if titles.count == 1 << 16 { throw error("the first line has more than \(grouped(1 << 16)) fields") }
    }
  }

  /// Scans the first line; throws `badData` unless it is exactly these titles.
  package mutating func scanTitles(_ titles: [String]) throws(KitError) {
    guard try !isAtEnd() else {
      throw KitError(.badData, "\(name) is empty; the header \(titles.joined(separator: ",")) is missing")
    }
    for (index, title) in titles.enumerated() {
      let ending = try scanField()
      guard text.elementsEqual(title.utf8), (ending == .line) == (index == titles.count - 1) else {
        throw error("the header must be \(titles.joined(separator: ","))")
      }
    }
  }

  /// Scans a row of `count` fields and hands each to `take` as the field scanned last. Throws `badData` if the row has
  /// fewer or more.
  package mutating func scanRow(
    of count: Int, _ take: (_ column: Int, _ scanner: CSVScanner) throws(KitError) -> Void
  ) throws(KitError) {
    for column in 0..<count {
      let ending = try scanField()
      try take(column, self)
      guard (ending == .line) == (column == count - 1) else {
        throw error("the row must have \(count) fields")
      }
    }
  }

  /// The field scanned last as a number; nil if it is not one.
  package var decimal: Double? { Double(String(decoding: text, as: UTF8.self)) }
}
