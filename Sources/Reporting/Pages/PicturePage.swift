import Competition
import Foundations
import Pictures

/// The page of pictures that were read: each picture with boxes around its digits, and for each digit what the networks saw,
/// answered, and looked at.
public struct PicturePage {
  /// A digit of a picture.
  public struct Digit {
    let digit: FoundDigit
    let heading: String
    let probabilities: [Double]
    let members: String?
    let occlusion: [Double]?

    /// A digit with what is said of it; `members` is a line about them, `occlusion` a value for each pixel.
    public init(
      digit: FoundDigit, heading: String, probabilities: [Double], members: String?, occlusion: [Double]?
    ) {
      self.digit = digit
      self.heading = heading
      self.probabilities = probabilities
      self.members = members
      self.occlusion = occlusion
    }
  }

  /// A picture as the page shows it, at most 640 pixels wide or high: of many photos a page could not hold more.
  public struct Preview {
    let picture: Picture
    /// Pixels in a row of the picture itself, by which boxes are given.
    let width: Int
    /// Its rows.
    let height: Int

    /// A picture's preview.
    public init(of picture: Picture) {
      self.picture = picture.scaledDown(to: 640)
      (width, height) = (picture.width, picture.height)
    }
  }

  /// A picture.
  public struct Entry {
    let name: String
    let preview: Preview?
    /// The name without its folder.
    fileprivate var shortName: String { lastName(name) }
    fileprivate var title: String { "\(shortName): \(text)" }
    let text: String
    let digits: [Digit]

    /// A picture with what is said of it; without a preview if it can't be read.
    public init(name: String, preview: Preview?, text: String, digits: [Digit]) {
      self.name = name
      self.preview = preview
      self.text = text
      self.digits = digits
    }
  }

  private let entries: [Entry]
  private let classes: Classes
  private let facts: [(name: String, value: String)]
  private let sources: [String]

  /// A page of pictures; `facts` are the ensemble's.
  public init(
    entries: [Entry], facts: [(name: String, value: String)], sources: [String],
    classes: Classes = .digits
  ) {
    self.entries = entries
    self.classes = classes
    self.facts = facts
    self.sources = sources
  }

  /// The page, a self-contained HTML file.
  public var html: String {
    let count = entries.reduce(0) { $0 + $1.digits.count }
    let lead = """
      <div class="lead"><p>\(escaped(counted(count, "digit"))) found in \(escaped(counted(entries.count, "picture"))).</p>
      \(paragraph("Each digit is shown as the networks see it. Orange marks where they look: the answer's probability falls when that place is covered.", "soft"))
      </div>
      """
    let parts = entries.enumerated().map { number, entry in
      Page.Section(id: "picture-\(number + 1)", title: entry.title, body: body(of: entry))
    }
    let about = Page.Section(
      id: "run", title: "What answered",
      body: factList([("sources", sources.joined(separator: ", "))] + facts))
    let title = entries.count == 1 ? entries[0].title : counted(entries.count, "picture")
    return Page(title: title, kind: "pictures", lead: lead, sections: parts + [about]).html
  }

  private func body(of entry: Entry) -> String {
    guard let preview = entry.preview else { return paragraph(entry.text) }
    let cards = entry.digits.map { found in
      let box = found.digit.box
      return DigitCard(
        pixels: found.digit.image[...], text: "The digit as the networks see it: \(found.heading)",
        heading: found.heading, classes: classes, probabilities: found.probabilities[...], label: nil,
        place: "column \(box.left), row \(box.top), \(box.width)×\(box.height) pixels", more: found.members,
        occlusion: found.occlusion
      ).html
    }
    let list = cards.isEmpty ? "" : "<ul class=\"cards\">\n\(cards.joined(separator: "\n"))\n</ul>"
    let place = entry.shortName == entry.name ? "" : paragraph(entry.name, "small soft")
    return "\(place)\(boxed(preview, entry))\n\(list)"
  }

  /// The picture with its digits' boxes.
  private func boxed(_ preview: Preview, _ entry: Entry) -> String {
    let (small, width, height) = (preview.picture, preview.width, preview.height)
    // As thick on the page as a pen's line, however large the picture is.
    let line = fixed(Double(max(width, height)) / 300, 2)
    let boxes = entry.digits.map { found in
      let box = found.digit.box
      return """
        <rect x="\(box.left)" y="\(box.top)" width="\(box.width)" height="\(box.height)" fill="none" stroke="#d55e00" \
        stroke-width="\(line)"/>
        """
    }
    let file = PNG.grey(width: small.width, height: small.height, pixels: small.pixels)
    return """
      <figure class="chart" style="margin-bottom:1.25rem"><svg viewBox="0 0 \(width) \(height)" role="img" \
      aria-label="\(escaped("\(entry.name) with boxes around \(counted(entry.digits.count, "digit"))"))" \
      style="max-height:28rem">
      <image width="\(width)" height="\(height)" href="\(PNG.address(file))"/>
      \(boxes.joined(separator: "\n"))
      </svg></figure>
      """
  }
}
