/// A whole number with a comma between each three digits: `37,800`.
public func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var result = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0 && (digits.count - index) % 3 == 0 { result.append(",") }
    result.append(digit)
  }
  return result
}

/// A number by its shortest description, without `.0`: `10`, `0.7`.
public func withoutPointZero(_ number: Double) -> String {
  let text = "\(number)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// A number with so many digits behind the point, rounded half up: `0.9921`.
public func fixed(_ number: Double, _ digits: Int) -> String {
  guard number.isFinite, number.magnitude < 1e12 else { return "\(number)" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let whole = Int((number.magnitude * scale).rounded())
  let text = String(whole)
  let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
  let sign = number < 0 && whole > 0 ? "-" : ""
  return digits == 0 ? sign + padded : "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
}

/// A word as a shell takes it, for commands that are shown to be copied.
public func quoted(_ word: String) -> String {
  let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%"
  if !word.isEmpty, word.allSatisfy({ plain.contains($0) }) { return word }
  return "'" + word.replacing("'", with: "'\\''") + "'"
}

extension String {
  /// The text with spaces, or another character, after it to this many characters; a longer text stays as it is.
  public func padded(to width: Int, with filler: Character = " ") -> String {
    self + String(repeating: filler, count: max(0, width - count))
  }
}

/// Rows of cells in columns, flush right, two spaces between them.
public func aligned(_ rows: [[String]]) -> String {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    row.enumerated().map { String(repeating: " ", count: widths[$0.offset] - $0.element.count) + $0.element }
      .joined(separator: "  ")
  }.joined(separator: "\n")
}
