import Competition
import Compute
import Ensembling
import Foundations
import NeuralNetworks
import Runs
import Scoring

/// A run's report, gathered from the files of its folder.
public struct RunPage {
  /// The run's folder.
  public let path: String
  /// The report, whose title is the folder's name.
  public var report: RunReport
  /// What the run was begun with.
  public let file: ConfigurationFile
  /// What is missing from the page, and why, for the command to print.
  public private(set) var notes: [String] = []
  private let trainings: [TrainingFolder]
  private let threads: Int
  private let kernels: any InstructionSet

  /// Gathers a run's or a cross-validation's report.
  ///
  /// - Parameters:
  ///   - table: the run's rows, if the caller has them; else they are read from `data`, or from where they were. If they
  ///     are no longer there, the page has no pictures.
  ///   - predictions: what the run's members predict for its validation rows, if the caller has it; else it is computed.
  /// - Throws: `missingInput` if the folder is not a run, `badData` if the rows are not the run's or a file is malformed.
  public init(
    of path: String, table: DigitTable?, data: String?, predictions: Predictions? = nil, threads: Int,
    kernels: any InstructionSet
  ) throws(KitError) {
    self.path = withoutFinalSlash(path)
    self.threads = threads
    self.kernels = kernels
    file = try ConfigurationFile(ofRun: self.path)
    trainings = TrainingFolder.all(of: file.configuration, in: self.path)
    let name = lastName(absolutePath(self.path))
    report = RunReport(title: name, evaluation: nil, scoredOn: "")
    if let table { report.table = table } else { report.table = try readTable(data: data) }
    if isCrossValidation { try addOutOfFold() } else { try addValidation(predictions) }
    try addOcclusionMaps()
    try addTrainings()
    report.addDoubtfulLabels()
    addDescription()
  }

  /// Writes the page and its figures into the run's folder.
  public func write() throws(KitError) { try report.page.write(to: path) }

  /// A fold's folder alone is a training's.
  private var isCrossValidation: Bool {
    file.configuration.folds != nil && file.configuration.folds?.number == nil
  }

  private mutating func readTable(data: String?) throws(KitError) -> DigitTable? {
    let table: DigitTable
    do throws(KitError) {
      table = try DataSource(finding: data ?? file.data).training(file.form)
    } catch {
      if data == nil && error.kind == .missingInput {
        notes.append(
          "\(file.data) is no longer there, so the report has no pictures; --data says where it is")
        return nil
      }
      throw error
    }
    try file.requireRows(of: table, from: data ?? file.data, run: path)
    return table
  }

  /// Adds where the members look in the worst errors, as long as their checkpoints are there; without them, the page only
  /// lacks that.
  private mutating func addOcclusionMaps() throws(KitError) {
    guard let table = report.table, report.scored?.errors.isEmpty == false else { return }
    do throws(KitError) {
      // Of a cross-validation the folds that were scored: others may not be trained yet.
      let sources =
        isCrossValidation ? report.folds.map { RunDirectory.fold($0.number, of: path) } : [path]
      let ensemble = try Ensemble(sources: sources, threads: threads, kernels: kernels)
      // A training's rows were predicted by all of its members.
      let seen = isCrossValidation ? try SeenRows(of: ensemble, in: table) : nil
      try report.addOcclusionMaps(by: ensemble, seen: seen)
    } catch {
      if error.kind == .stopped { throw error }
      notes.append("the report does not show where the members look: \(error.message)")
    }
  }

  /// Adds the trainings' histories. One that was trained and has none is named.
  private mutating func addTrainings() throws(KitError) {
    let configuration = file.configuration
    let rows =
      configuration.folds == nil
      ? "rows kept for validation"
      : configuration.select == .best ? "rows kept to choose the epoch" : "the fold's own rows"
    let scored = Set(report.folds.map(\.number))
    for training in trainings {
      let history = HistoryFile.path(in: training.folder)
      if fileExists(history) {
        let seconds = training.timings.map(\.seconds)
        report.trainings.append(
          RunReport.TrainingRecord(
            name: training.name, history: try HistoryFile.read(history),
            secondsPerEpoch: seconds.isEmpty ? nil : seconds.reduce(0, +) / Double(seconds.count),
            validatedOn: rows, selection: configuration.select))
      } else if scored.contains(training.fold ?? 0) || checkpoint(inMemberFolder: training.folder) != nil {
        report.withoutHistory.append(training.name)
      }
    }
    if let text = report.missingHistoryText { notes.append(text) }
  }

