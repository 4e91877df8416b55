import Foundations

/// A table's first line: `label,pixel0,…,pixel783`, or the same without `label`.
///
/// Pixels may count from 1, as in Fashion-MNIST's files.
struct DigitHeader {
  /// Whether rows begin with a label.
  let isLabelled: Bool
  /// The number in the first pixel's name, 0 or 1.
  let firstPixel: Int

  /// Fields in a row.
  var columns: Int { DigitTable.pixelCount + (isLabelled ? 1 : 0) }

  /// The name of a field, counted from 1.
  func name(ofField field: Int) -> String {
    if isLabelled && field == 1 { return "label" }
    return "pixel\(field - (isLabelled ? 2 : 1) + firstPixel)"
  }

  /// Reads the first line. Throws `badData` with file, line and field.
  init(_ scanner: inout CSVScanner) throws(KitError) {
    if try scanner.isAtEnd() { throw KitError(.badData, "\(scanner.name) is empty; \(Self.wanted)") }
    var ending = try scanner.scanField()
    isLabelled = scanner.text.elementsEqual("label".utf8)
    if isLabelled {
      guard ending == .comma else {
        throw scanner.error("there are no pixel columns after label; \(Self.wanted)")
      }
      ending = try scanner.scanField()
    }
    switch scanner.text {
    case Array("pixel0".utf8): firstPixel = 0
    case Array("pixel1".utf8): firstPixel = 1
    default:
      if scanner.number != nil && !isLabelled {
        throw scanner.error("the first line is a row, not a header; \(Self.wanted)")
      }
      if scanner.text.elementsEqual("ImageId".utf8) {
        throw scanner.error("this is a submission (ImageId,Label), not a table of images; \(Self.wanted)")
      }
      let shown = scanner.text.isEmpty ? "an empty field" : scanner.shownText
      throw scanner.error("the header has \(shown) where pixel0 was expected; \(Self.wanted)")
    }
    var pixels = 1
    while ending == .comma {
      ending = try scanner.scanField()
      guard scanner.text.elementsEqual("pixel\(firstPixel + pixels)".utf8) else {
        throw scanner.error(
          "the header has \(scanner.shownText) where pixel\(firstPixel + pixels) was expected")
      }
      pixels += 1
    }
    guard pixels == DigitTable.pixelCount else { throw Self.wrongSize(pixels, scanner) }
  }

  private static let wanted = "the header must be label,pixel0,…,pixel783 (in a test.csv without label)"

  private static func wrongSize(_ pixels: Int, _ scanner: CSVScanner) -> KitError {
    let side = Int(Double(pixels).squareRoot())
    if side * side == pixels {
      return scanner.error("the images have \(side)×\(side) pixels; only 28×28 can be read")
    }
    return scanner.error("the header has \(pixels) pixels; 784 (28×28) were expected")
  }
}
