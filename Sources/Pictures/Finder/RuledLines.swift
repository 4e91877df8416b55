/// The lines of ruled or squared paper, which may be tilted a little.
enum RuledLines {
  /// A mask of ink without them, and how many there were; nil if there are none.
  static func removed(from mask: [Bool], width: Int, height: Int) -> (mask: [Bool], lines: Int)? {
    var result = mask
    let level = remove(from: &result, width: width, height: height)
    var turned = transposed(result, width: width, height: height)
    let upright = remove(from: &turned, width: height, height: width)
    if upright > 0 { result = transposed(turned, width: height, height: width) }
    return level + upright > 0 ? (result, level + upright) : nil
  }

  private static func transposed(_ mask: [Bool], width: Int, height: Int) -> [Bool] {
    var result = mask
    for y in 0..<height {
      for x in 0..<width { result[x * height + y] = mask[y * width + x] }
    }
    return result
  }

  /// A piece of a column, thin enough to be a line's.
  private struct Run {
    let x: Int
    let top: Int
    let bottom: Int
  }

  /// Removes lines that are nearly level, and tells how many there were.
  private static func remove(from mask: inout [Bool], width: Int, height: Int) -> Int {
    let thickest = max(2, max(width, height) / 80)
    let runs = thinRuns(mask, width: width, height: height, thickest: thickest)
    // Very many are a pattern; paper has fewer than a hundred lines.
    guard runs.count * 5 >= width * 2, runs.count <= 100 * width else { return 0 }
    // Votes for lines y = offset + slope · x, for slopes up to 13°.
    let bin = max(2, thickest / 2)
    let steps = max(8, width / (4 * bin))
    let reach = width / 4 + bin
    let bins = (height + 2 * reach) / bin + 2
    var (best, bestLines) = (0, [(offset: Int, slope: Double)]())
    for step in -steps...steps {
      let slope = 0.23 * Double(step) / Double(steps)
      var (votes, last) = ([Int](repeating: 0, count: bins), [Int](repeating: -1, count: bins))
      var (first, final) = (last, last)
      for run in runs {
        let y = Double(run.top + run.bottom) / 2 - slope * Double(run.x)
        let place = (Int(y.rounded(.down)) + reach) / bin
        // A column votes once, also for the bin after, so that no line falls between two.
        for bin in place...place + 1 where bin >= 0 && bin < bins && last[bin] != run.x {
          votes[bin] += 1
          last[bin] = run.x
          if first[bin] < 0 { first[bin] = run.x }
          final[bin] = run.x
        }
      }
      let lines = votes.indices.filter { place in
        let isWhole = first[place] * 16 <= width && (width - final[place]) * 16 <= width
        return votes[place] * 10 >= width * (isWhole ? 4 : 5)
          && (isWhole || votes.indices.contains { abs($0 - place) > 3 && votes[$0] * 2 >= width })
      }
      let score = lines.reduce(0) { $0 + votes[$1] * votes[$1] / width }
      if score > best { (best, bestLines) = (score, lines.map { ($0 * bin - reach, slope) }) }
    }
    guard !bestLines.isEmpty else { return 0 }
    for run in runs {
      let y = Double(run.top + run.bottom) / 2
      let isOnLine = bestLines.contains { line in
        let from = y - line.slope * Double(run.x) - Double(line.offset)
        return from >= Double(-bin - 1) && from <= Double(bin + 1)
      }
      if isOnLine {
        for row in run.top..<run.bottom { mask[row * width + run.x] = false }
      }
    }
    // Neighbouring bins are one line.
    return zip(bestLines, bestLines.dropFirst()).count { $1.offset - $0.offset > 3 * bin } + 1
  }

  private static func thinRuns(_ mask: [Bool], width: Int, height: Int, thickest: Int) -> [Run] {
    var starts = [Int](repeating: -1, count: width)
    var runs: [[Run]] = Array(repeating: [], count: width)
    for y in 0...height {
      for x in 0..<width {
        if y < height && mask[y * width + x] {
          if starts[x] < 0 { starts[x] = y }
        } else if starts[x] >= 0 {
          if y - starts[x] <= thickest { runs[x].append(Run(x: x, top: starts[x], bottom: y)) }
          starts[x] = -1
        }
      }
    }
    // By column, as the votes take them.
    return Array(runs.joined())
  }
}
