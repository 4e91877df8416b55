import Foundations

/// A confusion matrix: a row a label, a column a prediction, coloured by the errors.
///
/// What is right would drown them, so the diagonal is grey and the colour goes by the logarithm of an error's count.
public struct HeatMap: Sendable {
  /// Names the file.
  public var name: String
  /// What is drawn.
  public var title: String
  /// What is to be seen.
  public var description: String
  /// Rows of each label (first index) that were predicted as each class (second index).
  public var counts: [[Int]]
  /// What the rows are.
  public var rowTitle: String
  /// What the columns are.
  public var columnTitle: String

  /// A matrix of labels and predictions.
  public init(
    name: String, title: String, description: String, counts: [[Int]], rowTitle: String = "label",
    columnTitle: String = "predicted"
  ) {
    self.name = name
    self.title = title
    self.description = description
    self.counts = counts
    self.rowTitle = rowTitle
    self.columnTitle = columnTitle
  }

  /// Colours that errors have.
  private static let levels = 6

  /// The drawing.
  public var figure: Figure {
    let (width, left, top) = (Figure.standardWidth, 34.0, 44.0)
    let columns = counts.map(\.count).max() ?? 0
    let cell = (width - left) / Double(max(1, columns))
    let rowHeight = min(cell, 33)
    let most =
      counts.indices.flatMap { row in
        counts[row].indices.filter { $0 != row }.map { counts[row][$0] }
      }.max() ?? 0
    var canvas = Canvas()
    canvas.text(0, 15, rowTitle + " ↓", "name")
    canvas.text(left + 32, 15, columnTitle + " →", "name")
    for column in 0..<columns {
      canvas.text(left + cell * (Double(column) + 0.5), top - 8, "\(column)", "middle")
    }
    for (row, values) in counts.enumerated() {
      let y = top + rowHeight * Double(row)
      canvas.text(left - 14, y + rowHeight / 2 + 4, "\(row)", "middle")
      for (column, count) in values.enumerated() {
        let x = left + cell * Double(column)
        let level = row == column ? 0 : Self.level(count, most: most)
        canvas.rectangle(
          x + 1, y + 1, cell - 2, rowHeight - 2, row == column ? "right" : "h\(level)", rounded: 3,
          tip: "\(rowTitle) \(row), \(columnTitle) \(column): \(grouped(count))")
        if count == 0 { continue }
        let style = row == column ? "quiet" : "on on\(level)"
        canvas.text(
          x + cell / 2, y + rowHeight / 2 + 4, grouped(count), "middle \(count > 999 ? "small " : "")\(style)"
        )
      }
    }
    return Figure(
      name: name, title: title, description: description, width: width,
      height: top + rowHeight * Double(counts.count) + 2, content: canvas.content)
  }

  /// 0 for none, then evenly by the logarithm up to the largest, which is taken as at least 10: few errors stay pale.
  static func level(_ count: Int, most: Int) -> Int {
    guard count > 0 else { return 0 }
    let share = Elementary.log(1 + Double(count)) / Elementary.log(1 + Double(max(10, most)))
    return min(levels, max(1, Int((share * Double(levels)).rounded(.up))))
  }
}
