import Compute
import Foundations

/// Reads rows of a table of any size and form: CSV, IDX, or a folder of pictures. Memory does not grow with the table.
public final class DigitReader {
  /// The table's name in messages: its path, or `ZIP/MEMBER` in a zip archive.
  public let name: String
  /// Whether rows have labels, as in a `train.csv`.
  public var isLabelled: Bool { source.isLabelled }
  /// How the rows are called.
  public var naming: RowNaming { source.naming }
  /// The ids of the rows that the last `read` appended; none if the table has no ids, whose rows are then counted from 1.
  public private(set) var ids: [String] = []

  /// The rows that are read, if `select` was called; nil for all.
  public private(set) var selection: RowRange?
  /// How many rows the whole table has; nil as long as that is not known.
  public private(set) var tableRows: Int?

  /// The number of the row read last, from 1.
  private var position = 0
  private let source: any RowSource
  private let isTransposed: Bool

  init(_ source: any RowSource, name: String, isTransposed: Bool = false) {
    self.source = source
    self.name = name
    self.isTransposed = isTransposed
    tableRows = source.rowCount
  }

  /// Reads the header from a CSV stream; `chunkSize` bytes are read or inflated at a time.
  ///
  /// Throws `badData` with file, line and field if it is not a table's header.
  package convenience init(
    _ stream: any ByteStream, name: String, form: TableForm = TableForm(), chunkSize: Int = 1 << 18
  ) throws(KitError) {
    let rows = try CSVRows(stream, name: name, classes: form.classes ?? .digits, chunkSize: chunkSize)
    self.init(rows, name: name, isTransposed: form.isTransposed)
  }

  /// Makes the reader read only some of the rows; to be called before any are read.
  ///
  /// The rows before them are skipped without a look at their values, and nothing is read after them but whether there is a
  /// row more: what is wrong elsewhere in the table is found by who reads that.
  ///
  /// - Throws: `usage` if it is known already that the table has fewer rows; else `read` throws it. `badData` as `read` does.
  public func select(_ rows: RowRange) throws(KitError) {
    precondition(position == 0, "rows are selected before they are read")
    selection = rows
    if let tableRows, max(rows.first, rows.last ?? 1) > tableRows { throw outOfRange(rows, tableRows) }
    position = try source.skip(rows.first - 1)
    if position < rows.first - 1 { throw outOfRange(rows, position) }
  }

  private func outOfRange(_ rows: RowRange, _ count: Int) -> KitError {
    let remedy = rows.last == nil || rows.first > count ? "" : " (\(rows.first)- takes them to the end)"
    return KitError(
      .usage, "--rows \(rows.text) is out of range: \(name) has \(grouped(count)) rows\(remedy)")
  }

  /// Whether the table has ended, where the rows end that were asked for.
  private func noteEnd(isShort: Bool) throws(KitError) {
    if isShort {
      tableRows = position
      if let selection, position < selection.last ?? selection.first { throw outOfRange(selection, position) }
    } else if position == selection?.last, tableRows == nil, try source.skip(1) == 0 {
      tableRows = position
    }
  }

  /// Appends the next rows, at most `limit`.
  ///
  /// - Parameters:
  ///   - limit: The most rows to append.
  ///   - pixels: Gets 784 bytes for each row.
  ///   - labels: Gets a byte for each row if the table is labelled.
  /// - Returns: How many rows were appended; 0 only at the end of an intact table.
  /// - Throws: `badData` with the place in the file at the first error; the rows before it have been appended then. `usage` if
  ///   the table ends before the selected rows do.
  public func read(upTo limit: Int, pixels: inout [UInt8], labels: inout [UInt8]) throws(KitError) -> Int {
    ids.removeAll(keepingCapacity: true)
    let limit = min(limit, (selection?.last ?? .max) - position)
    if limit == 0 { return 0 }
    var total = 0
    while total < limit {
      try StopRequest.check(while: "reading \(name)")
      let wanted = min(limit - total, 256)
      let start = pixels.count
      pixels.append(contentsOf: repeatElement(0, count: wanted * DigitTable.pixelCount))
      var batch = RowBatch()
      defer {
        pixels.removeLast(pixels.count - start - batch.count * DigitTable.pixelCount)
        labels += batch.labels
        ids += batch.ids
      }
      try source.read(upTo: wanted, into: &pixels, at: start, &batch)
      if isTransposed {
        for row in 0..<batch.count { transpose(&pixels, at: start + row * DigitTable.pixelCount) }
      }
      total += batch.count
      if batch.count < wanted { break }
    }
    position += total
    try noteEnd(isShort: total < limit)
    return total
  }

  /// Reads all rows that are left, or the next ones, without keeping them.
  ///
  /// - Parameter limit: The most rows to read.
  /// - Returns: Their number, and the SHA-256 of their 784 bytes each.
  /// - Throws: As `read` does.
  public func readToEnd(of limit: Int = .max) throws(KitError) -> (rows: Int, digest: String) {
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    var rows = 0
    var hash = SHA256()
    while true {
      pixels.removeAll(keepingCapacity: true)
      let count = try read(upTo: min(1024, limit - rows), pixels: &pixels, labels: &labels)
      if count == 0 { return (rows, SHA256.hexadecimal(of: hash.finalize())) }
      labels.removeAll(keepingCapacity: true)
      hash.update(pixels)
      rows += count
    }
  }

  /// All rows that are left.
  ///
  /// - Throws: As `read` does; `usage` if they need more memory than this machine has.
  public func readAll() throws(KitError) -> (pixels: [UInt8], labels: [UInt8]) {
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    let step = 1 << 12
    var (rows, room) = (0, 0)
    while true {
      if rows + step > room {
        // The rows so far are copied into an array of twice the size, as arrays grow.
        room = 2 * (rows + step)
        try requirePhysicalMemory(
          1.5 * Double(room * DigitTable.pixelCount),
          for: "reading the first \(grouped(room)) rows of \(name)",
          remedy: "A table with fewer rows may fit")
        pixels.reserveCapacity(room * DigitTable.pixelCount)
      }
      let count = try read(upTo: step, pixels: &pixels, labels: &labels)
      if count == 0 { return (pixels, labels) }
      rows += count
    }
  }
}

/// Swaps rows and columns of the image at `start`.
private func transpose(_ pixels: inout [UInt8], at start: Int) {
  for row in 0..<DigitTable.side {
    for column in 0..<row {
      pixels.swapAt(start + row * DigitTable.side + column, start + column * DigitTable.side + row)
    }
  }
}
