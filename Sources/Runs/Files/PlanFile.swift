import Foundations

/// `plan.json`: a run whose trainings are tasks, for any number of processes on any number of machines.
///
/// It is written once, before the first task, and decides all that a task computes: the options, the rows by their digest, and
/// the kit's version. Tasks know nothing of each other.
public struct PlanFile: RunFile, Sendable {
  package static let name = "plan.json"
  package static let owners = [RunFolder.training, .crossValidation, .sweep]
  package static let summary = "what the tasks of a run are, if it was begun with --plan"

  /// The run's folder.
  public let run: String
  /// The command that made the plan, and that would train all by itself: `train`, `cross-validate` or `sweep`.
  public let command: String
  /// The options of all tasks, and the rows.
  public let file: ConfigurationFile
  /// Of a sweep what the library of sweeps says; nil for another plan.
  public let sweep: JSON?
  /// Of a sweep how many rows each fold holds out, by which a history's accuracy is a number of rows; else empty.
  public let heldOutRows: [Int]
  /// What the file says, by which a plan is told from one that replaced it.
  private let digest: String

  /// Writes the plan of a run into its folder. Throws `cannotWrite`.
  package init(
    of run: String, command: String, _ file: ConfigurationFile, sweep: JSON? = nil, heldOutRows: [Int] = []
  ) throws(KitError) {
    (self.run, self.command, self.file) = (run, command, file)
    (self.sweep, self.heldOutRows) = (sweep, heldOutRows)
    var fields: [(key: String, value: JSON)] = [
      ("kit", .string(kitVersion)), ("command", .string(command)), ("run", file.json(member: nil)),
    ]
    if let sweep {
      fields += [("held-out-rows", .array(heldOutRows.map { .integer($0) })), ("sweep", sweep)]
    }
    let text = JSON.object(fields).serialized(pretty: true) + "\n"
    digest = SHA256.hexadecimal(of: Array(text.utf8))
    try WholeFile.write(text, to: Self.path(in: run), replacing: true)
  }

  /// A sweep of 10,000 trials has a plan of about a megabyte.
  private static let sizeLimit = 1 << 24

  /// Reads the plan in a folder.
  ///
  /// - Throws: `missingInput` if there is none; `badData` if it is malformed or another version's.
  public init(of run: String) throws(KitError) {
    self.run = withoutFinalSlash(run)
    let path = Self.path(in: self.run)
    guard fileExists(path) else {
      throw KitError(
        .missingInput,
        "\(run) is not a plan: it has no \(Self.name); with --plan, train, cross-validate and sweep make one"
      )
    }
    let bytes = try InputFile.bytes(ofFileAt: path, limit: Self.sizeLimit)
    let json = try JSON.parse(bytes, from: path)
    let kit = try json.required("kit", from: path, \.string)
    guard kit == kitVersion else {
      throw KitError(
        .badData,
        "\(path) is a plan of kaggle-digits \(kit), this is \(kitVersion); use that version for all its tasks, or make a "
          + "new plan")
    }
    command = try json.required("command", from: path, \.string)
    file = try ConfigurationFile(json.required("run", from: path) { $0 }, from: path)
    digest = SHA256.hexadecimal(of: bytes)
    sweep = try json.optional("sweep", from: path) { $0 }
    let folds = file.configuration.folds
    heldOutRows = (json["held-out-rows"]?.array ?? []).compactMap(\.integer)
    guard command == (sweep != nil ? "sweep" : folds == nil ? "train" : "cross-validate"),
      folds?.number == nil
    else { throw KitError(.badData, "\(path): its command does not go with its options") }
    let areRows = heldOutRows.count == folds?.count && heldOutRows.allSatisfy { (1...1 << 40).contains($0) }
    guard sweep == nil || areRows else {
      throw KitError(.badData, "\(path): 'held-out-rows' must have a number for each fold")
    }
  }

  /// A name for this very plan: a few letters of its digest.
  public var mark: String { String(digest.prefix(12)) }

  /// Refuses (`failure`) to go on with a plan that was replaced since it was read.
  func requirePresent() throws(KitError) {
    let path = Self.path(in: run)
    let bytes = try? InputFile.bytes(ofFileAt: path, limit: Self.sizeLimit)
    guard let bytes, SHA256.hexadecimal(of: bytes) == digest else {
      throw KitError(.failure, "\(path) was replaced or removed in the meantime")
    }
  }

  /// The command of the plan that a folder holds, of whichever version of the kit; nil without a plan of the kit.
  static func command(ofPlanIn folder: OpenFolder) -> String? {
    guard folder.kind(of: name) == .file,
      let bytes = try? InputFile.bytes(ofFileAt: path(in: folder.path), limit: sizeLimit),
      let json = try? JSON.parse(bytes, from: name), json["kit"]?.string != nil, json["run"] != nil
    else { return nil }
    return json["command"]?.string
  }

  /// How many tasks there are, of a run or a cross-validation.
  public var taskCount: Int { file.configuration.members * (file.configuration.folds?.trainings ?? 1) }

  /// `45 tasks, 5 folds of 9 members`.
  public var summary: String {
    let (folds, members) = (file.configuration.folds?.trainings, file.configuration.members)
    let count = taskCount == 1 ? "1 task" : "\(grouped(taskCount)) tasks"
    guard let folds else { return "\(count), a member each" }
    return "\(count), \(folds) folds of \(members == 1 ? "1 member" : "\(members) members")"
  }

  /// A task of a run or a cross-validation by its number, from 0.
  public func task(_ number: Int) -> PlannedTask {
    let (training, index) = number.quotientAndRemainder(dividingBy: file.configuration.members)
    let member = index + 1
    guard file.configuration.folds != nil else {
      return PlannedTask(
        number: number, name: "member \(member)", file: file, directory: RunDirectory.member(member, of: run))
    }
    var fold = file
    fold.prediction = nil
    fold.configuration.folds?.number = training + 1
    let name = "fold \(training + 1)" + (file.configuration.members > 1 ? " member \(member)" : "")
    return PlannedTask(
      number: number, name: name, file: fold,
      directory: RunDirectory.member(member, of: RunDirectory.fold(training + 1, of: run)))
  }
}
