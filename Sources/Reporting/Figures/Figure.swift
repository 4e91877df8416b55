import Foundations

/// A finished drawing: an SVG file of its own, or an element of a page that has `Figure.style`.
public struct Figure: Sendable {
  /// The file's name without `.svg`: lower-case letters, digits and hyphens.
  public let name: String
  /// A title in a few words.
  public let title: String
  /// A description for readers who can't see the figure.
  public let description: String
  let width: Double
  let height: Double
  /// The SVG elements.
  let content: String
  /// Whether it needs more than half of a page's width.
  var isWide: Bool { width > Self.standardWidth }

  /// The SVG file's text, with a margin around the drawing.
  public var svg: String {
    let (x, y) = (16.0, 12.0)
    let size = "width=\"\(coordinate(width + 2 * x))\" height=\"\(coordinate(height + 2 * y))\""
    return """
      <svg xmlns="http://www.w3.org/2000/svg" class="figure" role="img" \
      aria-labelledby="\(name)-title \(name)-description" \(size) \
      viewBox="\(coordinate(-x)) \(coordinate(-y)) \(coordinate(width + 2 * x)) \(coordinate(height + 2 * y))">
      <title id="\(name)-title">\(escaped(title))</title>
      <desc id="\(name)-description">\(escaped(description))</desc>
      <style>
      \(Self.style)
      </style>
      <rect class="ground" x="\(coordinate(-x))" y="\(coordinate(-y))" \(size)/>
      \(content)</svg>

      """
  }

  /// The element for a page: without the style, which the page has once, and without ids.
  var inlined: String {
    // A picture has no parts for a screen reader, which links must be.
    let role = content.contains("<a ") ? "group" : "img"
    return """
      <svg class="figure" role="\(role)" aria-label="\(escaped("\(title). \(description)"))" \
      viewBox="0 0 \(coordinate(width)) \(coordinate(height))" style="max-width:\(coordinate(width * 1.15))px">
      \(content)</svg>
      """
  }

  /// The width in pixels: small enough that a phone shows the text in a readable size.
  static let standardWidth = 400.0

  /// The number of colours for series. Readers with colour blindness can distinguish them: Okabe and Ito's (2008), without
  /// yellow.
  static let colours = 7

  /// The colours and fonts of all figures. Plain classes, since few viewers of SVG files know custom properties; dark
  /// colours only on screens, so that print stays light.
  static let style = """
    .figure{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;\
    font-variant-numeric:tabular-nums}
    .figure text{fill:#565c66}
    .figure .name{fill:#16181d;font-weight:600}
    .figure .small{font-size:10.5px}
    .figure .middle{text-anchor:middle}.figure .end{text-anchor:end}
    .figure .ground{fill:#fff}
    .figure .grid{stroke:#e6e7e4;stroke-width:1}
    .figure .axis{stroke:#9aa0a8;stroke-width:1}
    .figure .guide{stroke:#9aa0a8;stroke-width:1.5;stroke-dasharray:2 4}
    .figure .c1{stroke:#0072b2;fill:#0072b2}.figure .c2{stroke:#d55e00;fill:#d55e00}
    .figure .c3{stroke:#009e73;fill:#009e73}.figure .c4{stroke:#b8588f;fill:#b8588f}
    .figure .c5{stroke:#b97f00;fill:#b97f00}.figure .c6{stroke:#3d9bd6;fill:#3d9bd6}
    .figure .c7{stroke:#4b5058;fill:#4b5058}
    .figure .t1{fill:#0072b2}.figure .t2{fill:#b84f00}.figure .t3{fill:#00805d}
    .figure .t4{fill:#a34579}.figure .t5{fill:#8a5f00}.figure .t6{fill:#2278ad}.figure .t7{fill:#4b5058}
    .figure .s1{stroke:#cfdbe6}.figure .s2{stroke:#a5c3dc}.figure .s3{stroke:#71a5cc}
    .figure .s4{stroke:#3a82b8}.figure .s5{stroke:#0a5490}
    .figure .under{fill:none;stroke:#fff;stroke-width:6.5;stroke-linejoin:round}
    .figure .halo{paint-order:stroke;stroke:#fff;stroke-width:3.5px;stroke-linejoin:round}
    .figure .line{fill:none;stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}
    .figure .dashed{stroke-dasharray:6 4;stroke-linecap:butt}
    .figure .faint{stroke-width:1.25;stroke-opacity:.38}
    .figure .thin{stroke-width:1.4}.figure .bold{stroke-width:3.25}
    .figure .dot{stroke:#fff;stroke-width:1.5}.figure .bar{stroke:none}
    .figure .pale{fill-opacity:.35}.figure .band{fill-opacity:.2}.figure .whisker{stroke-width:1.5}
    .figure .h0{fill:#f6f6f4}.figure .right{fill:#e3e8ec}
    .figure .h1{fill:#fdebdf}.figure .h2{fill:#fbd3b8}.figure .h3{fill:#f5b083}
    .figure .h4{fill:#e5884b}.figure .h5{fill:#ba5411}.figure .h6{fill:#9a3f00}
    .figure .on{fill:#16181d}.figure .on5,.figure .on6{fill:#fff}.figure .quiet{fill:#59606a}
    @media screen and (prefers-color-scheme:dark){
    .figure text{fill:#a9afb9}
    .figure .name{fill:#eceded}
    .figure .ground{fill:#1a1d22}
    .figure .grid{stroke:#2d3138}
    .figure .axis,.figure .guide{stroke:#6f7681}
    .figure .c1{stroke:#5fb4ee;fill:#5fb4ee}.figure .c2{stroke:#ff8f4d;fill:#ff8f4d}
    .figure .c3{stroke:#2fc798;fill:#2fc798}.figure .c4{stroke:#e79fca;fill:#e79fca}
    .figure .c5{stroke:#f0b63c;fill:#f0b63c}.figure .c6{stroke:#a6d8f8;fill:#a6d8f8}
    .figure .c7{stroke:#c3c8d0;fill:#c3c8d0}
    .figure .t1{fill:#5fb4ee}.figure .t2{fill:#ff8f4d}.figure .t3{fill:#2fc798}
    .figure .t4{fill:#e79fca}.figure .t5{fill:#f0b63c}.figure .t6{fill:#a6d8f8}.figure .t7{fill:#c3c8d0}
    .figure .s1{stroke:#2c3c4b}.figure .s2{stroke:#375a78}.figure .s3{stroke:#457ba5}
    .figure .s4{stroke:#5fa2d3}.figure .s5{stroke:#9bd2fa}
    .figure .halo,.figure .under{stroke:#1a1d22}
    .figure .line{fill:none}.figure .bar{stroke:none}
    .figure .dot{stroke:#1a1d22}
    .figure .h0{fill:#20242a}.figure .right{fill:#2c333c}
    .figure .h1{fill:#38291f}.figure .h2{fill:#553520}.figure .h3{fill:#7d4722}
    .figure .h4{fill:#ab5f2a}.figure .h5{fill:#e08543}.figure .h6{fill:#ffb680}
    .figure .on{fill:#f2f2f2}.figure .on5,.figure .on6{fill:#16181d}.figure .quiet{fill:#98a0ab}
    }
    """
}

