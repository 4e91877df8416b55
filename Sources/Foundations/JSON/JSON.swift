/// A JSON value (RFC 8259) whose objects keep their members' order, so that the same value is always the same
/// text.
public enum JSON: Sendable {
  case null
  case bool(Bool)
  /// A number written without a fraction or an exponent that fits `Int`.
  case integer(Int)
  /// Any other number. JSON has no NaN and no infinity; they are written as `null`.
  case number(Double)
  case string(String)
  case array([JSON])
  case object([(key: String, value: JSON)])

  /// An object's member of that name; nil if it has none, or if this is not an object.
  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The text if this is a string, else nil.
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The number if this is an `integer`, else nil.
  public var integer: Int? {
    if case .integer(let number) = self { number } else { nil }
  }

  /// The number if this is an `integer` or a `number`, else nil.
  public var number: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }

  /// The truth value if this is a `bool`, else nil.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The elements if this is an array, else nil.
  public var array: [JSON]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The value as text: numbers in their shortest form that reads back as the same bits, members in their order, no
  /// final newline.
  ///
  /// - Parameter pretty: Whether every member gets a line of its own, indented by two spaces; arrays of plain values
  ///   stay on one line. Without it there is no white space at all.
  public func serialized(pretty: Bool) -> String {
    var text = ""
    append(to: &text, indentation: pretty ? "\n" : nil)
    return text
  }

  /// `indentation` is a newline and the current line's spaces; nil for compact text.
  private func append(to text: inout String, indentation: String?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let number): text += number.description
    case .number(let number): text += number.isFinite ? number.description : "null"
    case .string(let string): Self.append(string, to: &text)
    case .array(let elements):
      let deeper = elements.contains(where: \.isContainer) ? indentation.map { $0 + "  " } : nil
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += indentation != nil && deeper == nil ? ", " : "," }
        text += deeper ?? ""
        element.append(to: &text, indentation: deeper)
      }
      if let indentation, deeper != nil { text += indentation }
      text += "]"
    case .object(let members):
      let deeper = members.isEmpty ? nil : indentation.map { $0 + "  " }
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += "," }
        text += deeper ?? ""
        Self.append(member.key, to: &text)
        text += deeper == nil ? ":" : ": "
        member.value.append(to: &text, indentation: deeper)
      }
      if let indentation, deeper != nil { text += indentation }
      text += "}"
    }
  }

  private var isContainer: Bool {
    switch self {
    case .array, .object: true
    default: false
    }
  }

  private static func append(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.controlsText && scalar.value < 0x10000:
        text += "\\u" + String(scalar.value, radix: 16).leftPadded(to: 4, with: "0")
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
