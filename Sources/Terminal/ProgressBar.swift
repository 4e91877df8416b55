import Foundations

/// One lane's progress, and the line that shows it.
struct ProgressBar {
  /// How bars look: with box-drawing characters or ASCII, in colour or not.
  struct Style {
    var isUnicode = true
    var usesColor = false
  }

  var label: String
  private(set) var completed: Int
  var total: Int
  var unit: String
  var detail: String
  /// Units per second, smoothed; nil until there are two moments to compare.
  private(set) var rate: Double?
  private var sample: (seconds: Double, completed: Int)?

  init(label: String = "", completed: Int = 0, total: Int = 0, unit: String = "", detail: String = "") {
    self.label = label
    self.completed = completed
    self.total = total
    self.unit = unit
    self.detail = detail
  }

  /// Records how many units are completed at a time, in seconds on any monotonic clock.
  ///
  /// The rate is smoothed exponentially with a time constant of three seconds; moments less than a twentieth of a second
  /// apart are combined. When the count falls (the next epoch), the rate stays.
  mutating func advance(to count: Int, at seconds: Double) {
    completed = count
    guard let last = sample, count >= last.completed else {
      sample = (seconds, count)
      return
    }
    let elapsed = seconds - last.seconds
    guard elapsed >= 0.05 else { return }
    let current = Double(count - last.completed) / elapsed
    let weight = elapsed / (elapsed + 3)
    rate = rate.map { $0 + weight * (current - $0) } ?? current
    sample = (seconds, count)
  }

  /// The line, at most `width` columns wide. If not everything fits, the counts are left out first, then the rate and the
  /// detail, then the bar. `labelWidth` aligns the bars of several lanes.
  func rendered(width: Int, labelWidth: Int = 0, style: Style) -> String {
    let name = label.padded(to: labelWidth)
    let choices = [
      [counts, speed, timeLeft, detail], [speed, timeLeft, detail], [timeLeft, detail], [timeLeft], [],
    ]
    for fields in choices {
      let rest = ([percent] + fields.filter { !$0.isEmpty }).joined(separator: "  ")
      let room = width - name.count - rest.count - 2
      if room >= 8 { return "\(name) \(bar(min(room, 24), style)) \(rest)" }
    }
    return String("\(name) \(percent)".prefix(max(0, width)))
  }

  /// The line for a log file, without a bar.
  var summary: String {
    ([label + " " + percent] + [counts, speed, timeLeft, detail].filter { !$0.isEmpty }).joined(
      separator: "  ")
  }

  private var percent: String {
    "\(total > 0 ? min(max(completed, 0), total) * 100 / total : 0)%".leftPadded(to: 4)
  }

  /// `23,436/37,800 images`
  private var counts: String {
    guard total > 0 else { return "" }
    let all = grouped(total)
    return grouped(completed).leftPadded(to: all.count) + "/\(all) \(unit)"
  }

  /// `27,400/s`: in hundreds above a thousand, so that it does not flicker.
  private var speed: String {
    guard let rate, rate.isFinite, rate > 0, rate < 1e15 else { return "" }
    let step = rate < 1000 ? 1 : 100
    let digits = rate < 10 ? "\(Double(Int(rate * 10)) / 10)" : grouped(Int(rate) / step * step)
    return "\(digits)/s".leftPadded(to: 8)
  }

  /// `0:01 left`, rounded up.
  private var timeLeft: String {
    guard let rate, rate > 0, total > completed else { return "" }
    let seconds = (Double(total - completed) / rate).rounded(.up)
    return seconds < 1e9 ? "\(clockTime(seconds)) left" : ""
  }

  private func bar(_ cells: Int, _ style: Style) -> String {
    let halves = total > 0 ? min(max(completed, 0), total) * cells * 2 / total : 0
    let full = halves / 2
    let tip = full == cells ? "" : style.isUnicode ? (halves % 2 == 1 ? "╸" : "") : ">"
    let done = String(repeating: style.isUnicode ? "━" : "=", count: full) + tip
    let empty = max(0, cells - full - tip.count)
    guard style.usesColor else { return done + String(repeating: " ", count: empty) }
    let trough = String(repeating: style.isUnicode ? "━" : " ", count: empty)
    return "\u{1B}[36m\(done)\u{1B}[0m\u{1B}[2m\(trough)\u{1B}[0m"
  }
}

/// Seconds as minutes and seconds or hours, minutes and seconds: `0:07`, `12:34`, `1:02:03`. Fractions are cut off;
/// negative and non-finite numbers give `0:00`.
public func clockTime(_ seconds: Double) -> String {
  let whole = seconds > 0 && seconds < 1e15 ? Int(seconds) : 0
  let (hours, minutes) = (whole / 3600, whole / 60 % 60)
  let rest = String(whole % 60).leftPadded(to: 2, with: "0")
  return hours == 0
    ? "\(minutes):\(rest)" : "\(hours):\(String(minutes).leftPadded(to: 2, with: "0")):\(rest)"
}
