/// How much ink there is at each pixel of a picture, whatever the light: 0 is paper, 255 is ink.
struct InkMap {
  let width: Int
  let height: Int
  /// The ink, `[row][column]`.
  let values: [UInt8]
  /// From this value on a pixel belongs to a stroke.
  let threshold: UInt8

  /// The ink of a picture; nil if nothing in it stands out from the rest.
  init?(_ picture: Picture) {
    guard min(picture.width, picture.height) >= 4, max(picture.width, picture.height) >= 8 else { return nil }
    var picture = picture
    var paper = Paper(picture)
    // Noise hides edges; a digit does not suffer from a small blur.
    let noise = picture.noise
    if noise > 3, max(picture.width, picture.height) > 100 {
      for _ in 0..<(noise > 10 ? 2 : 1) { picture = picture.blurred() }
      paper = Paper(picture)
    }
    if paper.isDark(in: picture) {
      picture = Picture(
        width: picture.width, height: picture.height, pixels: picture.pixels.map { 255 - $0 })
      paper = Paper(picture)
    }
    // First against a light level of wide windows, then against the mean of what turned out to be paper.
    paper.setLevels(toQuantile: 0.7, radius: 6)
    guard let rough = Contrast(picture, paper) else { return nil }
    paper.setLevels(toMeansOf: picture, where: rough)
    guard let fine = Contrast(picture, paper) else { return nil }
    (width, height, threshold) = (picture.width, picture.height, fine.threshold)
    values = fine.values
  }
}

extension Picture {
  /// The standard deviation of noise from pixel to pixel: from the median difference of neighbours.
  var noise: Double {
    var counts = [Int](repeating: 0, count: 256)
    for y in 0..<height {
      for x in 1..<max(width, 1) {
        let index = y * width + x
        counts[abs(Int(pixels[index]) - Int(pixels[index - 1]))] += 1
      }
    }
    var rest = counts.reduce(0, +) / 2
    for (difference, count) in counts.enumerated() {
      if rest < count {
        // Within the median's bin the differences are taken as equally distributed.
        let part = count == 0 ? 0 : Double(rest) / Double(count)
        return difference == 0 ? 0 : (Double(difference) - 0.5 + part) * 1.048
      }
      rest -= count
    }
    return 0
  }

  /// Means of 3×3 pixels; at the edges, of those that there are.
  func blurred() -> Picture {
    var result = pixels
    var rows = [Int32](repeating: 0, count: width)
    for y in 0..<height {
      let (from, to) = (max(0, y - 1), min(height - 1, y + 1))
      for x in 0..<width {
        var sum: Int32 = 0
        for line in from...to { sum &+= Int32(pixels[line * width + x]) }
        rows[x] = sum
      }
      for x in 0..<width {
        let (left, right) = (max(0, x - 1), min(width - 1, x + 1))
        var sum: Int32 = 0
        for column in left...right { sum &+= rows[column] }
        let count = Int32((to - from + 1) * (right - left + 1))
        result[y * width + x] = UInt8(truncatingIfNeeded: (sum + count / 2) / count)
      }
    }
    return Picture(width: width, height: height, pixels: result)
  }
}
