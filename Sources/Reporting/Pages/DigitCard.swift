import Competition
import Foundations

/// A digit's picture as it reads on paper: ink dark, paper white. In a dark scheme the page turns it over.
func onPaper(_ pixels: some Sequence<UInt8>) -> [UInt8] { pixels.map { 255 - $0 } }

/// A picture of a digit for a page, three times its size.
func digitPicture(_ pixels: some Sequence<UInt8>, text: String) -> String {
  let (side, size) = (DigitTable.side, DigitTable.side * 3)
  let file = PNG.grey(width: side, height: side, pixels: onPaper(pixels))
  return """
    <img class="digit" width="\(size)" height="\(size)" alt="\(escaped(text))" src="\(PNG.address(file))"/>
    """
}

/// A picture with what was made of it.
struct DigitCard {
  /// 784 bytes; nil where there is no table.
  let pixels: ArraySlice<UInt8>?
  /// What the picture is, for those who can't see it.
  let text: String
  let heading: String
  /// Ten probabilities.
  let probabilities: ArraySlice<Double>
  /// Whose bar is coloured as the truth; nil where nobody knows it.
  let label: Int?
  /// Where it stands.
  let place: String
  /// More of it, between the bars and the place.
  var more: String?

  /// An item of a list with the class `cards`.
  var html: String {
    """
    <li class="card">\(pixels.map { digitPicture($0, text: text) } ?? "")<div>
    <p class="what">\(escaped(heading))</p>
    \(odds)
    \(more.map { "<p class=\"where\">\(escaped($0))</p>\n" } ?? "")<p class="where">\(escaped(place))</p>
    </div></li>
    """
  }

  /// The largest three probabilities, and the label's if it is not among them.
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
        <div class="\(style)" style="display:contents"><dt><span>\(digit)</span></dt><dd><span class="track">\
        <span class="fill" style="width:\(width)%"></span></span><span class="number">\(percent(share, 1))</span></dd></div>
        """
    }
    return "<dl class=\"odds\">\(items.joined())</dl>"
  }
}

/// A list of cards, and below it, folded away, the places of those beyond the first `limit`.
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
