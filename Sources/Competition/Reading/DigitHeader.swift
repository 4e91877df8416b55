import Foundations

/// A table's first line: `label,pixel0,…,pixel783`, the same without `label`, or with `id` in its place.
///
/// Pixels may count from 1, as in Fashion-MNIST's files; Kannada-MNIST's test.csv has ids.
struct DigitHeader {
  /// What rows begin with, before their pixels.
  enum Leading {
    case none
    case label
    case id
  }

  /// What rows begin with.
  let leading: Leading
  /// The title of that column.
  private let leadingTitle: String
  /// The number in the first pixel's name, 0 or 1.
  let firstPixel: Int

  /// Titles of a column of ids, in small letters.
  private static let idTitles = ["id", "imageid", "image_id"]

  /// Fields in a row.
  var columns: Int { DigitTable.pixelCount + (leading == .none ? 0 : 1) }

  /// The name of a field, counted from 1.
  func name(ofField field: Int) -> String {
    if leading != .none && field == 1 { return leadingTitle }
    return "pixel\(field - (leading == .none ? 1 : 2) + firstPixel)"
  }

  /// Reads the first line. Throws `badData` with file, line and field, saying what the line is and the usual remedy.
  init(_ scanner: inout CSVScanner) throws(KitError) {
    if try scanner.isAtEnd() {
      throw KitError(.badData, "\(scanner.name) is empty; \(HeaderProblem.wanted)")
    }
    let titles = try scanner.scanTitles().map(withoutSpaces)
    leadingTitle = titles[0]
    let hasIds =
      Self.idTitles.contains(leadingTitle.lowercased())
      && titles.dropFirst().first?.hasPrefix("pixel") == true
    leading = leadingTitle == "label" ? .label : hasIds ? .id : .none
    let pixels = titles.dropFirst(leading == .none ? 0 : 1)
    firstPixel = pixels.first == "pixel1" ? 1 : 0
    if let problem = HeaderProblem(titles, hasIds: hasIds, firstPixel: firstPixel) {
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
