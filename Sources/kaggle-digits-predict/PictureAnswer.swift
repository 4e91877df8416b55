import Foundations
import Pictures
import Reporting

/// What is said of a digit that was found.
struct DigitAnswer {
  /// The digit as the networks see it, and where it is.
  let found: FoundDigit
  /// The classes.
  let classes: Classes
  /// A probability of each class.
  let probabilities: [Double]
  /// The most probable class.
  let digit: Int
  /// Below which confidence the answer is unsure.
  let threshold: Double
  /// What each member says.
  let members: [(name: String, digit: Int, probabilities: [Double])]
  /// How much each pixel matters; nil if it was not asked for.
  let occlusion: [Double]?

  /// The largest probability.
  var confidence: Double { probabilities[digit] }
  /// Whether the answer is often wrong at this confidence.
  var isUnsure: Bool { confidence < threshold }

  /// `7 (0.9981)`, or the two likeliest: `not sure: 7 (0.4310) or 1 (0.4026)`.
  var text: String {
    func shown(_ digit: Int) -> String { "\(classes.name(digit)) (\(fixed(probabilities[digit], 4)))" }
    if !isUnsure { return shown(digit) }
    let others = probabilities.indices.filter { $0 != digit }
    let second = others.max { probabilities[$0] < probabilities[$1] }
    return "not sure: \(shown(digit))" + (second.map { " or \(shown($0))" } ?? "")
  }

  /// `; the members say 7 7 1` where they differ, else empty.
  var dispute: String {
    Set(members.map(\.digit)).count < 2
      ? "" : "; the members say " + members.map { classes.name($0.digit) }.joined(separator: " ")
  }
}

/// What is said of a picture.
struct PictureAnswer {
  /// How reading it ended.
  enum State {
    case digits([DigitAnswer])
    case noInk
    case moreThanOneDigit(Int)
    case refused(KitError)
  }

  /// Its path, or `-`.
  let name: String
  /// The picture as a page shows it; nil if it can't be read, or there is no page.
  let preview: PicturePage.Preview?
  /// How reading it ended.
  let state: State

  /// The digits, in reading order; none if there are none.
  var digits: [DigitAnswer] { if case .digits(let digits) = state { digits } else { [] } }
  /// Why it could not be read; nil if it could.
  var refusal: KitError? { if case .refused(let error) = state { error } else { nil } }
  /// The digits as a number, `1984`; names of several characters with spaces between them.
  var number: String {
    let names = digits.map { $0.classes.name($0.digit) }
    return names.joined(separator: names.allSatisfy { $0.count == 1 } ? "" : " ")
  }

  /// What is printed of it: a line, and of several digits another for each.
  var lines: [String] {
    switch state {
    case .refused: []
    case .noInk: ["\(name): no ink"]
    case .moreThanOneDigit(let parts):
      ["\(name): more than one digit (writing in \(parts) places): try --digits many"]
    case .digits(let digits) where digits.count == 1: ["\(name): \(digits[0].text)\(digits[0].dispute)"]
    case .digits(let digits):
      ["\(name): \(number)"]
        + digits.map { digit in
          let box = digit.found.box
          return
            "  \(digit.text) at \(box.left),\(box.top), \(box.width)×\(box.height) pixels\(digit.dispute)"
        }
    }
  }

  /// The same as JSON.
  var json: JSON {
    var fields: [(key: String, value: JSON)] = [("picture", .string(name)), ("state", .string(stateName))]
    if let refusal { fields.append(("error", .string(refusal.message))) }
    fields.append(("number", digits.isEmpty ? .null : .string(number)))
    fields.append(("digits", .array(digits.map(Self.json))))
    return .object(fields)
  }

  private var stateName: String {
    switch state {
    case .refused: "refused"
    case .noInk: "no-ink"
    case .moreThanOneDigit: "more-than-one-digit"
    case .digits(let digits): digits.contains(where: \.isUnsure) ? "unsure" : "ok"
    }
  }

  private static func json(_ digit: DigitAnswer) -> JSON {
    func numbers(_ values: [Double]) -> JSON { .array(values.map { .number($0) }) }
    let box = digit.found.box
    let name = digit.classes.areNumbers ? nil : digit.classes.name(digit.digit)
    return .object(
      [("digit", .integer(digit.digit))] + (name.map { [("class", .string($0))] } ?? []) + [
        ("confidence", .number(digit.confidence)),
        ("unsure", .bool(digit.isUnsure)), ("probabilities", numbers(digit.probabilities)),
        (
          "box",
          .object([
            ("left", .integer(box.left)), ("top", .integer(box.top)), ("width", .integer(box.width)),
            ("height", .integer(box.height)),
          ])
        ),
        (
          "members",
          .array(
            digit.members.map {
              .object([
                ("name", .string($0.name)), ("digit", .integer($0.digit)),
                ("probabilities", numbers($0.probabilities)),
              ])
            })
        ),
      ])
  }
}
