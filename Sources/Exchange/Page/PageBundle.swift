import DrawingPage
import Foundations

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The page's files in one, which loads nothing.
enum PageBundle {
  /// What is said where the served page speaks of its server.
  private static let notice =
    "<p>The networks are in this page and answer in your browser; what you draw stays there.</p>"

  /// The page, with a model's description in JSON and its weights in base64.
  static func html(model: String, weights: String) -> String {
    let style = text(PageFiles.style)
    let script = script
    let icon = Data(PageFiles.icon).base64EncodedString()
    let lines = text(PageFiles.html).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.compactMap { line -> String? in
      switch line {
      case "<meta charset=\"utf-8\">": "\(line)\n\(policy(script: script, style: style))"
      case "<link rel=\"icon\" href=\"icon.svg\" type=\"image/svg+xml\">":
        "<link rel=\"icon\" href=\"data:image/svg+xml;base64,\(icon)\">"
      case "<link rel=\"stylesheet\" href=\"page.css\">": "<style>\(style)</style>"
      case "<script type=\"module\" src=\"page.js\"></script>":
        """
        <script type="application/json" id="model">\(model)</script>
        <script type="text/plain" id="weights">\(weights)</script>
        <script type="module">\(script)</script>
        """
      case "<p id=\"threshold\"></p>": "\(notice)\n\(line)"
      default: line.contains("data-served") ? nil : String(line)
      }
    }.joined(separator: "\n")
  }

  /// The page may run its own script alone, and can't connect to anything.
  private static func policy(script: String, style: String) -> String {
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src \(source(script)); "
      + "style-src \(source(style)); img-src data: blob:; base-uri 'none'; form-action 'none'\">"
  }

  /// A text as a policy names it.
  private static func source(_ text: String) -> String {
    var hash = SHA256()
    hash.update(Array(text.utf8))
    return "'sha256-\(Data(hash.finalize()).base64EncodedString())'"
  }

  /// The modules as one: those that the page's imports are functions that are called at once and return what they export.
  private static var script: String {
    let modules = [("./drawing.js", PageFiles.drawing), ("./answers.js", PageFiles.network)]
    var page = text(PageFiles.script)
    var result = ""
    for (number, (name, bytes)) in modules.enumerated() {
      let lines = text(bytes).split(separator: "\n", omittingEmptySubsequences: false)
      let exports = lines.compactMap(exportedName).joined(separator: ", ")
      let body = lines.map { $0.hasPrefix("export ") ? $0.dropFirst("export ".count) : $0 }
      result +=
        "const module\(number) = (() => {\n\(body.joined(separator: "\n"))\nreturn { \(exports) };\n})();\n"
      let imports = imports(of: name, by: page)
      page = page.replacing(
        "import { \(imports) } from '\(name)';", with: "const { \(imports) } = module\(number);")
    }
    return result + page
  }

  /// What a module imports from another: `Drawing, curve`.
  private static func imports(of name: String, by module: String) -> Substring {
    for line in module.split(separator: "\n") where line.hasSuffix("} from '\(name)';") {
      return line.dropFirst("import { ".count).dropLast(" } from '\(name)';".count)
    }
    return ""
  }

  /// The name that a line exports: of `export async function predict(…) {`.
  private static func exportedName(_ line: Substring) -> Substring? {
    guard line.hasPrefix("export ") else { return nil }
    return line.split(separator: " ").first {
      !["export", "async", "function", "class", "const"].contains($0)
    }?
    .prefix { $0.isLetter || $0.isNumber }
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
