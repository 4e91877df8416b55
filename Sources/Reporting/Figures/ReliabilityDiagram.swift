import Foundations
import Scoring

/// Accuracy by confidence (DeGroot and Fienberg, 1983), and the number of rows by confidence.
///
/// Whiskers are 95 % intervals (Wilson, 1927), since bins with few rows say little.
struct ReliabilityDiagram {
  /// The file's name without `.svg`.
  var name: String
  /// A title in a few words.
  var title: String
  /// A description for readers who can't see the figure.
  var description: String
  /// Rows grouped by their confidence.
  var bins: [CalibrationBin]

  /// The finished drawing.
  var figure: Figure {
    let (width, height) = (Figure.standardWidth, 370.0)
    var canvas = Canvas()
    let shares = Axis(covering: [0, 1], isPercent: true)
    let left = Plot.leftMargin(shares)
    let plot = Plot(x: shares, y: shares, left: left, top: 34, right: width - 22, bottom: 240)
    plot.drawAxes(on: &canvas, xTitle: "", yTitle: "accuracy")
    canvas.path([plot.point(0, 0), plot.point(1, 1)], "line guide")
    canvas.text(plot.left + 12, plot.top + 16, "above: underconfident")
    canvas.text(plot.right - 12, plot.bottom - 12, "below: overconfident", "end")
    for bin in bins where bin.rows > 0 {
      let interval = wilsonInterval(successes: bin.correct, of: bin.rows)
      let confidence = bin.confidenceSum / Double(bin.rows)
      let accuracy = Double(bin.correct) / Double(bin.rows)
      guard let low = plot.point(confidence, interval.lowerBound),
        let high = plot.point(confidence, interval.upperBound), let middle = plot.point(confidence, accuracy)
      else { continue }
      canvas.line(low.x, low.y, high.x, high.y, "whisker c1")
      canvas.dot(
        middle.x, middle.y, radius: 5, "c1 dot",
        tip:
          "\(grouped(bin.rows)) rows: mean confidence \(percent(confidence)), accuracy \(percent(accuracy))"
      )
    }
    drawCounts(plot, on: &canvas)
    return Figure(
      name: name, title: title, description: description, width: width, height: height,
      content: canvas.content)
  }

  /// Draws the number of rows in each bin below the diagram, on a logarithmic scale.
  private func drawCounts(_ plot: Plot, on canvas: inout Canvas) {
    let (top, bottom) = (290.0, 340.0)
    let most = Elementary.log(1 + Double(bins.map(\.rows).max() ?? 1))
    canvas.text(0, top - 14, "rows (log)", "name")
    canvas.line(plot.left, bottom, plot.right, bottom, "axis")
    for bin in bins where bin.rows > 0 {
      guard let start = plot.point(bin.range.lowerBound, 0), let end = plot.point(bin.range.upperBound, 0)
      else { continue }
      let size = max(1, (bottom - top) * Elementary.log(1 + Double(bin.rows)) / most)
      canvas.rectangle(start.x + 1, bottom - size, end.x - start.x - 2, size, "bar pale c1")
      // The last bin, with nearly all rows, has room only to its left.
      let text = grouped(bin.rows)
      let isLast = bin.range.upperBound >= 1
      canvas.text(
        isLast ? end.x : (start.x + end.x) / 2, bottom - size - 4, text,
        (isLast ? "end" : "middle") + (bin.rows > 99 ? " small" : ""))
    }
    canvas.text((plot.left + plot.right) / 2, bottom + 20, "confidence (largest probability)", "middle")
  }
}
