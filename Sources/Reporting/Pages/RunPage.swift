import Competition
import Compute
import Ensembling
import Foundations
import NeuralNetworks
import Runs
import Scoring
import Terminal

/// What a run's folder says, gathered for its report.
public struct RunPage {
  /// The run's folder.
  public let path: String
  /// The report, whose title is the folder's name.
  public var report: RunReport
  /// What the run was begun with.
  public let saved: SavedConfiguration
  private let trainings: [(name: String, member: MemberDirectory, seconds: [Double])]
  private let threads: Int
  private let kernels: InstructionSet

  /// Gathers a run's or a cross-validation's report. `table` are the rows if the caller has them; else they are read from
  /// `data`, or from where they were, and pictures are left out, with a note, if they are not there any more.
  ///
  /// Throws `missingInput` if the folder is no run, `badData` if the rows are others than the run's.
  public init(
    of path: String, table: DigitTable?, data: String?, threads: Int, kernels: InstructionSet
  ) throws(KitError) {
    self.path = withoutFinalSlash(path)
    self.threads = threads
    self.kernels = kernels
    saved = try SavedConfiguration(ofRun: self.path)
    trainings = Self.trainings(of: self.path, members: saved.configuration.members)
    let name = absolutePath(self.path).split(separator: "/").last.map(String.init) ?? self.path
    report = RunReport(title: name, evaluation: nil, scoredOn: "")
    if let table {
      report.table = table
    } else {
      report.table = try Self.readTable(data: data, saved, path: self.path)
    }
    try addTrainings()
    if saved.configuration.folds != nil && saved.configuration.folds?.number == nil {
      try addOutOfFold()
    } else {
      try addValidation()
    }
    report.addDoubtfulLabels()
    addDescription()
  }

  /// Writes `report.html` and its figures into the run's folder.
  public func write() throws(KitError) { try report.report.write(to: path) }

  private static func readTable(
    data: String?, _ saved: SavedConfiguration, path: String
  ) throws(KitError) -> DigitTable? {
    let table: DigitTable
    do throws(KitError) {
      table = try DataSource(finding: data ?? saved.data).training()
    } catch {
      if data == nil && error.kind == .missingInput {
        note(
          "note: \(saved.data) is not there any more, so the report has no pictures; --data says where it is")
        return nil
      }
      throw error
    }
    guard table.digest() == saved.rowsDigest else {
      throw KitError(.badData, "\(data ?? saved.data) holds other rows than \(path) was trained on")
    }
    return table
  }

  /// The folders of a run's trainings, with what to call them and the seconds of their epochs, none if unknown.
  private static func trainings(
    of path: String, members: Int
  ) -> [(name: String, member: MemberDirectory, seconds: [Double])] {
    func training(_ name: String, _ member: MemberDirectory) -> (String, MemberDirectory, [Double]) {
      (name, member, (try? member.readSeconds()) ?? [])
    }
    let folds = RunDirectory.folds(of: path)
    if folds.isEmpty {
      return RunDirectory.members(of: path).map { training("member \($0.number)", $0) }
    }
    return folds.enumerated().flatMap { index, fold in
      RunDirectory.members(of: fold).map {
        training(members == 1 ? "fold \(index + 1)" : "fold \(index + 1), member \($0.number)", $0)
      }
    }
  }

  private mutating func addTrainings() throws(KitError) {
    let configuration = saved.configuration
    let rows =
      configuration.folds == nil
      ? "rows kept for validation"
      : configuration.select == .best ? "rows kept to choose the epoch" : "the fold's own rows"
    for (name, member, seconds) in trainings where MemberDirectory.exists(member.history) {
      let history = try History(reading: member.history)
      report.trainings.append(
        RunReport.TrainingRecord(
          name: name, history: history,
          secondsPerEpoch: seconds.isEmpty ? nil : seconds.reduce(0, +) / Double(seconds.count),
          validatedOn: rows, selection: configuration.select))
    }
  }

  private mutating func addValidation() throws(KitError) {
    let configuration = saved.configuration
    guard let table = report.table else {
      report.scoredOn = "The rows are not there, so nothing was scored."
      return
    }
    let split = try configuration.split(of: table)
    let rows = split.heldOut.isEmpty ? split.validation : split.heldOut
    let hasCheckpoints = RunDirectory.members(of: path).allSatisfy { MemberDirectory.exists($0.best) }
    guard !rows.isEmpty, hasCheckpoints else {
      report.scoredOn =
        rows.isEmpty
        ? "Every row was trained on, so nothing was scored: --validation keeps some apart."
        : "No epoch is done yet, so nothing was scored."
      return
    }
    let ensemble = try Ensemble(sources: [path], threads: threads, kernels: kernels)
    let predictions = try ensemble.predict(table, rows: rows)
    let labels = rows.map { table.labels[$0] }
    report.evaluation = Evaluation(rows: rows, labels: labels, probabilities: predictions.probabilities)
    let count = ensemble.members.count
    let who = count == 1 ? "The checkpoint" : "The average of \(count) members"
    report.scoredOn =
      configuration.select == .best && split.heldOut.isEmpty
      ? "\(who) on \(grouped(rows.count)) validation rows. The epoch was chosen by them, so the score flatters a little."
      : "\(who) on \(grouped(rows.count)) rows that were neither trained on nor used to choose anything."
    report.add(predictions, labels: labels)
  }

