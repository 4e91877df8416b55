import Foundations

/// Trials as lines over one axis for each option and one for the score (Inselberg, 1985), coloured by their score.
struct ParallelCoordinates {
  /// The file's name without `.svg`.
  var name: String
  /// A title in a few words.
  var title: String
  /// A description for readers who can't see the figure.
  var description: String
  /// The options, from left to right.
  var options: [(name: String, scale: OptionScale)]
  /// The trials, the best first.
  var marks: [TrialMark]

  /// Colours for scores.
  private static let levels = 5
  private static let height = 290.0

  /// An axis with its place and what is written beside it.
  private struct Column {
    let title: String
    let axis: Axis?
    let names: [String]
    var x = 0.0

    /// The width of what is written beside it.
    var labelWidth: Double {
      ((axis?.ticks.map(\.label) ?? names).map(textWidth).max() ?? 0) + 10
    }
  }

  /// The finished drawing, wider for more options.
  var figure: Figure {
    var columns = columns
    let roomy = max(Figure.standardWidth, min(900, 130 * Double(columns.count)))
    var width = place(&columns, gap: 34)
    if width < roomy, columns.count > 1 {
      width = place(&columns, gap: 34 + (roomy - width) / Double(columns.count - 1))
    }
    width = max(Figure.standardWidth, width)
    let legend = Legend(entries: legendEntries, mark: .line)
    let top = 34 + legend.height(width: width)
    let bottom = top + Self.height
    var canvas = Canvas()
    legend.draw(on: &canvas, top: 0, width: width)
    for column in columns {
      let half = textWidth(column.title) / 2
      canvas.text(min(width - half, max(half, column.x)), top - 12, column.title, "name middle")
      canvas.line(column.x, top, column.x, bottom, "axis")
    }
    drawLines(columns, top, bottom, on: &canvas)
    for (place, column) in columns.enumerated() {
      drawLabels(column, isLast: place == columns.count - 1, top, bottom, on: &canvas)
    }
    return Figure(
      name: name, title: title, description: description, width: width, height: bottom + 8,
      content: canvas.content)
  }

  private var columns: [Column] {
    let options = options.enumerated().map { place, option in
      switch option.scale {
      case .numbers(let scale):
        Column(
          title: option.name,
          axis: Axis(covering: marks.compactMap { $0.values[place] }, scale: scale, about: 5), names: [])
      case .names(let names):
        Column(title: option.name, axis: nil, names: names.map { shortened($0, to: 16) })
      }
    }
    return options + [Column(title: "accuracy", axis: Axis(accuracies: marks.map(\.score)), names: [])]
  }

  /// Places the columns with room for their titles, and for the labels on the left of all but the last, at whose right they
  /// are. Returns the width that is used.
  private func place(_ columns: inout [Column], gap: Double) -> Double {
    var (labelled, titled) = (0.0, 0.0)
    for index in columns.indices {
      let half = textWidth(columns[index].title) / 2
      let isLast = index == columns.count - 1
      let labels = isLast ? 0 : columns[index].labelWidth
      columns[index].x =
        index == 0 ? max(labels, half) : max(labelled + labels + gap, titled + half + 14)
      labelled = columns[index].x
      titled = labelled + half
    }
    guard let last = columns.last else { return 0 }
    return max(last.x + last.labelWidth, titled)
  }

  private func drawLines(_ columns: [Column], _ top: Double, _ bottom: Double, on canvas: inout Canvas) {
    let spreads = options.enumerated().map { $1.scale.spread(marks, option: $0, order: Array(marks.indices)) }
    // What stands out is drawn last, the worst first.
    let order =
      marks.indices.reversed().filter { marks[$0].role == .plain }
      + marks.indices.filter { marks[$0].role == .base } + marks.indices.filter { marks[$0].role == .winner }
    for index in order {
      let mark = marks[index]
      let points = columns.enumerated().map { place, column -> (x: Double, y: Double)? in
        let value = place < options.count ? mark.values[place] : mark.score
        let spread = place < options.count ? spreads[place][index] : 0
        return height(value, spread, column).map { (column.x, bottom - $0 * (bottom - top)) }
      }
      if mark.role != .plain { canvas.path(points, "under") }
      canvas.path(points, style(mark, rank: index), tip: mark.tip)
    }
  }

  /// Where a value is on its axis, from 0 at the bottom to 1.
  private func height(_ value: Double?, _ spread: Double, _ column: Column) -> Double? {
    guard let value else { return nil }
    if let axis = column.axis { return axis.position(value) }
    let count = Double(max(1, column.names.count))
    return 1 - (value + 0.5 + 0.32 * spread) / count
  }

  private func style(_ mark: TrialMark, rank: Int) -> String {
    switch mark.role {
    case .winner: "line bold c2"
    case .base: "line bold dashed c7"
    case .plain:
      "line thin s\(Self.levels - min(Self.levels - 1, rank * Self.levels / max(1, marks.count)))"
    }
  }

  private func drawLabels(
    _ column: Column, isLast: Bool, _ top: Double, _ bottom: Double, on canvas: inout Canvas
  ) {
    let names = column.names.enumerated().map { (height(Double($0), 0, column), $1) }
    let labels = column.axis.map { axis in axis.ticks.map { (axis.position($0.value), $0.label) } } ?? names
    for (share, label) in labels {
      guard let share else { continue }
      let y = bottom - share * (bottom - top)
      canvas.line(column.x - 3, y, column.x + 3, y, "axis")
      canvas.text(isLast ? column.x + 8 : column.x - 7, y + 4, label, isLast ? "halo" : "end halo")
    }
  }

  private var legendEntries: [(name: String, style: String)] {
    var entries: [(name: String, style: String)] = []
    if let winner = marks.first(where: { $0.role == .winner }) {
      let who = winner.trial == 1 ? "the base options" : "trial \(winner.trial)"
      entries.append(("winner: \(who)", "line bold c2"))
    }
    if marks.contains(where: { $0.role == .base }) { entries.append(("base options", "line bold dashed c7")) }
    return entries + [("best fifth", "line s\(Self.levels)"), ("worst fifth", "line s1")]
  }
}
