import Foundations

/// How a table is to be read, beyond where it is.
public struct TableForm: Sendable, Equatable {
  /// The classes; nil for those that the data says, the digits if it says none.
  public var classes: Classes?
  /// Whether images' rows and columns are swapped, as in EMNIST's files.
  public var isTransposed = false
  /// Corrections of the labels; nil for none.
  public var fixes: LabelFixes?
  /// The file that they are read from; nil if they are known, or there are none.
  public var fixesPath: String?

  /// As the data says.
  public init() {}

  /// A training table's corrections, whose file is read now that its classes are known.
  func fixes(for table: DigitTable) throws(KitError) -> LabelFixes? {
    guard let fixesPath else { return fixes }
    return try LabelFixes(reading: fixesPath, classes: table.classes)
  }
}
