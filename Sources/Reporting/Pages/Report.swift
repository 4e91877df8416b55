import Foundations
import Runs

/// A page with its figures.
public struct Report: Sendable {
  /// The page, a self-contained HTML file.
  public let html: String
  /// The page's figures, in their order.
  public let figures: [Figure]

  /// Writes the page and its figures into a run's folder, replacing those that are there.
  ///
  /// - Throws: `cannotWrite`; each file is then the old one or the new one.
  public func write(to folder: String) throws(KitError) {
    let folder = withoutFinalSlash(folder)
    try makeFolders(FiguresFolder.path(in: folder))
    for figure in figures {
      try WholeFile.write(
        figure.svg, to: FiguresFolder.path(ofFigure: figure.name, in: folder), replacing: true)
    }
    try WholeFile.write(html, to: PageFile.path(in: folder), replacing: true)
  }
}

/// A section of a page with its figures.
struct ReportPart {
  let section: Page.Section
  var figures: [Figure] = []
}

extension Report {
  /// A page of the parts that are not nil; the parameters are those of `Page`.
  init(title: String, kind: String, lead: String, parts: [ReportPart?]) {
    let parts = parts.compactMap { $0 }
    html = Page(title: title, kind: kind, lead: lead, sections: parts.map(\.section)).html
    figures = parts.flatMap(\.figures)
  }
}
