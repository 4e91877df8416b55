import Foundations

/// `plan.json`: a run whose trainings are tasks, for any number of processes on any number of machines.
///
/// It is written once, before the first task, and decides all that a task computes: the options, the rows by their digest, and
/// the kit's version. Tasks know nothing of each other.
public struct PlanFile: RunFile, Sendable {
  package static let name = "plan.json"
  package static let owners = [RunFolder.training, .crossValidation]
  package static let summary = "what the tasks of a run are, if it was begun with --plan"

  /// The run's folder.
  public let run: String
  /// The command that made the plan, and that would train all by itself: `train` or `cross-validate`.
  public let command: String
  /// The options of all tasks, and the rows.
  public let file: ConfigurationFile
  /// What the file says, by which a plan is told from one that replaced it.
  private let digest: String

  /// Writes the plan of a run into its folder. Throws `cannotWrite`.
  package init(of run: String, command: String, _ file: ConfigurationFile) throws(KitError) {
    (self.run, self.command, self.file) = (run, command, file)
    let json = JSON.object([
      ("kit", .string(kitVersion)), ("command", .string(command)), ("run", file.json(member: nil)),
    ])
    let text = json.serialized(pretty: true) + "\n"
    digest = SHA256.hexadecimal(of: Array(text.utf8))
    try WholeFile.write(text, to: Self.path(in: run), replacing: true)
  }

  /// Reads the plan in a folder.
  ///
  /// - Throws: `missingInput` if there is none; `badData` if it is malformed or another version's.
  public init(of run: String) throws(KitError) {
    self.run = withoutFinalSlash(run)
    let path = Self.path(in: self.run)
    guard fileExists(path) else {
      throw KitError(
        .missingInput,
        "\(run) is not a plan: it has no \(Self.name); kaggle-digits cross-validate --plan makes one, train --plan, too"
      )
    }
    let bytes = try InputFile.bytes(ofFileAt: path, limit: 1 << 20)
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
    guard command == (file.configuration.folds == nil ? "train" : "cross-validate"),
      file.configuration.folds?.number == nil
    else { throw KitError(.badData, "\(path): its command does not go with its options") }
  }

  /// Refuses (`failure`) to go on with a plan that was replaced since it was read.
  func requirePresent() throws(KitError) {
    let path = Self.path(in: run)
    let bytes = try? InputFile.bytes(ofFileAt: path, limit: 1 << 20)
    guard let bytes, SHA256.hexadecimal(of: bytes) == digest else {
      throw KitError(.failure, "\(path) was replaced or removed in the meantime")
    }
  }

  /// Whether a folder holds a plan of the kit, of whichever version.
  static func isKits(in folder: OpenFolder) -> Bool {
    guard folder.kind(of: name) == .file,
      let bytes = try? InputFile.bytes(ofFileAt: path(in: folder.path), limit: 1 << 20),
      let json = try? JSON.parse(bytes, from: name)
    else { return false }
    return json["kit"]?.string != nil && json["command"]?.string != nil && json["run"] != nil
  }

  /// How many tasks there are.
  public var taskCount: Int { file.configuration.members * (file.configuration.folds?.trainings ?? 1) }

  /// `45 tasks, 5 folds of 9 members`.
  public var summary: String {
    let (folds, members) = (file.configuration.folds?.trainings, file.configuration.members)
    let count = taskCount == 1 ? "1 task" : "\(grouped(taskCount)) tasks"
    guard let folds else { return "\(count), a member each" }
    return "\(count), \(folds) folds of \(members == 1 ? "1 member" : "\(members) members")"
  }

  /// All tasks, in order: each fold's members, one fold after the other.
  public var tasks: [PlannedTask] { (0..<taskCount).map(task) }

  /// A task by its number, from 0.
  private func task(_ number: Int) -> PlannedTask {
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
