import ArgumentParser
import Competition
import Foundations
import Runs

/// How tables that are not Kaggle's are read: their classes, and images that lie on their sides.
public struct TableOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Number of classes, 2 to 64, of labels that count from 0. (default: the digits; of pictures in folders, the folders)
      """, valueName: "count"))
  var classes: Int?

  @Option(
    help: ArgumentHelp(
      "The classes' names: a file with one a line, class 0 first, or the names joined by commas.",
      valueName: "names"),
    completion: .file())
  var classNames: String?

  @Flag(help: "Swap rows and columns of every image, as EMNIST's files need.")
  var transpose = false

  /// For ArgumentParser.
  public init() {}

  /// Refuses numbers out of range.
  public func validate() throws {
    if let classes, !Classes.possible.contains(classes) {
      throw ValidationError(
        "--classes is \(classes); it must be from \(Classes.possible.lowerBound) to \(Classes.possible.upperBound)"
      )
    }
  }

  /// The first option that was given; nil for none.
  var given: String? {
    classes != nil ? "--classes" : classNames != nil ? "--class-names" : transpose ? "--transpose" : nil
  }

  /// The paths that are read for the form; where names are given in place of a file, it is not there.
  public var files: [String] { classNames.map { [$0] } ?? [] }

  /// Whether the classes were given.
  public var tellsClasses: Bool { classes != nil || classNames != nil }

  /// The form that the options tell; what they don't tell is as in `base`.
  ///
  /// - Throws: `missingInput` if a file of names can't be read; `badData` if the names can't be classes'; `usage` if there are
  ///   as many names as classes.
  public func form(over base: TableForm = TableForm()) throws(KitError) -> TableForm {
    var form = base
    if let classes { form.classes = Classes(count: classes) }
    if let classNames {
      let named = try Self.named(classNames)
      if let classes, classes != named.count {
        throw KitError(.usage, "--classes is \(classes), but --class-names has \(named.count) names")
      }
      form.classes = named
    }
    if transpose { form.isTransposed = true }
    return form
  }

  private static func named(_ value: String) throws(KitError) -> Classes {
    if !fileExists(value), value.contains(",") {
      return try Classes(
        named: value.split(separator: ",", omittingEmptySubsequences: false).map(String.init),
        from: "--class-names")
    }
    let text = String(decoding: try InputFile.bytes(ofFileAt: value, limit: 1 << 16), as: UTF8.self)
    var names = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    while names.last == "" { names.removeLast() }
    return try Classes(named: names, from: value)
  }
}

/// The same for the rows of a training, with corrections of their labels.
public struct TrainingTableOptions: ParsableArguments {
  @OptionGroup var table: TableOptions

  /// The file of corrections; nil for none.
  @Option(
    help: ArgumentHelp(
      """
      Correct labels: a file of row,label, as evaluate --doubtful writes it; a row's number counts from 0, and the label \
      drop leaves the row out. A run's folder stands for the corrections that it was trained with.
      """, valueName: "file"),
    completion: .file())
  public var labels: String?

  /// For ArgumentParser.
  public init() {}

  /// The first option that was given; nil for none.
  public var given: String? { table.given ?? (labels == nil ? nil : "--labels") }

  /// The paths that are read for the form. Not a run's, whose corrections a run in its place has too.
  public var files: [String] { table.files + (labels.map { isFolder($0) ? [] : [$0] } ?? []) }

  /// The form that the options tell; what they don't tell is as in `base`.
  ///
  /// - Throws: As `TableOptions.form` does, and `ConfigurationFile` for a run's folder.
  public func form(over base: TableForm = TableForm()) throws(KitError) -> TableForm {
    var form = try table.form(over: base)
    guard let labels else { return form }
    if isFolder(labels) {
      form.fixes = try ConfigurationFile(ofRun: withoutFinalSlash(labels)).fixes
      form.fixesPath = nil
    } else {
      form.fixesPath = labels
    }
    return form
  }
}
