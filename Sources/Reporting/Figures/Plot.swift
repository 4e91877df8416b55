/// The rectangle between a figure's axes, in pixels from the figure's top left corner.
struct Plot {
  let x: Axis
  let y: Axis
  let left: Double
  let top: Double
  let right: Double
  let bottom: Double

  /// A point's position in the figure; nil if an axis can't show it.
  func point(_ xValue: Double, _ yValue: Double?) -> (x: Double, y: Double)? {
    guard let yValue, let across = x.position(xValue), let up = y.position(yValue) else { return nil }
    return (left + across * (right - left), bottom - up * (bottom - top))
  }

  /// Draws grid lines with their numbers on the left, ticks with numbers below, and both titles.
  func drawAxes(on canvas: inout Canvas, xTitle: String, yTitle: String) {
    drawHeights(on: &canvas, yTitle: yTitle)
    drawTicksBelow(on: &canvas)
    if !xTitle.isEmpty { canvas.text((left + right) / 2, bottom + 36, xTitle, "middle") }
  }

  /// Draws grid lines with their numbers on the left, their title, and the line below them.
  func drawHeights(on canvas: inout Canvas, yTitle: String) {
    canvas.text(0, 15, yTitle, "name")
    for tick in y.ticks {
      guard let share = y.position(tick.value) else { continue }
      let height = bottom - share * (bottom - top)
      canvas.line(left, height, right, height, "grid")
      canvas.text(left - 7, height + 4, tick.label, "end")
    }
    canvas.line(left, bottom, right, bottom, "axis")
  }

  private func drawTicksBelow(on canvas: inout Canvas) {
    var free = -Double.infinity
    for tick in x.ticks {
      guard let share = x.position(tick.value) else { continue }
      let across = left + share * (right - left)
      canvas.line(across, bottom, across, bottom + 4, "axis")
      let half = textWidth(tick.label) / 2
      if across - half < free { continue }
      canvas.text(across, bottom + 18, tick.label, "middle")
      free = across + half + 6
    }
  }

  /// The width that an axis's numbers need to its left, in pixels.
  static func leftMargin(_ y: Axis) -> Double {
    8 + (y.ticks.map { textWidth($0.label) }.max() ?? 0)
  }
}

/// The names of a figure's series with their colours, in rows.
struct Legend {
  /// What is drawn before a name.
  enum Mark { case line, box }

  let entries: [(name: String, style: String)]
  let mark: Mark
  private let rowHeight = 18.0
  private let markWidth = 22.0

  /// Where each entry begins: pixels from the left, and rows from the top.
  private func positions(width: Double) -> [(x: Double, row: Int)] {
    var (x, row) = (0.0, 0)
    return entries.map { entry in
      let size = markWidth + textWidth(entry.name) + 18
      if x > 0, x + size > width { (x, row) = (0, row + 1) }
      defer { x += size }
      return (x, row)
    }
  }

  func height(width: Double) -> Double {
    entries.isEmpty ? 0 : rowHeight * Double((positions(width: width).last?.row ?? 0) + 1) + 4
  }

  func draw(on canvas: inout Canvas, top: Double, width: Double) {
    for (entry, position) in zip(entries, positions(width: width)) {
      let middle = top + rowHeight * (Double(position.row) + 0.5)
      switch mark {
      case .line: canvas.line(position.x, middle, position.x + 16, middle, entry.style)
      case .box: canvas.rectangle(position.x + 2, middle - 5, 11, 11, entry.style, rounded: 2)
      }
      canvas.text(position.x + markWidth, middle + 4, entry.name)
    }
  }
}
