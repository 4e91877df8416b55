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

  /// Reads the first line. Throws `badData` with file, line and field, saying what the line is and the usual remedy.
  init(_ scanner: inout CSVScanner) throws(KitError) {
    if try scanner.isAtEnd() {
      throw KitError(.badData, "\(scanner.name) is empty; \(HeaderProblem.wanted)")
    }
    let titles = try scanner.scanTitles().map(withoutSpaces)
    isLabelled = titles[0] == "label"
    let pixels = titles.dropFirst(isLabelled ? 1 : 0)
    firstPixel = pixels.first == "pixel1" ? 1 : 0
    if let problem = HeaderProblem(titles, firstPixel: firstPixel) {
      throw scanner.error(line: 1, field: problem.field, problem.text)
    }
  }
}

private func withoutSpaces(_ text: String) -> String {
  var text = text[...]
  while text.first == " " { text.removeFirst() }
  while text.last == " " { text.removeLast() }
  return String(text)
}
