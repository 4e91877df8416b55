import Foundations

/// One option of training, declared once in `Configuration.schema`.
///
/// All that the kit does with an option is made from its declaration: the command line and `--help`, the check of its
/// range, JSON in both directions, the commands that reports show, and the descriptions of a training.
public struct ConfigurationOption: Sendable {
  /// The sections of `--help` that options are listed in.
  public enum Group: Sendable, CaseIterable {
    case networks, optimization, rows, preprocessing, augmentation, folds

    /// The section's title.
    public var title: String {
      switch self {
      case .networks: "Recipe and networks"
      case .optimization: "Optimization"
      case .rows: "Rows and validation"
      case .preprocessing: "Preprocessing"
      case .augmentation: "Augmentation of training images"
      case .folds: "Folds"
      }
    }

    /// The configuration whose values are the defaults: only a cross-validation has folds.
    public var defaults: Configuration { self == .folds ? .crossValidation : Configuration() }
  }

  /// The kinds of numbers that a value can be.
  package enum NumberKind: Sendable { case whole, decimal }

  /// The name: `learning-rate` for `--learning-rate`, which is the key in JSON too.
  public let name: String
  /// The section of `--help`; nil for a value that is only in files.
  public let group: Group?
  /// What `--help` calls the value: `count`.
  public let valueName: String
  /// The names that the value is chosen from; empty unless it is chosen.
  public let choices: [String]
  /// Which kind of number the value is; nil if it is not a quantity.
  package let number: NumberKind?
  /// Whether `--no-augment` sets it to 0.
  public let isAugmentation: Bool
  /// Whether a recipe leaves it as it is.
  let isKeptByRecipes: Bool
  /// What a file from before this option means by its absence; nil if every file has it.
  let absent: JSON?
  private let sentence: String

  /// The value in JSON.
  package let json: @Sendable (Configuration) -> JSON
  /// The value as it is typed; nil if there is none.
  package let text: @Sendable (Configuration) -> String?
  /// The value in words, for descriptions; nil if it is not worth a word.
  let words: @Sendable (Configuration) -> String?
  /// Takes the value from JSON; false if it is not of this option's kind.
  let assign: @Sendable (inout Configuration, JSON) -> Bool
  /// Takes the value from another configuration.
  let copy: @Sendable (inout Configuration, _ source: Configuration) -> Void
  /// Takes the value from what was typed. Throws `usage` if it is not of this option's kind.
  package let parse: @Sendable (inout Configuration, String) throws(KitError) -> Void
  /// What its value can be, as a sentence's end: `it must be a whole number between 1 and 100000`.
  let expectation: String
  /// Refuses (`usage`) a value out of range.
  package let check: @Sendable (Configuration) throws(KitError) -> Void

  /// Declares an option.
  ///
  /// - Parameters:
  ///   - path: Where its value is.
  ///   - help: A sentence for `--help`, which the default is added to.
  init<Value>(
    _ name: String, _ path: WritableKeyPath<Configuration, Value> & Sendable, _ kind: OptionKind<Value>,
    _ group: Group?, _ valueName: String, _ help: String, isAugmentation: Bool = false,
    isKeptByRecipes: Bool = false, absent: JSON? = nil, words: @escaping @Sendable (Configuration) -> String?
  ) {
    self.name = name
    self.group = group
    self.valueName = valueName
    choices = kind.choices
    number = kind.number
    sentence = help
    self.isAugmentation = isAugmentation
    self.isKeptByRecipes = isKeptByRecipes
    self.absent = absent
    self.words = words
    expectation = "it must be \(kind.noun)\(kind.range)"
    json = { kind.json($0[keyPath: path]) }
    text = { kind.text($0[keyPath: path]) }
    copy = { $0[keyPath: path] = $1[keyPath: path] }
    assign = { configuration, json in
      guard let value = kind.read(json) else { return false }
      configuration[keyPath: path] = value
      // A value that has no place, such as repeats without folds, does not stay.
      return kind.json(configuration[keyPath: path]).serialized(pretty: false)
        == kind.json(value).serialized(pretty: false)
    }
    parse = { [expectation] configuration, text throws(KitError) in
      guard let value = try kind.parse(text) else {
        let meant = nearestName(to: text, among: kind.choices).map { "; did you mean '\($0)'?" } ?? ""
        throw KitError(.usage, "--\(name) is '\(text)'; \(expectation)\(meant)")
      }
      configuration[keyPath: path] = value
    }
    check = { configuration throws(KitError) in
      let value = configuration[keyPath: path]
      if !kind.contains(value) {
        throw KitError(.usage, "--\(name) is \(kind.text(value) ?? "missing"); it must be \(kind.range)")
      }
    }
  }

  /// What `--help` says: a sentence and the default.
  public var help: String {
    let value = text(group?.defaults ?? Configuration())
    return sentence + (value.map { " (default: \($0))" } ?? "")
  }
}

