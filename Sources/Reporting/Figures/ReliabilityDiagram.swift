import Foundations
import Scoring

/// How often predictions of some confidence are right (DeGroot and Fienberg, 1983), with how many there are.
///
/// Whiskers are 95 % intervals (Wilson, 1927): bins of few rows say little.
public struct ReliabilityDiagram: Sendable {
  /// Names the file.
  public var name: String
  /// What is drawn.
  public var title: String
  /// What is to be seen.
  public var description: String
  /// Rows by their confidence.
  public var bins: [CalibrationBin]

  /// A diagram of bins, as `Evaluation` makes them.
  public init(name: String, title: String, description: String, bins: [CalibrationBin]) {
    self.name = name
    self.title = title
    self.description = description
    self.bins = bins
  }

  /// The drawing.
  public var figure: Figure {
    let (width, height) = (Figure.standardWidth, 370.0)
    var canvas = Canvas()
    let shares = Axis(covering: [0, 1], isPercent: true)
    let left = Plot.leftMargin(shares)
    let plot = Plot(x: shares, y: shares, left: left, top: 34, right: width - 22, bottom: 240)
    plot.drawAxes(on: &canvas, xTitle: "", yTitle: "share that is right")
    canvas.path([plot.point(0, 0), plot.point(1, 1)], "line guide")
    canvas.text(plot.left + 12, plot.top + 16, "above: could be surer")
    canvas.text(plot.right - 12, plot.bottom - 12, "below: too sure", "end")
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
          "\(grouped(bin.rows)) rows of mean confidence \(percent(confidence)), of which \(percent(accuracy)) right"
      )
    }
    drawCounts(plot, on: &canvas)
    return Figure(
      name: name, title: title, description: description, width: width, height: height,
      content: canvas.content)
  }

  /// The rows of each bin below it, by their logarithm.
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
      // The last bin, which has nearly all rows, has room to its left only.
      let text = grouped(bin.rows)
      let isLast = bin.range.upperBound >= 1
      canvas.text(
        isLast ? end.x : (start.x + end.x) / 2, bottom - size - 4, text,
        (isLast ? "end" : "middle") + (bin.rows > 99 ? " small" : ""))
    }
    canvas.text((plot.left + plot.right) / 2, bottom + 20, "confidence: the largest probability", "middle")
  }
}
