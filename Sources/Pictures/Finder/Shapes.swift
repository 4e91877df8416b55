/// The connected shapes of a picture's ink.
struct Shapes {
  /// A connected shape.
  struct Shape {
    /// Its number in `labels`.
    let label: Int32
    var box: PixelBox
    /// Its pixels.
    var area: Int
  }

  let width: Int
  let height: Int
  /// For each pixel its shape's number, 0 for none.
  private(set) var labels: [Int32] = []
  /// The shapes that are kept.
  private(set) var kept: [Shape] = []

  /// Finds the shapes; ruled lines are taken out first if writing remains without them.
  init(_ ink: InkMap) {
    (width, height) = (ink.width, ink.height)
    let mask = ink.values.map { $0 >= ink.threshold }
    let unruled = RuledLines.removed(from: mask, width: width, height: height)
    label(unruled?.mask ?? mask)
    // A single line without more may be a 1.
    if unruled?.lines == 1, !kept.contains(where: { isLargeEnough($0) }) { label(mask) }
  }

  /// Whether a shape is more than a speck.
  private func isLargeEnough(_ shape: Shape) -> Bool {
    shape.box.longerSide >= max(5, max(width, height) / 60)
  }

  /// Numbers the shapes, whose pixels touch at sides or corners.
  private mutating func label(_ mask: [Bool]) {
    labels = Array(repeating: 0, count: mask.count)
    kept = []
    var pending: [Int] = []
    for start in mask.indices where mask[start] && labels[start] == 0 {
      let label = Int32(kept.count + 1)
      var (left, right, top, bottom, area) = (width, 0, start / width, 0, 0)
      labels[start] = label
      pending.append(start)
      while let index = pending.popLast() {
        let (x, y) = (index % width, index / width)
        (left, right, bottom, top) = (min(left, x), max(right, x), max(bottom, y), min(top, y))
        area += 1
        for line in max(0, y - 1)...min(height - 1, y + 1) {
          for column in max(0, x - 1)...min(width - 1, x + 1) {
            let neighbour = line * width + column
            if mask[neighbour] && labels[neighbour] == 0 {
              labels[neighbour] = label
              pending.append(neighbour)
            }
          }
        }
      }
      let box = PixelBox(left: left, top: top, width: right - left + 1, height: bottom - top + 1)
      kept.append(Shape(label: label, box: box, area: area))
    }
  }

  /// Drops frames, what comes in from outside the picture, and specks.
  mutating func dropWhatIsNoWriting() {
    kept = kept.filter { isLargeEnough($0) || $0.area >= 12 }
    dropFrames()
    dropWhatTouchesTheBorder()
    dropLongLines()
    dropSpecks()
  }

  private mutating func dropFrames() {
    let frames = kept.filter { isFrame($0) }
    guard !frames.isEmpty else { return }
    let rest = kept.filter { shape in !frames.contains { $0.label == shape.label } }
    if rest.contains(where: { isLargeEnough($0) }) { kept = rest }
  }

  /// Whether a shape is a rectangle's outline: along all four sides there is ink close to the side, and little elsewhere.
  private func isFrame(_ shape: Shape) -> Bool {
    let box = shape.box
    guard box.width > 16, box.height > 16, shape.area * 3 < box.width * box.height else { return false }
    let (across, down) = (max(2, box.width / 12), max(2, box.height / 12))
    func isInked(_ x: Int, _ y: Int) -> Bool { labels[(box.top + y) * width + box.left + x] == shape.label }
    let columns = 0..<box.width
    let rows = 0..<box.height
    let sides = [
      (columns.filter { x in (0..<down).contains { isInked(x, $0) } }.count, box.width),
      (columns.filter { x in (0..<down).contains { isInked(x, box.height - 1 - $0) } }.count, box.width),
      (rows.filter { y in (0..<across).contains { isInked($0, y) } }.count, box.height),
      (rows.filter { y in (0..<across).contains { isInked(box.width - 1 - $0, y) } }.count, box.height),
    ]
    return sides.allSatisfy { $0.0 * 10 >= $0.1 * 8 }
  }

  /// Shapes that come in from the picture's border are a table, a shadow or a neighbour's writing, if there is other
  /// writing; a digit that was cut out closely touches the border too.
  private mutating func dropWhatTouchesTheBorder() {
    let contacts = borderPixels()
    func isInside(_ shape: Shape) -> Bool { contacts[shape.label] == nil }
    let side = max(width, height)
    let largestInside = kept.filter(isInside).map(\.box.longerSide).max() ?? 0
    kept = kept.filter { shape in
      guard let contact = contacts[shape.label] else { return true }
      let box = shape.box
      let sides = [box.left == 0, box.top == 0, box.right == width, box.bottom == height].filter { $0 }.count
      // Along much of the border it is surely not writing, unless it fills the picture and is all that there is.
      if contact * 2 >= box.longerSide {
        let isAround = contact * 4 >= 2 * (width + height) && sides > 1
        let least = max(5, isAround ? side / 60 : box.longerSide / 12)
        let fills = box.width * 10 >= width * 9 && box.height * 10 >= height * 9
        return largestInside < least && fills && !isFrame(shape)
      }
      return largestInside * 4 < box.longerSide && largestInside * 6 < side
    }
  }

  /// How many pixels of the border each shape has that has some.
  private func borderPixels() -> [Int32: Int] {
    var result: [Int32: Int] = [:]
    for x in 0..<width {
      for y in Set([0, height - 1]) where labels[y * width + x] != 0 {
        result[labels[y * width + x], default: 0] += 1
      }
    }
    for y in 1..<max(height - 1, 1) {
      for x in Set([0, width - 1]) where labels[y * width + x] != 0 {
        result[labels[y * width + x], default: 0] += 1
      }
    }
    return result
  }

  /// Level lines are no digits, and neither are upright ones from the top to the bottom.
  private mutating func dropLongLines() {
    let rest = kept.filter { shape in
      let box = shape.box
      let isThin = shape.area < box.longerSide * max(2, box.longerSide / 25)
      return !(isThin && box.height * 12 < box.width) && !(isThin && box.height * 10 > height * 9)
    }
    if !rest.isEmpty { kept = rest }
  }

  private mutating func dropSpecks() {
    guard let largest = kept.max(by: { $0.area < $1.area }) else { return }
    guard isLargeEnough(largest) else {
      kept = []
      return
    }
    kept = kept.filter { shape in
      if shape.area * 20 >= largest.area { return true }
      // Smaller parts belong to a digit that they are close to.
      return shape.area * 150 >= largest.area
        && kept.contains { other in
          other.area * 20 >= largest.area && distance(shape.box, other.box) * 8 <= other.box.longerSide
        }
    }
  }

  private func distance(_ first: PixelBox, _ second: PixelBox) -> Int {
    max(
      first.left - second.right, second.left - first.right, first.top - second.bottom,
      second.top - first.bottom, 0)
  }
}
