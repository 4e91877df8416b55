import Competition
import Foundations

/// `configuration.json`: all that is needed to run a training again.
public struct ConfigurationFile: RunFile, Sendable {
  package static let name = "configuration.json"
  package static let owners = [RunFolder.crossValidation, .member]
  package static let summary = "the options, where the data was, the digest of its rows"

  /// The options.
  public var configuration: Configuration
  /// Where the data was.
  public var data: String
  /// SHA-256 of the parsed table.
  public var rowsDigest: String
  /// How many rows of the table show each class; nil in the file of a kit that did not count them.
  public var digitCounts: [Int]?
  /// What the table's pixels are like; nil in the file of a kit that did not look.
  public var pixels: PixelStatistics?
  /// Whether the images' rows and columns are swapped when the table is read.
  public var isTransposed = false
  /// The corrections of the table's labels; nil for none.
  public var fixes: LabelFixes?
  /// How a cross-validation's held-out rows are predicted; nil for a training.
  public var prediction: PredictionSettings?

  /// The file of a new run on the rows of a table. Throws `stopped` if the user asks to stop.
  package init(
    _ configuration: Configuration, data: String, table: DigitTable, prediction: PredictionSettings? = nil
  ) throws(KitError) {
    self.configuration = configuration
    self.configuration.classes = table.classes
    self.data = data
    self.prediction = prediction
    rowsDigest = try table.digest()
    digitCounts = table.digitCounts
    pixels = table.pixelStatistics
    isTransposed = table.isTransposed
    fixes = table.fixes
  }

  /// How the run's table is read.
  public var form: TableForm {
    var form = TableForm()
    form.classes = configuration.classes
    form.isTransposed = isTransposed
    form.fixes = fixes
    return form
  }

  /// Reads a file. Throws `missingInput` if it is not there, `badData` if it is malformed.
  public init(reading path: String) throws(KitError) {
    try self.init(JSON.parse(InputFile.bytes(ofFileAt: path, limit: 1 << 20), from: path), from: path)
  }

  /// Reads what a file holds. Throws `badData` if it is malformed.
  init(_ json: JSON, from path: String) throws(KitError) {
    data = try json.required("data", from: path, \.string)
    rowsDigest = try json.required("rows-digest", from: path, \.string)
    configuration = try Configuration(json.required("options", from: path) { $0 }, from: path)
    let classes = configuration.classes.count
    digitCounts = try json.optional("digit-counts", from: path) { counts in
      let numbers = (counts.array ?? []).compactMap(\.integer).filter { (0...1 << 40).contains($0) }
      return numbers.count == classes ? numbers : nil
    }
    pixels = try json.optional("pixel-statistics", from: path, PixelStatistics.init)
    isTransposed = try json.optional("transposed", from: path, \.bool) ?? false
    fixes = try json.optional("labels", from: path, LabelFixes.init)
    if let prediction = json["prediction"] {
      self.prediction = try PredictionSettings(prediction, from: path)
    }
  }

  /// The file beside a checkpoint; nil if it is not there or can't be read.
  public static func beside(checkpoint path: String) -> ConfigurationFile? {
    try? ConfigurationFile(reading: Self.path(in: enclosingFolder(path)))
  }

  /// The options that make a command read the run's table as the run did, `run` being its folder: its corrections are there.
  public func tableArguments(of run: String) -> [String] {
    var arguments = configuration.classes.arguments
    if isTransposed { arguments.append("--transpose") }
    if fixes != nil { arguments += ["--labels", run] }
    return arguments
  }

  /// Reads what a run was begun with: a cross-validation's own file, or that of a training's first member that has one:
  /// they say the same.
  public init(ofRun path: String) throws(KitError) {
    let members = RunDirectory.members(of: path).map { Self.path(in: $0.path) }
    if RunDirectory.isCrossValidation(path) {
      try self.init(reading: Self.path(in: path))
    } else if let first = members.first(where: fileExists) {
      try self.init(reading: first)
    } else if let missing = members.first
      ?? RunDirectory.folds(of: path).first.map({ _ in Self.path(in: path) })
    {
      throw KitError(
        .missingInput,
        "\(missing) is missing, and without it \(path) can't be resumed; restore it, or begin a new run")
    } else {
      throw RunDirectory.notARun(path)
    }
  }

  /// Whether a folder holds a configuration that the kit wrote, of whichever version.
  static func isKits(in folder: OpenFolder) -> Bool {
    guard folder.kind(of: name) == .file,
      let bytes = try? InputFile.bytes(ofFileAt: path(in: folder.path), limit: 1 << 20),
      let json = try? JSON.parse(bytes, from: name)
    else { return false }
    return json["kit"]?.string != nil && json["data"]?.string != nil && json["rows-digest"]?.string != nil
      && json["options"] != nil
  }

