/// The level of a picture's paper, which light makes uneven: one number for each of up to 32×32 tiles.
struct Paper {
  private static let most = 32

  let tile: Int
  let columns: Int
  let rows: Int
  /// The level of each tile, `[row][column]`.
  private(set) var levels: [Double] = []
  /// For each tile how often each value is, `[row][column][value]`, summed from the corner over rows and columns.
  private let sums: [Int32]

  /// Paper whose levels are medians of windows of half the picture.
  init(_ picture: Picture) {
    tile = max(1, (max(picture.width, picture.height) + Self.most - 1) / Self.most)
    columns = (picture.width + tile - 1) / tile
    rows = (picture.height + tile - 1) / tile
    // One more row and column of zeros in front.
    var sums = [Int32](repeating: 0, count: (columns + 1) * (rows + 1) * 256)
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let place = (y / tile + 1) * (columns + 1) + x / tile + 1
        sums[place * 256 + Int(picture.pixels[y * picture.width + x])] += 1
      }
    }
    let line = (columns + 1) * 256
    for index in line..<sums.count where index % line >= 256 { sums[index] &+= sums[index - 256] }
    for index in line..<sums.count { sums[index] &+= sums[index - line] }
    self.sums = sums
    setLevels(toQuantile: 0.5, radius: 8)
  }

  /// The tiles around one, `radius` to each side as far as there are some.
  private func window(_ row: Int, _ column: Int, _ radius: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    (
      max(0, row - radius)..<min(rows, row + radius + 1),
      max(0, column - radius)..<min(columns, column + radius + 1)
    )
  }

  /// Sets each tile's level to the value that a share of the pixels of a window does not exceed.
  mutating func setLevels(toQuantile share: Double, radius: Int) {
    levels = []
    for row in 0..<rows {
      for column in 0..<columns {
        let (tall, wide) = window(row, column, radius)
        let corners = [
          (tall.upperBound, wide.upperBound, 1), (tall.lowerBound, wide.upperBound, -1),
          (tall.upperBound, wide.lowerBound, -1), (tall.lowerBound, wide.lowerBound, 1),
        ].map { (place: ($0.0 * (columns + 1) + $0.1) * 256, sign: Int32($0.2)) }
        func count(_ value: Int) -> Int {
          Int(corners.reduce(0) { $0 &+ sums[$1.place + value] &* $1.sign })
        }
        let all = (0..<256).reduce(0) { $0 + count($1) }
        var rest = Int(Double(all) * share)
        var value = 0
        while value < 255, case let here = count(value), rest >= here {
          rest -= here
          value += 1
        }
        levels.append(Double(value))
      }
    }
  }

  /// Sets each tile's level to the mean of the paper around it: of pixels with little ink, in the smallest window that has
  /// enough of them.
  mutating func setLevels(toMeansOf picture: Picture, where contrast: Contrast) {
    var (counts, totals) = (
      [Double](repeating: 0, count: rows * columns), [Double](repeating: 0, count: rows * columns)
    )
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let index = y * picture.width + x
        guard contrast.values[index] < contrast.threshold / 4 else { continue }
        counts[y / tile * columns + x / tile] += 1
        totals[y / tile * columns + x / tile] += Double(picture.pixels[index])
      }
    }
    for row in 0..<rows {
      for column in 0..<columns {
        for radius in [2, 4, 8, 32] {
          let (tall, wide) = window(row, column, radius)
          var (count, total) = (0.0, 0.0)
          for line in tall {
            for place in wide {
              count += counts[line * columns + place]
              total += totals[line * columns + place]
            }
          }
          guard count * 4 > Double(tall.count * wide.count * tile * tile) || radius == 32 && count > 0 else {
            continue
          }
          levels[row * columns + column] = total / count
          break
        }
      }
    }
  }

  /// Calls `body` with each pixel's index and the level there, between those of the tiles' middles.
  func forEachPixel(of picture: Picture, _ body: (Int, Double) -> Void) {
    func middles(_ place: Int, _ count: Int) -> (Int, Int, Double) {
      let position = (Double(place) + 0.5) / Double(tile) - 0.5
      let first = min(max(Int(position.rounded(.down)), 0), count - 1)
      return (first, min(first + 1, count - 1), min(max(position - Double(first), 0), 1))
    }
    let across = (0..<picture.width).map { middles($0, columns) }
    var line = [Double](repeating: 0, count: columns)
    for y in 0..<picture.height {
      let (above, below, down) = middles(y, rows)
      for column in 0..<columns {
        line[column] = levels[above * columns + column] * (1 - down) + levels[below * columns + column] * down
      }
      for x in 0..<picture.width {
        let (left, right, share) = across[x]
        body(y * picture.width + x, line[left] + (line[right] - line[left]) * share)
      }
    }
  }

  /// Whether what stands out from these levels is lighter than they are.
  func isDark(in picture: Picture) -> Bool {
    let noise = 8 + 3 * picture.noise
    var (lighter, darker) = (0.0, 0.0)
    forEachPixel(of: picture) { index, level in
      let difference = Double(picture.pixels[index]) - level
      if difference > noise { lighter += difference } else if -difference > noise { darker -= difference }
    }
    return lighter > darker
  }
}
