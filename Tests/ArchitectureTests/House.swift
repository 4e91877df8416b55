import Foundation
import TestSupport

/// The package as its texts describe it: the modules that `Package.swift` lists for each target, and the source files.
struct House {
  /// A Swift file under `Sources`, as far as the rules ask.
  struct File {
    /// Its path below `Sources`, such as `Compute/ThreadPool.swift`.
    let path: String
    /// The target whose folder it is in.
    let target: String
    /// The modules that it imports.
    private(set) var imports: Set<String> = []
    /// The names of the types that it declares, without those inside of others.
    private(set) var types: [String] = []
    /// Whether it treats one system differently from another.
    private(set) var asksForTheSystem = false

    init(path: String, text: String) {
      self.path = path
      target = module(String(path.prefix { $0 != "/" }))
      for line in withoutComments(text).split(separator: "\n") {
        // Words that are quickly found spare most lines the patterns.
        if line.contains("import "), let match = line.prefixMatch(of: Self.importing) {
          imports.insert(module(String(match.1)))
        }
        if line.first?.isWhitespace == false, let match = line.prefixMatch(of: Self.declaring) {
          types.append(String(match.1))
        }
        if line.contains("#"), line.prefixMatch(of: Self.asking) != nil {
          asksForTheSystem = true
        }
      }
    }

    /// `import`, with attributes and access levels before it; or of one declaration of a module.
    nonisolated(unsafe) private static let importing =
      #/
      \s* (?: @\w+ (?: \(\w+\) )? \s+ | (?: public | package | internal | private ) \s+ )*
      import \s+ (?: (?: struct | class | enum | protocol | func | var | let | typealias ) \s+ )? (\w+)
      /#

    /// A condition that depends on the system, or on its C library.
    nonisolated(unsafe) private static let asking =
      #/\s*\#(?:if|elseif)\b.*\b(?:os|targetEnvironment|canImport)\((?!Foundation)/#

    nonisolated(unsafe) private static let declaring =
      #/(?:[@\w]+\s)*?(?:struct|class|enum|actor|protocol|typealias)\s+(\w+)/#
  }

  /// What each target under `Sources` lists in `Package.swift`.
  var listed: [String: Set<String>]
  /// The folders of targets with Swift files, and these files.
  var files: [File]

  /// The tests' Swift files.
  var tests: [File]

  /// Reads the checkout in a folder.
  init(readingFrom folder: String) throws {
    listed = Self.listed(in: try text("\(folder)/Package.swift"))
    // A link is not followed: the kernels of each instruction set are one folder's files.
    func swiftFiles(in part: String) throws -> [File] {
      try FileManager.default.subpathsOfDirectory(atPath: "\(folder)/\(part)").sorted()
        .filter { $0.hasSuffix(".swift") }
        .map { File(path: $0, text: try text("\(folder)/\(part)/\($0)")) }
    }
    files = try swiftFiles(in: "Sources")
    tests = try swiftFiles(in: "Tests")
  }

  /// The kit's own modules.
  var modules: Set<String> { Set(layers.joined()).union(commands) }

  /// The executables behind the front door.
  var commands: Set<String> { Set(listed.keys.filter { $0.hasPrefix("kaggle-digits-") }) }

  /// The modules that the files of each target import.
  var imported: [String: Set<String>] {
    Dictionary(files.map { ($0.target, $0.imports) }) { $0.union($1) }
  }

  /// The tables of `Package.swift`, read as text, so that the test needs no second run of SwiftPM.
  private static func listed(in package: String) -> [String: Set<String>] {
    let text = withoutComments(package)
    /// What is between a text and the next that ends it.
    func part(from start: String, to end: String) -> Substring {
      guard let first = text.firstRange(of: start),
        let last = text[first.upperBound...].firstRange(of: end)
      else { return "" }
      return text[first.upperBound..<last.lowerBound]
    }
    func names(_ list: Substring) -> Set<String> {
      let items = list.matches(of: #/"([\w-]+)"|argumentParser|protobuf|kernelNames/#)
      return Set(
        items.map {
          switch $0.0 {
          case "argumentParser": "ArgumentParser"
          case "protobuf": "SwiftProtobuf"
          case "kernelNames": "Kernels"
          default: module(String($0.1 ?? ""))
          }
        })
    }

    var result = ["Kernels": names(part(from: "name: name,\n    dependencies: [", to: "]"))]
    let library =
      #/(?:library\(|name:)\s*"(\w+)",\s*(?:dependencies:\s*)?(\[[^\]]*\](?:\s*\+\s*kernelNames)?)/#
    for match in part(from: "let libraries:", to: "\n]").matches(of: library) {
      result[String(match.1)] = names(match.2)
    }
    let ofEveryCommand = names(part(from: "kaggle-digits-\\($0.name)\",\n        dependencies: [", to: "]"))
    for match in part(from: "let commands:", to: "\n]").matches(of: #/"([\w-]+)",\s*(\[[^\]]*\])/#) {
      result["kaggle-digits-\(match.1)"] = names(match.2).union(ofEveryCommand)
    }
    result["kaggle-digits"] = names(part(from: "name: \"kaggle-digits\",\n        dependencies: [", to: "]"))
    return result
  }
}

/// The target that a module or a folder is of: the kernels of every instruction set are one, and an executable's module
/// is written with underscores.
func module(_ name: String) -> String {
  if name.hasPrefix("kaggle_digits") { return name.replacing("_", with: "-") }
  return name.hasPrefix("Kernels") ? "Kernels" : name
}

/// A text without its comments to the end of the line; addresses in strings lose their end too, which does not matter here.
private func withoutComments(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false)
    .map { line in line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line }
    .joined(separator: "\n")
}