  /// How members' predictions are combined, where it is not the default.
  private var predictionText: String {
    var parts: [String] = []
    let prediction = Ensemble.Options(saved: saved.prediction)
    if prediction.average != .arithmetic { parts.append("\(prediction.average.rawValue) average") }
    if prediction.views > 1 { parts.append("\(prediction.views) views of each image") }
    return parts.joined(separator: ", ")
  }

  private mutating func addDescription() {
    let configuration = saved.configuration
    // A comparison lays facts of a name side by side, so each name is there once.
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
    report.facts += configuration.facts
    if !predictionText.isEmpty { report.facts.append(("prediction", predictionText)) }
    let seconds = trainings.reduce(0) { $0 + $1.seconds.reduce(0, +) }
    if seconds > 0 {
      report.facts.append(("training took", "\(fixed(seconds, 1)) s, each network's added up"))
    }
    report.facts += [
      ("data", saved.data),
      ("rows", report.table.map { grouped($0.count) } ?? "not there"),
      ("SHA-256 of the rows", saved.rowsDigest),
      ("kit", "kaggle-digits \(kitVersion)"),
    ]
    // A fold alone can't be trained anew; its cross-validation can.
    let command = configuration.folds == nil ? "train" : "cross-validate"
    let options = configuration.options(for: command).map { " \($0)" }.joined()
    let predicting = Ensemble.Options(saved: saved.prediction).arguments.map { " \($0)" }.joined()
    report.commands = [
      (
        "the same bytes again", "kaggle-digits \(command) --data \(quoted(saved.data))\(options)\(predicting)"
      ),
      ("score it anew", "kaggle-digits evaluate \(quoted(path)) --data \(quoted(saved.data))\(predicting)"),
    ]
    report.next = (
      "write a submission",
      "kaggle-digits submit \(quoted(path)) --data \(testDataOption(saved.data))\(predicting)"
    )
    if configuration.augmentation != .none {
      report.augmentation = RunReport.AugmentationExample(
        augmentation: configuration.augmentation, preprocessing: configuration.preprocessing(ofMember: 1),
        seed: configuration.seed(ofMember: 1), kernels: kernels)
    }
  }
}

extension RunPage {
  /// A finished cross-validation's scores as its files have them.
  private mutating func addOutOfFold() throws(KitError) {
    let file = OutOfFoldFile.path(in: path)
    guard MemberDirectory.exists(file), let json = try OutOfFoldFile.description(of: file) else {
      report.scoredOn =
        "There are no out-of-fold predictions yet: kaggle-digits cross-validate --resume \(quoted(path)) makes them."
      return
    }
    let evaluation = try OutOfFoldFile.read(file)
    report.evaluation = evaluation
    report.scoredOn =
      "Out of fold: each of \(grouped(evaluation.rows.count)) rows was predicted by models that did not see it."
    guard let folds = json["folds"]?.array else {
      throw KitError(.badData, "\(path)/cross-validation.json: 'folds' is missing")
    }
    let seconds = trainings.map { $0.seconds.reduce(0, +) }
    let members = saved.configuration.members
    for (index, fold) in folds.enumerated() {
      let range = index * members..<min((index + 1) * members, seconds.count)
      report.folds.append(
        RunReport.Fold(
          name: name(ofFold: index + 1), rows: fold["rows"]?.integer ?? 0,
          accuracy: fold["accuracy"]?.number ?? .nan, logLoss: fold["log-loss"]?.number ?? .nan,
          bestEpoch: fold["epochs"]?.array?.first?.integer ?? 0,
          seconds: range.isEmpty ? nil : seconds[range].reduce(0, +)))
    }
    for (key, title) in [("averaging-gain", "Averaging"), ("test-time-gain", "Test-time augmentation")] {
      if let text = json[key]?["summary"]?.string {
        report.remarks.append((title: title, text: sentence(text)))
      }
    }
    try addMemberPredictions(evaluation)
  }

  private func name(ofFold number: Int) -> String {
    guard let folds = saved.configuration.folds, folds.repeats > 1 else { return "fold \(number)" }
    return "fold \(number) (repeat \(folds.repetition(of: number)))"
  }

  private mutating func addMemberPredictions(_ evaluation: Evaluation) throws(KitError) {
    let file = "\(path)/member-predictions.csv"
    guard MemberDirectory.exists(file) else { return }
    let lines = try InputFile.bytes(ofFileAt: file, limit: 1 << 30).split(separator: UInt8(ascii: "\n"))
    guard lines.count == evaluation.rows.count + 1, let header = lines.first else {
      throw KitError(.badData, "\(file) is not of the rows of out-of-fold.csv")
    }
    report.members = String(decoding: header, as: UTF8.self).split(separator: ",").dropFirst().map {
      String($0).replacing("_", with: " ")
    }
    var disagreements: [(place: Int, answers: [UInt8])] = []
    for (place, line) in lines.dropFirst().enumerated() {
      let fields = line.split(separator: UInt8(ascii: ","))
      let answers = fields.dropFirst().compactMap { $0.first.map { $0 &- UInt8(ascii: "0") } }
      guard answers.count == report.members.count, answers.allSatisfy({ $0 <= 9 }) else {
        throw KitError(.badData, "\(file):\(place + 2): this is no line of member predictions")
      }
      if answers.contains(where: { $0 != answers[0] }) { disagreements.append((place, answers)) }
    }
    report.disagreements = disagreements
  }
}

private func sentence(_ text: String) -> String {
  String(text.prefix(1)).uppercased() + String(text.dropFirst()) + (text.hasSuffix(".") ? "" : ".")
}

extension RunReport {
  /// Adds what the models disagree on and what averaging them gains; rows that some were not asked about are left out.
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