  /// Scores the members on the rows that they were not trained on, if there are such rows and checkpoints.
  private mutating func addValidation(_ known: Predictions?) throws(KitError) {
    let configuration = file.configuration
    guard let table = report.table else {
      report.scoredOn = "The rows were not found, so nothing was scored."
      return
    }
    let split = try configuration.split(of: table)
    let rows = split.heldOut.isEmpty ? split.validation : split.heldOut
    if rows.isEmpty {
      report.scoredOn =
        "Every row was used for training, so nothing was scored; --validation keeps some rows for that."
      return
    }
    let predictions: Predictions
    do throws(KitError) {
      predictions =
        if let known {
          known
        } else {
          try Ensemble(sources: [path], threads: threads, kernels: kernels).predict(table, rows: rows)
        }
    } catch {
      if error.kind != .missingInput { throw error }
      report.scoredOn = "Nothing was scored: \(error.message)."
      return
    }
    let labels = rows.map { table.labels[$0] }
    report.evaluation = Evaluation(
      rows: rows, labels: labels, probabilities: predictions.probabilities, kinds: table.classes)
    let count = predictions.opinions.count
    let who = count == 1 ? "The checkpoint" : "The average of \(count) members"
    report.scoredOn =
      configuration.select == .best && split.heldOut.isEmpty
      ? "\(who) on \(grouped(rows.count)) validation rows. They were also used to choose the epoch, so the score is slightly optimistic."
      : "\(who) on \(grouped(rows.count)) rows that were used neither to train nor to choose anything."
    report.add(predictions, labels: labels)
  }

  /// Adds a finished cross-validation's scores, as its files have them.
  private mutating func addOutOfFold() throws(KitError) {
    let outOfFold = OutOfFoldFile.path(in: path)
    guard fileExists(outOfFold), let scores = try CrossValidationFile(describing: outOfFold) else {
      report.scoredOn =
        "There are no out-of-fold predictions yet: kaggle-digits cross-validate --resume \(quoted(path)) makes them."
      return
    }
    let evaluation = try OutOfFoldFile.read(outOfFold, classes: file.configuration.classes)
    report.evaluation = evaluation
    report.scoredOn =
      "Out of fold: each of \(grouped(evaluation.rows.count)) rows was predicted by members that did not see it."
    let timed = (try? FoldsFile.read(FoldsFile.path(in: path))) ?? []
    report.folds = scores.folds.map { fold in
      var fold = fold
      fold.seconds = timed.first { $0.number == fold.number }?.seconds
      return fold
    }
    if let gain = scores.averagingGain {
      report.remarks.append((title: "Averaging", text: sentence(gain.summary)))
    }
    if let gain = scores.testTimeGain {
      report.remarks.append((title: "Test-time augmentation", text: sentence(gain.summary)))
    }
    try addMemberPredictions(evaluation)
  }

  private mutating func addMemberPredictions(_ evaluation: Evaluation) throws(KitError) {
    let path = MemberPredictionsFile.path(in: path)
    guard fileExists(path) else { return }
    let predictions = try MemberPredictionsFile.read(path, classes: evaluation.kinds.count)
    guard predictions.rows == evaluation.rows else {
      throw KitError(.badData, "\(path) is not of the rows of \(OutOfFoldFile.name)")
    }
    report.members = predictions.names.map { $0.replacing("_", with: " ") }
    report.disagreements = evaluation.rows.indices.compactMap { place in
      let answers = predictions.answers.map { $0[place] }
      return Set(answers.compactMap { $0 }).count > 1 ? (place, answers) : nil
    }
  }

  /// How members' predictions are combined, where it is not the default.
  private var predictionText: String {
    var parts: [String] = []
    let prediction = file.prediction ?? PredictionSettings()
    if prediction.average != .arithmetic { parts.append("\(prediction.average.rawValue) average") }
    if prediction.views > 1 { parts.append("\(prediction.views) views of each image") }
    return parts.joined(separator: ", ")
  }

