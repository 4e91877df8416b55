import Foundations
import Pictures
import Terminal

/// 28×28 images side by side as text, two rows in a line: half blocks, or plain characters where the locale is not UTF-8.
///
/// - Parameters:
///   - images: 784 bytes each, from 0 (paper) to 255 (ink).
///   - titles: A word above each.
func drawing(of images: [[UInt8]], titles: [String]) -> String {
  let side = FoundDigit.side
  var lines = [titles.map { $0.padded(to: side) }.joined(separator: "  ")]
  for row in stride(from: 0, to: side, by: 2) {
    let parts = images.map { image in
      (0..<side).map { column in
        character(above: image[row * side + column], below: image[(row + 1) * side + column])
      }.joined()
    }
    lines.append(parts.joined(separator: "  "))
  }
  return lines.joined(separator: "\n")
}

/// Ink is drawn where it is at least half as dark as ink can be.
private func character(above: UInt8, below: UInt8) -> String {
  guard StandardError.isUnicode else {
    let shades = [" ", ".", ":", "+", "#", "@"]
    return shades[(Int(above) + Int(below)) * (shades.count - 1) / 510]
  }
  switch (above >= 128, below >= 128) {
  case (true, true): return "█"
  case (true, false): return "▀"
  case (false, true): return "▄"
  case (false, false): return " "
  }
}