  /// Writes the file into a cross-validation's folder, or a member's with its number, unless it says the same already: a
  /// training that is done is left as it is.
  package func write(to folder: String, member: Int? = nil) throws(KitError) {
    let text = json(member: member).serialized(pretty: true) + "\n"
    let path = Self.path(in: folder)
    if let present = try? InputFile.bytes(ofFileAt: path, limit: 1 << 20), present.elementsEqual(text.utf8) {
      return
    }
    try WholeFile.write(text, to: path, replacing: true)
  }

  /// What the file holds, of a member with its number.
  func json(member: Int?) -> JSON {
    var fields: [(key: String, value: JSON)] = [
      ("kit", .string(kitVersion)), ("data", .string(data)), ("rows-digest", .string(rowsDigest)),
    ]
    if let digitCounts { fields.append(("digit-counts", .array(digitCounts.map { .integer($0) }))) }
    if let pixels { fields.append(("pixel-statistics", pixels.json)) }
    if isTransposed { fields.append(("transposed", .bool(true))) }
    if let fixes { fields.append(("labels", fixes.json)) }
    if let member {
      fields += [
        ("member", .integer(member)), ("member-seed", .string(String(configuration.seed(ofMember: member)))),
      ]
    }
    if let prediction { fields.append(("prediction", .object(prediction.fields))) }
    fields.append(("options", .object(configuration.fields)))
    return .object(fields)
  }

  /// The file of a run that is resumed with rows that are at `data` now, for `epochs` if given.
  ///
  /// Throws `badData` if the rows are not the run's, `usage` if the run can't have this many epochs.
  package func resumed(
    _ run: String, table: DigitTable, data: String, epochs: Int?
  ) throws(KitError) -> ConfigurationFile {
    var result = try prolonged(to: epochs)
    try requireRows(of: table, from: data, run: run)
    result.data = data
    result.digitCounts = table.digitCounts
    result.pixels = table.pixelStatistics
    return result
  }

  /// Refuses (`badData`) a table that is not the one that a run was trained on.
  public func requireRows(of table: DigitTable, from data: String, run: String) throws(KitError) {
    guard try table.digest() == rowsDigest else {
      throw KitError(.badData, "\(data) holds different rows from those \(run) was trained on")
    }
  }

  private func prolonged(to epochs: Int?) throws(KitError) -> ConfigurationFile {
    guard let epochs, epochs != configuration.epochs else { return self }
    var problems: [String] = []
    if epochs < configuration.epochs {
      problems.append(
        "--epochs \(epochs) is fewer than the run's \(configuration.epochs); --resume can only add epochs")
    }
    let schedule = configuration.schedule
    var endings: [String] = []
    if schedule != .constant && schedule != .step { endings.append("the schedule \(schedule.rawValue)") }
    if configuration.averaging.epochs != nil { endings.append("the average of its last epochs") }
    if configuration.plainEpochs > 0 { endings.append("plain images at its end") }
    if configuration.skipLearnt > 0 {
      endings.append("rows that --skip-learnt leaves out until near its end")
    }
    if !endings.isEmpty {
      problems.append(
        "\(problems.isEmpty ? "--epochs \(epochs)" : "epochs") can't be added to a run with "
          + "\(endings.joined(separator: " and ")), \(endings.count == 1 ? "which ends" : "which end") with epoch "
          + "\(configuration.epochs); train a new run with --epochs \(epochs)")
    }
    if !problems.isEmpty { throw KitError(.usage, problems.joined(separator: "; also, ")) }
    var result = self
    result.configuration.epochs = epochs
    return result
  }
}

extension PixelStatistics {
  var json: JSON {
    .object([
      ("images", .integer(images)), ("sum", .integer(sum)), ("above-zero", .integer(aboveZero)),
      ("edge-sum", .integer(edgeSum)), ("largest", .integer(largest)),
    ])
  }

  init?(_ json: JSON) {
    func count(_ key: String) -> Int? { json[key]?.integer.flatMap { $0 >= 0 ? $0 : nil } }
    guard let images = count("images"), let sum = count("sum"), let aboveZero = count("above-zero"),
      let edgeSum = count("edge-sum"), let largest = count("largest"), largest <= 255
    else { return nil }
    self.init()
    (self.images, self.sum, self.aboveZero) = (images, sum, aboveZero)
    (self.edgeSum, self.largest) = (edgeSum, largest)
  }
}
