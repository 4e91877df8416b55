/// The files of the page to draw digits on. `serve` sends them one by one, and `export --to page` makes one file of them,
/// with `network.js` in place of `answers.js`.
public enum PageFiles {
  /// The page itself; a line with `data-served` is for a page that a server answers.
  public static let html = PackageResources.page_html
  /// Its looks.
  public static let style = PackageResources.page_css
  /// What it does; a module that imports `drawing.js` and `answers.js`.
  public static let script = PackageResources.page_js
  /// Strokes, and the image that a network takes of them.
  public static let drawing = PackageResources.drawing_js
  /// Answers from the page's server.
  public static let answers = PackageResources.answers_js
  /// Answers that are computed in the browser, by networks within the page.
  public static let network = PackageResources.network_js
  /// Its icon.
  public static let icon = PackageResources.icon_svg
}
