/// A whole number with a comma every three digits: `37,800`.
public func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var result = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0 && (digits.count - index) % 3 == 0 { result.append(",") }
    result.append(digit)
  }
  return result
}

/// A number with this many digits after the point, rounded half away from zero: `0.9921`. A dash for nil, NaN and the
/// infinities.
public func fixed(_ number: Double?, _ digits: Int) -> String {
  guard let number, number.isFinite else { return "–" }
  guard number.magnitude < 1e12 else { return "\(number)" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let whole = Int((number.magnitude * scale).rounded())
  let padded = String(whole).leftPadded(to: digits + 1, with: "0")
  let sign = number < 0 && whole > 0 ? "-" : ""
  return digits == 0 ? sign + padded : "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
}

/// A number in as few digits as tell it from any other, without `.0`: `10`, `0.7`.
public func withoutPointZero(_ number: Double) -> String {
  let text = "\(number)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// A number rounded to three significant digits: `0.000976`, `2.74e-6`. A dash for negative numbers, NaN and infinity.
public func significant(_ number: Double) -> String {
  guard number.isFinite, number > 0 else { return number == 0 ? "0" : "–" }
  let exponent = PowerOfTen.exponent(below: number)
  if (-4...6).contains(exponent) { return withoutFinalZeros(fixed(number, max(0, 2 - exponent))) }
  return "\(withoutFinalZeros(fixed(number / PowerOfTen.value(exponent), 2)))e\(exponent)"
}

private func withoutFinalZeros(_ text: String) -> String {
  guard text.contains(".") else { return text }
  let digits = String(text.reversed().drop { $0 == "0" }.reversed())
  return digits.hasSuffix(".") ? String(digits.dropLast()) : digits
}

/// A share in percent: `98.79 %` for 0.9879. A dash for NaN and the infinities.
///
/// - Parameters:
///   - share: 0 to 1 for 0 % to 100 %.
///   - digits: Digits after the point.
///   - space: What is between number and sign; by default a space that no line breaks at. Text for a terminal takes
///     `" "`, which other programs can split at.
public func percent(_ share: Double, _ digits: Int = 2, space: String = "\u{A0}") -> String {
  share.isFinite ? "\(fixed(share * 100, digits))\(space)%" : "–"
}

extension String {
  /// The text with spaces, or another character, after it to this many characters; a longer text stays as it is.
  public func padded(to width: Int, with filler: Character = " ") -> String {
    self + String(repeating: filler, count: max(0, width - count))
  }

  /// The text with spaces, or another character, before it to this many characters; a longer text stays as it is.
  public func leftPadded(to width: Int, with filler: Character = " ") -> String {
    String(repeating: filler, count: max(0, width - count)) + self
  }
}

/// Rows of cells as lines, the columns right-aligned, two spaces between them.
public func aligned(_ rows: [[String]]) -> String {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    zip(row, widths).map { $0.leftPadded(to: $1) }.joined(separator: "  ")
  }.joined(separator: "\n")
}

/// A word as a POSIX shell takes it, in single quotes where it needs them, for commands that are shown to be copied.
public func quoted(_ word: String) -> String {
  let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%"
  if !word.isEmpty, word.allSatisfy({ plain.contains($0) }) { return word }
  return "'" + word.replacing("'", with: "'\\''") + "'"
}

extension Unicode.Scalar {
  /// Whether it may act on a terminal, or change how the text around it is shown: control characters, line and paragraph
  /// separators, marks that turn the direction of writing, and other invisible ones. The joiners within words and emoji
  /// are not among them.
  public var controlsText: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    case .format: value != 0x200C && value != 0x200D
    default: false
    }
  }
}
