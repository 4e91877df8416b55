import Foundations

// The notation of networks, as the field's papers and Kaggle's notebooks have it: layers joined by hyphens.

/// One kind of layer in the notation.
struct Token: Sendable {
  /// All kinds of layer, in the order in which help lists them and a token is tried.
  static let all = [
    Convolution.token,
    Dense.token,
    MaxPooling.token,
    AveragePooling.token,
    Dropout.token,
    BatchNormalization.token,
    Flatten.token,
  ]

  /// What it looks like, for help.
  let example: String
  /// What the example means, for help.
  let meaning: String
  /// Reads the layer from the left of a token; nil if it is another kind's. What it leaves is refused.
  let read: @Sendable (inout TokenScanner) throws(KitError) -> (any Layer)?
}

/// Takes a token apart from the left.
struct TokenScanner {
  private(set) var rest: Substring

  init(_ token: Substring) { rest = token }

  /// Whether the character is next; then it is taken.
  mutating func take(_ character: Character) -> Bool {
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }

  /// Takes a whole number; nil if none is next. Throws `usage` if it is outside the range.
  mutating func number(_ what: String, _ range: ClosedRange<Int>) throws(KitError) -> Int? {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    if digits.isEmpty { return nil }
    rest = rest.dropFirst(digits.count)
    guard let value = Int(digits), range.contains(value) else {
      throw KitError(
        .usage, "\(what) is \(digits); must be between \(range.lowerBound) and \(range.upperBound)")
    }
    return value
  }
}

extension Network {
  /// Reads a network from its notation, such as `32C3-P2-128N`, or from the name of one.
  ///
  /// - Throws: `usage` with a marker under the wrong token; without one if the notation is longer than any network's.
  public init(notation text: String) throws(KitError) {
    let notation = NamedNetwork.all.first { $0.name == text }?.notation ?? text
    // Before anything is built of it: a file may hold any text.
    guard notation.utf8.count <= Self.longestNotation else {
      throw KitError(
        .usage,
        "network \(notation.prefix(40))…: it is \(grouped(notation.utf8.count)) bytes long; the most are "
          + grouped(Self.longestNotation))
    }
    var layers: [any Layer] = []
    for (index, token) in notation.split(separator: "-", omittingEmptySubsequences: false).enumerated() {
      do {
        layers.append(try readLayer(token))
      } catch {
        let meant = nearestName(to: notation, among: NamedNetwork.all.map(\.name))
        let suggestion = meant.map { "; did you mean '\($0)'?" } ?? ""
        throw NetworkError.at(token: index, of: notation, error.message + suggestion, hint: notationHint)
      }
    }
    self.init(layers: layers)
  }

  /// The most bytes of a notation: some hundred layers more than any network of 28 pixels has use for.
  static let longestNotation = 2000

  /// The tokens, a line each, for help.
  public static var notationHelp: String {
    Token.all.map { "  \($0.example.padded(to: 8))\($0.meaning)" }.joined(separator: "\n")
  }
}

/// Errors that point at a token.
enum NetworkError {
  static func at(token index: Int, of notation: String, _ problem: String, hint: String?) -> KitError {
    let tokens = notation.split(separator: "-", omittingEmptySubsequences: false)
    guard index < tokens.count else { return KitError(.usage, "network \(notation): \(problem)") }
    let before = tokens[..<index].reduce(0) { $0 + $1.count + 1 }
    let marker =
      String(repeating: " ", count: before) + String(repeating: "^", count: max(1, tokens[index].count))
    return KitError(
      .usage, "network: \(problem)\n  \(notation)\n  \(marker)" + (hint.map { "\n\($0)" } ?? ""))
  }
}

private var notationHint: String {
  "known layers:\n\(Network.notationHelp)\nknown names: \(NamedNetwork.all.map(\.name).joined(separator: ", "))"
}

private func readLayer(_ token: Substring) throws(KitError) -> any Layer {
  for kind in Token.all {
    var scanner = TokenScanner(token)
    guard let layer = try kind.read(&scanner) else { continue }
    guard scanner.rest.isEmpty else {
      throw KitError(
        .usage, "'\(scanner.rest)' is not understood after '\(token.dropLast(scanner.rest.count))'")
    }
    return layer
  }
  throw KitError(.usage, token.isEmpty ? "a layer is missing" : "'\(token)' is not a layer")
}
