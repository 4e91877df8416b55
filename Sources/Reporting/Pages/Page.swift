import Foundations

/// A self-contained HTML page: no network, no script, light or dark as the reader's system is set.
struct Page {
  /// A part of the page with a heading, listed in its table of contents.
  struct Section {
    let id: String
    let title: String
    /// HTML.
    let body: String
  }

  let title: String
  /// The kind of page, shown above the title.
  let kind: String
  /// HTML between the title and the first section: the main result.
  let lead: String
  let sections: [Section]

  var html: String {
    let contents = sections.map { "<li><a href=\"#\($0.id)\">\(escaped($0.title))</a></li>" }
    let parts = sections.map {
      """
      <section id="\($0.id)" aria-labelledby="\($0.id)-heading">
      <h2 id="\($0.id)-heading">\(escaped($0.title))</h2>
      \($0.body)
      </section>
      """
    }
    return """
      <!DOCTYPE html>
      <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <meta name="generator" content="kaggle-digits \(escaped(kitVersion))"/>
      <meta http-equiv="Content-Security-Policy" \
      content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>
      <link rel="icon" href="data:,"/>
      <title>\(escaped(title)) – kaggle-digits</title>
      <style>
      \(pageStyle)
      \(Figure.style)
      </style>
      </head>
      <body>
      <header>
      <p class="kind">kaggle-digits · \(escaped(kind))</p>
      <h1>\(escaped(title))</h1>
      </header>
      <nav aria-label="Contents"><ul>
      \(contents.joined(separator: "\n"))
      </ul></nav>
      <main>
      \(lead)
      \(parts.joined(separator: "\n"))
      </main>
      <footer>Made by kaggle-digits \(escaped(kitVersion)). Self-contained: loads no external resources.</footer>
      </body>
      </html>

      """
  }
}

/// A column's title, and how its cells are aligned.
enum Column {
  case text(String)
  /// Right-aligned, digits below digits.
  case number(String)

  fileprivate var heading: String {
    switch self {
    case .text(let title): "<th scope=\"col\">\(escaped(title))</th>"
    case .number(let title): "<th scope=\"col\" class=\"number\">\(escaped(title))</th>"
    }
  }

  fileprivate func cell(_ text: String, isFirst: Bool) -> String {
    switch self {
    case .text:
      if isFirst {
        "<th scope=\"row\"\(text.count < 26 ? " class=\"short\"" : "")>\(escaped(text))</th>"
      } else {
        "<td class=\"\(text.count < 26 ? "short" : "long")\">\(escaped(text))</td>"
      }
    case .number: "<td class=\"number\">\(escaped(text))</td>"
    }
  }
}

/// A table, in a box that scrolls if the table is too wide. The last `footers` rows are its footer; `name` is for screen
/// readers.
func tableBox(_ name: String, _ columns: [Column], _ rows: [[String]], footers: Int = 0) -> String {
  func line(_ row: [String]) -> String {
    let cells = zip(columns, row).enumerated().map { $1.0.cell($1.1, isFirst: $0 == 0) }
    return "<tr>\(cells.joined())</tr>"
  }
  let foot = rows.suffix(footers).map(line).joined(separator: "\n")
  return """
    <div class="scroll" role="region" aria-label="\(escaped(name))" tabindex="0"><table>
    <thead><tr>\(columns.map(\.heading).joined())</tr></thead>
    <tbody>
    \(rows.dropLast(footers).map(line).joined(separator: "\n"))
    </tbody>\(foot.isEmpty ? "" : "\n<tfoot>\n\(foot)\n</tfoot>")
    </table></div>
    """
}

/// Names with values.
func factList(_ facts: [(name: String, value: String)]) -> String {
  let items = facts.map { "<div><dt>\(escaped($0.name))</dt><dd>\(escaped($0.value))</dd></div>" }
  return "<dl class=\"facts\">\n\(items.joined(separator: "\n"))\n</dl>"
}

/// Commands with their purposes, each in a box that a click selects.
func commandList(_ commands: [(purpose: String, command: String)]) -> String {
  commands.map { purpose, command in
    // Lines break between words, not after the hyphens of options.
    let words = command.split(separator: " ", omittingEmptySubsequences: false).map {
      $0.isEmpty ? "" : "<span>\(escaped(String($0)))</span>"
    }
    return """
      <p class="purpose">\(escaped(purpose))</p>
      <pre class="command"><code>\(words.joined(separator: " "))</code></pre>
      """
  }.joined(separator: "\n")
}

/// A summary that opens to show `body`.
func folded(_ summary: String, _ body: String) -> String {
  "<details><summary>\(escaped(summary))</summary>\n\(body)\n</details>"
}

/// A paragraph of plain text; `style` is its class.
func paragraph(_ text: String, _ style: String = "") -> String {
  style.isEmpty ? "<p>\(escaped(text))</p>" : "<p class=\"\(style)\">\(escaped(text))</p>"
}

/// Figures, side by side if there is room.
func figureRow(_ figures: [Figure]) -> String {
  let items = figures.map { "<figure class=\"chart\">\($0.inlined)</figure>" }
  return "<div class=\"charts\">\n\(items.joined(separator: "\n"))\n</div>"
}

/// A figure of any width by itself. Where there is no room for it, it scrolls rather than become too small to read.
func figureBox(_ figure: Figure) -> String {
  let least = coordinate(figure.width * 0.85)
  return
    "<figure class=\"chart wide\"><div style=\"min-width:min(\(least)px,60rem)\">\(figure.inlined)</div></figure>"
}

/// `1 row`, `4,200 rows`.
func counted(_ number: Int, _ noun: String) -> String {
  "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
}
