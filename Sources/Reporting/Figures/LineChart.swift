import Foundations

/// Lines over a common axis, as of loss by epoch.
public struct LineChart: Sendable {
  /// A line.
  public struct Series: Sendable {
    /// Names it in the legend or at its end.
    public var name: String
    /// Its points from left to right; there is a gap where y is nil or no finite number.
    public var points: [(x: Double, y: Double?)]
    /// One of seven colours, counted from 0; further ones begin again.
    public var colour: Int
    /// Whether it is broken.
    public var isDashed: Bool
    /// Whether it is thin and pale: one of many, told by a tip only, and left out of the legend.
    public var isFaint: Bool

    /// A line.
    public init(
      name: String, points: [(x: Double, y: Double?)], colour: Int, isDashed: Bool = false,
      isFaint: Bool = false
    ) {
      self.name = name
      self.points = points
      self.colour = colour
      self.isDashed = isDashed
      self.isFaint = isFaint
    }

    fileprivate var colourNumber: Int { (colour % Figure.colours + Figure.colours) % Figure.colours + 1 }

    fileprivate var style: String {
      "line c\(colourNumber)" + (isDashed ? " dashed" : "")
        + (isFaint ? " faint" : "")
    }

    /// At most so many points, evenly chosen and with the last: a figure has no more pixels.
    fileprivate func thinned(to count: Int) -> [(x: Double, y: Double?)] {
      let step = (points.count + count - 1) / count
      if step <= 1 { return points }
      return points.indices.filter { $0 % step == 0 || $0 == points.count - 1 }.map { points[$0] }
    }
  }

  /// Names the file.
  public var name: String
  /// What is drawn.
  public var title: String
  /// What is to be seen.
  public var description: String
  /// The lines; later ones are drawn over earlier ones.
  public var series: [Series]
  /// What goes to the right.
  public var xTitle: String
  /// What goes up.
  public var yTitle: String
  /// How y is spaced.
  public var yScale = AxisScale.linear
  /// Whether y is a share, to be written in percent.
  public var isPercent = false

  /// A chart with even axes of plain numbers.
  public init(
    name: String, title: String, description: String, xTitle: String, yTitle: String, series: [Series]
  ) {
    self.name = name
    self.title = title
    self.description = description
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.series = series
  }

  /// The drawing.
  public var figure: Figure {
    let (width, height) = (Figure.standardWidth, 280.0)
    var canvas = Canvas()
    let labelled = series.filter { !$0.isFaint }
    // Few short names stand at the lines' ends.
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

  /// From the first to the last x, ticks at whole numbers if all are whole.
  private var xAxis: Axis {
    let values = series.flatMap { $0.points.map(\.x) }
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
    // Back up those that were pushed below the plot.
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
