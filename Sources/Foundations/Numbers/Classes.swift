/// What images are classified as: how many classes there are, and what each is called.
///
/// A class is a number from 0 in tables, files and computations; its name is for people. Names that are the numbers
/// themselves are no names of their own: ten such classes are the digits.
public struct Classes: Sendable, Equatable {
  /// How many classes there may be.
  public static let possible = 2...64
  /// The digits 0 to 9, which the competition has.
  public static let digits = Classes(count: DigitClass.count)

  /// Each class's name, class 0 first.
  public let names: [String]

  /// How many there are.
  public var count: Int { names.count }
  /// Whether they are the digits 0 to 9.
  public var areDigits: Bool { count == DigitClass.count && areNumbers }
  /// Whether the names are no more than the classes' numbers.
  public var areNumbers: Bool { names.enumerated().allSatisfy { $0.element == "\($0.offset)" } }
  /// What one of them is called in a sentence: `digit` or `class`.
  public var noun: String { areDigits ? "digit" : "class" }

  /// Classes that are called by their numbers; `count` must be one of `possible`.
  public init(count: Int) {
    precondition(Self.possible.contains(count), "2 to 64 classes")
    names = (0..<count).map { "\($0)" }
  }

  /// Named classes.
  ///
  /// - Parameter source: Where the names are from, for messages.
  /// - Throws: `badData` unless there are 2 to 64 different names, each of 1 to 64 characters without control characters.
  public init(named names: [String], from source: String) throws(KitError) {
    guard Self.possible.contains(names.count) else {
      throw KitError(
        .badData,
        "\(source) has \(grouped(names.count)) \(names.count == 1 ? "class" : "classes"); there must be "
          + "\(Self.possible.lowerBound) to \(Self.possible.upperBound)")
    }
    var seen: Set<String> = []
    for name in names {
      guard (1...64).contains(name.count), !name.unicodeScalars.contains(where: \.controlsText) else {
        throw KitError(
          .badData,
          "\(source): the name of class \(seen.count) must have 1 to 64 characters, none of them a control character"
        )
      }
      guard seen.insert(name).inserted else {
        throw KitError(.badData, "\(source): two classes are called '\(name)'")
      }
    }
    self.names = names
  }

  /// A class's name; its number if there is no such class.
  public func name(_ number: some BinaryInteger) -> String {
    let number = Int(number)
    return names.indices.contains(number) ? names[number] : "\(number)"
  }

  /// A class in a sentence: `digit 7`, `class 12`, `class 'Sneaker'`.
  public func called(_ number: some BinaryInteger) -> String {
    areNumbers ? "\(noun) \(number)" : "class '\(name(number))'"
  }

  /// Several classes in a sentence, at most twelve of them: `digits 3, 7`, `classes Bag, Coat`; nil for none.
  public func called(_ numbers: [Int]) -> String? {
    guard let first = numbers.first else { return nil }
    if numbers.count == 1 { return called(first) }
    let names = numbers.prefix(12).map { name($0) }.joined(separator: ", ")
    let more = numbers.count > 12 ? " and \(numbers.count - 12) more" : ""
    return "\(areDigits ? "digits" : "classes") \(names)\(more)"
  }

  /// What labels may be, for messages: `a digit from 0 to 9`, `a class from 0 to 25`.
  public var rule: String { "a \(noun) from 0 to \(count - 1)" }

  /// The options that tell a command the classes of a table; none for the digits.
  public var arguments: [String] {
    if areDigits { return [] }
    return areNumbers ? ["--classes", "\(count)"] : ["--class-names", names.joined(separator: ",")]
  }

  /// The classes in files: null for the digits, else the count, or all names.
  public var json: JSON {
    if areDigits { return .null }
    return areNumbers ? .integer(count) : .array(names.map { .string($0) })
  }

  /// Reads `json` back; nil if it is anything else.
  public init?(_ json: JSON) {
    switch json {
    case .null: self = .digits
    case .integer(let count) where Self.possible.contains(count): self.init(count: count)
    case .array(let elements):
      let names = elements.compactMap(\.string)
      guard names.count == elements.count, let classes = try? Classes(named: names, from: "") else {
        return nil
      }
      self = classes
    default: return nil
    }
  }
}
