import Foundations

/// Shares with their confidence intervals, one below the other, to compare them.
struct IntervalChart {
  /// The file's name without `.svg`.
  var name: String
  /// A title in a few words.
  var title: String
  /// A description for readers who can't see the figure.
  var description: String
  /// The title of the axis.
  var xTitle: String
  /// What is shown, from top to bottom: a name, a share and its interval.
  var rows: [(name: String, value: Double, interval: ClosedRange<Double>)]

  /// The finished drawing.
  var figure: Figure {
    let (width, top, rowHeight) = (Figure.standardWidth, 8.0, 44.0)
    let bottom = top + rowHeight * Double(rows.count)
    let x = Axis(
      covering: rows.flatMap { [$0.value, $0.interval.lowerBound, $0.interval.upperBound] }, isPercent: true,
      about: 5)
    let plot = Plot(x: x, y: Axis(covering: []), left: 26, top: top, right: width - 26, bottom: bottom)
    var canvas = Canvas()
    for tick in x.ticks {
      guard let point = plot.point(tick.value, 0) else { continue }
      canvas.line(point.x, top, point.x, bottom, "grid")
      canvas.text(point.x, bottom + 18, tick.label, "middle")
    }
    canvas.line(plot.left, bottom, plot.right, bottom, "axis")
    for (index, row) in rows.enumerated() {
      let y = top + rowHeight * (Double(index) + 0.72)
      guard let low = plot.point(row.interval.lowerBound, 0),
        let high = plot.point(row.interval.upperBound, 0), let middle = plot.point(row.value, 0)
      else { continue }
      let colour = "c\(index % Figure.colours + 1)"
      canvas.line(low.x, y, high.x, y, "line \(colour)")
      canvas.dot(middle.x, y, radius: 6, "dot \(colour)", tip: "\(row.name): \(percent(row.value))")
      canvas.text(plot.left, y - 12, shortened(row.name, to: 32))
      canvas.text(plot.right, y - 12, percent(row.value), "end name")
    }
    canvas.text((plot.left + plot.right) / 2, bottom + 36, xTitle, "middle")
    return Figure(
      name: name, title: title, description: description, width: width, height: bottom + 42,
      content: canvas.content)
  }
}
