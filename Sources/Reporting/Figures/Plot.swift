/// The rectangle of a figure that its axes span, and what is drawn around it.
struct Plot {
  let x: Axis
  let y: Axis
  let left: Double
  let top: Double
  let right: Double
  let bottom: Double

  /// Where a point lies in the figure; nil for what an axis can't show.
  func point(_ xValue: Double, _ yValue: Double?) -> (x: Double, y: Double)? {
    guard let yValue, let across = x.position(xValue), let up = y.position(yValue) else { return nil }
    return (left + across * (right - left), bottom - up * (bottom - top))
  }

  /// Horizontal lines with their numbers, and the numbers below. `title`s are drawn above and below.
  func drawAxes(on canvas: inout Canvas, xTitle: String, yTitle: String, titleTop: Double = 15) {
    canvas.text(0, titleTop, yTitle, "name")
    for tick in y.ticks {
      guard let place = y.position(tick.value) else { continue }
      let height = bottom - place * (bottom - top)
      canvas.line(left, height, right, height, "grid")
      canvas.text(left - 7, height + 4, tick.label, "end")
    }
    canvas.line(left, bottom, right, bottom, "axis")
    drawTicksBelow(on: &canvas)
    if !xTitle.isEmpty { canvas.text((left + right) / 2, bottom + 36, xTitle, "middle") }
  }

  private func drawTicksBelow(on canvas: inout Canvas) {
    var free = -Double.infinity
    for tick in x.ticks {
      guard let place = x.position(tick.value) else { continue }
      let across = left + place * (right - left)
      canvas.line(across, bottom, across, bottom + 4, "axis")
      let half = textWidth(tick.label) / 2
      if across - half < free { continue }
      canvas.text(across, bottom + 18, tick.label, "middle")
      free = across + half + 6
    }
  }

  /// Room that the numbers left of the axis take.
  static func leftMargin(_ y: Axis) -> Double {
    8 + (y.ticks.map { textWidth($0.label) }.max() ?? 0)
  }
}

/// Names of what is drawn, in rows.
struct Legend {
  /// How an entry's mark is drawn.
  enum Mark { case line, box }

  let entries: [(name: String, style: String)]
  let mark: Mark
  private let rowHeight = 18.0
  private let markWidth = 22.0

  /// Where each entry begins, in rows from the top.
  private func places(width: Double) -> [(x: Double, row: Int)] {
    var (x, row) = (0.0, 0)
    return entries.map { entry in
      let size = markWidth + textWidth(entry.name) + 18
      if x > 0, x + size > width { (x, row) = (0, row + 1) }
      defer { x += size }
      return (x, row)
    }
  }

  func height(width: Double) -> Double {
    entries.isEmpty ? 0 : rowHeight * Double((places(width: width).last?.row ?? 0) + 1) + 4
  }

  func draw(on canvas: inout Canvas, top: Double, width: Double) {
    for (entry, place) in zip(entries, places(width: width)) {
      let middle = top + rowHeight * (Double(place.row) + 0.5)
      switch mark {
      case .line: canvas.line(place.x, middle, place.x + 16, middle, entry.style)
      case .box: canvas.rectangle(place.x + 2, middle - 5, 11, 11, entry.style, rounded: 2)
      }
      canvas.text(place.x + markWidth, middle + 4, entry.name)
    }
  }
}
