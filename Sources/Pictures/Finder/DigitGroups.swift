/// Shapes that are one digit.
struct DigitGroup {
  var box: PixelBox
  /// The numbers of the shapes.
  var labels: Set<Int32>

  init(_ shape: Shapes.Shape) {
    box = shape.box
    labels = [shape.label]
  }

  mutating func add(_ other: DigitGroup) {
    box = box.united(with: other.box)
    labels.formUnion(other.labels)
  }
}

extension Shapes {
  /// The kept shapes as digits, in reading order: what lies one above the other, such as a 5 and its bar, is one.
  func digits() -> [DigitGroup] {
    lines().flatMap { digits(ofLine: $0) }
  }

  /// The shapes' lines, from top to bottom: an empty band that is tall enough makes two, if writing on both
  /// sides is about as tall.
  private func lines() -> [[Shape]] {
    var lines: [[Shape]] = []
    var bottom = 0
    for shape in kept.sorted(by: { ($0.box.top, $0.box.left) < ($1.box.top, $1.box.left) }) {
      if !lines.isEmpty, shape.box.top < bottom {
        lines[lines.count - 1].append(shape)
        bottom = max(bottom, shape.box.bottom)
      } else {
        lines.append([shape])
        bottom = shape.box.bottom
      }
    }
    func band(_ line: [Shape]) -> (top: Int, bottom: Int) {
      (line.map(\.box.top).min() ?? 0, line.map(\.box.bottom).max() ?? 0)
    }
    // What is much lower than the tallest line belongs to the nearer neighbour.
    let tallest = lines.map { band($0).bottom - band($0).top }.max() ?? 0
    var result: [[Shape]] = []
    for line in lines {
      let here = band(line)
      if let last = result.last {
        let before = band(last)
        let (gap, least) = (here.top - before.bottom, min(here.bottom - here.top, before.bottom - before.top))
        if gap * 4 < tallest || least * 2 < tallest {
          result[result.count - 1] += line
          continue
        }
      }
      result.append(line)
    }
    return result
  }

  /// The digits of one line, from left to right.
  private func digits(ofLine shapes: [Shape]) -> [DigitGroup] {
    let tallest = shapes.map(\.box.height).max() ?? 0
    var groups: [DigitGroup] = []
    // Tall shapes first; they are digits or parts of one whose columns overlap by a third of the narrower one.
    let tall = shapes.filter { $0.box.height * 5 >= tallest * 2 }
    for shape in tall.sorted(by: { ($0.box.left, $0.box.top) < ($1.box.left, $1.box.top) }) {
      let box = shape.box
      if let last = groups.last?.box {
        let overlap = min(last.right, box.right) - max(last.left, box.left)
        // Parts that nearly touch are one digit too: an open 4, a broken 0.
        let isClose = -overlap * 14 <= tallest && max(last.right, box.right) - last.left <= tallest
        if overlap * 3 >= min(last.width, box.width) || isClose && overlap <= 0 {
          groups[groups.count - 1].add(DigitGroup(shape))
          continue
        }
      }
      groups.append(DigitGroup(shape))
    }
    // Low ones go to the nearest digit; what is far from all is punctuation.
    for shape in shapes where shape.box.height * 5 < tallest * 2 {
      func gap(_ box: PixelBox) -> Int { max(box.left - shape.box.right, shape.box.left - box.right) }
      guard let nearest = groups.indices.min(by: { gap(groups[$0].box) < gap(groups[$1].box) }) else {
        continue
      }
      if gap(groups[nearest].box) * 4 <= tallest { groups[nearest].add(DigitGroup(shape)) }
    }
    return groups
  }
}
