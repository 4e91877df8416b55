import Foundations
import Scoring

/// The scores of trials by the values of one option, each with its interval; for names also the mean of each.
struct OptionPlot {
  /// The file's name without `.svg`.
  var name: String
  /// A title in a few words.
  var title: String
  /// A description for readers who can't see the figure.
  var description: String
  /// The title of the horizontal axis: the option.
  var xTitle: String
  /// How values are placed.
  var scale: OptionScale
  /// The option's place among the values of a mark.
  var option: Int
  /// The trials, the best first.
  var marks: [TrialMark]

  /// Room for half of the last number below.
  private static let right = 20.0

  private var names: [String] { if case .names(let names) = scale { names } else { [] } }

  /// The trials that have the name of a place.
  private func scores(ofName place: Int) -> [Double] {
    marks.filter { $0.values[option] == Double(place) }.map(\.score)
  }

  /// The finished drawing.
  var figure: Figure {
    var canvas = Canvas()
    let shares = marks.flatMap { [$0.score, $0.interval.lowerBound, $0.interval.upperBound] }
    let y = Axis(accuracies: shares)
    let room = Figure.standardWidth - Plot.leftMargin(y) - Self.right
    let slot = max(room / Double(max(1, names.count)), 26)
    let widest = names.map(textWidth).max() ?? 0
    // Names that are too long are cut where a slot has room for some letters, else written upwards.
    let isUpright = slot < 64 && widest > slot - 6
    let labels = names.map { isUpright ? shortened($0, to: 18) : shortened($0, to: Int((slot - 6) / 7.5)) }
    let below = isUpright ? max(0, (labels.map(textWidth).max() ?? 0) - 6) : 0
    let width = max(Figure.standardWidth, Plot.leftMargin(y) + slot * Double(names.count) + Self.right)
    let plot = Plot(
      x: xAxis, y: y, left: Plot.leftMargin(y), top: 34, right: width - Self.right, bottom: 238)
    if names.isEmpty {
      plot.drawAxes(on: &canvas, xTitle: xTitle, yTitle: y.accuracyTitle)
    } else {
      plot.drawHeights(on: &canvas, yTitle: y.accuracyTitle)
      canvas.text((plot.left + plot.right) / 2, plot.bottom + 36 + below, xTitle, "middle")
    }
    for (place, label) in labels.enumerated() {
      let middle = plot.left + slot * (Double(place) + 0.5)
      drawMean(place, middle, slot, plot, on: &canvas)
      if isUpright {
        canvas.upright(middle + 4, plot.bottom + 8, label, "end")
      } else {
        canvas.text(middle, plot.bottom + 18, label, "middle")
      }
    }
    drawMarks(plot, slot, on: &canvas)
    return Figure(
      name: name, title: title, description: description, width: width, height: 280 + below,
      content: canvas.content)
  }

  private var xAxis: Axis {
    guard case .numbers(let scale) = scale else { return Axis(covering: []) }
    return Axis(covering: marks.compactMap { $0.values[option] }, scale: scale, about: 6)
  }

  /// Draws the mean of a name's trials, and a band where it lies with 95 % confidence; of one or two it says nothing.
  private func drawMean(
    _ place: Int, _ middle: Double, _ slot: Double, _ plot: Plot, on canvas: inout Canvas
  ) {
    let scores = scores(ofName: place)
    guard scores.count > 2, let interval = meanInterval(scores) else { return }
    let mean = meanAndDeviation(scores).mean
    guard let centre = plot.point(0, mean), let low = plot.point(0, max(0, interval.lowerBound)),
      let high = plot.point(0, min(1, interval.upperBound))
    else { return }
    let half = slot * 0.42
    canvas.rectangle(
      middle - half, high.y, 2 * half, max(1, low.y - high.y), "bar band c3",
      tip: "mean of \(scores.count) trials: \(percent(mean))")
    canvas.line(middle - half, centre.y, middle + half, centre.y, "line c3")
  }

  private func drawMarks(_ plot: Plot, _ slot: Double, on canvas: inout Canvas) {
    // By number, for an order by score would look like a trend.
    let byNumber = marks.indices.sorted { marks[$0].trial < marks[$1].trial }
    let spread = scale.spread(marks, option: option, order: byNumber)
    let radius = marks.count > 60 ? 2.75 : 4.0
    // What stands out is drawn last.
    let order =
      marks.indices.filter { marks[$0].role == .plain } + marks.indices.filter { marks[$0].role == .base }
      + marks.indices.filter { marks[$0].role == .winner }
    for index in order {
      let mark = marks[index]
      guard let value = mark.values[option], let middle = plot.point(value, mark.score),
        let low = plot.point(value, mark.interval.lowerBound),
        let high = plot.point(value, mark.interval.upperBound)
      else { continue }
      let x =
        names.isEmpty ? middle.x : plot.left + slot * (value + 0.5 + 0.34 * spread[index])
      let colour =
        switch mark.role {
        case .plain: "c1"
        case .base: "c7"
        case .winner: "c2"
        }
      let isPlain = mark.role == .plain
      canvas.line(x, low.y, x, high.y, "whisker \(colour)" + (isPlain ? " faint" : ""))
      canvas.dot(
        x, middle.y, radius: isPlain ? radius : radius + 1.75, "\(colour) dot", tip: mark.tip)
    }
  }
}