/// SVG elements in the order in which they were drawn. Coordinates are in pixels, y points down; `style` is a list of
/// classes.
struct Canvas {
  private(set) var content = ""

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
    content +=
      "<line class=\"\(style)\" x1=\"\(coordinate(x1))\" y1=\"\(coordinate(y1))\" x2=\"\(coordinate(x2))\" y2=\"\(coordinate(y2))\"/>\n"
  }

  mutating func text(_ x: Double, _ y: Double, _ text: String, _ style: String = "") {
    let name = style.isEmpty ? "" : " class=\"\(style)\""
    content += "<text\(name) x=\"\(coordinate(x))\" y=\"\(coordinate(y))\">\(escaped(text))</text>\n"
  }

  /// A text that is read upwards, with its end or start at a point.
  mutating func upright(_ x: Double, _ y: Double, _ text: String, _ style: String = "") {
    let name = style.isEmpty ? "" : " class=\"\(style)\""
    content +=
      "<text\(name) transform=\"translate(\(coordinate(x)) \(coordinate(y))) rotate(-90)\">\(escaped(text))</text>\n"
  }

  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, rounded: Double = 0,
    tip: String? = nil
  ) {
    content +=
      "<rect class=\"\(style)\" x=\"\(coordinate(x))\" y=\"\(coordinate(y))\" width=\"\(coordinate(width))\" height=\"\(coordinate(height))\""
    if rounded > 0 { content += " rx=\"\(coordinate(rounded))\"" }
    content += closed("rect", tip)
  }

  /// What is drawn until `endLink()` leads to a part of the page.
  mutating func beginLink(_ target: String) { content += "<a href=\"\(escaped(target))\">" }

  mutating func endLink() { content += "</a>\n" }

  mutating func dot(_ x: Double, _ y: Double, radius: Double, _ style: String, tip: String? = nil) {
    content +=
      "<circle class=\"\(style)\" cx=\"\(coordinate(x))\" cy=\"\(coordinate(y))\" r=\"\(coordinate(radius))\""
    content += closed("circle", tip)
  }

  /// A line through points, with gaps at nil.
  mutating func path(_ points: [(x: Double, y: Double)?], _ style: String, tip: String? = nil) {
    var steps = ""
    var isDrawing = false
    for (index, point) in points.enumerated() {
      if let point {
        steps += "\(isDrawing ? "L" : "M")\(coordinate(point.x)) \(coordinate(point.y))"
        // A single point is visible by its round ends.
        let hasNext = index + 1 < points.count && points[index + 1] != nil
        if !isDrawing && !hasNext { steps += "h.01" }
      }
      isDrawing = point != nil
    }
    if steps.isEmpty { return }
    content += "<path class=\"\(style)\" d=\"\(steps)\"" + closed("path", tip)
  }

  private func closed(_ element: String, _ tip: String?) -> String {
    tip.map { "><title>\(escaped($0))</title></\(element)>\n" } ?? "/>\n"
  }
}

/// A coordinate in pixels, rounded to a tenth; 0 for NaN and the infinities.
func coordinate(_ number: Double) -> String {
  guard number.isFinite else { return "0" }
  let text = fixed(number, 1)
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// About how many pixels wide a text of 12 pixels is in the widest of the usual fonts.
func textWidth(_ text: String) -> Double {
  text.unicodeScalars.reduce(0) { width, scalar in
    switch scalar {
    case "%", "m", "w", "M", "W", "@", "…", "→", "−": width + 11
    case "i", "j", "l", "I", "t", "f", "r", ".", ",", ":", ";", "'", "|", "!", " ", "\u{A0}", "(", ")":
      width + 4.5
    case "A"..."Z": width + 8.4
    default: width + 7.4
    }
  }
}

/// A text of at most this many characters, with an ellipsis if it is cut.
func shortened(_ text: String, to count: Int) -> String {
  text.count <= count ? text : text.prefix(count - 1) + "…"
}

/// A text for XML or HTML, in an element or a quoted attribute. Characters that XML does not allow are replaced.
func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
    case "\u{00}"..<"\u{20}", "\u{7F}"..<"\u{A0}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    // Marks that change the direction of the text around them.
    case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
