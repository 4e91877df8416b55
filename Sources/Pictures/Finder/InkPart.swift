/// The ink of one digit, cut out with a margin; beyond the picture is paper.
struct InkPart {
  private let width: Int
  private let height: Int
  private var values: [UInt8]
  private let isStroke: [Bool]
  private let isOther: [Bool]

  init(_ ink: InkMap, _ shapes: Shapes, _ group: DigitGroup, margin: Int) {
    (width, height) = (group.box.width + 2 * margin, group.box.height + 2 * margin)
    var values = [UInt8](repeating: 0, count: width * height)
    var isStroke = [Bool](repeating: false, count: width * height)
    var isOther = isStroke
    let (left, top) = (group.box.left - margin, group.box.top - margin)
    for y in max(0, -top)..<min(height, ink.height - top) {
      for x in max(0, -left)..<min(width, ink.width - left) {
        let index = (top + y) * ink.width + left + x
        values[y * width + x] = ink.values[index]
        let label = shapes.labels[index]
        // Most pixels are of no shape.
        if label != 0 {
          if group.labels.contains(label) {
            isStroke[y * width + x] = true
          } else {
            isOther[y * width + x] = true
          }
        }
      }
    }
    (self.values, self.isStroke, self.isOther) = (values, isStroke, isOther)
  }

  /// The strokes' mean width in pixels: twice the area by the outline's length.
  var strokeWidth: Double {
    var (area, edges) = (0, 0)
    for y in 1..<height {
      for x in 1..<width {
        let index = y * width + x
        if isStroke[index] { area += 1 }
        if isStroke[index] != isStroke[index - 1] { edges += 1 }
        if isStroke[index] != isStroke[index - width] { edges += 1 }
      }
    }
    // Edges of pixels are longer than the line, by 4/π in the mean of all directions.
    return 2 * Double(area) / max(Double(edges) * 0.785, 1)
  }

  /// Makes ink of all that is within a distance of the strokes.
  mutating func thicken(by radius: Double) {
    let squares = squaredDistances()
    for index in values.indices {
      let distance = squares[index].squareRoot()
      values[index] = UInt8(min(max(radius + 1 - distance, 0), 1) * 255)
    }
  }

  /// Removes ink that is farther from the strokes, and other shapes'.
  mutating func keepGreys(within reach: Double) {
    let squares = squaredDistances()
    for index in values.indices where isOther[index] || squares[index] > reach * reach { values[index] = 0 }
  }

  /// Each pixel's squared distance to the nearest stroke's (Felzenszwalb and Huttenlocher, "Distance transforms of sampled
  /// functions", 2012).
  private func squaredDistances() -> [Double] {
    let far = 1e9
    var result = isStroke.map { $0 ? 0 : far }
    // Down and up the columns, as plain distances.
    for index in width..<result.count { result[index] = min(result[index], result[index - width] + 1) }
    for index in (0..<result.count - width).reversed() {
      result[index] = min(result[index], result[index + width] + 1)
    }
    var (places, borders) = ([Int](repeating: 0, count: width), [Double](repeating: 0, count: width + 1))
    for y in 0..<height {
      let row = result[y * width..<(y + 1) * width].map { $0 >= far ? far * far : $0 * $0 }
      // The lower envelope of the parabolas of all columns.
      var count = 0
      for x in 0..<width {
        var border = -Double.infinity
        while count > 0 {
          let before = places[count - 1]
          let squares = Double(x * x - before * before)
          border = (row[x] - row[before] + squares) / Double(2 * (x - before))
          if border > borders[count - 1] { break }
          count -= 1
        }
        places[count] = x
        borders[count] = count == 0 ? -Double.infinity : border
        count += 1
      }
      var current = 0
      for x in 0..<width {
        while current + 1 < count, borders[current + 1] < Double(x) { current += 1 }
        let off = Double(x - places[current])
        result[y * width + x] = row[places[current]] + off * off
      }
    }
    return result
  }

  /// The rows of the digit scaled so that its longer side is `side` pixels: means of areas.
  func scaled(to side: Double) -> [[Double]] {
    // The faintest edges do not count.
    let faint: UInt8 = 12
    let inked = values.indices.filter { values[$0] > faint }
    guard let top = inked.first.map({ $0 / width }), let bottom = inked.last.map({ $0 / width }),
      let left = inked.map({ $0 % width }).min(), let right = inked.map({ $0 % width }).max()
    else { return [[0]] }
    let (columns, rows) = (right - left + 1, bottom - top + 1)
    let scale = Double(max(columns, rows)) / side
    func count(_ pixels: Int) -> Int {
      max(1, min(Int(side), Int((Double(pixels) / scale - 1e-6).rounded(.up))))
    }
    let lines = (top...bottom).map { y in
      Self.means(values[y * width + left...y * width + right].map(Double.init), scale, count(columns))
    }
    var result = Array(repeating: [Double](repeating: 0, count: count(columns)), count: count(rows))
    for x in 0..<count(columns) {
      for (y, value) in Self.means(lines.map { $0[x] }, scale, count(rows)).enumerated() {
        result[y][x] = value
      }
    }
    return result
  }

  /// The means of `count` pieces of `scale` values each; beyond the values is 0.
  private static func means(_ values: [Double], _ scale: Double, _ count: Int) -> [Double] {
    var sums = [0.0]
    for value in values { sums.append(sums[sums.count - 1] + value) }
    func sum(to place: Double) -> Double {
      let whole = min(Int(place), values.count)
      return sums[whole] + (whole < values.count ? (place - Double(whole)) * values[whole] : 0)
    }
    return (0..<count).map { (sum(to: Double($0 + 1) * scale) - sum(to: Double($0) * scale)) / scale }
  }
}
