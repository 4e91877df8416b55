/// How far a picture's pixels are darker than its paper, from 0 to 255, and where ink begins.
struct Contrast {
  private(set) var values: [UInt8]
  let threshold: UInt8

  /// The contrast; nil if nothing stands out.
  init?(_ picture: Picture, _ paper: Paper) {
    // In 1,020ths of the paper's level, so that light divides out.
    let scale = 1020.0
    var darkness = [Int16](repeating: 0, count: picture.pixels.count)
    var counts = [Int](repeating: 0, count: 2 * 1020 + 1)
    paper.forEachPixel(of: picture) { index, level in
      let value = (level - Double(picture.pixels[index])) / max(level, 1) * scale
      let bounded = Int16(min(max(value, -scale), scale).rounded())
      darkness[index] = bounded
      counts[Int(bounded) + 1020] += 1
    }
    // What is usual is paper; how it varies says what is ink.
    let middle = Self.median(counts)
    var spread = [Int](repeating: 0, count: 2 * 2040 + 1)
    for (index, count) in counts.enumerated() { spread[abs(index - middle)] += count }
    let deviation = 1.483 * Double(Self.median(spread))
    let shift = middle - 1020
    let floor = max(24, Int(4 * deviation))
    guard let level = Self.inkThreshold(counts, from: floor + middle, paper: middle) else { return nil }
    let least = level - middle
    // The ink itself: what four fifths of the strokes' pixels do not exceed.
    let strokes = counts[level...].reduce(0, +)
    var (rest, full) = (strokes * 4 / 5, level)
    while full < counts.count - 1, rest >= counts[full] {
      rest -= counts[full]
      full += 1
    }
    let ink = full - middle
    guard ink > 80, Double(ink) > 6 * deviation, strokes >= 12 else { return nil }
    let faint = max(8, Int(2.5 * deviation))
    values = darkness.map { dark in
      let value = Int(dark) - shift
      return value < faint ? 0 : UInt8(min(value * 255 / ink, 255))
    }
    threshold = UInt8(min(max(least * 255 / ink, 1), 255))
  }

  private static func median(_ counts: [Int]) -> Int {
    var rest = counts.reduce(0, +) / 2
    for (index, count) in counts.enumerated() {
      if rest < count { return index }
      rest -= count
    }
    return counts.count - 1
  }

  /// Otsu's threshold between paper and ink (IEEE Transactions on Systems, Man and Cybernetics 9, 1979) among the values
  /// from `floor` on, with as much paper as there is of them: so it does not depend on how much of a page is empty.
  private static func inkThreshold(_ counts: [Int], from floor: Int, paper: Int) -> Int? {
    guard floor < counts.count else { return nil }
    let candidates = counts[floor...]
    let count = Double(candidates.reduce(0, +))
    guard count > 0 else { return nil }
    let total = zip(candidates.indices, candidates).reduce(0.0) { $0 + Double($1.0 - paper) * Double($1.1) }
    // The paper's own value is 0.
    var (lower, lowerSum, best, threshold) = (count, 0.0, -1.0, floor)
    for value in floor..<counts.count {
      let upper = 2 * count - lower
      if upper <= 0 { break }
      let difference = (total - lowerSum) / upper - lowerSum / lower
      let between = lower * upper * difference * difference
      if between > best { (best, threshold) = (between, value) }
      lower += Double(counts[value])
      lowerSum += Double(value - paper) * Double(counts[value])
    }
    return threshold
  }
}
