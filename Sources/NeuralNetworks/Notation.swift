import Foundations

// The notation of networks, as the field's papers and Kaggle's notebooks have it: layers joined by hyphens.

/// One kind of token: what it looks like for help, and how it is read (nil: another kind's).
private struct TokenForm {
  let example: String
  let meaning: String
  let read: @Sendable (inout TokenScanner) throws(KitError) -> (any Layer)?
}

private let tokenForms: [TokenForm] = [
  TokenForm(
    example: "32C3", meaning: "32 filters of 3×3, ReLU; S2 stride, p same padding, l linear",
    read: readConvolution),
  TokenForm(example: "128N", meaning: "dense layer of 128 units, ReLU; l linear", read: readDense),
  TokenForm(example: "P2", meaning: "max pooling 2×2", read: readMaxPooling),
  TokenForm(example: "A2", meaning: "average pooling 2×2", read: readAveragePooling),
  TokenForm(example: "D25", meaning: "dropout of 25 %", read: readDropout),
  TokenForm(
    example: "B", meaning: "batch normalisation",
    read: { (scanner) in scanner.take("B") ? BatchNormalization() : nil }),
  TokenForm(
    example: "F", meaning: "flatten (implied before a dense layer)",
    read: { (scanner) in scanner.take("F") ? Flatten() : nil }),
]

extension Network {
  /// Reads a network from its notation, such as `32C3-P2-128N`, or from the name of one.
  ///
  /// Throws `usage` with a marker under the token that is wrong.
  public init(notation text: String) throws(KitError) {
    let notation = NamedNetwork.all.first { $0.name == text }?.notation ?? text
    var layers: [any Layer] = []
    for (index, token) in notation.split(separator: "-", omittingEmptySubsequences: false).enumerated() {
      do {
        layers.append(try readToken(token))
      } catch {
        throw NetworkError.at(token: index, of: notation, error.message, hint: notationHint)
      }
    }
    self.init(layers: layers)
  }

  /// The tokens, a line each, for help.
  public static var notationHelp: String {
    tokenForms.map { "  \($0.example.padded(to: 8))\($0.meaning)" }.joined(separator: "\n")
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

private func readToken(_ token: Substring) throws(KitError) -> any Layer {
  for form in tokenForms {
    var scanner = TokenScanner(token)
    guard let layer = try form.read(&scanner) else { continue }
    guard scanner.rest.isEmpty else {
      throw KitError(
        .usage, "'\(scanner.rest)' makes no sense behind '\(token.dropLast(scanner.rest.count))'")
    }
    return layer
  }
  throw KitError(.usage, token.isEmpty ? "a layer is missing" : "'\(token)' is no layer")
}

/// Takes a token apart from the left.
private struct TokenScanner {
  var rest: Substring

  init(_ token: Substring) { rest = token }

  mutating func take(_ character: Character) -> Bool {
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }

  /// A whole number, nil if none is there; throws if it is outside the range.
  mutating func number(_ what: String, _ range: ClosedRange<Int>) throws(KitError) -> Int? {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    if digits.isEmpty { return nil }
    rest = rest.dropFirst(digits.count)
    guard let value = Int(digits), range.contains(value) else {
      throw KitError(
        .usage, "\(what) is \(digits); from \(range.lowerBound) to \(range.upperBound) are possible")
    }
    return value
  }
}

@Sendable private func readConvolution(_ scanner: inout TokenScanner) throws(KitError) -> (any Layer)? {
  guard scanner.rest.contains("C"), let filters = try scanner.number("filters", 1...4096), scanner.take("C")
  else { return nil }
  guard let rows = try scanner.number("the kernel's size", 1...28) else { return nil }
  var columns: Int?
  if scanner.take("x") {
    columns = try scanner.number("the kernel's size", 1...28)
    if columns == nil { return nil }
  }
  var step = 1
  if scanner.take("S") {
    guard let stride = try scanner.number("stride", 1...28) else { return nil }
    step = stride
  }
  let same = scanner.take("p")
  let linear = scanner.take("l")
  return Convolution(
    filters: filters, kernel: rows, kernelColumns: columns, stride: step, padding: same ? .same : .valid,
    activation: linear ? .linear : .relu)
}

@Sendable private func readDense(_ scanner: inout TokenScanner) throws(KitError) -> (any Layer)? {
  guard scanner.rest.contains("N"), let units = try scanner.number("units", 1...65536), scanner.take("N")
  else { return nil }
  return Dense(units: units, activation: scanner.take("l") ? .linear : .relu)
}

@Sendable private func readMaxPooling(_ scanner: inout TokenScanner) throws(KitError) -> (any Layer)? {
  guard scanner.take("P"), let size = try scanner.number("the window's size", 1...28) else { return nil }
  return MaxPooling(size)
}

@Sendable private func readAveragePooling(_ scanner: inout TokenScanner) throws(KitError) -> (any Layer)? {
  guard scanner.take("A"), let size = try scanner.number("the window's size", 1...28) else { return nil }
  return AveragePooling(size)
}

@Sendable private func readDropout(_ scanner: inout TokenScanner) throws(KitError) -> (any Layer)? {
  guard scanner.take("D"), let percent = try scanner.number("dropout's percentage", 0...99) else {
    return nil
  }
  return Dropout(percent: percent)
}

extension String {
  /// Filled up with spaces to a width in characters.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