/// How the values of an option are written and which are possible.
struct OptionKind<Value: Sendable>: Sendable {
  /// What a value is, in front of `range`, for one that can't be read: `a whole number `.
  var noun = ""
  /// Which values are possible: `between 1 and 100000`.
  var range: String
  /// The names that are chosen from, if so.
  var choices: [String] = []
  /// Which kind of number a value is; nil if it is not a quantity, such as a name or a seed.
  var number: ConfigurationOption.NumberKind?
  var json: @Sendable (Value) -> JSON
  var read: @Sendable (JSON) -> Value?
  var text: @Sendable (Value) -> String?
  /// Reads what was typed; nil if it is not of this kind. Throws (`usage`) to say more than that.
  var parse: @Sendable (String) throws(KitError) -> Value?
  var contains: @Sendable (Value) -> Bool = { _ in true }
}

extension OptionKind where Value == Int {
  /// A whole number. A range up to `Int.max` has no upper limit.
  static func integer(_ range: ClosedRange<Int>) -> OptionKind {
    let isOpen = range.upperBound == .max
    return OptionKind(
      noun: isOpen ? "a whole number, " : "a whole number ",
      range: isOpen ? "at least \(range.lowerBound)" : "between \(range.lowerBound) and \(range.upperBound)",
      number: .whole, json: { .integer($0) }, read: { $0.integer }, text: { "\($0)" }, parse: { Int($0) },
      contains: { range.contains($0) })
  }
}

extension OptionKind where Value == UInt64 {
  /// Any number of 64 bits. In JSON it is a string, since many programs read JSON's numbers as `Double`.
  static let seed = OptionKind(
    noun: "a whole number ", range: "between 0 and \(UInt64.max)", json: { .string("\($0)") },
    read: { $0.string.flatMap { UInt64($0) } }, text: { "\($0)" }, parse: { UInt64($0) })
}

extension OptionKind where Value == Double {
  /// A finite number with a lower limit, which is possible or not, and maybe an upper one.
  static func number(
    from least: Double? = nil, above limit: Double? = nil, to most: Double? = nil, below end: Double? = nil
  ) -> OptionKind {
    let bounds = [
      ("at least", least), ("above", limit), ("at most", most), ("below", end),
    ].compactMap { words, bound in bound.map { "\(words) \(withoutPointZero($0))" } }
    var range = bounds.joined(separator: " and ")
    if let least, let most { range = "between \(withoutPointZero(least)) and \(withoutPointZero(most))" }
    return OptionKind(
      noun: "a number ", range: range, number: .decimal, json: { .number($0) }, read: { $0.number },
      text: { withoutPointZero($0) }, parse: { Double($0) },
      contains: { number in
        number.isFinite && number >= least ?? -.infinity && number > limit ?? -.infinity
          && number <= most ?? .infinity && number < end ?? .infinity
      })
  }
}

extension OptionKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of an enumeration's names.
  static var choice: OptionKind {
    let names = Value.allCases.map(\.rawValue)
    return OptionKind(
      range: alternatives(names), choices: names, json: { .string($0.rawValue) },
      read: { $0.string.flatMap { Value(rawValue: $0) } }, text: \.rawValue, parse: { Value(rawValue: $0) })
  }
}

extension OptionKind {
  /// Several of an enumeration's names, joined by commas.
  static func choices<Name>() -> OptionKind
  where Value == [Name], Name: RawRepresentable & CaseIterable & Sendable, Name.RawValue == String {
    let read: @Sendable (String) -> [Name]? = { text in
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let known = parts.compactMap { Name(rawValue: String($0)) }
      return known.count == parts.count ? known : nil
    }
    let text: @Sendable ([Name]) -> String = { $0.map(\.rawValue).joined(separator: ",") }
    let names = Name.allCases.map(\.rawValue)
    return OptionKind(
      range: alternatives(names) + ", or several joined by commas", choices: names,
      json: { .string(text($0)) }, read: { $0.string.flatMap(read) }, text: text, parse: read)
  }

  /// A value of another kind, or none.
  static func optional<Wrapped>(_ kind: OptionKind<Wrapped>) -> OptionKind where Value == Wrapped? {
    OptionKind(
      noun: kind.noun, range: kind.range, choices: kind.choices, number: kind.number,
      json: { $0.map(kind.json) ?? .null },
      read: { json in
        if case .null = json { return .some(nil) }
        return kind.read(json).map { .some($0) }
      },
      text: { $0.flatMap(kind.text) },
      parse: { text throws(KitError) in try kind.parse(text).map { .some($0) } },
      contains: { $0.map(kind.contains) ?? true })
  }
}

/// Names as a sentence has them: `adam, adamw or sgd`.
func alternatives(_ names: [String]) -> String {
  names.count < 2
    ? names.joined() : names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
}
