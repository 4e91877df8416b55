import Foundations

/// Lines over a common axis, such as loss by epoch.
struct LineChart {
  /// A line.
  struct Series {
    /// The name in the legend or at the line's end.
    var name: String
    /// The points from left to right; there is a gap where y is nil or not finite.
    var points: [(x: Double, y: Double?)]
    /// One of seven colours, from 0; larger numbers repeat them.
    var colour: Int
    /// Whether the line is dashed.
    var isDashed = false
    /// Whether the line is thin and pale, as one of many: with a tooltip, but not in the legend.
    var isFaint = false

    fileprivate var colourNumber: Int { (colour % Figure.colours + Figure.colours) % Figure.colours + 1 }

    fileprivate var style: String {
      "line c\(colourNumber)" + (isDashed ? " dashed" : "") + (isFaint ? " faint" : "")
    }

    /// At most `count` points, evenly chosen, and the last one: a figure has no more pixels.
    fileprivate func thinned(to count: Int) -> [(x: Double, y: Double?)] {
      let step = (points.count + count - 1) / count
      if step <= 1 { return points }
      return points.indices.filter { $0 % step == 0 || $0 == points.count - 1 }.map { points[$0] }
    }
  }

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
  /// The lines; later ones are drawn over earlier ones.
  var series: [Series]
  /// The horizontal axis's scale.
  var xScale = AxisScale.linear
  /// The vertical axis's scale.
  var yScale = AxisScale.linear
  /// Whether y is a share, shown in percent.
  var isPercent = false

  /// The finished drawing.
  var figure: Figure {
    let (width, height) = (Figure.standardWidth, 280.0)
    var canvas = Canvas()
    let labelled = series.filter { !$0.isFaint }
    // A few short names are written at the lines' ends.
    let hasEndLabels =
      labelled.count > 1 && labelled.count <= 3 && labelled.allSatisfy { $0.name.count <= 11 }
    let entries =
      labelled.count > 1 && !hasEndLabels ? labelled.map { (shortened($0.name, to: 48), $0.style) } : []
    let legend = Legend(entries: entries, mark: .line)
    let y = Axis(
      covering: series.flatMap { $0.points.compactMap(\.y) }, scale: yScale, isPercent: isPercent)
    let endRoom = hasEndLabels ? 12 + (labelled.map { textWidth($0.name) }.max() ?? 0) : 8
    let plot = Plot(
      x: xAxis, y: y, left: Plot.leftMargin(y), top: 34 + legend.height(width: width),
      right: width - endRoom, bottom: height - 42 + legend.height(width: width))
    plot.drawAxes(on: &canvas, xTitle: xTitle, yTitle: yTitle)
    legend.draw(on: &canvas, top: 22, width: width)
    let budget = max(20, 8000 / max(1, series.count))
    for line in series {
      canvas.path(line.thinned(to: budget).map { plot.point($0.x, $0.y) }, line.style, tip: line.name)
    }
    if hasEndLabels { drawEndLabels(labelled, plot, on: &canvas) }
    return Figure(
      name: name, title: title, description: description, width: width,
      height: height + legend.height(width: width), content: canvas.content)
  }

  /// From the first to the last x, with ticks at whole numbers if all are whole.
  private var xAxis: Axis {
    let values = series.flatMap { $0.points.map(\.x) }
    if xScale != .linear { return Axis(covering: values, scale: xScale, about: 8) }
    let isWhole = values.allSatisfy { $0 == $0.rounded() }
    let (first, last) = (values.min() ?? 0, values.max() ?? 1)
    if isWhole, first == last { return Axis(covering: [first - 1, last + 1], about: 2) }
    return Axis(covering: values, about: isWhole ? Int(min(6, max(1, last - first))) : 6)
  }

  private func drawEndLabels(_ lines: [Series], _ plot: Plot, on canvas: inout Canvas) {
    let gap = 15.0
    var labels = lines.compactMap { line -> (y: Double, x: Double, line: Series)? in
      guard let last = line.points.last(where: { plot.point($0.x, $0.y) != nil }),
        let end = plot.point(last.x, last.y)
      else { return nil }
      return (end.y, end.x, line)
    }
    labels.sort { $0.y < $1.y }
    for index in labels.indices.dropFirst() {
      labels[index].y = max(labels[index].y, labels[index - 1].y + gap)
    }
    // Move those up that were pushed below the plot.
    var floor = plot.bottom
    for index in labels.indices.reversed() {
      labels[index].y = min(labels[index].y, floor)
      floor = labels[index].y - gap
    }
    for label in labels {
      canvas.text(label.x + 8, label.y + 4, label.line.name, "t\(label.line.colourNumber)")
    }
  }
}
