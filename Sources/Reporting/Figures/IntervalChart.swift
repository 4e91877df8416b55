import Foundations

/// Shares with their intervals, one under the other: what differs, and by how much it could be chance.
public struct IntervalChart: Sendable {
  /// Names the file.
  public var name: String
  /// What is drawn.
  public var title: String
  /// What is to be seen.
  public var description: String
  /// What the axis is.
  public var xTitle: String
  /// A line each.
  public var rows: [(name: String, value: Double, interval: ClosedRange<Double>)]

  /// A chart of shares.
  public init(
    name: String, title: String, description: String, xTitle: String,
    rows: [(name: String, value: Double, interval: ClosedRange<Double>)]
  ) {
    self.name = name
    self.title = title
    self.description = description
    self.xTitle = xTitle
    self.rows = rows
  }

  /// The drawing.
  public var figure: Figure {
    let (width, top, rowHeight) = (Figure.standardWidth, 8.0, 44.0)
    let bottom = top + rowHeight * Double(rows.count)
    let x = Axis(
      covering: rows.flatMap { [$0.value, $0.interval.lowerBound, $0.interval.upperBound] }, isPercent: true,
      about: 5)
    let plot = Plot(x: x, y: Axis(covering: []), left: 26, top: top, right: width - 26, bottom: bottom)
    var canvas = Canvas()
    for tick in x.ticks {
      guard let place = plot.point(tick.value, 0) else { continue }
      canvas.line(place.x, top, place.x, bottom, "grid")
      canvas.text(place.x, bottom + 18, tick.label, "middle")
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
