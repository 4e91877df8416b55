/// A rectangle of pixels of a picture.
public struct PixelBox: Sendable, Equatable {
  /// The first column.
  public let left: Int
  /// The first row.
  public let top: Int
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int

  /// A rectangle with its corner and size.
  public init(left: Int, top: Int, width: Int, height: Int) {
    (self.left, self.top, self.width, self.height) = (left, top, width, height)
  }

  var right: Int { left + width }
  var bottom: Int { top + height }
  var longerSide: Int { max(width, height) }

  /// The smallest rectangle that holds both.
  func united(with other: PixelBox) -> PixelBox {
    let (left, top) = (min(left, other.left), min(top, other.top))
    return PixelBox(
      left: left, top: top, width: max(right, other.right) - left, height: max(bottom, other.bottom) - top)
  }
}

/// A digit of a picture as the networks see it.
public struct FoundDigit: Sendable, Equatable {
  /// The side of `image`.
  public static let side = 28

  /// The image, `[row][column]` of 28×28 bytes from 0 (paper) to 255 (ink), normalized as MNIST's are.
  public let image: [UInt8]
  /// Where the digit is in the picture.
  public let box: PixelBox

  /// A digit of 784 bytes, and where it is.
  public init(image: [UInt8], box: PixelBox) {
    self.image = image
    self.box = box
  }

  /// A picture of 28×28 pixels as it is; nil for one of another size.
  public init?(whole picture: Picture) {
    guard picture.width == Self.side && picture.height == Self.side else { return nil }
    self.init(image: picture.pixels, box: PixelBox(left: 0, top: 0, width: Self.side, height: Self.side))
  }
}

/// What is found in a picture.
public enum Finding: Sendable, Equatable {
  /// There is nothing that could be writing.
  case noInk
  /// One digit was asked for, and there is writing side by side; this many parts of it.
  case moreThanOneDigit(Int)
  /// The digits, in reading order: lines from top to bottom, in each from left to right.
  case digits([FoundDigit])
}

/// Finds the digits of a picture, dark on light or light on dark, and normalizes them as MNIST's makers did.
///
/// The same picture gives the same bytes everywhere. The work is at most proportional to the picture's size.
public enum DigitFinder {
  /// The longest side that is looked at; larger pictures are scaled down first.
  static let workingSide = 1024
  /// The most digits; a picture with more shapes is a pattern.
  static let mostDigits = 500

  /// Finds one digit, or with `many` all of them.
  ///
  /// A 28×28 picture whose digit is already placed as MNIST's, light on dark, is taken as it is.
  public static func find(in picture: Picture, many: Bool = false) -> Finding {
    if let ready = readyImage(picture) {
      let box = PixelBox(left: 0, top: 0, width: picture.width, height: picture.height)
      return .digits([FoundDigit(image: ready, box: box)])
    }
    let whole = PixelBox(left: 0, top: 0, width: picture.width, height: picture.height)
    let (finding, writing) = find(in: picture, part: whole, many: many)
    // Writing that is small in a large picture is looked at again, closer.
    guard let writing, whole.longerSide > workingSide, writing.longerSide * 3 < whole.longerSide else {
      return finding
    }
    let margin = writing.longerSide / 2
    let (left, top) = (max(0, writing.left - margin), max(0, writing.top - margin))
    let closer = PixelBox(
      left: left, top: top, width: min(picture.width, writing.right + margin) - left,
      height: min(picture.height, writing.bottom + margin) - top)
    let second = find(in: picture, part: closer, many: many).finding
    return second == .noInk ? finding : second
  }

  /// Looks at a part of a picture; also tells where all writing is, in the picture.
  private static func find(
    in picture: Picture, part: PixelBox, many: Bool
  ) -> (finding: Finding, writing: PixelBox?) {
    let (scaled, factor) = picture.scaledDown(part, to: workingSide)
    guard let ink = InkMap(scaled) else { return (.noInk, nil) }
    var shapes = Shapes(ink)
    shapes.dropWhatIsNoWriting()
    let groups = shapes.digits()
    guard let first = groups.first, groups.count <= mostDigits else { return (.noInk, nil) }
    func inPicture(_ box: PixelBox) -> PixelBox {
      let (left, top) = (part.left + box.left * factor, part.top + box.top * factor)
      return PixelBox(
        left: left, top: top, width: min(part.right, part.left + box.right * factor) - left,
        height: min(part.bottom, part.top + box.bottom * factor) - top)
    }
    let writing = inPicture(groups.dropFirst().reduce(first.box) { $0.united(with: $1.box) })
    if groups.count > 1 && !many { return (.moreThanOneDigit(groups.count), writing) }
    let digits = groups.map {
      FoundDigit(image: normalized(ink, shapes, $0), box: inPicture($0.box))
    }
    return (.digits(digits), writing)
  }

  /// The bytes of a 28×28 picture that is as MNIST's are, or is such a one in negative; nil for all others.
  static func readyImage(_ picture: Picture) -> [UInt8]? {
    let side = FoundDigit.side
    guard picture.width == side && picture.height == side else { return nil }
    // The corners are paper.
    let isNegative = picture.pixels[0] > 127
    let image = isNegative ? picture.pixels.map { 255 - $0 } : picture.pixels
    // Faint marks, as compression makes them, say nothing of the digit's place.
    let inked = image.indices.filter { image[$0] > 24 }
    guard let left = inked.map({ $0 % side }).min(), let right = inked.map({ $0 % side }).max(),
      let top = inked.first.map({ $0 / side }), let bottom = inked.last.map({ $0 / side })
    else { return nil }
    let longer = max(right - left, bottom - top) + 1
    let mass = image.reduce(0) { $0 + Int($1) }
    let x = image.indices.reduce(0) { $0 + Int(image[$1]) * ($1 % side) }
    let y = image.indices.reduce(0) { $0 + Int(image[$1]) * ($1 / side) }
    let isCentred = [x, y].allSatisfy { $0 >= 13 * mass && $0 <= 15 * mass }
    return (17...21).contains(longer) && isCentred ? image : nil
  }
}

extension Picture {
  /// The picture scaled down by a whole number so that no side is longer than `side`.
  public func scaledDown(to side: Int) -> Picture {
    scaledDown(PixelBox(left: 0, top: 0, width: width, height: height), to: side).picture
  }

  /// A part of the picture, scaled down by a whole number so that no side is longer than `side`: means of squares.
  func scaledDown(_ part: PixelBox, to side: Int) -> (picture: Picture, factor: Int) {
    let factor = (part.longerSide + side - 1) / side
    let (columns, rows) = ((part.width + factor - 1) / factor, (part.height + factor - 1) / factor)
    var result: [UInt8] = []
    result.reserveCapacity(columns * rows)
    var sums = [Int32](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns { sums[column] = 0 }
      let lines = row * factor..<min((row + 1) * factor, part.height)
      for line in lines {
        let start = (part.top + line) * width + part.left
        for column in 0..<columns {
          var sum: Int32 = 0
          for pixel in start + column * factor..<start + min((column + 1) * factor, part.width) {
            sum &+= Int32(pixels[pixel])
          }
          sums[column] &+= sum
        }
      }
      for column in 0..<columns {
        let count = Int32(lines.count * (min((column + 1) * factor, part.width) - column * factor))
        result.append(UInt8((sums[column] + count / 2) / count))
      }
    }
    return (Picture(width: columns, height: rows, pixels: result), factor)
  }
}