  private mutating func addDescription() {
    let configuration = file.configuration
    // A comparison puts facts of a name side by side, so each name is there once.
    let networks = configuration.distinctNetworks
    func joined(_ text: (ShapedNetwork) -> String) -> String { networks.map(text).joined(separator: "; ") }
    if networks.isEmpty {
      report.facts.append(("network", configuration.networks.joined(separator: "; ")))
    } else {
      report.facts += [
        ("network", joined(\.network.named)), ("parameters", joined { grouped($0.trainedParameters) }),
        ("multiply-adds an image", joined { grouped($0.multiplyAdds) }),
      ]
    }
    if !configuration.classes.areDigits {
      report.facts.append(("classes", configuration.classes.names.joined(separator: ", ")))
    }
    report.facts += configuration.facts
    if !predictionText.isEmpty { report.facts.append(("prediction", predictionText)) }
    let seconds = trainings.reduce(0) { $0 + $1.timings.reduce(0) { $0 + $1.seconds } }
    if seconds > 0 {
      report.facts.append(("training took", "\(fixed(seconds, 1)) s, the sum over all members"))
    }
    report.facts += [
      ("data", file.data),
      ("rows", report.table.map { grouped($0.count) } ?? "not found"),
      ("SHA-256 of the rows", file.rowsDigest),
    ]
    if let fixes = file.fixes { report.facts.append(("corrected labels", fixes.summary)) }
    report.facts += [
      ("kit", "kaggle-digits \(kitVersion)")
    ]
    // A fold alone can't be trained again; its cross-validation can.
    let command = configuration.folds == nil ? "train" : "cross-validate"
    let options = configuration.options(for: command).map { " \($0)" }.joined()
    let table = file.tableArguments(of: path).map { " \(quoted($0))" }.joined()
    let predicting = file.prediction?.arguments.map { " \($0)" }.joined() ?? ""
    report.commands = [
      (
        "make the same bytes again",
        "kaggle-digits \(command) --data \(quoted(file.data))\(table)\(options)\(predicting)"
      ),
      ("score it again", "kaggle-digits evaluate \(quoted(path)) --data \(quoted(file.data))\(predicting)"),
    ]
    report.next = (
      "write a submission",
      "kaggle-digits submit \(quoted(path)) --data \(testDataOption(file.data))\(predicting)"
    )
    if configuration.augmentation != .none {
      report.augmentation = RunReport.AugmentationExample(
        augmentation: configuration.augmentation, preprocessing: configuration.preprocessing(ofMember: 1),
        seed: configuration.seed(ofMember: 1), kernels: kernels)
    }
  }
}

/// A member's training, as a run's configuration plans it.
private struct TrainingFolder {
  /// What to call it: `member 2`, `fold 3`.
  let name: String
  /// The fold that it holds out; nil without folds.
  let fold: Int?
  /// Its folder, whether it is there or not.
  let folder: String
  /// The seconds of its epochs; none if unknown.
  let timings: [(epoch: Int, seconds: Double)]

  private init(_ name: String, fold: Int? = nil, _ member: MemberDirectory) {
    self.name = name
    self.fold = fold
    folder = member.path
    timings = (try? TimingsFile.read(TimingsFile.path(in: folder))) ?? []
  }

  static func all(of configuration: Configuration, in path: String) -> [TrainingFolder] {
    let members = 1...configuration.members
    guard let folds = configuration.folds, folds.number == nil else {
      return members.map { TrainingFolder("member \($0)", RunDirectory.member($0, of: path)) }
    }
    return (1...folds.trainings).flatMap { fold in
      members.map { member in
        TrainingFolder(
          "fold \(fold)" + (members.count > 1 ? ", member \(member)" : ""), fold: fold,
          RunDirectory.member(member, of: RunDirectory.fold(fold, of: path)))
      }
    }
  }
}

private func sentence(_ text: String) -> String {
  String(text.prefix(1)).uppercased() + String(text.dropFirst()) + (text.hasSuffix(".") ? "" : ".")
}

extension RunReport {
  /// Adds the members' disagreements and what averaging gains; disagreements only if all members predicted all rows.
  public mutating func add(_ predictions: Predictions, labels: [UInt8]) {
    if let gain = MemberGain(predictions, labels: labels) {
      remarks.append((title: "Averaging", text: sentence(gain.summary)))
    }
    let opinions = predictions.opinions
    guard opinions.count > 1, opinions.allSatisfy({ $0.places.count == labels.count }) else { return }
    let answers = opinions.map(\.answers)
    let isDisputed = predictions.isDisputed
    members = opinions.map { "member \($0.member + 1)" }
    disagreements = isDisputed.indices.filter { isDisputed[$0] }.map { place in
      (place, answers.map { $0[place] })
    }
  }

  /// Adds the rows whose labels look wrong.
  public mutating func addDoubtfulLabels() {
    guard let evaluation else { return }
    let found = DoubtfulLabels(of: evaluation)
    doubtful = zip(found.places, found.suggestions).map { ($0, $1) }
  }
}
