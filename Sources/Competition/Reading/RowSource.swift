import Foundations

/// Rows of images in one form of data.
protocol RowSource: AnyObject {
  /// Whether rows have labels.
  var isLabelled: Bool { get }
  /// How rows are named.
  var naming: RowNaming { get }
  /// How many rows the table has; nil where only reading them tells.
  var rowCount: Int? { get }

  /// Skips the next rows, at most `count`, without looking at their values.
  ///
  /// - Returns: How many there were; fewer than `count` only at the table's end.
  /// - Throws: `badData` if the table is damaged in a way that shows nevertheless.
  func skip(_ count: Int) throws(KitError) -> Int

  /// Reads the next rows, at most `limit`.
  ///
  /// - Parameters:
  ///   - limit: The most rows to read.
  ///   - pixels: Has room for them from `start`, filled with zeros.
  ///   - batch: Gets a label for each row if rows have labels, and an id if they have ids.
  /// - Throws: `badData` with the place in the file at the first error; `batch` then counts the rows before it.
  func read(
    upTo limit: Int, into pixels: inout [UInt8], at start: Int, _ batch: inout RowBatch
  ) throws(KitError)
}

/// What is read of some rows besides their pixels.
struct RowBatch {
  /// How many rows.
  var count = 0
  var labels: [UInt8] = []
  var ids: [String] = []
}

/// How rows are called, besides by their numbers from 0.
public enum RowNaming: Sendable, Equatable {
  /// By their lines: row 0 is line 2.
  case lines
  /// By nothing else.
  case numbers
  /// By names, such as those of their files.
  case names([String])

  /// A row in words: `row 12, line 14`.
  public func place(ofRow row: Int) -> String {
    switch self {
    case .lines: "row \(row), line \(row + 2)"
    case .numbers: "row \(row)"
    case .names(let names): names.indices.contains(row) ? "row \(row), \(names[row])" : "row \(row)"
    }
  }
}
