import Foundations

/// A confusion matrix with a row for each label and a column for each prediction, which shows the errors.
///
/// Correct predictions are far more frequent, so the diagonal is grey; the colour of errors goes by the logarithm of their
/// count.
struct HeatMap {
  /// The file's name without `.svg`.
  var name: String
  /// A title in a few words.
  var title: String
  /// A description for readers who can't see the figure.
  var description: String
  /// The number of rows, `[label][predicted]`.
  var counts: [[Int]]
  /// What the names of the page's parts begin with that mistakes are links to, `PREFIX-LABEL-PREDICTED`; nil for no links.
  var linkPrefix: String?
  /// The title of the rows.
  var rowTitle = "label"
  /// The title of the columns.
  var columnTitle = "predicted"

  /// The number of colours for errors.
  private static let levels = 6

  /// The finished drawing.
  var figure: Figure {
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
        let isLink = linkPrefix != nil && row != column && count > 0
        if isLink, let linkPrefix { canvas.beginLink("#\(linkPrefix)-\(row)-\(column)") }
        defer { if isLink { canvas.endLink() } }
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

  /// The colour of a count: 0 for none, then 1 to 6 evenly by the logarithm up to `most`, which counts as at least 10, so
  /// that few errors stay pale.
  static func level(_ count: Int, most: Int) -> Int {
    guard count > 0 else { return 0 }
    let share = Elementary.log(1 + Double(count)) / Elementary.log(1 + Double(max(10, most)))
    return min(levels, max(1, Int((share * Double(levels)).rounded(.up))))
  }
}
