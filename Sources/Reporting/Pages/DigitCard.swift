import Competition
import Foundations
import Pictures

/// A digit's pixels with dark ink on white paper. The page inverts them in dark mode.
func onPaper(_ pixels: some Sequence<UInt8>) -> [UInt8] { pixels.map { 255 - $0 } }

/// An `<img>` of a digit, three times its size. `pixels` has 784 bytes; `text` describes it for screen readers.
func digitPicture(_ pixels: some Sequence<UInt8>, text: String) -> String {
  let (side, size) = (DigitTable.side, DigitTable.side * 3)
  let file = PNG.grey(width: side, height: side, pixels: onPaper(pixels))
  return """
    <img class="digit" width="\(size)" height="\(size)" alt="\(escaped(text))" src="\(PNG.address(file))"/>
    """
}

/// A digit with the places coloured where the networks look, as large as `digitPicture`. `occlusion` has a value for each
/// pixel, from 0, where it does not matter, to 1.
func occlusionPicture(_ pixels: some Sequence<UInt8>, _ occlusion: [Double]) -> String {
  let (side, size) = (DigitTable.side, DigitTable.side * 3)
  let file = PNG.grey(width: side, height: side, pixels: onPaper(pixels))
  let largest = max(occlusion.max() ?? 0, 0.05)
  let marks = occlusion.indices.compactMap { place -> String? in
    let share = occlusion[place] / largest
    if share < 0.1 { return nil }
    return """
      <rect x="\(place % side)" y="\(place / side)" width="1" height="1" fill-opacity="\(fixed(share * 0.75, 2))"/>
      """
  }
  return """
    <svg class="map" width="\(size)" height="\(size)" viewBox="0 0 \(side) \(side)" role="img" \
    aria-label="Where the networks look"><image class="digit" width="\(side)" height="\(side)" \
    href="\(PNG.address(file))"/><g fill="#d55e00">\(marks.joined())</g></svg>
    """
}

/// A digit's picture with its prediction.
struct DigitCard {
  /// The 784 bytes of the image; nil if the images are not available.
  let pixels: ArraySlice<UInt8>?
  /// The picture's description for readers who can't see it.
  let text: String
  let heading: String
  /// The classes.
  var classes = Classes.digits
  /// Their probabilities.
  let probabilities: ArraySlice<Double>
  /// The true class, whose bar has its own colour; nil if it is unknown.
  let label: Int?
  /// Where the image is, such as its row.
  let place: String
  /// A further line, between the bars and the place.
  var more: String?
  /// How much each pixel matters for the answer, shown in a second picture; nil if it is not known.
  var occlusion: [Double]?

  /// The item of a list with the class `cards`.
  var html: String {
    """
    <li class="card">\(pictures)<div>
    <p class="what">\(escaped(heading))</p>
    \(odds)
    \(more.map { "<p class=\"where\">\(escaped($0))</p>\n" } ?? "")<p class="where">\(escaped(place))</p>
    </div></li>
    """
  }

  private var pictures: String {
    guard let pixels else { return "" }
    let plain = digitPicture(pixels, text: text)
    guard let occlusion else { return plain }
    return "<div class=\"pictures\">\(plain)\(occlusionPicture(pixels, occlusion))</div>"
  }

  /// The bars of the three largest probabilities; the label's replaces the third if it is not among them.
  private var odds: String {
    let values = Array(probabilities)
    let order = values.indices.sorted { values[$0] == values[$1] ? $0 < $1 : values[$0] > values[$1] }
    var shown = Array(order.prefix(3))
    if let label, !shown.contains(label) { shown[2] = label }
    let items = shown.map { digit in
      let style = digit == label ? "true" : digit == order[0] ? "chosen" : ""
      let share = values[digit]
      let width = fixed(min(1, max(0, share.isFinite ? share : 0)) * 100, 1)
      return """
        <div class="\(style)" style="display:contents"><dt><span>\(escaped(shortened(classes.name(digit), to: 14)))</span></dt><dd><span class="track">\
        <span class="fill" style="width:\(width)%"></span></span><span class="number">\(percent(share, 1))</span></dd></div>
        """
    }
    return "<dl class=\"odds\">\(items.joined())</dl>"
  }
}

/// A list of the first `limit` items' cards, and below it, folded, a line for each other item. `rest` says what those
/// are: `12 more REST`.
func cardList<Item>(
  _ items: [Item], limit: Int, rest: String, card: (Item) -> DigitCard, line: (Item) -> String
) -> String {
  let cards = items.prefix(limit).map { card($0).html }.joined(separator: "\n")
  var html = "<ul class=\"cards\">\n\(cards)\n</ul>"
  let others = items.dropFirst(limit)
  if !others.isEmpty {
    let shown = others.prefix(1000).map { "<li>\(escaped(line($0)))</li>" }.joined()
    let more =
      others.count > 1000 ? paragraph("… and \(grouped(others.count - 1000)) more.", "small soft") : ""
    html += folded("\(grouped(others.count)) more \(rest)", "<ul class=\"rows\">\(shown)</ul>\(more)")
  }
  return html
}
