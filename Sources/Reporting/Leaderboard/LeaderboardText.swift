import Foundations
import Platform
import Scoring

extension Leaderboard {
  /// The table for a terminal.
  public var text: String {
    let titles = [
      "when", "what", "recipe", "network", "members", "accuracy", "95 % interval", "public", "expected",
    ]
    let lines =
      [titles]
      + rows.map { row in
        [
          String(row.when.prefix(10)), row.path, shortened(row.recipe ?? "–", to: 24),
          shortened(row.networks.isEmpty ? "–" : row.networks.joined(separator: ", "), to: 24),
          row.members == 0 ? "–" : "\(row.members)", "\(fixed(row.accuracy, 4))\(row.mark)",
          row.intervalText ?? "–", row.score?.text ?? "–", row.expected?.verdict.rawValue ?? "–",
        ]
      }
    let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let table = lines.map { line in
      let cells = zip(line, widths).enumerated().map { column, cell in
        column < 4 ? cell.0.padded(to: cell.1) : cell.0.leftPadded(to: cell.1)
      }
      return cells.joined(separator: "  ")
    }
    return (table + [""] + legend).joined(separator: "\n")
  }

  /// What the marks and the last columns mean, as far as they are there.
  private var legend: [String] {
    var lines: [String] = []
    if rows.contains(where: { $0.mark == "v" }) {
      lines.append("v: mean of the members on their validation rows; without: out-of-fold rows")
    }
    if rows.contains(where: { $0.expected != nil }) {
      lines.append(
        "expected: whether the public score is within the range expected from the out-of-fold rows, below or above it"
      )
    }
    for row in rows where !row.remark.isEmpty { lines.append("\(row.path): \(row.remark)") }
    return lines
  }

  /// The table for programs.
  public var json: JSON {
    .array(
      rows.map { row in
        func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
        func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
        let interval = row.rows?.interval
        return .object([
          ("kind", .string(row.kind.rawValue)), ("path", .string(row.path)), ("when", .string(row.when)),
          ("recipe", text(row.recipe)), ("networks", .array(row.networks.map { .string($0) })),
          ("members", .integer(row.members)), ("accuracy", number(row.accuracy)),
          ("accuracy-95-low", number(interval?.lowerBound)),
          ("accuracy-95-high", number(interval?.upperBound)),
          ("scored-on", text(row.scoredOn.isEmpty ? nil : row.scoredOn)),
          ("rows", row.rows.map { .integer($0.rows) } ?? .null),
          ("public-score", number(row.score?.value)),
          ("reference", row.upload?.reference.map { .integer($0) } ?? .null),
          ("expected-95-low", number(row.expected?.interval.lowerBound)),
          ("expected-95-high", number(row.expected?.interval.upperBound)),
          ("public-score-is", text(row.expected?.verdict.rawValue)),
          ("remark", text(row.remark.isEmpty ? nil : row.remark)),
        ])
      })
  }
}

extension Leaderboard.Row {
  /// `2026-11-27 20:15`, local time.
  var when: String {
    if time == 0 { return "–" }
    let moment = Moment.local(time)
    return "\(moment.date) \(moment.clock.prefix(5))"
  }

  /// `v` after an accuracy on validation rows.
  var mark: String { scoredOn == Leaderboard.validation ? "v" : scoredOn.isEmpty ? "" : " " }

  /// `0.9893 to 0.9946`; nil if it is not known of how many rows the accuracy is.
  var intervalText: String? {
    rows.map { "\(fixed($0.interval.lowerBound, 4)) to \(fixed($0.interval.upperBound, 4))" }
  }
}
