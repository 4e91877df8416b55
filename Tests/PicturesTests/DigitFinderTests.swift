import Foundations
import SyntheticDigits
import TestSupport
import Testing
@testable import Pictures

/// A page that digits are put on, from 0 (paper) to 1 (ink).
struct Page {
  let width: Int
  let height: Int
  var ink: [Double]

  init(_ width: Int, _ height: Int) {
    (self.width, self.height) = (width, height)
    ink = Array(repeating: 0, count: width * height)
  }

  /// Puts a 28×28 image on the page, each of its pixels `scale` times as large; returns the digit's box.
  @discardableResult
  mutating func put(_ image: [UInt8], x: Int, y: Int, scale: Int) -> PixelBox {
    var (left, right, top, bottom) = (28, 0, 28, 0)
    for (index, value) in image.enumerated() where value > 0 {
      let (column, row) = (index % 28, index / 28)
      (left, right, top, bottom) = (min(left, column), max(right, column), min(top, row), max(bottom, row))
      fill(x + column * scale, y + row * scale, scale, scale, Double(value) / 255)
    }
    return PixelBox(
      left: x + left * scale, top: y + top * scale, width: (right - left + 1) * scale,
      height: (bottom - top + 1) * scale)
  }

  mutating func fill(_ x: Int, _ y: Int, _ wide: Int, _ high: Int, _ value: Double) {
    for row in y..<y + high {
      for column in x..<x + wide { ink[row * width + column] = max(ink[row * width + column], value) }
    }
  }

  /// The picture, with light that may depend on the place.
  func picture(paper: Double = 255, ink level: Double = 0, light: (Int, Int) -> Double = { _, _ in 1 })
    -> Picture
  {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let value = (paper + (level - paper) * ink[y * width + x]) * light(x, y)
        pixels.append(UInt8(min(max(value, 0), 255).rounded()))
      }
    }
    return Picture(width: width, height: height, pixels: pixels)
  }
}

@Suite struct DigitFinderTests {
  private let sample = SyntheticSample(trainRows: 0, testRows: 0, seed: 3)

  private func digit(_ number: Int) -> [UInt8] { sample.trainingRow(number).pixels }

  /// The mean difference of the found digit from an image, which synthetic digits place up to a pixel elsewhere; or all,
  /// if there isn't one digit.
  private func difference(_ finding: Finding, _ image: [UInt8]) -> Double {
    guard case .digits(let digits) = finding, digits.count == 1 else { return 255 }
    var least = 255.0
    for offset in (-1...1).flatMap({ y in (-1...1).map { y * 28 + $0 } }) {
      let sum = image.indices.reduce(0) { sum, index in
        let other = index + offset
        let value = other >= 0 && other < 784 ? digits[0].image[other] : 0
        return sum + abs(Int(value) - Int(image[index]))
      }
      least = min(least, Double(sum) / 784)
    }
    return least
  }

  private func isNear(_ box: PixelBox, _ other: PixelBox, _ limit: Int) -> Bool {
    [box.left - other.left, box.top - other.top, box.right - other.right, box.bottom - other.bottom]
      .allSatisfy {
        abs($0) <= limit
      }
  }

  @Test func readyImagesPassUntouched() {
    for number in 0..<200 {
      let image = digit(number)
      let whole = PixelBox(left: 0, top: 0, width: 28, height: 28)
      let expected = Finding.digits([FoundDigit(image: image, box: whole)])
      #expect(DigitFinder.find(in: Picture(width: 28, height: 28, pixels: image)) == expected)
      let negative = Picture(width: 28, height: 28, pixels: image.map { 255 - $0 })
      #expect(DigitFinder.find(in: negative, many: true) == expected)
    }
  }

