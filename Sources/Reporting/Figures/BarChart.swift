import Foundations

/// Bars side by side for each category, such as the shares of digits among predictions and among the training rows.
struct BarChart {
  /// The file's name without `.svg`.
  var name: String
  /// A title in a few words.
  var title: String
  /// A description for readers who can't see the figure.
  var description: String
  /// The title of the horizontal axis.
  var xTitle: String
  /// The title of the vertical axis.
  var yTitle: String
  /// The names of the groups of bars.
  var categories: [String]
  /// A series has a bar for each category; values that are not finite have none.
  var series: [(name: String, values: [Double])]
  /// Whether the values are shares, shown in percent.
  var isPercent = false

  /// The finished drawing.
  var figure: Figure {
    // Names that have no room beside each other are written upwards, and many bars make the figure wider.
    let room = categories.map(textWidth).max() ?? 0
    let width = max(Figure.standardWidth, 14 * Double(categories.count) + 46)
    let isUpright = room > (width - 60) / Double(max(1, categories.count))
    let names = categories.map { isUpright ? shortened($0, to: 18) : $0 }
    let below = isUpright ? (names.map(textWidth).max() ?? 0) - 6 : 0
    let height = 270 + below
    var canvas = Canvas()
    let styles = series.indices.map { "bar c\($0 % Figure.colours + 1)" }
    let entries =
      series.count > 1 ? zip(series, styles).map { (name: shortened($0.name, to: 48), style: $1) } : []
    let legend = Legend(entries: entries, mark: .box)
    let extra = legend.height(width: width)
    let y = Axis(covering: [0] + series.flatMap(\.values), isPercent: isPercent)
    let plot = Plot(
      x: Axis(covering: []), y: y, left: Plot.leftMargin(y), top: 34 + extra, right: width - 8,
      bottom: height - below - 42 + extra)
    drawFrame(plot, below: below, on: &canvas)
    legend.draw(on: &canvas, top: 22, width: width)
    let slot = (plot.right - plot.left) / Double(max(1, categories.count))
    let bar = slot * 0.74 / Double(max(1, series.count))
    for (index, category) in categories.enumerated() {
      let start = plot.left + slot * (Double(index) + 0.13)
      let middle = plot.left + slot * (Double(index) + 0.5)
      if isUpright {
        canvas.upright(middle + 4, plot.bottom + 8, names[index], "end")
      } else {
        canvas.text(middle, plot.bottom + 18, category, "middle")
      }
      for (number, one) in series.enumerated() where index < one.values.count && one.values[index].isFinite {
        let value = one.values[index]
        guard let end = y.position(value), let zero = y.position(0) else { continue }
        let size = (end - zero) * (plot.bottom - plot.top)
        let top = plot.bottom - max(end, zero) * (plot.bottom - plot.top)
        let text = isPercent ? percent(value) : "\(value)"
        canvas.rectangle(
          start + bar * Double(number), top, max(0.5, bar - 1), size.magnitude, styles[number],
          tip: "\(one.name), \(category): \(text)")
      }
    }
    return Figure(
      name: name, title: title, description: description, width: width, height: height + extra,
      content: canvas.content)
  }

  private func drawFrame(_ plot: Plot, below: Double, on canvas: inout Canvas) {
    canvas.text(0, 15, yTitle, "name")
    for tick in plot.y.ticks {
      guard let share = plot.y.position(tick.value) else { continue }
      let height = plot.bottom - share * (plot.bottom - plot.top)
      canvas.line(plot.left, height, plot.right, height, tick.value == 0 ? "axis" : "grid")
      canvas.text(plot.left - 7, height + 4, tick.label, "end")
    }
    canvas.text((plot.left + plot.right) / 2, plot.bottom + 36 + below, xTitle, "middle")
  }
}
