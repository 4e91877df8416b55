import Foundations

/// What is wrong with the titles of a table of images: what was found, and the usual remedy.
struct HeaderProblem {
  /// What a header must be.
  static let wanted = "the header must be label,pixel0,…,pixel783 (in a test.csv without label)"

  /// The first field that is wrong, from 1.
  let field: Int
  /// What is wrong with it.
  let text: String

  private init(_ field: Int, _ text: String) {
    self.field = field
    self.text = text
  }

  /// Nil for titles that are right. There is at least one.
  init?(_ titles: [String], hasIds: Bool, firstPixel: Int) {
    let isLabelled = titles[0] == "label"
    let pixels = Array(titles.dropFirst(isLabelled || hasIds ? 1 : 0))
    let good = pixels.indices.prefix { pixels[$0] == "pixel\(firstPixel + $0)" }.count
    if good == DigitTable.pixelCount && pixels.count == good { return nil }
    self =
      Self.whole(titles, isLabelled: isLabelled) ?? (hasIds ? nil : Self.strangeColumn(titles))
      ?? Self.pixels(pixels, good: good, before: titles.count - pixels.count, firstPixel: firstPixel)
  }

  /// Lines that are no header of a table of images at all.
  private static func whole(_ titles: [String], isLabelled: Bool) -> HeaderProblem? {
    if isLabelled && titles.count == 1 {
      return HeaderProblem(1, "there are no pixel columns after label; \(wanted)")
    }
    if titles.count == 1, let separator = titles[0].utf8.lazy.compactMap(separatorName).first {
      return HeaderProblem(
        1, "the fields are separated by \(separator); save the table with commas between its fields")
    }
    if titles[0] == "ImageId" && titles.count <= 2 {
      return HeaderProblem(
        1, "this is a submission (ImageId,Label), not a table of images; \(wanted)")
    }
    let numbers = titles.dropFirst(isLabelled ? 1 : 0)
    if numbers.count >= DigitTable.pixelCount, zip(numbers, 0...).allSatisfy({ $0 == "\($1)" }) {
      return HeaderProblem(
        isLabelled ? 2 : 1,
        "the columns are titled 0, 1, … where pixel0, pixel1, … were expected; rename them; \(wanted)")
    }
    if titles[0].first?.isNumber == true, titles.allSatisfy({ Double($0) != nil }) {
      return HeaderProblem(
        1, "the first line is a row, not a header; add one: \(wanted)")
    }
    return nil
  }

  /// A column too many in front, or a label in another place or by another name.
  private static func strangeColumn(_ titles: [String]) -> HeaderProblem? {
    func isPixel(_ place: Int) -> Bool {
      titles.indices.contains(place) && ["pixel0", "pixel1"].contains(titles[place])
    }
    let shown = shown(titles[0])
    if titles.count > 2, titles[0] != "label", titles[1] == "label", isPixel(2) {
      return HeaderProblem(1, "the column \(shown) is in front of label; \(withoutIndex)")
    }
    if isPixel(1), titles[0] != "label", titles[0] != "pixel0" {
      let isIndex =
        ["", "index", "row", "rownames", "x"].contains(titles[0].lowercased())
        || titles[0].hasPrefix("Unnamed")
      return HeaderProblem(
        1,
        isIndex
          ? "the column \(shown) is in front of pixel0; \(withoutIndex)"
          : "the column \(shown) is in front of pixel0; if it holds the labels, its title must be label")
    }
    if isPixel(0), let place = titles.firstIndex(of: "label") {
      let position = place == titles.count - 1 ? "the last column" : "column \(place + 1)"
      return HeaderProblem(
        place + 1,
        "label is \(position); it must be the first (pandas: df.insert(0, 'label', df.pop('label')))")
    }
    return nil
  }

  private static let withoutIndex =
    "write the table without it (pandas: to_csv(…, index=False), R: row.names = FALSE)"

  /// Titles of pixels that are wrong, missing or too many; `before` counts the titles in front of them.
  private static func pixels(_ titles: [String], good: Int, before: Int, firstPixel: Int) -> HeaderProblem {
    if good == titles.count {
      let side = Int(Double(good).squareRoot())
      return HeaderProblem(
        before + good,
        side * side == good
          ? "the images have \(side)×\(side) pixels; only 28×28 can be read"
          : "the header has \(good) pixels; 784 (28×28) were expected")
    }
    let found = titles[good].isEmpty ? "an empty field" : shown(titles[good])
    if good == DigitTable.pixelCount {
      return HeaderProblem(
        before + good + 1,
        "the header goes on after pixel\(firstPixel + good - 1) with \(found); remove what follows, or put it first with the title label if it holds the labels"
      )
    }
    let rule = good == 0 ? "; \(wanted)" : ""
    return HeaderProblem(
      before + good + 1, "the header has \(found) where pixel\(firstPixel + good) was expected\(rule)")
  }

  /// A title as messages show it: a number as it is, other text quoted and escaped.
  private static func shown(_ title: String) -> String {
    if !title.isEmpty, title.allSatisfy({ $0.isASCII && $0.isNumber }) { return title }
    let escaped = title.unicodeScalars.map {
      (0x20...0x7E).contains($0.value) ? String($0) : "\\u{\(String($0.value, radix: 16))}"
    }
    return "\"\(escaped.joined())\""
  }
}