  @Test func enlargedDigitsAreTheSameAgain() {
    var same = 0
    for number in 0..<60 {
      var page = Page(420 + number, 400)
      let box = page.put(digit(number), x: 3 * number % 130, y: 7 * number % 110, scale: 10)
      for picture in [page.picture(), page.picture(paper: 20, ink: 240)] {
        let finding = DigitFinder.find(in: picture)
        if difference(finding, digit(number)) < 3 { same += 1 }
        if case .digits(let digits) = finding { #expect(digits.allSatisfy { isNear($0.box, box, 14) }) }
      }
    }
    // Some have edges so faint that they are not counted, and become a little larger.
    #expect(same >= 106, "\(same) of 120")
  }

  @Test func lightNoiseLinesFramesAndSpecksDoNotMatter() {
    var stream = RandomStream(Philox(seed: 5), .sample)
    var right = 0
    for number in 0..<30 {
      var page = Page(460, 440)
      page.put(digit(number), x: 80, y: 70, scale: 10)
      switch number % 3 {
      case 0:
        for y in stride(from: 15, to: 430, by: 60) { page.fill(0, y, 460, 2, 0.6) }
      case 1:
        page.fill(10, 10, 440, 5, 1)
        page.fill(10, 425, 440, 5, 1)
        page.fill(10, 10, 5, 420, 1)
        page.fill(445, 10, 5, 420, 1)
      default: for _ in 0..<20 { page.fill(stream.below(450), stream.below(430), 4, 4, 1) }
      }
      let picture = page.picture(paper: 220, ink: 40) { x, y in
        0.7 + 0.3 * Double(x + y) / 900 + (stream.uniform() - 0.5) * 0.06
      }
      if difference(DigitFinder.find(in: picture), digit(number)) < 14 { right += 1 }
    }
    #expect(right >= 26, "\(right) of 30")
  }

  @Test func severalDigitsComeInReadingOrder() throws {
    var page = Page(1000, 700)
    let places = [(40, 60), (300, 40), (600, 70), (60, 400), (380, 390)]
    let boxes = places.enumerated().map { number, place in
      page.put(digit(number), x: place.0, y: place.1, scale: 9)
    }
    guard case .digits(let digits) = DigitFinder.find(in: page.picture(), many: true) else {
      Issue.record("no digits")
      return
    }
    #expect(digits.count == boxes.count)
    for (found, box) in zip(digits, boxes) { #expect(isNear(found.box, box, 12)) }
    #expect(DigitFinder.find(in: page.picture()) == .moreThanOneDigit(5))
  }

  /// Small writing in a large picture is looked at in all its detail.
  @Test func smallDigitsOfLargePicturesAreFound() {
    var page = Page(3000, 2000)
    let box = page.put(digit(4), x: 2000, y: 1200, scale: 4)
    page.fill(0, 0, 3000, 120, 0.8)
    let finding = DigitFinder.find(in: page.picture())
    #expect(difference(finding, digit(4)) < 6)
    if case .digits(let digits) = finding { #expect(isNear(digits[0].box, box, 6)) }
  }

  @Test func picturesOfNothingHaveNoInk() {
    let noisy = noise(300 * 200, seed: 8)
    var ruled = Page(400, 300)
    for y in stride(from: 20, to: 300, by: 40) { ruled.fill(0, y, 400, 2, 0.5) }
    let pictures = [
      Page(300, 200).picture(), Page(300, 200).picture(paper: 0),
      Page(300, 200).picture { x, _ in 0.3 + Double(x) / 500 },
      Picture(width: 300, height: 200, pixels: noisy),
      Picture(width: 300, height: 200, pixels: noisy.map { $0 / 8 + 180 }),
      ruled.picture(), Page(1, 1).picture(), Page(1, 5000).picture(), Page(28, 28).picture(),
      Page(28, 28).picture(paper: 0),
    ]
    for (number, picture) in pictures.enumerated() {
      #expect(DigitFinder.find(in: picture) == .noInk, "\(number)")
      #expect(DigitFinder.find(in: picture, many: true) == .noInk, "\(number)")
    }
  }

  /// A pen of one pixel on a large page becomes strokes as wide as MNIST's.
  @Test(arguments: [1, 2, 4, 30]) func thinPensAreThickened(pen: Int) {
    var page = Page(500, 500)
    page.fill(150, 100, 200, pen, 1)
    page.fill(350 - pen, 100, pen, 300, 1)
    guard case .digits(let digits) = DigitFinder.find(in: page.picture()), digits.count == 1 else {
      Issue.record("no digit")
      return
    }
    // The rows' width in the lower part, which has the upright stroke alone.
    let image = digits[0].image
    let rows = (12..<20).map { row in image[row * 28..<(row + 1) * 28].reduce(0) { $0 + Double($1) } / 255 }
    #expect(rows.allSatisfy { $0 > 1.8 && $0 < 3.5 }, "\(rows)")
    let inked = image.indices.filter { image[$0] > 0 }.map { $0 / 28 }
    #expect((inked.last ?? 0) - (inked.first ?? 0) == 19)
  }

  @Test func centreOfMassIsAtPixelFourteen() {
    for number in 0..<20 {
      var page = Page(300, 300)
      page.put(digit(number), x: 10, y: 5, scale: 10)
      guard case .digits(let digits) = DigitFinder.find(in: page.picture()), digits.count == 1 else {
        continue
      }
      let image = digits[0].image
      let mass = image.reduce(0.0) { $0 + Double($1) }
      let x = image.indices.reduce(0.0) { $0 + Double(image[$1]) * Double($1 % 28) } / mass
      let y = image.indices.reduce(0.0) { $0 + Double(image[$1]) * Double($1 / 28) } / mass
      #expect(abs(x - 14) <= 0.51 && abs(y - 14) <= 0.51)
    }
  }

  /// Any pixels give an answer, whatever the shape of the picture.
  @Test func anyPixelsGiveAnAnswer() {
    var stream = RandomStream(Philox(seed: 6), .sample)
    for number in 0..<300 {
      let (width, height) = (1 + stream.below(60), 1 + stream.below(60))
      let rough = 1 + stream.below(8)
      let values = noise(64 * 64, seed: UInt64(number))
      let isBinary = number.isMultiple(of: 2)
      let pixels = (0..<width * height).map { index -> UInt8 in
        let value = values[index / width / rough * 64 + index % width / rough]
        return isBinary ? (value > 200 ? 255 : 0) : value
      }
      let picture = Picture(width: width, height: height, pixels: pixels)
      let finding = DigitFinder.find(in: picture, many: true)
      #expect(finding == DigitFinder.find(in: picture, many: true))
      guard case .digits(let digits) = finding else { continue }
      for digit in digits {
        #expect(digit.image.count == 784 && digit.box.left >= 0 && digit.box.top >= 0)
        #expect(digit.box.right <= width && digit.box.bottom <= height)
      }
    }
  }
}
