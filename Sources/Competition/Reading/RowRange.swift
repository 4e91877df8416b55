import Foundations

/// Some rows of a table that follow one another, by their numbers from 1, as `ImageId` counts them.
public struct RowRange: Sendable, Equatable {
  /// All rows of a table.
  public static let all = RowRange(first: 1, last: nil)

  /// More rows than any table has; sums over so many rows' pixels fit `Int`.
  static let largest = 1 << 40

  /// The first row.
  public let first: Int
  /// The last row; nil for the table's last one.
  public let last: Int?

  /// The rows from `first` to `last`, both included. The first is at least 1 and not after the last.
  public init(first: Int, last: Int?) {
    precondition(first >= 1 && first <= last ?? .max, "rows count from 1, the first one first")
    (self.first, self.last) = (first, last)
  }

  /// Reads `1001-2000`, or `2001-` for all rows from 2,001 on; nil for anything else.
  public init?(_ text: String) {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = Self.number(ends[0]), first >= 1 else { return nil }
    if ends[1].isEmpty {
      self.init(first: first, last: nil)
    } else {
      guard let last = Self.number(ends[1]), last >= first else { return nil }
      self.init(first: first, last: last)
    }
  }

  private static func number(_ digits: Substring) -> Int? {
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits) else { return nil }
    return number <= largest ? number : nil
  }

  /// How many rows; nil if that depends on the table.
  public var count: Int? { last.map { $0 - first + 1 } }

  /// The rows as `init(_:)` reads them: `1001-2000`.
  public var text: String { "\(first)-\(last.map { "\($0)" } ?? "")" }

  /// The rows in a sentence: `rows 1,001 to 2,000`.
  public var words: String {
    guard let last else { return "rows \(grouped(first)) to the last" }
    return first == last ? "row \(grouped(first))" : "rows \(grouped(first)) to \(grouped(last))"
  }
}
