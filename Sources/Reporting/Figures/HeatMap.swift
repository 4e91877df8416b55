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
  /// The classes' names.
  var names: [String]
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

  /// The finished drawing: as wide as others for ten classes, wider for many, whose cells have no room for numbers.
  var figure: Figure {
    let layout = Layout(names: names)
    let (cell, rowHeight) = (layout.cell, layout.rowHeight)
    let (left, top) = (layout.left, layout.top)
    let most =
      counts.indices.flatMap { row in
        counts[row].indices.filter { $0 != row }.map { counts[row][$0] }
      }.max() ?? 0
    var canvas = Canvas()
    canvas.text(0, 15, rowTitle + " ↓", "name")
    canvas.text(layout.isUpright ? 52 : left + 32, 15, columnTitle + " →", "name")
    for (column, name) in layout.names.enumerated() {
      let middle = left + cell * (Double(column) + 0.5)
      if layout.isUpright {
        canvas.upright(middle + 4, top - 6, name, layout.style)
      } else {
        canvas.text(middle, top - 8, name, "middle")
      }
    }
    for (row, values) in counts.enumerated() {
      let y = top + rowHeight * Double(row)
      if layout.isUpright {
        canvas.text(left - 6, y + rowHeight / 2 + 4, layout.names[row], "end \(layout.style)")
      } else {
        canvas.text(left - 14, y + rowHeight / 2 + 4, layout.names[row], "middle")
      }
      for (column, count) in values.enumerated() {
        drawCell(row, column, count, most, at: (left + cell * Double(column), y), layout, on: &canvas)
      }
    }
    return Figure(
      name: name, title: title, description: description, width: layout.width,
      height: top + rowHeight * Double(counts.count) + 2, content: canvas.content)
  }

  private func drawCell(
    _ row: Int, _ column: Int, _ count: Int, _ most: Int, at place: (x: Double, y: Double), _ layout: Layout,
    on canvas: inout Canvas
  ) {
    let level = row == column ? 0 : Self.level(count, most: most)
    let isLink = linkPrefix != nil && row != column && count > 0
    if isLink, let linkPrefix { canvas.beginLink("#\(linkPrefix)-\(row)-\(column)") }
    defer { if isLink { canvas.endLink() } }
    let (gap, corner) = layout.cell < 20 ? (0.5, 1.0) : (1.0, 3.0)
    canvas.rectangle(
      place.x + gap, place.y + gap, layout.cell - 2 * gap, layout.rowHeight - 2 * gap,
      row == column ? "right" : "h\(level)", rounded: corner,
      tip: "\(rowTitle) \(names[row]), \(columnTitle) \(names[column]): \(grouped(count))")
    if count == 0 || textWidth(grouped(count)) > layout.cell + 4 { return }
    let style = row == column ? "quiet" : "on on\(level)"
    canvas.text(
      place.x + layout.cell / 2, place.y + layout.rowHeight / 2 + 4, grouped(count),
      "middle \(count > 999 || layout.cell < 26 ? "small " : "")\(style)")
  }

  /// Where the cells are and how their names are written.
  private struct Layout {
    /// The names, shortened to what there is room for.
    let names: [String]
    let cell: Double
    let rowHeight: Double
    let left: Double
    let top: Double
    let width: Double
    /// Whether the names of columns are written upwards.
    let isUpright: Bool
    /// A class for the names' text.
    let style: String

    init(names: [String]) {
      let count = Double(max(1, names.count))
      isUpright = names.count > 12 || names.contains { textWidth($0) > 24 }
      self.names = isUpright ? names.map { shortened($0, to: 18) } : names
      guard isUpright else {
        (left, top, width, style) = (34, 44, Figure.standardWidth, "")
        cell = (width - left) / count
        rowHeight = min(cell, 33)
        return
      }
      let room = self.names.map(textWidth).max() ?? 0
      (left, top) = (max(46, room + 8), 28 + room)
      cell = min(33, max(13, 720 / count))
      rowHeight = cell
      style = cell < 16 ? "small" : ""
      width = max(Figure.standardWidth, left + cell * count)
    }
  }

  /// The colour of a count: 0 for none, then 1 to 6 evenly by the logarithm up to `most`, which counts as at least 10, so
  /// that few errors stay pale.
  static func level(_ count: Int, most: Int) -> Int {
    guard count > 0 else { return 0 }
    let share = Elementary.log(1 + Double(count)) / Elementary.log(1 + Double(max(10, most)))
    return min(levels, max(1, Int((share * Double(levels)).rounded(.up))))
  }
}
